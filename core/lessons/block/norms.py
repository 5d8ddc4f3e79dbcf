"""Lesson 9: the blocks of a model with norms of another kind in the place of their own."""

from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.transformer.block import Block, Part
from core.transformer.norms import AnyNorm, BatchNorm, LayerNorm, RMSNorm, batch_norm, layer_norm, rms_norm

NAMED: Final[dict[str, AnyNorm]] = {"LayerNorm": "layer", "RMSNorm": "rms", "BatchNorm": "batch"}
NORMS: Final[dict[AnyNorm, str]] = {kind: name for name, kind in NAMED.items()}

# of each kind of norm: its code, what its figures are called, and what there is to see in it
TOLD: Final[dict[AnyNorm, tuple[Callable, str, str, str]]] = {
    "layer": (
        layer_norm,
        "(X − μ) ∕ σ",
        "× γ + β",
        "LayerNorm looks at one token alone. The {wide} numbers of {q} have a mean μ of {means[q,k]:.3f} and a deviation σ of "
        "{deviations[q,k]:.3f}; that is taken out, and {gained}.",
    ),
    "rms": (
        rms_norm,
        "X ∕ RMS",
        "× γ",
        "RMSNorm looks at one token alone. The {wide} numbers of {q} have a root mean square, RMS, of {sizes[q,k]:.3f}, by which "
        "they are divided; {gained}. Their mean, {means[q,k]:.3f}, is not taken out.",
    ),
    "batch": (
        batch_norm,
        "(X − μ) ∕ σ",
        "× γ + β",
        "BatchNorm looks at one number of all tokens: over the {n_batch} in the batch, each of the {wide} has a mean μ and "
        "a deviation σ, which are taken out; {q} by itself is left with {means[q,k]:.3f} and {deviations[q,k]:.3f}. "
        "{gained}.",
    ),
}

# what follows each kind: where nobody trained it, and where it was learned
GAINED: Final[dict[AnyNorm, tuple[str, str]]] = {
    "layer": ("a gain of 1 and a shift of 0 follow, which change nothing", "a learned gain and shift put in"),
    "rms": ("a gain of 1 follows, which changes nothing", "the gain of its LayerNorm follows, not trained anew"),
    "batch": (
        "A gain of 1 and a shift of 0 follow, which change nothing",
        "Gain and shift are those of its LayerNorm, not trained anew",
    ),
}
# the same of the second norm of a block
AGAIN: Final[dict[AnyNorm, tuple[str, str]]] = {
    "layer": ("a gain of 1 and a shift of 0", "a gain and a shift of its own"),
    "rms": ("a gain of 1", "a gain of its own"),
    "batch": ("a gain of 1 and a shift of 0", "a gain and a shift of its own"),
}


def layer_norms(block: Block) -> tuple[LayerNorm, LayerNorm]:
    """The two norms of a block. Raises ValueError where they are of another kind."""
    first, second = block.norm_attention, block.norm_mlp
    if isinstance(first, LayerNorm) and isinstance(second, LayerNorm):
        return first, second
    raise ValueError("this block has another norm: lesson 13 compares them")


def with_norms(block: Block, kind: AnyNorm) -> Block:
    """The same block, sharing all that it has learned, with norms of a kind: their gain, and their shift where it has one."""
    if kind == "layer":
        return block
    made = deepcopy(block, {id(each): each for each in block.parameters()})
    for name, norm in zip(("norm_attention", "norm_mlp"), layer_norms(block), strict=True):
        setattr(made, name, as_rms(norm) if kind == "rms" else BatchNorm(norm.weight, norm.bias, norm.epsilon))
    made.norm = kind
    return made


def as_rms(norm: LayerNorm) -> RMSNorm:
    """An RMSNorm of the same gain."""
    made = RMSNorm(len(norm.weight), norm.epsilon)
    made.weight = norm.weight
    return made


def in_a_batch(
    block: Block,
    kind: AnyNorm,
    x: Float[Tensor, "1 tokens d_model"],
    others: Float[Tensor, "1 others d_model"],
    without: Collection[Part] = (),
) -> Block:
    """The same block with norms of a kind, where BatchNorm also counts the tokens of another text, as they enter it."""
    made = with_norms(block, kind)
    if kind != "batch":
        return made
    n_tokens = x.shape[1]
    with torch.inference_mode(False), torch.no_grad():  # what is made without a way back cannot be pushed
        trace = made(torch.cat([x, others], dim=1), two_texts(n_tokens, others.shape[1]), without=without)
    first = made.norm_place == "pre"
    entering = (trace.resid_pre, trace.resid_mid) if first else (trace.resid_mid, trace.resid_sum)
    for norm, tokens in zip((made.norm_attention, made.norm_mlp), entering, strict=True):
        norm.beside = tokens[:, n_tokens:]
    return made


def two_texts(n_tokens: int, n_others: int) -> Bool[Tensor, "1 1 tokens tokens"]:
    """Who may attend to whom where two texts stand in one row: each only to its own."""
    of_mine = torch.arange(n_tokens + n_others) < n_tokens
    return (of_mine[:, None] == of_mine)[None, None]
