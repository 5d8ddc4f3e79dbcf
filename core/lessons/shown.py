"""What a lesson shows, without a screen: its tensors as matrices, and the words of every axis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

Matrices = dict[str, np.ndarray]
R = TypeVar("R")


@dataclass(frozen=True)
class Shown:
    """All that the figures of a lesson are drawn from.

    tensors   by name: those of the trace, and what figures show beside it.
    tokens    the words of each axis.
    words     the words that stand in the cells of a figure, a list per row; nodes: of a beam's tree; series: of a
              histogram.
    """

    tensors: Matrices
    tokens: Mapping[str, Sequence[str]]
    words: Sequence[Sequence[str]] = ()
    nodes: Sequence[dict[str, Any]] = ()
    series: Sequence[dict[str, Any]] = ()


def call(function: Callable[..., R], *given: Any) -> partial[R]:
    """A call that can be made again and be written down as code; an argument may be such a call itself."""
    return partial(function, *given)
