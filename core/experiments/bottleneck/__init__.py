"""One vector for a sentence: what recurrence forgets, and why. Experiments take the settings of a run, `GradientFlow`."""

from core.experiments.bottleneck.gradient import (
    CELLS,
    Cell,
    GradientFlow,
    by_position,
    focuses_on_the_latter,
    forgets_by_definition,
    not_parallel,
    ordered,
    ratio,
    too_many_parameters,
    vanish_or_explode,
)
from core.experiments.bottleneck.memory import LENGTHS, NARROW, accuracy_by_length, fail_on_long_range, fixed_context

CLAIMS = (
    fixed_context,
    vanish_or_explode,
    focuses_on_the_latter,
    forgets_by_definition,
    fail_on_long_range,
    not_parallel,
    too_many_parameters,
    ordered,
)

__all__ = ["CELLS", "CLAIMS", "LENGTHS", "NARROW", "Cell", "GradientFlow", "accuracy_by_length", "by_position", "ratio"]
