"""The bill: what is quadratic, what has to be stored, what waits, how far things reach. Experiments take (given, seed)."""

from core.experiments.cost.given import Given
from core.experiments.cost.memory import approximates, every_head, fewer_operations, moving_less, whole_table
from core.experiments.cost.paths import generates, long_texts, parallel, reaches, window
from core.experiments.cost.work import ability, dearer, dominates, more_heads

CLAIMS = (
    dominates,
    dearer,
    more_heads,
    whole_table,
    moving_less,
    approximates,
    fewer_operations,
    every_head,
    window,
    parallel,
    generates,
    long_texts,
    reaches,
    ability,
)

__all__ = ["CLAIMS", "Given", "fewer_operations"]
