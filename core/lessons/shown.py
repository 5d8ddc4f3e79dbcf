"""What a lesson shows, without a screen: its tensors as matrices, and the words of every axis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict, TypeVar

import numpy as np

Matrices = dict[str, np.ndarray]
R = TypeVar("R")


class Candidate(TypedDict):
    """A word that a beam looked at: after which other one, at which step, and what became of it.

    score   the logarithms of the probabilities of its line up to here, added up; kept: whether its line was followed;
            ended: whether that line ended with it; best: whether it is of the line that won.
    """

    parent: int | None
    step: int
    rank: int
    word: str
    score: float
    kept: bool
    ended: bool
    best: bool


class Box(TypedDict):
    """A part of a block in a plan of it, from top to bottom.

    plan   which of the plans it belongs to; row: its place there.
    word   what it is called; told: what there is to know of it.
    differs  whether the first plan has another part there.
    skips  of a sum: above which row the path begins that goes around what lies between; None for all others.
    """

    plan: int
    row: int
    word: str
    told: str
    differs: bool
    skips: int | None


class Series(TypedDict):
    """One distribution of a histogram; words say what is measured of it."""

    name: str
    edges: list[float]
    counts: list[float]
    words: str


class Mark(TypedDict):
    """A point among curves, with its name: where it stands across and up."""

    name: str
    across: float
    up: float


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
    nodes: Sequence[Candidate] = ()
    series: Sequence[Series] = ()


def call(function: Callable[..., R], *given: Any) -> partial[R]:
    """A call that can be made again and be written down as code; an argument may be such a call itself."""
    return partial(function, *given)
