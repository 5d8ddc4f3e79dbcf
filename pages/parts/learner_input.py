"""What a lesson computes on: the real model, a layer of it or a head, on the learner's sentences, or the learner's own
numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import streamlit as st
from torch import Tensor

from core.attention import MultiHeadAttention, Projections, Score
from core.lessons import attention, looking_back, material
from core.lessons.attention import Operands
from core.lessons.material import Encoded
from core.memory import kept_for_all_if
from core.sequence.decoding import NO_INTERVENTIONS
from core.sequence.trained import Translation
from pages.parts import controls, ours, sentences, translations, url_state
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


class AskedTranslation(NamedTuple):
    """A sentence that a translator is asked to write in French."""

    text: str


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

    @property
    def says(self) -> str:
        """Who asks whom, in words; {wide} stands for the numbers of a vector."""
        if self.operands.decoder:
            return (
                "A translator reads English and writes French. At each step its decoder asks (a row of X_Q: its state beside "
                "the piece before, {wide} numbers), and all pieces that it read are asked (X_D). It was trained to ask like this."
            )
        return (
            "Two sentences: the one above asks (X_Q), the other one is asked (X_D), {wide} numbers a token. This is a "
            "construction of ours: in this model a text asks itself, and nobody trained it to ask another one."
        )

    def trained_with(self, score: Score) -> str:
        """Whether a score was trained with these queries and keys, in words; "" where nothing is to be said."""
        trained = self.operands.trained
        if trained is not None and trained.name == score.name:
            return " v_a was trained with the translator, as W_a and U_a were." if score.name == "additive" else ""
        if score.name == "additive":
            return " W_a, U_a and v_a are random, drawn from the seed: nobody trained them, so what they find means nothing."
        return (
            ""
            if trained is None
            else f" Tried, not trained: these queries and keys learned the {trained.name} product."
        )


def ask_layer(ui: Controls) -> AskedLayer | None:
    """The controls of the sentence and the layer; None where the learner's own numbers are wanted."""
    return None if ui.numbers() == controls.BY_HAND else AskedLayer(ui.sentence(), ui.layer())


def ask_head(ui: Controls) -> AskedHead | None:
    """The controls of the sentence and the head; None where the learner's own numbers are wanted."""
    return None if ui.numbers() == controls.BY_HAND else AskedHead(ui.sentence(), *ui.layer_and_head())


TWO_SENTENCES: Final = "two sentences"


def ask_pair(
    ui: Controls, text: str, asks: str, is_asked: str, layer: int, head: int
) -> AskedTranslation | AskedPair | None:
    """The controls of who asks and who is asked, with what they begin with; None where own numbers are wanted.

    text              of a translator that asks.
    asks, is_asked    two sentences before one head: what a link was about that names any of their controls.
    """
    key = ui.key("numbers")
    names = [ui.key(name) for name in ("asks", "asked", "layer", "head")]
    if key not in st.session_state and url_state.read(key) is None and any(map(url_state.read, names)):
        st.session_state[key] = st.query_params[key] = TWO_SENTENCES
    says = "real: a translator of this course, in whose training one text asked another. Two sentences: a construction."
    numbers = ui.one_of("Numbers", (controls.REAL, TWO_SENTENCES, controls.BY_HAND), "numbers", says=says)
    if numbers == controls.BY_HAND:
        return None
    if numbers == controls.REAL:
        return AskedTranslation(ui.sentence(text, "English sentence"))
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
    filling = (filler, left) if filler else ()
    if asked is None:
        words, rows = _by_hand(ui, tables)
        again = partial(material.head_by_hand, words, *rows, *filling)
        made = again()
        return HeadInput(_filled(plain(words), *filling), made.x, made.maps, controls.OWN_MAPS, again)
    read = sentences.read(asked.text, ui.prefix, at_most=at_most)
    if read is None:
        return None
    again = partial(material.head_on_sentence, read.text, asked.layer, asked.head, read.tokens.start, at_most, *filling)
    maps = material.layer_of(asked.layer).maps.head(asked.head, controls.N_HEADS)
    x = again().x if filler else read.x(asked.layer)
    tokens = _filled(sentences.shown(read), *filling)
    return HeadInput(tokens, x, maps, controls.origin(asked.layer, asked.head), again, read)


def _filled(tokens: list[Token], filler: int = 0, left: bool = False) -> list[Token]:
    return list(material.filled(tokens, Token(material.FILLER, special=True), filler, left))


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


def pair(
    ui: Controls, asked: AskedTranslation | AskedPair | None, tables: Sequence[NumberTable], score: str
) -> PairInput | None:
    """The pair that was asked for; None after saying why there is nothing.

    tables    of the learner's numbers: queries, keys and values; score: how a query and a key are to be compared.
    """
    if asked is None:
        rows = tuple(edit_tables(ui, tables).values())
        words = tuple(tuple(table.rows) for table in tables[:2])
        again = partial(attention.by_hand, *words, *rows)
        asking, seen = (plain(each) for each in words)
        return PairInput(asking, seen, Operands(*map(material.heads_by_hand, rows)), controls.OWN_NUMBERS, again)
    if isinstance(asked, AskedTranslation):
        return _translation(ui, asked.text, attention.trained_for(score))
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


@kept_for_all_if(lambda _made, text, score: ours.text(text))
def _asking(_made: Translation, text: str, score: looking_back.Score) -> Operands:
    return attention.of_translation(looking_back.model(score), _made)


def _translation(ui: Controls, text: str, score: looking_back.Score) -> PairInput | None:
    """A translator that asks, word for word, what it reads."""
    name = looking_back.MODELS[score]

    def run(text: str) -> tuple[str, Translation]:
        return text, translations.translate(name, text, looking_back.GREEDY, NO_INTERVENTIONS)

    found = translations.understand(text, ui.key(controls.MAIN), run)
    if found is None:
        return None
    text, made = found
    translator = looking_back.model(score)
    asking, seen = (translations.tokens(pieces, translator.vocabulary) for pieces in (made.target, made.source))
    again = partial(attention.translated, text, score)
    return PairInput(asking, seen, _asking(made, text, score), translations.origin(name), again)


def _by_hand(ui: Controls, tables: Sequence[NumberTable]) -> tuple[tuple[str, ...], Sequence]:
    """The words and the numbers of the tables that the learner edits."""
    return tuple(tables[0].rows), tuple(edit_tables(ui, tables).values())
