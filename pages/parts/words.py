"""Sentences that hold tokens and numbers: a template and typed values become spans, which the browser sets as text."""

from string import Formatter
from typing import NamedTuple

Span = list[str | None]


class Styled(NamedTuple):
    """A piece of a sentence and its role: query, key, value, output, number, strong."""

    text: str
    role: str


def query(text: str) -> Styled:
    return Styled(text, "query")


def key(text: str) -> Styled:
    return Styled(text, "key")


def value(text: str) -> Styled:
    return Styled(text, "value")


def output(text: str) -> Styled:
    return Styled(text, "output")


def strong(text: str) -> Styled:
    return Styled(text, "strong")


def say(template: str, **values: Styled | float | int | str) -> list[Span]:
    """'Row {asks} spends {most:.2f}' with its values -> [[text, role], ...]. Numbers are set in the number's type."""
    spans: list[Span] = []
    for text, name, form, _ in Formatter().parse(template):
        if text:
            spans.append([text, None])
        if name is None:
            continue
        given = values[name]
        if isinstance(given, Styled):
            spans.append([given.text, given.role])
        elif isinstance(given, str):
            spans.append([given, None])
        else:
            spans.append([format(given, form or "").replace("-", "−"), "number"])
    return spans
