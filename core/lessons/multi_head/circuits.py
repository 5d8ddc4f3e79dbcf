"""What the four matrices of a head do together: two products, one that decides where it looks and one for what it brings."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.attention import MultiHeadAttention, MultiHeadTrace, split_heads
from core.attention.projections import ablate
from core.experiments.measure import largest, normal
from core.lessons.shown import Matrices
from core.trace import step

SEED = 8  # of a bias that is added to all keys of a head
LINES = ("where it looks", "what it brings")  # of the singular values
EXACT = 1e-5  # of the largest singular value: what is smaller is 0, but for rounding


@dataclass(frozen=True)
class CircuitsTrace:
    """The layer once more, by the two products of each head."""

    where: Float[Tensor, "batch heads queries keys"] = step(
        r"X\left(W_QW_K^\top\right)X^\top + b_Q\left(XW_K\right)^\top",
        title="Where a head looks",
        source="elhage2021",
        ours="with the query's bias; the key's is left out",
    )
    looked: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(\frac{<where>}{\sqrt{d}}\right)", title="Weights by it", source="elhage2021"
    )
    brought: Float[Tensor, "batch heads queries d_model"] = step(
        r"<looked>X\left(W_VW_O\right) + b_VW_O", title="What a head brings", source="elhage2021"
    )
    summed: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{sum}\left(<brought>\right) + b_O", title="Heads add up", source="elhage2021"
    )


Spectra = tuple[Float[Tensor, "heads 2 values"], Int[Tensor, "heads 2"]]


@dataclass(frozen=True)
class Circuits:
    """The trace by products, and how it agrees with the layer's own.

    singular       of W_Q W_Kᵀ and of W_V W_O of each head, the largest first.
    ranks          how many of them are not 0.
    lengths        of what each head adds to each token.
    bias_scores    by how much one vector that is added to all keys of a head moves the scores of a query: all alike.
    bias_weights   by how much it moves the weights of that query at most; own_bias: the scores, by the layer's own b_K.
    weights_error  between the weights by products and the layer's; sum_error: between the sum and its output.
    """

    trace: CircuitsTrace
    singular: Float[Tensor, "heads 2 values"]
    ranks: Int[Tensor, "heads 2"]
    lengths: Float[Tensor, "queries heads"]
    bias_scores: Float[Tensor, "queries heads"]
    bias_weights: Float[Tensor, "queries heads"]
    own_bias: float
    weights_error: float
    sum_error: float

    @property
    def told(self) -> dict[str, Any]:
        """What sentences say of it."""
        looks, brings = (_between(column) for column in self.ranks.T.tolist())
        return {
            "looks": looks,
            "brings": brings,
            "bias_most": largest(self.bias_weights),
            "own_bias": self.own_bias,
            "weights_error": self.weights_error,
            "sum_error": self.sum_error,
        }


def _between(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def of_heads(
    layer: MultiHeadAttention,
) -> tuple[
    Float[Tensor, "heads d_model head_dim"],
    Float[Tensor, "heads d_model head_dim"],
    Float[Tensor, "heads d_model head_dim"],
    Float[Tensor, "heads head_dim d_model"],
]:
    """W_Q, W_K, W_V and W_O of each head: its columns of the first three, its rows of the last."""
    maps = (layer.maps.w_query, layer.maps.w_key, layer.maps.w_value)
    w_query, w_key, w_value = (split_heads(each[None], layer.n_heads)[0] for each in maps)
    return w_query, w_key, w_value, layer.w_output.reshape(layer.n_heads, -1, layer.w_output.shape[1])


def biases(layer: MultiHeadAttention) -> tuple[Tensor, Tensor, Tensor]:
    """b_Q, b_K and b_V of each head: (heads, 1, head_dim) each."""
    maps = layer.maps
    b_query, b_key, b_value = (each.reshape(layer.n_heads, 1, -1) for each in (maps.b_query, maps.b_key, maps.b_value))
    return b_query, b_key, b_value


def by_products(
    x: Float[Tensor, "1 tokens d_model"], layer: MultiHeadAttention, ablated: tuple[int, ...]
) -> CircuitsTrace:
    """The layer by two products for each head. What muted heads bring is 0."""
    w_query, w_key, w_value, w_output = of_heads(layer)
    b_query, _, b_value = biases(layer)
    # from left to right, so that no table of d_model × d_model is ever made
    where = x @ w_query @ w_key.mT @ x.mT + b_query @ (x @ w_key).mT
    looked = (where / w_key.shape[-1] ** 0.5).softmax(-1)
    brought = ablate((looked @ x @ w_value @ w_output + b_value @ w_output)[None], ablated)
    summed = brought.sum(1) + layer.b_output
    return CircuitsTrace(where[None], looked[None], brought, summed)


def singular_values(
    left: Float[Tensor, "heads d_model head_dim"], right: Float[Tensor, "heads d_model head_dim"]
) -> Float[Tensor, "heads head_dim"]:
    """Of left times right turned over, which has no others but zeros: found on two triangles, which is fast."""
    triangles = (torch.linalg.qr(each, mode="r").R for each in (left, right))
    first, second = triangles
    return torch.linalg.svdvals(first @ second.mT)


def spectra(layer: MultiHeadAttention) -> Spectra:
    """Singular values of both products of each head, and how many of them are not 0: the same for every sentence."""
    w_query, w_key, w_value, w_output = of_heads(layer)
    singular = torch.stack([singular_values(w_query, w_key), singular_values(w_value, w_output.mT)], dim=1)
    ranks = (singular > EXACT * singular.amax(-1, keepdim=True)).sum(-1)
    width = min(2 * singular.shape[-1], w_query.shape[-2])
    return torch.nn.functional.pad(singular, (0, width - singular.shape[-1])), ranks


def run(
    x: Float[Tensor, "1 tokens d_model"],
    layer: MultiHeadAttention,
    own: MultiHeadTrace,
    ablated: tuple[int, ...],
    known: Spectra | None = None,
) -> Circuits:
    """Read a layer by its products.

    own     the same layer as it runs, with the same heads muted.
    known   the `spectra` of the layer, where somebody has kept them.
    """
    trace = by_products(x, layer, ablated)
    singular, ranks = known or spectra(layer)
    head_dim = own.queries.shape[-1]
    bias = normal(layer.n_heads, 1, head_dim, seed=SEED).to(x)
    moved = (own.queries[0] * bias).sum(-1)
    scale = head_dim**-0.5
    weights = ((own.attention.scores[0] + moved[..., None]) * scale).softmax(-1)
    return Circuits(
        trace,
        singular,
        ranks,
        trace.brought[0].norm(dim=-1).T,
        moved.T,
        (weights - own.attention.weights[0]).abs().amax(-1).T,
        largest((own.queries[0] * biases(layer)[1]).sum(-1)),
        largest(trace.looked - own.attention.weights),
        largest(trace.summed - own.mixed),
    )


def beside(result: Circuits) -> Matrices:
    """What figures show of it."""
    return {
        "where": result.trace.where[0].numpy(),
        "singular": result.singular.numpy(),
        "lengths": result.lengths.numpy(),
        "summed": result.trace.summed[0].numpy(),
        "bias_scores": result.bias_scores.numpy(),
        "bias_weights": result.bias_weights.numpy(),
    }
