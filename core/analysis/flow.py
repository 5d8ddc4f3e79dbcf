"""Many matrices in one: means over heads and layers, and attention rollout."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Summary = Literal["one head", "mean of the layer", "mean of all", "rollout"]
Fuse = Literal["mean", "max", "min"]
Weights = Float[Tensor, "layers heads queries keys"]


def rollout(weights: Weights, residual: float = 0.5, fuse: Fuse = "mean") -> Float[Tensor, "tokens tokens"]:
    """How much of each input token is in each output token, if weights were all that mixed them.

    residual   the share that passes each layer beside the attention, through the residual connection.
    fuse       what is made of the heads of a layer: their mean, or at each place the largest or the smallest weight.
    Returns    rows that sum to 1.
    Source     Abnar & Zuidema 2020: the product over layers of the mean over heads, half identity.
    """
    n_tokens = weights.shape[-1]
    identity = torch.eye(n_tokens, dtype=weights.dtype, device=weights.device)
    flow = identity
    fused = {"mean": torch.mean, "max": torch.amax, "min": torch.amin}[fuse](weights, 1)
    if fuse != "mean":
        # made to sum to 1 again, where the heads share anything at all
        fused = fused / fused.sum(-1, keepdim=True).clamp(min=torch.finfo(fused.dtype).tiny)
    for layer in fused:
        mixed = (1 - residual) * layer + residual * identity
        flow = mixed / mixed.sum(-1, keepdim=True) @ flow
    return flow


def mean_of_layer(weights: Weights, layer: int) -> Float[Tensor, "queries keys"]:
    """The mean over the heads of one layer."""
    return weights[layer].mean(0)


def mean_of_all(weights: Weights) -> Float[Tensor, "queries keys"]:
    """The mean over all heads of all layers."""
    return weights.mean((0, 1))


def summarised(
    weights: Weights, of: Summary, layer: int, head: int, residual: float = 0.5, fuse: Fuse = "mean"
) -> Float[Tensor, "queries keys"]:
    """One matrix of all: that of a head, a mean, or the rollout."""
    match of:
        case "mean of the layer":
            return mean_of_layer(weights, layer)
        case "mean of all":
            return mean_of_all(weights)
        case "rollout":
            return rollout(weights, residual, fuse)
    return weights[layer, head]
