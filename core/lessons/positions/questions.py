"""What the questions of lesson 6 are graded on: numbers that are computed when they are asked for."""

from core.experiments.positions.toys import learned
from core.lessons.positions import by_hand
from core.lessons.positions.by_hand import FURTHEST
from core.training.order import TRAINED


def guessed_without_positions(seed: int) -> float:
    """The share of rows in which a toy without positions and without a mask knows whether A is before B."""
    return learned("none", False, seed).accuracy[TRAINED]


def changed_by_shift(result: by_hand.Lesson) -> tuple[float, float]:
    """How far the score moves when the query and the key both stand later: with RoPE, and with sinusoids added."""
    rotary, added = (result.by_shift[:, FURTHEST] - result.by_shift[:, 0]).abs().tolist()
    return rotary, added
