"""Several small models that learn one task while a visitor waits, compared in one chart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    title, says   of the task, for a person.
    one           what one of them is called; total: how many there are.
    curve         trains them one after the other, all from one seed.
    lines         those that are done so far as named lines, each a list of places and a list of shares of 1.
    across, up    what the places and the shares are; places: all there can be.
    logarithmic   whether places are drawn by their ratio.
    as_table      whether shares are written into a table, since so many lines would lie on one another.
    """

    title: str
    says: str
    one: str
    total: int
    curve: Callable[[int], Iterator[Any]]
    lines: Callable[[Sequence[Any]], Mapping[str, tuple[list[int], list[float]]]]
    across: str
    up: str
    places: Sequence[int]
    logarithmic: bool = False
    as_table: bool = False
