"""Hiding the future: where the mask belongs, what it protects, and what it depends on."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import Projections, SelfAttentionTrace, attend, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.masks.leak import attend_mask_after_softmax, leak
from core.experiments.measure import (
    Tokens,
    exact,
    exact_maps,
    largest,
    refusal,
    some,
)
from core.numerals import how_many
from core.seeded import seeded


@claim(
    said="Setting the scores of later tokens to −∞ keeps them out of sight.",
    verdict="right",
    instead="exp(−∞) is 0, and the other weights share out 1 without using the hidden scores.",
    sources=("vaswani2017",),
)
def no_look_ahead(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How far earlier outputs and the last one move when the last token is replaced, under a causal mask and without."""
    x, maps = exact(x), exact_maps(maps)
    n_earlier = x.shape[1] - 1
    moved, open_ = (leak(x, maps, allowed, edits=[n_earlier]) for allowed in (masks.causal(x.shape[1]), None))
    earlier, last = Number("earlier outputs move by", largest(moved[:-1])), Number("the last by", moved[-1].item())
    without = Number("earlier outputs move by, without a mask", largest(open_[:-1]))
    before_it = (
        f"the {how_many(n_earlier, 'output')} before it by {earlier.text}; without a mask by up to {without.text}"
        if n_earlier
        else "none comes before"
    )

    return Finding(
        (earlier, last, without),
        holds=earlier.value == 0 < without.value,
        says=f"Another last token moves the last output by {last.text}, and {before_it}.",
    )


@claim(
    said="Multiplying the weights by the mask afterwards does the same.",
    verdict="wrong",
    instead="Rows then sum to less than 1. The hidden scores still stand in the denominator, so the future leaks.",
    sources=("vaswani2017",),
)
def mask_afterwards(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The smallest row sum after a late mask, and how far output 0 moves when the last token is replaced."""
    x, maps = exact(x), exact_maps(maps)
    n_tokens = x.shape[1]
    allowed = masks.causal(n_tokens)
    made = self_attend(x, maps)
    trace = attend_mask_after_softmax(made.queries, made.keys, made.values, allowed)
    sums = trace.cut.sum(-1)
    late, in_time = (leak(x, maps, allowed, way, edits=[n_tokens - 1])[0, 0].item() for way in (True, False))
    numbers = (
        Number("smallest row sum", sums.min().item()),
        Number("output 0 moves by, masked afterwards", late),
        Number("output 0 moves by, masked before", in_time),
    )
    if n_tokens == 1:
        says = f"You have 1 token and nothing to hide: the row sums to {numbers[0].text} either way."
        return Finding(numbers, holds=False, says=says)

    reason = "" if late > 0 else " (your last token does not count for token 0)"
    return Finding(
        numbers,
        holds=in_time == 0 < late and sums.min().item() < 1,
        says=f"Masked afterwards, rows sum to as little as {numbers[0].text} and another last token moves output 0 "
        f"by {numbers[1].text}{reason}; masked before, by {numbers[2].text}.",
    )


@claim(
    said="A query whose keys are all masked simply gets nothing.",
    verdict="imprecise",
    instead="Its softmax is 0/0, so every program decides by itself: torch alone makes nothing of it in one place and no "
    "numbers in another. Here it is refused; a large negative score in place of −∞ attends to what is forbidden.",
    sources=("vaswani2017",),
)
def hidden_row(x: Tokens, maps: Projections, seed: int) -> Finding:
    """What becomes of a query without visible keys: in two functions of torch, under −1,000,000,000, and in this project."""
    made = self_attend(exact(x), exact_maps(maps))
    n_tokens = x.shape[1]
    query = n_tokens // 2
    allowed = masks.everything(n_tokens, n_tokens).clone()
    allowed[:, :, query] = False
    nothing = torch.nn.functional.scaled_dot_product_attention(made.queries, made.keys, made.values, allowed)
    spoiled = torchs_multi_head(made, ~allowed[0, 0])
    floor = -1e9 * (~allowed).double()
    floored = attend(made.queries, made.keys, made.values, bias=floor).weights
    refused = refusal(attend, made.queries, made.keys, made.values, allowed)
    zeros, no_numbers = int((nothing[0, 0, query] == 0).sum()), int(spoiled[query].isnan().sum())
    numbers = (
        Number("zeros that scaled_dot_product_attention makes of it", zeros, ",.0f"),
        Number("weights of MultiheadAttention that are no number", no_numbers, ",.0f"),
        Number("weight on forbidden keys with −1,000,000,000", floored[~allowed].sum().item()),
    )

    return Finding(
        numbers,
        holds=zeros == nothing.shape[-1]
        and largest(made.attention.output[0, 0, query]) > 0
        and no_numbers == n_tokens
        and abs(numbers[2].value - 1) < 1e-9
        and f"query {query} " in refused,
        says=f"With all keys of query {query} hidden, torch's scaled_dot_product_attention gives {how_many(zeros, 'zero')} and "
        f"its MultiheadAttention {how_many(no_numbers, 'weight')} that are no number; at −1,000,000,000, forbidden keys get "
        f"{numbers[2].text} of the attention; here it is refused: “{refused}”.",
    )


def torchs_multi_head(made: SelfAttentionTrace, forbidden: Tensor) -> Float[Tensor, "queries keys"]:
    """The weights that torch's MultiheadAttention gives with one head whose maps leave queries, keys and values as they are.

    forbidden   True = may not attend: torch's module means the opposite of everything else here.
    """
    queries, keys = (rows[:, 0] for rows in (made.queries, made.keys))
    with seeded(0):  # what it draws at first is replaced
        module = torch.nn.MultiheadAttention(queries.shape[-1], 1, bias=False, batch_first=True, dtype=queries.dtype)
    eye = torch.eye(queries.shape[-1], dtype=queries.dtype)
    module.in_proj_weight.copy_(torch.cat([eye, eye, eye]))
    return module(queries, keys, keys, attn_mask=forbidden)[1][0]


@claim(
    said="Images get no mask because they are not sequences.",
    verdict="imprecise",
    instead="The mask follows the objective, not the data. BERT reads text without one, iGPT predicts pixels with one.",
    sources=("devlin2019", "chen2020", "dosovitskiy2021"),
)
def images(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Of up to 8 outputs that are to predict the next token, how many see it, and how many see the whole input."""
    x, maps = exact(x), exact_maps(maps)
    n_tokens = x.shape[1]
    causal = masks.causal(n_tokens)
    if n_tokens == 1:
        says = "You have 1 token: with a causal mask and without one it sees the whole input."
        return Finding((Number("tokens", 1, ",.0f"),), holds=False, says=says)

    targets = [1 + index for index in some(n_tokens - 1, at_most=8)]
    before_them = torch.tensor(targets) - 1
    spoiled, fair = (
        (leak(x, maps, allowed, edits=targets)[before_them, torch.arange(len(targets))] > 0).sum().item()
        for allowed in (None, causal)
    )
    numbers = (
        Number("predictions", len(targets), ",.0f"),
        Number("predictions that see their answer, no mask", spoiled, ",.0f"),
        Number("predictions that see their answer, causal mask", fair, ",.0f"),
        Number("outputs that see the whole input, causal mask", causal.all(dim=-1).sum().item(), ",.0f"),
    )

    return Finding(
        numbers,
        holds=fair == 0 < spoiled,
        says=f"Whatever your tokens are, {numbers[1].text} of {how_many(len(targets), 'prediction')} of the next "
        f"token can see the answer without a mask and {numbers[2].text} with a causal mask, which shows the whole "
        f"input to {numbers[3].text} of {how_many(n_tokens, 'output')} only.",
    )
