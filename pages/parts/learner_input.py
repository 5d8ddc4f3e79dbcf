"""What a lesson computes on: the real model, a layer of it or a head, on the learner's sentences, or the learner's own
numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from torch import Tensor

from core.attention import MultiHeadAttention, Projections
from core.lessons import attention, material
from core.lessons.attention import Operands
from core.lessons.material import Encoded
from pages.parts import controls, sentences
from pages.parts.controls import Controls
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.words import Token, plain

SMALL_MAPS = (
    NumberTable("wq", "W_Q", "query", ((2, 0), (0, 2))),
    NumberTable("wk", "W_K", "key", ((1, 0), (0, 1))),
    NumberTable("wv", "W_V", "value", ((1, 2), (3, 4))),
)


class AskedLayer(NamedTuple):
    """A sentence, and the layer that is to read it."""

    text: str
    layer: int


class AskedHead(NamedTuple):
    """A sentence, and the head that is to read it."""

    text: str
    layer: int
    head: int


class AskedPair(NamedTuple):
    """A sentence that asks, one that is asked, and the head that is to read both."""

    asks: str
    is_asked: str
    layer: int
    head: int


@dataclass(frozen=True)
class HeadInput:
    """Tokens as vectors, one head's maps, where they come from, and the call that makes them again.

    read   the sentence as the whole model reads it; None for the learner's own numbers.
    """

    tokens: list[Token]
    x: Tensor
    maps: Projections
    origin: str
    again: partial
    read: Encoded | None = None


@dataclass(frozen=True)
class LayerInput:
    """Tokens as vectors, one layer with all its heads, where they come from, and the call that makes them again.

    read   the sentence as the whole model reads it; None for the learner's own numbers.
    """

    tokens: list[Token]
    x: Tensor
    layer: MultiHeadAttention
    origin: str
    again: partial
    read: Encoded | None = None


@dataclass(frozen=True)
class PairInput:
    """Who asks and who is asked, as words and as vectors, where they come from, and the call that makes them again."""

    asking: list[Token]
    asked: list[Token]
    operands: Operands
    origin: str
    again: partial


def ask_layer(ui: Controls) -> AskedLayer | None:
    """The controls of the sentence and the layer; None where the learner's own numbers are wanted."""
    return None if ui.numbers() == controls.BY_HAND else AskedLayer(ui.sentence(), ui.layer())


def ask_head(ui: Controls) -> AskedHead | None:
    """The controls of the sentence and the head; None where the learner's own numbers are wanted."""
    return None if ui.numbers() == controls.BY_HAND else AskedHead(ui.sentence(), *ui.layer_and_head())


def ask_pair(ui: Controls, asks: str, is_asked: str, layer: int, head: int) -> AskedPair | None:
    """The controls of two sentences and a head, with what they begin with; None where own numbers are wanted."""
    if ui.numbers() == controls.BY_HAND:
        return None
    asking = ui.sentence(asks, "Who asks", "asks")
    return AskedPair(asking, ui.sentence(is_asked, "Who is asked", "asked"), *ui.layer_and_head(layer, head))


def head(
    ui: Controls,
    asked: AskedHead | None,
    tables: Sequence[NumberTable],
    at_most: int | None = None,
    filler: int = 0,
    left: bool = False,
) -> HeadInput | None:
    """The head that was asked for; None after saying why there is nothing.

    tables        of the learner's numbers: the token vectors, then the three of SMALL_MAPS.
    at_most       how many tokens the lesson can use.
    filler, left  how many filling tokens stand behind the learner's, or before them.
    """
    if asked is None:
        words, rows = _by_hand(ui, tables)
        again = partial(material.head_by_hand, words, *rows, *((filler, left) if filler else ()))
        made = again()
        return HeadInput(_shown(plain(words), filler, left), made.x, made.maps, controls.OWN_MAPS, again)
    read = sentences.read(asked.text, ui.prefix, at_most=at_most)
    if read is None:
        return None
    filling = (filler, left) if filler else ()
    again = partial(material.head_on_sentence, read.text, asked.layer, asked.head, read.tokens.start, at_most, *filling)
    maps = material.layer_of(asked.layer).maps.head(asked.head, controls.N_HEADS)
    x = again().x if filler else read.x(asked.layer)
    tokens = _shown(sentences.shown(read), filler, left)
    return HeadInput(tokens, x, maps, controls.origin(asked.layer, asked.head), again, read)


def _shown(tokens: list[Token], filler: int, left: bool) -> list[Token]:
    """Tokens with the filling ones."""
    empty = [Token(material.FILLER, special=True)] * filler
    return empty + tokens if left else tokens + empty


def layer(
    ui: Controls, asked: AskedLayer | None, tables: Sequence[NumberTable], at_most: int | None = None
) -> LayerInput | None:
    """The layer that was asked for; None after saying why there is nothing.

    tables    of the learner's numbers: the token vectors, then W_Q, W_K, W_V and W_O of two heads.
    """
    if asked is None:
        words, rows = _by_hand(ui, tables)
        again = partial(material.two_heads_by_hand, words, *rows)
        return LayerInput(plain(words), *material.layer_by_hand(*rows), controls.OWN_MAPS, again)
    read = sentences.read(asked.text, ui.prefix, at_most=at_most)
    if read is None:
        return None
    again = partial(material.layer_on_sentence, read.text, asked.layer, read.tokens.start, at_most)
    origin = controls.origin(asked.layer)
    return LayerInput(sentences.shown(read), read.x(asked.layer), material.layer_of(asked.layer), origin, again, read)


def pair(ui: Controls, asked: AskedPair | None, tables: Sequence[NumberTable]) -> PairInput | None:
    """The pair that was asked for; None after saying why there is nothing. tables: queries, keys and values."""
    if asked is None:
        rows = tuple(edit_tables(ui.prefix, tables).values())
        words = tuple(tuple(table.rows) for table in tables[:2])
        again = partial(attention.by_hand, *words, *rows)
        asking, seen = (plain(each) for each in words)
        return PairInput(asking, seen, Operands(*map(material.heads_by_hand, rows)), controls.OWN_NUMBERS, again)
    first = sentences.read(asked.asks, ui.prefix, "asks")
    second = first and sentences.read(asked.is_asked, ui.prefix, "asked")
    if first is None or second is None:
        return None
    maps = material.layer_of(asked.layer).maps.head(asked.head, controls.N_HEADS)
    operands = attention.project(first.x(asked.layer), second.x(asked.layer), maps)
    starts = (first.tokens.start, second.tokens.start)
    again = partial(attention.two_sentences, first.text, second.text, asked.layer, asked.head, starts)
    origin = controls.origin(asked.layer, asked.head)
    return PairInput(sentences.shown(first), sentences.shown(second), operands, origin, again)


def _by_hand(ui: Controls, tables: Sequence[NumberTable]) -> tuple[tuple[str, ...], Sequence]:
    """The words and the numbers of the tables that the learner edits."""
    return tuple(tables[0].rows), tuple(edit_tables(ui.prefix, tables).values())
