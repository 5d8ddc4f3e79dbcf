"""Weight, and what it delivers: a large weight on a short value brings little. Where a model puts the attention that it
does not need, is called an attention sink."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

Measure = Literal["weight", "weight × ‖v‖"]


@dataclass(frozen=True)
class Delivery:
    """What each query takes from each key, of one head or of many.

    weights     as the softmax made them.
    lengths     ‖v‖, how long the value of each key is.
    delivered   weight × ‖v‖: how long what arrives is, before it is added up.
    """

    weights: Float[Tensor, "*stack queries keys"]
    lengths: Float[Tensor, "*stack keys"]
    delivered: Float[Tensor, "*stack queries keys"]

    @property
    def shares(self) -> Float[Tensor, "*stack queries keys"]:
        """What is delivered, as shares of its row: they sum to 1 as weights do. A row that gets nothing is all 0."""
        whole = self.delivered.sum(-1, keepdim=True)
        return self.delivered / whole.clamp(min=torch.finfo(whole.dtype).tiny)

    def measured(self, by: Measure) -> Float[Tensor, "*stack queries keys"]:
        """The weights, or the shares of what they deliver."""
        return self.weights if by == "weight" else self.shares


def delivery(weights: Float[Tensor, "*stack queries keys"], values: Float[Tensor, "*stack keys value_dim"]) -> Delivery:
    """Weights beside what they deliver. The stack: heads, or batch and heads, or layers and heads.

    Source   Kobayashi et al. 2020, there with the vectors behind W_O.
    """
    lengths = values.norm(dim=-1)
    return Delivery(weights, lengths, weights * lengths[..., None, :])


class Sink(NamedTuple):
    """What the first token gets and delivers, a number for each layer, the mean over its heads.

    weight      its share of all weight.
    shares      its share of weight × ‖v‖, row by row, averaged over the rows.
    of_sum      its share of the sum of all weight × ‖v‖, where long outputs count more.
    length      its ‖v‖ as a multiple of the mean of the others'; 1 where there is no other.
    """

    weight: Float[Tensor, "layers"]
    shares: Float[Tensor, "layers"]
    of_sum: Float[Tensor, "layers"]
    length: Float[Tensor, "layers"]


def sink(layers: Sequence[Delivery]) -> Sink:
    """How much the first token gets and delivers in each layer of a model: whether it is a sink.

    layers   each with a stack of heads alone.
    """
    found = [
        (
            each.weights[..., 0].mean(),
            each.shares[..., 0].mean(),
            each.delivered[..., 0].sum() / each.delivered.sum().clamp(min=torch.finfo(each.delivered.dtype).tiny),
            _relative_length(each.lengths),
        )
        for each in layers
    ]
    return Sink(*(torch.stack(column) for column in zip(*found, strict=True)))


def _relative_length(lengths: Float[Tensor, "heads keys"]) -> Float[Tensor, ""]:
    others = lengths[:, 1:]
    if not others.numel() or not others.any():
        return torch.ones((), dtype=lengths.dtype)
    return lengths[:, 0].mean() / others.mean()
