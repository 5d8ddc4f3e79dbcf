"""What a lesson computes on: a sentence as a real model reads it, or a few numbers that the learner wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.sinks import Delivery, Sink, delivery, sink
from core.attention import MultiHeadAttention, Projections
from core.models import device as devices
from core.models import loading, offline
from core.models.reading import Tokens, hidden_states


@dataclass(frozen=True)
class Encoded:
    """A sentence and the input that every layer of the offline model received for it."""

    text: str
    tokens: Tokens
    hidden: Float[Tensor, "depth tokens d_model"]

    def x(self, layer: int) -> Float[Tensor, "1 tokens d_model"]:
        """The token vectors that enter one layer."""
        return self.hidden[layer][None]


def encode(text: str, start: int = 0, at_most: int | None = None, filler: int = 0) -> Encoded:
    """Read a sentence with the offline model. What follows is small and is computed on the processor.

    filler   how many filling tokens stand behind it, as where sentences of a batch are of different lengths.
    """
    tokens, hidden = hidden_states(loading.load(offline.NAME), text, start, at_most, filler)
    return Encoded(text, tokens, hidden.cpu())


def layer_of(index: int) -> MultiHeadAttention:
    """One attention layer of the offline model, with all its heads."""
    return offline.attention_layer(loading.load(offline.NAME), index)


def weights(encoded: Encoded, layer: int) -> Float[Tensor, "heads queries keys"]:
    """The attention weights of one layer of the offline model on a sentence."""
    return layer_of(layer)(encoded.x(layer)).attention.weights[0]


def deliveries(encoded: Encoded) -> list[Delivery]:
    """What each layer of the offline model gives to whom on a sentence, and what that delivers; a stack of heads each."""
    made = (layer_of(layer)(encoded.x(layer)) for layer in range(len(encoded.hidden) - 1))
    return [delivery(each.attention.weights[0], each.values[0]) for each in made]


def device() -> str:
    """On what the offline model runs, for a person."""
    return devices.describe(loading.load(offline.NAME).device)


Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Head:
    """Tokens as words and as vectors, and the maps of one head."""

    words: tuple[str, ...]
    x: Float[Tensor, "1 tokens d_model"]
    maps: Projections


@dataclass(frozen=True)
class Layer:
    """Tokens as words and as vectors, and one layer with all its heads."""

    words: tuple[str, ...]
    x: Float[Tensor, "1 tokens d_model"]
    layer: MultiHeadAttention


def sink_of_sentence(text: str, start: int = 0, at_most: int | None = None) -> Sink:
    """What the first token of a sentence gets and delivers in each layer of the offline model."""
    return sink(deliveries(encode(text, start, at_most)))


FILLER: Final = "[PAD]"


_T = TypeVar("_T")


def filled(tokens: Sequence[_T], empty: _T, filler: int, left: bool) -> tuple[_T, ...]:
    """The tokens with filling ones behind them, or before. empty: one that fills."""
    filling = (empty,) * filler
    return (*filling, *tokens) if left else (*tokens, *filling)


def head_on_sentence(
    text: str, layer: int, head: int, start: int = 0, at_most: int | None = None, filler: int = 0, left: bool = False
) -> Head:
    """A head of the offline model, and a sentence as it enters its layer. filler, left: as `filled`."""
    read, whole = encode(text, start, at_most, filler), layer_of(layer)
    x = read.x(layer).roll(filler if left else 0, dims=1)
    return Head(filled(read.tokens.pieces, FILLER, filler, left), x, whole.maps.head(head, whole.n_heads))


def layer_on_sentence(text: str, layer: int, start: int = 0, at_most: int | None = None) -> Layer:
    """A layer of the offline model, and a sentence as it enters it."""
    read = encode(text, start, at_most)
    return Layer(read.tokens.pieces, read.x(layer), layer_of(layer))


def head_by_hand(
    words: tuple[str, ...],
    x: Rows,
    w_query: Rows,
    w_key: Rows,
    w_value: Rows,
    filler: int = 0,
    left: bool = False,
) -> Head:
    """A head of a few numbers. Filling tokens are rows of zeros."""
    tokens, maps = by_hand(x, w_query, w_key, w_value)
    empty = tokens.new_zeros(1, filler, tokens.shape[2])
    return Head(
        filled(words, FILLER, filler, left), torch.cat([empty, tokens] if left else [tokens, empty], dim=1), maps
    )


def two_heads_by_hand(
    words: tuple[str, ...], x: Rows, w_query: Rows, w_key: Rows, w_value: Rows, w_output: Rows
) -> Layer:
    """A layer of two heads of a few numbers."""
    return Layer(words, *layer_by_hand(x, w_query, w_key, w_value, w_output))


def by_hand(
    x: Rows, w_query: Rows, w_key: Rows, w_value: Rows
) -> tuple[Float[Tensor, "1 tokens d_model"], Projections]:
    """Token vectors and maps from tables of numbers. Raises ValueError in words when their sizes do not fit."""
    tensors = [torch.tensor(rows, dtype=torch.float32) for rows in (x, w_query, w_key, w_value)]
    width = tensors[0].shape[1]
    for name, weight in zip(("W_Q", "W_K", "W_V"), tensors[1:], strict=True):
        if weight.shape[0] != width:
            raise ValueError(f"X has {width} columns and {name} has {weight.shape[0]} rows: these two must agree")
    return tensors[0][None], Projections.without_bias(*tensors[1:])


def heads_by_hand(rows: Rows) -> Float[Tensor, "1 1 tokens head_dim"]:
    """Queries, keys or values of one head from a table of numbers."""
    return torch.tensor(rows, dtype=torch.float32)[None, None]


HEADS_BY_HAND = 2


def layer_by_hand(
    x: Rows, w_query: Rows, w_key: Rows, w_value: Rows, w_output: Rows
) -> tuple[Float[Tensor, "1 tokens d_model"], MultiHeadAttention]:
    """Token vectors and a layer of two heads from tables of numbers."""
    tokens, maps = by_hand(x, w_query, w_key, w_value)
    mixing = torch.tensor(w_output, dtype=torch.float32)
    return tokens, MultiHeadAttention(maps, mixing, torch.zeros(mixing.shape[1]), HEADS_BY_HAND)
