"""What the sentence lab shows: all heads of one kind of attention on one text, with the tokens that stand beside them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.analysis.flow import Summary, summarised
from core.analysis.grouping import Groups, grouped, groups
from core.analysis.head_statistics import Words
from core.analysis.overview import thumbnails
from core.analysis.sinks import Delivery, Measure, Sink, delivery, sink
from core.models.reading import Reading
from core.models.recording import LayerRecord
from core.models.stacks import Stack
from core.models.tokens import Tokens, text_of, words_of

Kind = Literal["encoder", "decoder", "cross"]


@dataclass(frozen=True)
class TextAttention:
    """All heads of one kind, as they are to be seen.

    layers          the weights between the model's own tokens, or the shares of what they deliver: what is computed, is
                    computed on them.
    measure         which of the two.
    asked           the model's own tokens that are the keys.
    queries, keys   the tokens of the rows and columns that are shown.
    rows, columns   the places of the model's tokens in each of these.
    stack           which layers of the model these are.
    """

    kind: Kind
    measure: Measure
    layers: tuple[Float[Tensor, "heads queries keys"], ...]
    asked: Words
    queries: Words
    keys: Words
    rows: Groups
    columns: Groups
    stack: Stack

    @cached_property
    def untouched(self) -> bool:
        """Whether each row and column is one token of the model, and all are there, so that q and k belong to it."""
        return all(
            groups == tuple((place,) for place in range(size))
            for groups, size in zip((self.rows, self.columns), self.layers[0].shape[-2:], strict=True)
        )

    @property
    def n_layers(self) -> int:
        return len(self.layers)

    @property
    def n_heads(self) -> int:
        return len(self.layers[0])

    @cached_property
    def raw(self) -> Float[Tensor, "layers heads queries keys"]:
        """The layers in one tensor. A copy of many megabytes for a long text: made only where it is needed."""
        return torch.stack(self.layers)

    @property
    def weights(self) -> Float[Tensor, "layers heads rows columns"]:
        """All heads, between the rows and columns that are shown."""
        return self._shown(self.raw)

    def small(self, most: int) -> UInt8[Tensor, "heads rows columns"]:
        """All heads of all layers as small pictures: `thumbnails` of what is shown."""
        return torch.cat([thumbnails(self._shown(layer), most) for layer in self.layers])

    def _shown(self, weights: Float[Tensor, "*stack queries keys"]) -> Float[Tensor, "*stack rows columns"]:
        return weights if self.untouched else grouped(weights, self.rows, self.columns)

    def summary(self, of: Summary, layer: int, head: int) -> Float[Tensor, "rows columns"]:
        """One matrix: a head, or several in one."""
        if of in ("one head", "mean of the layer"):
            # a layer alone is not copied, all of them are
            return self._shown(summarised(self.layers[layer][None], of, 0, head))
        return self._shown(summarised(self.raw, of, layer, head))


def summaries(kind: Kind) -> tuple[Summary, ...]:
    """What can be shown of one kind: a rollout needs rows and columns to be the same tokens."""
    return tuple(of for of in get_args(Summary) if not (kind == "cross" and of == "rollout"))


def kinds(reading: Reading) -> tuple[Kind, ...]:
    """The kinds of attention that there are."""
    return tuple(kind for kind in ("encoder", "decoder", "cross") if getattr(reading, kind))


def delivered(record: LayerRecord) -> Delivery:
    """What the heads of one layer deliver on a text, where its values were recorded."""
    return delivery(record.weights[0].cpu(), record.values[0].cpu())


def first_token(reading: Reading, kind: Kind) -> Sink:
    """What the first token gets and delivers in each layer of one kind, where the values were recorded."""
    return sink([delivered(record) for record in getattr(reading, kind)])


def text_attention(
    reading: Reading, kind: Kind, *, hide_special: bool, merge_pieces: bool, measure: Measure = "weight"
) -> TextAttention:
    """All heads of one kind, with special tokens left out and pieces of words merged if asked.

    measure  the weights, or the shares of what they deliver, for which a reading must hold the values.
    Raises   ValueError when no row or no column is left.
    """
    written = reading.target or reading.tokens
    asking = reading.tokens if kind == "encoder" else written
    asked = written if kind == "decoder" else reading.tokens
    layers = tuple(
        record.weights[0].cpu() if measure == "weight" else delivered(record).measured(measure)
        for record in getattr(reading, kind)
    )
    rows, columns = (
        groups(words_of(each), hide_special=hide_special, merge_pieces=merge_pieces) for each in (asking, asked)
    )
    if not rows or not columns:
        raise ValueError("all tokens of this attention are special ones: show them, or type more words")
    words, stack = (_regroup(asking, rows), _regroup(asked, columns)), reading.stacks[kind]
    return TextAttention(kind, measure, layers, words_of(asked), *words, rows, columns, stack)


def _regroup(tokens: Tokens, found: Groups) -> Words:
    return Words(
        tuple(text_of(tokens, group) for group in found),
        tuple(tokens.special[group[0]] for group in found),
        tuple(tokens.word[group[0]] for group in found),
    )
