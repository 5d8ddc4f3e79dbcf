"""What a lesson about one head is given: a head of the real model on the learner's sentence, or the learner's numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from core.attention import Projections
from core.lessons import material
from pages.parts import controls, sentences
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.step_viewer import Token

SMALL_MAPS = (
    NumberTable("wq", "W_Q", "query", ((2, 0), (0, 2))),
    NumberTable("wk", "W_K", "key", ((1, 0), (0, 1))),
    NumberTable("wv", "W_V", "value", ((1, 2), (3, 4))),
)


@dataclass(frozen=True)
class Given:
    """Tokens as vectors, one head's maps, where they come from, and the call that makes them again."""

    tokens: list[Token]
    x: Tensor
    maps: Projections
    origin: str
    again: partial


def real(text: str, prefix: str, layer: int, head: int, at_most: int | None = None) -> Given | None:
    """A head of the offline model on a sentence; None after saying why there is none."""
    read = sentences.read(text, prefix, at_most=at_most)
    if read is None:
        return None
    maps = material.layer_of(layer).maps.head(head, controls.N_HEADS)
    again = partial(material.head_on_sentence, read.text, layer, head, read.tokens.start, at_most)
    return Given(sentences.shown(read), read.x(layer), maps, controls.origin(layer, head), again)


def by_hand(prefix: str, tables: Sequence[NumberTable]) -> Given:
    """Numbers that the learner edits: the table of token vectors, then the three of SMALL_MAPS."""
    rows = edit_tables(prefix, tables)
    x, maps = material.by_hand(*rows.values())
    again = partial(material.head_by_hand, tuple(tables[0].rows), *rows.values())
    return Given([Token(word) for word in tables[0].rows], x, maps, controls.OWN_NUMBERS, again)
