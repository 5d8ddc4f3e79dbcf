"""From one wide row to heads and back: what the reshape does, and what it does not."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import multi_head_attention_forward

from core.attention import (
    MultiHeadAttention,
    Projections,
    masks,
    merge_heads,
    multi_head_attend,
    self_attend,
    split_heads,
)
from core.attention.heads import merge_without_transpose, split_without_transpose
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import SHOWN, Tokens, edited, exact, largest, normal
from core.experiments.multi_head.layers import GRADIENT_TOKENS, exact_layer, head_dim, mixing_error
from core.numerals import how_many

LEAK_TOKENS = 8  # enough to see every leak, and few enough to count them
VIT_HEADS, VIT_HEAD_DIM = 12, 64  # ViT-B and BERT-base


@claim(
    said="All heads can be computed by one batched product.",
    verdict="right",
    instead="Heads are an axis like the batch: side by side they give what they give one after the other.",
    sources=("vaswani2017",),
    identity=True,
)
def batched(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The difference between all heads at once, one head after the other, and torch's own multi-head attention."""
    x, layer = exact(x), exact_layer(layer)
    trace = layer(x)
    rows = layer.w_output.reshape(layer.n_heads, head_dim(layer), -1)
    one_by_one = layer.b_output + sum(
        self_attend(x, layer.maps.head(head, layer.n_heads)).attention.output[:, 0] @ rows[head]
        for head in range(layer.n_heads)
    )
    loop = Number("heads at once against one by one", largest(trace.mixed - one_by_one), ".1e")
    torchs = Number("against torch", largest(trace.mixed - by_torch(x, layer)), ".1e")
    unseen = mixing_error(layer, trace)

    return Finding(
        (loop, torchs),
        holds=loop.value <= unseen and torchs.value <= unseen,
        says=f"Computing {how_many(layer.n_heads, 'head')} at once or one after the other makes a difference of "
        f"{loop.text}, and torch's own multi-head attention one of {torchs.text}.",
    )


def by_torch(x: Tensor, layer: MultiHeadAttention) -> Tensor:
    """The same layer computed by torch, which stores weights transposed and the tokens first."""
    maps = layer.maps
    output, _ = multi_head_attention_forward(
        *3 * (x.transpose(0, 1),),
        embed_dim_to_check=x.shape[-1],
        num_heads=layer.n_heads,
        in_proj_weight=torch.cat([maps.w_query, maps.w_key, maps.w_value], dim=1).T,
        in_proj_bias=torch.cat([maps.b_query, maps.b_key, maps.b_value]),
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=layer.w_output.T,
        out_proj_bias=layer.b_output,
        training=False,
        need_weights=False,
    )
    return output.transpose(0, 1)


@claim(
    said="Heads are made by just reshaping N × D to H × N × d.",
    verdict="imprecise",
    instead="View as N × H × d, then transpose. A bare reshape cuts tokens to pieces on the way in and mixes them "
    "on the way out.",
    sources=("vaswani2017",),
)
def just_reshape(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """Under a causal mask, for up to 8 tokens: what two bare reshapes change, and how many future pairs they leak."""
    x, layer = exact(x)[:, :LEAK_TOKENS], exact_layer(layer)
    n_tokens = x.shape[1]
    right = causal_layer(layer, split_heads, merge_heads)
    both_bare = causal_layer(layer, split_without_transpose, merge_without_transpose)
    bare_split = causal_layer(layer, split_without_transpose, merge_heads)
    bare_merge = causal_layer(layer, split_heads, merge_without_transpose)
    changed = largest(both_bare(x) - right(x))
    leaks = [future_leaks(compute, x) for compute in (right, both_bare, bare_split, bare_merge)]
    pairs = n_tokens * (n_tokens - 1) // 2
    numbers = (
        Number("bare split and bare merge change outputs by", changed),
        Number("future pairs", pairs, ",.0f"),
        Number("leaks, right", leaks[0], ",.0f"),
        Number("leaks, bare split and bare merge", leaks[1], ",.0f"),
        Number("leaks, bare split alone", leaks[2], ",.0f"),
        Number("leaks, bare merge alone", leaks[3], ",.0f"),
    )
    if layer.n_heads == 1 or n_tokens == 1:
        says = (
            f"With {how_many(layer.n_heads, 'head')} and {how_many(n_tokens, 'token')} a reshape has nothing to mix up."
        )
        return Finding(numbers, holds=False, says=says)

    return Finding(
        numbers,
        holds=leaks[:2] == [0, 0] and changed > mixing_error(layer, layer(x)) and leaks[3] > 0,
        says=f"Bare reshapes on both ways change outputs by {numbers[0].text} and leak {numbers[3].text} of "
        f"{how_many(pairs, 'future pair')}, so no leak test finds them, while a bare split alone leaks "
        f"{numbers[4].text} and a bare merge alone {numbers[5].text}.",
    )


def causal_layer(layer: MultiHeadAttention, split: Callable, merge: Callable) -> Callable[[Tensor], Tensor]:
    """The layer under a causal mask with its own way to split and to merge heads."""
    return lambda x: multi_head_attend(x, layer, masks.causal(x.shape[1]), split=split, merge=merge).mixed


def future_leaks(compute: Callable[[Tensor], Tensor], x: Tensor) -> int:
    """How many outputs move when a later token is replaced, counted over all pairs."""
    before = compute(x)
    leaks = 0
    for token in range(x.shape[1]):
        changed = x.clone()
        changed[:, token] = edited(changed[:, token])
        leaks += int((compute(changed) != before).any(dim=-1)[0, :token].sum())
    return leaks


@claim(
    said="The input is cut into H pieces, one for each head.",
    verdict="wrong",
    instead="Each head reads all D features through a D × d map of its own. It is the projection that is cut.",
    sources=("vaswani2017",),
)
def cut_input(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """How many features of the input head 0 reacts to, and how many it would if the input were cut before the maps."""
    x, layer = exact(x)[:, :GRADIENT_TOKENS], exact_layer(layer)
    width, d_model = head_dim(layer), x.shape[-1]
    maps = layer.maps.head(0, layer.n_heads)
    cut_maps = Projections(
        maps.w_query[:width], maps.w_key[:width], maps.w_value[:width], *list(vars(maps).values())[3:]
    )
    whole = features_read(x, lambda tokens: self_attend(tokens, maps).attention.output, seed)
    cut = features_read(x, lambda tokens: self_attend(tokens[..., :width], cut_maps).attention.output, seed)
    numbers = (
        Number("features", d_model, ",.0f"),
        Number("features read by head 0", whole, ",.0f"),
        Number("features read if the input were cut", cut, ",.0f"),
    )

    single = " (the same, for 1 head takes it all)" if layer.n_heads == 1 else ""
    single = single or ("" if whole > width else ": your maps happen to read no more")
    return Finding(
        numbers,
        holds=whole > width >= cut,
        says=f"Head 0 of {layer.n_heads} reads {numbers[1].text} of {how_many(d_model, 'feature')}, and would read "
        f"{numbers[2].text} if the input were cut{single}.",
    )


def features_read(x: Tensor, compute: Callable[[Tensor], Tensor], seed: int) -> int:
    """The number of input features to which an output has a gradient that is not zero."""
    with torch.enable_grad():
        tokens = x.clone().requires_grad_()
        output = compute(tokens)
        (gradient,) = torch.autograd.grad((output * normal(*output.shape, seed=seed)).sum(), tokens)
    return int((gradient != 0).any(dim=1).sum())


@claim(
    said="12 heads on 784 patches are one product of 12 × 784 × 64 and 12 × 64 × 64.",
    verdict="wrong",
    instead="That is a block-diagonal map with 1/12 of the weights. What is batched over heads is queries times keys.",
    sources=("vaswani2017", "dosovitskiy2021"),
)
def block_diagonal(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The weights of a map with one small block per head, of the full map, and what yours keeps outside the blocks."""
    x, layer = exact(x), exact_layer(layer)
    n_heads, width, w_query = layer.n_heads, head_dim(layer), layer.maps.w_query
    blocks = torch.stack([w_query[own, own] for own in (slice(h * width, (h + 1) * width) for h in range(n_heads))])
    in_blocks = merge_heads(split_heads(x, n_heads) @ blocks)
    diagonal = torch.block_diag(*blocks)
    error = largest(in_blocks - x @ diagonal)
    outside = (w_query - diagonal).square().sum() / w_query.square().sum().clamp(min=torch.finfo(w_query.dtype).tiny)
    numbers = (
        Number("weights in 12 blocks of 64 × 64", VIT_HEADS * VIT_HEAD_DIM**2, ",.0f"),
        Number("weights of 12 heads", (VIT_HEADS * VIT_HEAD_DIM) ** 2, ",.0f"),
        Number("your weights in blocks", blocks.numel(), ",.0f"),
        Number("your weights", w_query.numel(), ",.0f"),
        Number("share of your map outside its blocks", outside.item()),
    )

    inside = "" if outside > 0 else ": it happens to be block-diagonal"
    return Finding(
        numbers,
        holds=error <= 1e-12 * (1 + largest(x)) * (1 + largest(diagonal)) * x.shape[-1] and outside.item() > SHOWN,
        says=f"12 blocks of 64 × 64 are {numbers[0].text} weights and W_Q of 12 heads has {numbers[1].text}; yours "
        f"has {numbers[3].text} in place of {numbers[2].text}, with {numbers[4].text} of its squares outside the "
        f"blocks{inside}.",
    )
