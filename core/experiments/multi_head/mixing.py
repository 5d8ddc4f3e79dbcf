"""Where heads meet: nowhere before W_O, and everywhere after it."""

import torch
from torch import Tensor

from core.attention import MultiHeadAttention, attend, merge_heads
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import APART, Tokens, exact, largest, normal
from core.experiments.multi_head.layers import (
    GRADIENT_TOKENS,
    exact_layer,
    head_columns,
    head_dim,
    mixing_error,
    reordered,
)
from core.numerals import how_many


@claim(
    said="Heads only communicate inside their own group.",
    verdict="right",
    instead="Up to W_O, which mixes them all.",
    sources=("vaswani2017",),
)
def own_group(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The gradient of the last head's slot with respect to what head 0 works with, before W_O and after it."""
    x, layer = exact(x)[:, :GRADIENT_TOKENS], exact_layer(layer)
    width = head_dim(layer)
    trace = layer(x)
    with torch.enable_grad():
        operands = [tensor.clone().requires_grad_() for tensor in (trace.queries, trace.keys, trace.values)]
        merged = merge_heads(attend(*operands).output)
        mixed = merged @ layer.w_output
        before, after = (influence_of_head_0(row[..., -width:], operands, seed) for row in (merged, mixed))
    numbers = (Number("gradient before W_O", before), Number("gradient after W_O", after))
    if layer.n_heads == 1:
        says = f"You have 1 head, and its gradient to itself is {numbers[0].text}: there is no other group."
        return Finding(numbers, holds=False, says=says)

    return Finding(
        numbers,
        holds=before == 0 < after,
        says=f"The last head's numbers react to head 0 with a gradient of {numbers[0].text} before W_O and of "
        f"{numbers[1].text} after it.",
    )


def influence_of_head_0(output: Tensor, operands: list[Tensor], seed: int) -> float:
    """The largest gradient of an output, weighed at random, with respect to head 0's queries, keys and values."""
    cotangent = normal(*output.shape, seed=seed)
    found = torch.autograd.grad((output * cotangent).sum(), operands, retain_graph=True)
    return max(largest(gradient[:, 0]) for gradient in found)


@claim(
    said="Heads are merged by putting them side by side.",
    verdict="imprecise",
    instead="Side by side, and then times W_O. Without W_O each number of the result comes from one head only.",
    sources=("vaswani2017",),
)
def concatenated(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How many numbers of a token change when head 0 falls silent, and what the order of the heads changes."""
    x, layer = exact(x), exact_layer(layer)
    trace, silent = layer(x), layer(x, ablated=(0,))
    backwards = torch.arange(layer.n_heads).flip(0)
    turned = reordered(layer, backwards)(x)
    concat, mixed = (
        (full != ablated).any(dim=1).sum().item()
        for full, ablated in ((trace.merged, silent.merged), (trace.mixed, silent.mixed))
    )
    moved_only = largest(turned.merged - trace.merged[..., head_columns(layer, backwards)])
    unchanged = largest(turned.mixed - trace.mixed)
    numbers = (
        Number("numbers of a token", x.shape[-1], ",.0f"),
        Number("numbers that head 0 changes, side by side", concat, ",.0f"),
        Number("numbers that head 0 changes, after W_O", mixed, ",.0f"),
        Number("reversed heads, side by side: beyond moving, numbers change by", moved_only, ".1e"),
        Number("reversed heads with their rows of W_O: outputs change by", unchanged, ".1e"),
    )

    unseen = mixing_error(layer, trace)
    more = "" if mixed > concat else " (no more, so that yours does not show what W_O is for)"
    return Finding(
        numbers,
        holds=moved_only <= unseen and unchanged <= unseen and mixed > concat,
        says=f"Head 0 decides {numbers[1].text} of {how_many(x.shape[-1], 'number')} of a token side by side and "
        f"{numbers[2].text} after W_O{more}, and reversing heads and rows of W_O changes outputs by {numbers[4].text}.",
    )


@claim(
    said="Heads are something like layers.",
    verdict="wrong",
    instead="Heads work side by side in one layer, and their order means nothing. Layers work one after the other.",
    sources=("vaswani2017",),
)
def heads_are_layers(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """What changes when the heads of your layer swap places, and when your layer swaps places with an untrained one."""
    x, layer = exact(x), exact_layer(layer)
    other = exact_layer(MultiHeadAttention.random(x.shape[-1], layer.n_heads, seed + APART))
    trace = layer(x)
    turned = reordered(layer, torch.arange(layer.n_heads).flip(0))(x)
    first_yours, first_other = other(trace.mixed).mixed, layer(other(x).mixed).mixed
    heads = Number("heads swapped", largest(turned.mixed - trace.mixed), ".1e")
    layers = Number("layers swapped", largest(first_yours - first_other))

    unseen = mixing_error(layer, trace)
    reason = "" if layers.value > unseen else ", for nothing comes out of yours"
    return Finding(
        (heads, layers),
        holds=heads.value <= unseen < layers.value,
        says=f"Swapping heads (with their rows of W_O) changes the outputs by {heads.text}, swapping two layers by "
        f"{layers.text}{reason}.",
    )
