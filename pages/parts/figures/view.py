"""What all kinds of figures share: the words for what is drawn of a tensor, and for a view of one or of several."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, Self, TypeVar

import numpy as np

Tensors = Mapping[str, np.ndarray]
Scale = Literal["weights", "signed", "share"]
Readout = Literal["vector", "pair", "mixture", "plain"]
FROM_THE_LEFT = ", the first at the left"  # of columns that are words which themselves are read from the right


def limit(array: np.ndarray, percentile: float = 99) -> float:
    """The end of a scale: so many percent of the finite values lie within it. 1 where all are 0."""
    finite = np.abs(array[np.isfinite(array)])
    if not finite.size:
        return 1.0
    # numpy's percentile takes 0.3 ms even for a few numbers, and a page has ten of these
    rank = -int(-percentile * (finite.size - 1) // 100)
    return float(np.partition(finite, rank)[rank]) or float(finite.max()) or 1.0


@dataclass(frozen=True)
class Drawn:
    """What one tensor is drawn by. What is None is not said.

    scale      "weights": 0 to 1; "signed": around 0; "share": 0 to the largest value, which the legend prints.
    limit      the end of the scale, where the numbers do not give it; axes: what rows and columns are, where it is not
               the usual.
    hidden     the name of the tensor that says which cells may be seen; hiddenWord: what the others are called.
    grows      True where rows are made one after the other, so that later ones are empty while it plays.
    rows       the axis of the rows; columns: "keys" where columns are tokens, "numbers" where they are numbers.
    whole      True where all values are whole numbers, to be written into the cells.
    words      words for the cells, a list per row.
    """

    tensor: str
    scale: Scale | None = field(default=None, kw_only=True)
    limit: float | None = field(default=None, kw_only=True)
    hidden: str | None = field(default=None, kw_only=True)
    hiddenWord: str | None = field(default=None, kw_only=True)
    grows: bool | None = field(default=None, kw_only=True)
    rows: str | None = field(default=None, kw_only=True)
    columns: str | None = field(default=None, kw_only=True)
    whole: bool | None = field(default=None, kw_only=True)
    words: Sequence[Sequence[str]] | None = field(default=None, kw_only=True)
    axes: str | None = field(default=None, kw_only=True)

    def rows_and_columns(self) -> str:
        """What they are, in words; "" where it has none."""
        return self.axes or ""

    def above(self, count: int) -> Sequence[float]:
        """What stands above so many columns that are no tokens."""
        return range(count)


D = TypeVar("D", bound=Drawn)


def within(part: D, scale: Scale, end: float) -> D:
    """The same on a scale with an end, unless it has its own."""
    return replace(part, scale=scale, limit=end if part.limit is None else part.limit)


@dataclass(frozen=True)
class View(ABC):
    """What can be said of a view of any kind.

    readout    what is said of the place that is looked at.
    plain      True where only the picture and its grid are shown; fixed: where no word can be picked.
    """

    readout: Readout | None = field(default=None, kw_only=True)
    plain: bool | None = field(default=None, kw_only=True)
    fixed: bool | None = field(default=None, kw_only=True)
    note: str | None = field(default=None, kw_only=True)

    @property
    def kind(self) -> str:
        """What the browser calls it."""
        return type(self).__name__.lower()

    @property
    @abstractmethod
    def parts(self) -> Sequence[Drawn]:
        """What it shows, one tensor each."""

    @property
    def numbers(self) -> Sequence[Drawn]:
        """What of it is taken away as tables of numbers."""
        return self.parts

    def listed(self) -> list[Sequence[object]]:
        """The rows of what is taken away of it besides."""
        return []

    def written(self) -> list[str]:
        """The words in it that are no tokens of the page."""
        return []

    @abstractmethod
    def scaled(self, tensors: Tensors) -> Self:
        """The same with the ends of its scales."""


@dataclass(frozen=True)
class Single(View, Drawn):
    """A view of one tensor."""

    @property
    def parts(self) -> Sequence[Drawn]:
        return (self,)

    def scaled(self, tensors: Tensors) -> Self:
        """With the maximum for pairs, the 99th percentile for vectors."""
        if self.scale == "weights" or self.limit is not None:
            return self
        return replace(self, limit=limit(tensors[self.tensor], 100 if self.columns == "keys" else 99))


@dataclass(frozen=True)
class Several(View):
    """A view of several tensors on one scale."""

    tables: Sequence[Drawn]

    @property
    def parts(self) -> Sequence[Drawn]:
        return self.tables

    def scaled(self, tensors: Tensors) -> Self:
        # a table of zeros has no end of its own: the others must not look empty beside it
        ends = [limit(tensors[part.tensor]) for part in self.tables if tensors[part.tensor].any()]
        together = max(ends, default=1.0)
        return replace(self, tables=tuple(within(part, part.scale or "signed", together) for part in self.tables))


def sent(described: View | Drawn) -> dict[str, Any]:
    """What travels of it: its kind, and every field that says something, by its name without the mark at its end."""
    kind = {"kind": described.kind} if isinstance(described, View) else {}
    told = {each.name.rstrip("_"): getattr(described, each.name) for each in fields(described)}
    return kind | {name: _sent(value) for name, value in told.items() if value is not None}


def _sent(value: Any) -> Any:
    if is_dataclass(value):
        return sent(value)
    return [_sent(each) for each in value] if isinstance(value, tuple) else value
