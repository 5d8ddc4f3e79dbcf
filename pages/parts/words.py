"""Sentences that hold tokens and numbers: a template and typed values become spans, which the browser sets as text."""

from string import Formatter
from typing import NamedTuple

from core.numerals import written

Span = list[str | dict[str, str] | None]


class Styled(NamedTuple):
    """A piece of a sentence and its role: query, key, value, output, number, strong.

    live   what the browser puts there when another cell is looked at: a word of an axis, a cell of a tensor, a count.
    """

    text: str
    role: str
    live: dict[str, str] | None = None


class Live(NamedTuple):
    """A number of the cell that is looked at, and where the browser finds it for another cell."""

    value: float
    live: dict[str, str]


def query(text: str) -> Styled:
    return Styled(text, "query")


def key(text: str) -> Styled:
    return Styled(text, "key")


def asking(text: str) -> Styled:
    """The word of the row that is looked at."""
    return Styled(text, "query", {"word": "queries", "end": "query"})


def asked(text: str) -> Styled:
    """The word of the column that is looked at."""
    return Styled(text, "key", {"word": "keys", "end": "key"})


def mixed_in(text: str) -> Styled:
    """The word whose value stands in the column that is looked at."""
    return Styled(text, "value", {"word": "values", "end": "key"})


def cell(number: float, tensor: str, row: str = "query", column: str = "key") -> Live:
    """A cell of a tensor, at the query or the key that is looked at."""
    return Live(number, {"of": tensor, "row": row, "column": column})


def true_in_row(number: int, tensor: str) -> Live:
    """How many cells are true in the row that is looked at."""
    return Live(number, {"count": tensor, "row": "query"})


def looked_at(number: int, end: str) -> Live:
    """The place itself that is looked at: which head."""
    return Live(number, {"end": end})


def value(text: str) -> Styled:
    return Styled(text, "value")


def output(text: str) -> Styled:
    return Styled(text, "output")


def strong(text: str) -> Styled:
    return Styled(text, "strong")


def say(template: str, **values: Styled | Live | float | int | str) -> list[Span]:
    """'Row {asks} spends {most:.2f}' with its values -> [[text, role], ...]. Numbers are set in the number's type.

    What is live has a third part, and its format with it: ".2f", ".0%" or none.
    """
    spans: list[Span] = []
    for text, name, form, _ in Formatter().parse(template):
        if text:
            spans.append([text, None])
        if name is None:
            continue
        given = values[name]
        if isinstance(given, Styled):
            spans.append([given.text, given.role, *([given.live] if given.live else [])])
        elif isinstance(given, Live):
            spans.append([written(given.value, form or ""), "number", given.live | {"form": form or ""}])
        elif isinstance(given, str):
            spans.append([given, None])
        else:
            spans.append([written(given, form or ""), "number"])
    return spans
