"""Positions. Experiments take (given, seed): the learner's numbers or a real model's, and what toys are drawn from."""

from core.experiments.positions.codes import ever_less_alike, joined, no_neighbours, one_of_its_own, one_rotation
from core.experiments.positions.given import Given
from core.experiments.positions.toys import fixed_function, never_ends, order_unknown, which_side
from core.experiments.positions.turning import added_code, locality

CLAIMS = (
    order_unknown,
    joined,
    fixed_function,
    added_code,
    one_rotation,
    one_of_its_own,
    ever_less_alike,
    no_neighbours,
    locality,
    never_ends,
    which_side,
)

__all__ = ["CLAIMS", "Given"]
