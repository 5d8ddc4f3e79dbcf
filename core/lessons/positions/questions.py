"""What the questions of lesson 6 are graded on: numbers that are computed when they are asked for."""

from core.experiments.positions.toys import learned
from core.lessons.material import Encoded
from core.lessons.positions import by_hand, real
from core.lessons.positions.by_hand import FURTHEST
from core.training.order import TRAINED


def guessed_without_positions(seed: int) -> float:
    """The share of rows in which a toy without positions and without a mask knows whether A is before B."""
    return learned("none", False, seed).accuracy[TRAINED]


def changed_by_shift(result: by_hand.Lesson, shift: int = FURTHEST) -> tuple[float, float]:
    """How far the score moves when the query and the key both stand later: with RoPE, and with sinusoids added."""
    rotary, added = (result.by_shift[:, shift] - result.by_shift[:, 0]).abs().tolist()
    return rotary, added


def typed_in_the_other_order(read: Encoded, settings: real.Settings, layer: int) -> tuple[float, float, float]:
    """Exchange two words: how far outputs move beyond their words, in one layer and in the whole model.

    Returns   the largest difference of one layer, how far rounding alone may bring that, and how far the vectors of the
              other words move behind the last layer of the whole model, in lengths, on average.
    """
    found = real.orders(read, settings, layer)
    pair = real.pair_of(len(read.tokens.ids), settings)
    others = [place for place in range(len(read.tokens.ids)) if place not in pair]
    return found.layer_error, found.rounding, found.moved[-1, others].mean().item()
