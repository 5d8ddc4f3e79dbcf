"""Sentences that hold words and numbers of the figure: a template becomes spans, which the browser sets as text.

What stands in braces is looked up by the names that the figure itself uses, and stays true when another cell is looked at:

    {q} {k} {v}             the word of the query, of the key, of the key's value that is looked at
    {m}                     what the word of the query means, where that is told
    {head}                  the head that is looked at
    {weights[q,k]:.2f}      a cell of a tensor at the places looked at; [k,q] is the way back, [q,q] the query itself
    {allowed[q]}            of a table of yes and no: how many are yes in the row that is looked at
    {key|a key}             words in the colour of a role: query, key, value, output, strong
    {n_tokens} {error:.1e}  anything else by its name: a value that is given, or else an attribute of the lesson's result
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, NamedTuple

import numpy as np

from core.glossary import Word, parted
from core.numerals import written

Span = tuple[str, str | None] | tuple[str, str | None, dict[str, str]]
ROLES = {"query", "key", "value", "output", "strong"}
# where the word of each letter stands: its role, its axis, and which place of the view names it
_WORDS = {
    "q": ("query", "queries", "query"),
    "k": ("key", "keys", "key"),
    "v": ("value", "values", "key"),
    "m": ("quiet", "meanings", "query"),
}
_ENDS = {"q": "query", "m": "query", "k": "key", "v": "key", "head": "head"}
_CELL = re.compile(r"(\w+)\[(\w+)(?:,(\w+))?\]")


class Token(NamedTuple):
    """A token as it is shown."""

    text: str
    special: bool = False


def plain(texts: Iterable[str]) -> list[Token]:
    """Tokens of these texts, none of them special."""
    return [Token(text) for text in texts]


def interesting(tokens: Sequence[Token]) -> int:
    """The token looked at first: a pronoun, which must look elsewhere for its meaning, or else one in the middle."""
    pronouns = ("it", "she", "he", "they", "who")
    return next((i for i, token in enumerate(tokens) if token.text in pronouns), len(tokens) // 2)


@dataclass(frozen=True)
class Scope:
    """Where a sentence looks its names up.

    tensors, tokens   what the figure shows.
    focus             the places of query, key and head that are looked at first.
    result            whatever a lesson computed; its attributes are names.
    """

    tensors: Mapping[str, np.ndarray] = field(default_factory=dict)
    tokens: Mapping[str, Sequence[Token]] = field(default_factory=dict)
    focus: Mapping[str, int] = field(default_factory=dict)
    result: Any = None

    def place(self, letter: str) -> int:
        """Where the thing of this letter stands first."""
        return self.focus.get(_ENDS[letter], 0)

    def word(self, letter: str) -> str:
        """The word of this letter. The value of a key has that key's word, unless values have words of their own."""
        axis = _WORDS[letter][1]
        words = self.tokens.get(axis) or self.tokens["keys"]
        return words[min(self.place(letter), len(words) - 1)].text

    def matrix(self, name: str) -> np.ndarray:
        """A tensor, of one head where it has several."""
        array = self.tensors[name]
        return array[min(self.place("head"), len(array) - 1)] if array.ndim == 3 else array


def say(template: str, scope: Scope = Scope(), explained: set[Word] | None = None, /, **values: Any) -> list[Span]:
    """A sentence in pieces: (text, role), and with a third part what the browser puts there for another cell.

    explained   words of the glossary that were met before. Others that the template itself says, never what is filled in,
                get the role "term" and say what they mean, and are met from then on. None = no word says it.
    """
    spans: list[Span] = []
    for text, name, form, _ in Formatter().parse(template):
        if text:
            spans += [(text, None)] if explained is None else _terms(text, explained)
        if name is not None:
            spans += _spans(name, form or "", scope, values)
    return spans


def _terms(text: str, explained: set[Word]) -> list[Span]:
    """Words of ours with those of the glossary among them, as far as they are met for the first time."""
    pieces = [(piece, word) for piece, word in parted(text, explained) if piece]
    explained |= {word for _, word in pieces if word}
    return [(piece, "term", {"means": word.told}) if word else (piece, None) for piece, word in pieces]


def _spans(name: str, form: str, scope: Scope, values: Mapping[str, Any]) -> list[Span]:
    """What stands for one name."""
    role, bar, words = name.partition("|")
    if bar:
        if role not in ROLES:
            raise ValueError(f"“{role}” is no role that words can have the colour of: {', '.join(sorted(ROLES))}")
        return [(words, role)]
    if name in values:
        return _given(values[name], form)
    if name in _WORDS:
        role, axis, end = _WORDS[name]
        return [(scope.word(name), role, {"word": axis, "end": end})]
    if name == "head":
        return [(written(scope.place("head"), form), "number", {"end": "head", "form": form})]
    if found := _CELL.fullmatch(name):
        return [_cell(*found.groups(), form, scope)]
    return _given(getattr(scope.result, name), form)


def _cell(tensor: str, row: str, column: str | None, form: str, scope: Scope) -> Span:
    matrix, end = scope.matrix(tensor), _ENDS[row]
    if column is None:
        return (
            written(int(matrix[scope.place(row)].sum()), form),
            "number",
            {"count": tensor, "row": end, "form": form},
        )
    number = float(matrix[scope.place(row), scope.place(column)])
    return (written(number, form), "number", {"of": tensor, "row": end, "column": _ENDS[column], "form": form})


def _given(value: Any, form: str) -> list[Span]:
    """A number in the number's type; a text as text."""
    if isinstance(value, str):
        return [(value, None)]
    return [(written(value.item() if isinstance(value, np.generic) else value, form), "number")]
