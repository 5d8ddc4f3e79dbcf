"""Multi-head layers in double precision, with their heads in another order, and how exact they can be."""

from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from core.attention import MultiHeadAttention, MultiHeadTrace, Projections
from core.experiments.measure import exact, exact_maps, rounding

GRADIENT_TOKENS = 16  # tokens of the learner's that an experiment with gradients takes


def exact_layer(layer: MultiHeadAttention) -> MultiHeadAttention:
    """The same layer in double precision."""
    maps = exact_maps(layer.maps)
    return MultiHeadAttention(maps, exact(layer.w_output), exact(layer.b_output), layer.n_heads)


def head_dim(layer: MultiHeadAttention) -> int:
    """Numbers in one query of one head."""
    return layer.maps.w_query.shape[1] // layer.n_heads


def reordered(layer: MultiHeadAttention, order: Int[Tensor, "heads"]) -> MultiHeadAttention:
    """The same heads in another order, each with its own rows of W_O."""
    columns = head_columns(layer, order)
    maps = Projections(*(tensor[..., columns] for tensor in vars(layer.maps).values()))
    return replace(layer, maps=maps, w_output=layer.w_output[columns])


def head_columns(layer: MultiHeadAttention, order: Int[Tensor, "heads"]) -> Int[Tensor, "merged_dim"]:
    """The columns of the heads, head by head in this order."""
    width = head_dim(layer)
    return (order[:, None] * width + torch.arange(width)).flatten()


def mixing_error(layer: MultiHeadAttention, trace: MultiHeadTrace) -> float:
    """How far rounding alone may move what the layer delivers."""
    return rounding(trace.attention, trace.values) * (1 + layer.w_output.abs().sum(0).max().item())
