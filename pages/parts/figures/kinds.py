"""The kinds of figures. Each is a frozen class: its fields travel to the browser, its methods say what it alone knows.

A class of assets/components/views draws it there, a function of `pages.parts.drawing` draws it for paper. The types that
the JavaScript is held to are made of these classes: `python -m tests.javascript.kinds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from core.lessons.shown import Box, Candidate, Mark, Series
from pages.parts.figures.view import Drawn, Readout, Scale, Several, Single, Tensors, limit, within

Arrangement = Literal["flat", "cut", "stacked"]
Margin = Literal["sum", "visible"]


@dataclass(frozen=True)
class Table(Drawn):
    """One table among others: a row per token of the axis `rows`.

    columns    "keys" where the columns are tokens, too.
    order      where each token stands in this table, if not where it stands in the others.
    labelled   True where tokens stand beside it, too; percent: where its numbers are written as percents.
    """

    label: str
    role: str = ""
    rows: str = field(default="queries", kw_only=True)
    columns: str = field(default="numbers", kw_only=True)
    order: Sequence[int] | None = field(default=None, kw_only=True)
    labelled: bool | None = field(default=None, kw_only=True)
    percent: bool | None = field(default=None, kw_only=True)

    def rows_and_columns(self) -> str:
        first = "" if self.rows == "one" else f"{'tokens' if self.columns == 'numbers' else 'queries'} ↓ · "
        return f"{first}{self.columns} →" if self.axes is None else self.axes


@dataclass(frozen=True)
class Tables(Several):
    """Tables side by side, on one scale."""

    tables: Sequence[Table]
    readout: Readout = field(default="vector", kw_only=True)
    note: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Operand(Drawn):
    """What lies beside or above a matrix."""

    label: str
    role: str = ""


@dataclass(frozen=True)
class Matrix(Single):
    """A matrix with a row per query.

    left, top  operands; faint: whether this step does not use them.
    margin     "sum" or "visible": what stands beside the rows; meanings: of the words in its cells, as `words`.
    corner     what stands where left and top meet; cornerNote: what stands below it.
    readout    "pair" with chain="scores" | "scaled" | "masked" | "weights" | "wrong"; "mixture"; or "plain".
    """

    # `field()` where a field of every view, which may be None there, must be said
    scale: Scale = field()
    rows: str = field(default="queries", kw_only=True)
    columns: str = field(default="keys", kw_only=True)
    left: Operand | None = field(default=None, kw_only=True)
    top: Operand | None = field(default=None, kw_only=True)
    margin: Margin | None = field(default=None, kw_only=True)
    meanings: Sequence[Sequence[str]] | None = field(default=None, kw_only=True)
    role: str | None = field(default=None, kw_only=True)
    chain: str | None = field(default=None, kw_only=True)
    corner: str | None = field(default=None, kw_only=True)
    cornerNote: str | None = field(default=None, kw_only=True)
    faint: bool | None = field(default=None, kw_only=True)

    def rows_and_columns(self) -> str:
        first = "" if self.rows == "one" else "queries ↓ · "
        return f"{first}{self.columns} →" if self.axes is None else self.axes

    def scaled(self, tensors: Tensors) -> Self:
        left, top = (
            each and within(each, "weights" if each.tensor == "weights" else "signed", limit(tensors[each.tensor]))
            for each in (self.left, self.top)
        )
        return replace(super().scaled(tensors), left=left, top=top)


@dataclass(frozen=True)
class Overlay(Single):
    """A picture with what one query makes of each cell of its grid; keys are the cells, row by row.

    picture    the tensor (3, height, width) of its pixels; side: cells side by side.
    scale      "share" where many cells share one unit, so that the largest weight is far below 1.
    strip      True where every query has a small picture.
    """

    picture: str
    side: int
    scale: Scale = field(default="weights", kw_only=True)
    rows: str = field(default="queries", kw_only=True)
    columns: str = field(default="keys", kw_only=True)
    strip: bool | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Patches(Single):
    """A picture cut into squares, which slide apart and stand in a row while it plays; a row of the tensor per square.

    picture    the tensor (3, height, width) of its pixels; side: squares side by side.
    """

    picture: str
    side: int
    scale: Scale = field(default="signed", kw_only=True)
    rows: str = field(default="keys", kw_only=True)
    plain: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class Points(Single):
    """Values and outputs as points of a plane, with the hull of the values; rows: the axis of the values.

    values     the tensor that is drawn on the timeline, too.
    """

    values: str = field(init=False)
    outputs: str
    note: str = field(kw_only=True)
    scale: Scale = field(default="signed", kw_only=True)
    rows: str = field(default="keys", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self.tensor)

    @property
    def numbers(self) -> Sequence[Drawn]:
        return Drawn(self.values, rows=self.rows), Drawn(self.outputs)


@dataclass(frozen=True)
class Scatter(Single):
    """Points of a plane that can be dragged, each as large as its weight, a curve through them and one place on it.

    weights    the tensor (1, points); curve, asked: tensors of points, (places, 2) and (1, 2).
    window     where points can be put: from and to across, from and to up; across, up: what these are, in words.
    rows       the axis of the points, which a lesson selects by itself.
    """

    weights: str
    curve: str
    asked: str
    window: Sequence[float]
    across: str
    up: str
    scale: Scale = field(default="signed", kw_only=True)
    rows: str = field(default="points", kw_only=True)

    @property
    def numbers(self) -> Sequence[Drawn]:
        return Drawn(self.tensor, rows=self.rows), Drawn(self.weights, rows="one"), Drawn(self.curve, rows="one")


@dataclass(frozen=True)
class Dial(Drawn):
    """Vectors of pairs of numbers on dials: a hand for each pair, of the row that is looked at; all rows are dots.

    label      stands before the word of the row; "" for the word alone.
    turned     the tensor that the hands were turned out of: while it plays they turn, and an arc shows how far.
    dashed     True where the hands are drawn dashed, so that colour is not all that tells them apart.
    """

    label: str
    role: str = ""
    rows: str = field(default="queries", kw_only=True)
    turned: str | None = field(default=None, kw_only=True)
    dashed: bool | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Dials(Several):
    """One dial for every two numbers, with the hands of several tensors on it, on one scale.

    tensor     the first of them, which is drawn on the timeline.
    clock      angles are counted from the top with the clock, as for a sine and its cosine; otherwise from the right
               against it.
    """

    tables: Sequence[Dial]
    tensor: str = field(init=False)
    clock: bool = field(default=False, kw_only=True)
    scale: Scale = field(default="weights", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensor", self.tables[0].tensor)


@dataclass(frozen=True)
class Curves(Single):
    """A line for each row of a tensor, over its columns.

    rows       the axis whose words are the names of the lines.
    across     what its columns are, up: what its values are, both in words.
    start      the number of the first column; every: how much a column adds to it.
    axis       the axis of its columns, where that is selected by itself; None where all figures look at the same number.
    places     the number of each column, where they are not evenly spaced: then both axes are logarithmic.
    marks      points among the lines, with their names.
    """

    rows: str = field()
    across: str
    up: str
    start: int = 0
    every: int = 1
    places: Sequence[float] | None = field(default=None, kw_only=True)
    marks: Sequence[Mark] | None = field(default=None, kw_only=True)
    axis: str | None = field(default=None, kw_only=True)
    scale: Scale = field(default="signed", kw_only=True)

    def above(self, count: int) -> Sequence[float]:
        return self.places or [self.start + self.every * column for column in range(count)]

    def written(self) -> list[str]:
        return [mark["name"] for mark in self.marks or ()]

    def listed(self) -> list[Sequence[object]]:
        rows = [(mark["name"], f"{mark['across']:.7g}", f"{mark['up']:.7g}") for mark in self.marks or ()]
        return [("mark", self.across, self.up), *rows] if rows else []


@dataclass(frozen=True)
class Bars(Single):
    """A bar for each row of a tensor of shares, cut into parts: its rows sum to 1.

    rows       the axis of the bars; columns: of their parts.
    across     what a whole bar is, in words.
    """

    rows: str = field()
    columns: str = field()
    across: str
    scale: Scale = field(default="weights", kw_only=True)


@dataclass(frozen=True)
class Tree(Single):
    """What a beam looked at; the tensor is drawn on the timeline. meanings: of the words of the nodes, one by one."""

    nodes: Sequence[Candidate]
    meanings: Sequence[str]
    note: str = field(kw_only=True)
    scale: Scale = field(default="weights", kw_only=True)

    @property
    def numbers(self) -> Sequence[Drawn]:
        return ()

    def written(self) -> list[str]:
        return [str(node["word"]) for node in self.nodes]

    def listed(self) -> list[Sequence[object]]:
        names = ("step", "word", "score", "kept", "ended", "best", "parent")
        return [("node", *names), *((at, *(node[name] for name in names)) for at, node in enumerate(self.nodes))]


@dataclass(frozen=True)
class Plans(Single):
    """Plans of blocks side by side, part by part; the tensor of their sizes is drawn on the timeline and taken away.

    titles   of the plans; rows: the axis of the parts that have a size.
    """

    titles: Sequence[str]
    boxes: Sequence[Box]
    note: str = field(kw_only=True)
    scale: Scale = field(default="share", kw_only=True)
    rows: str = field(default="parts", kw_only=True)
    fixed: bool = field(default=True, kw_only=True)

    def written(self) -> list[str]:
        return [text for box in self.boxes for text in (box["word"], box["told"])]


@dataclass(frozen=True)
class Histogram(Single):
    """Distributions over one axis; the tensor is drawn on the timeline."""

    series: Sequence[Series]
    scale: Scale = field(default="share", kw_only=True)

    @property
    def numbers(self) -> Sequence[Drawn]:
        return ()

    def listed(self) -> list[Sequence[object]]:
        rows: list[Sequence[object]] = []
        for each in self.series:
            bins = zip(each["edges"], each["edges"][1:], each["counts"], strict=False)
            rows += [(each["name"], "to", "draws"), *([f"{x:.7g}" for x in row] for row in bins)]
        return rows


@dataclass(frozen=True)
class Heads(Single):
    """One small matrix of weights per head; ablated: those that are silent; rows and columns: the axes of both."""

    ablated: Sequence[int] = ()
    scale: Scale = field(default="weights", kw_only=True)
    rows: str = field(default="queries", kw_only=True)
    columns: str = field(default="keys", kw_only=True)


@dataclass(frozen=True)
class Cube(Single):
    """A tensor (heads, tokens, head_dim) on its way between "flat", "cut" and "stacked".

    origin     names the tensor (heads, tokens) that says whose numbers a row of the stack really holds.
    """

    from_: Arrangement
    to: Arrangement
    role: str
    origin: str | None = None
    scale: Scale = field(default="signed", kw_only=True)
