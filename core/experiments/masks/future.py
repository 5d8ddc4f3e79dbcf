"""Hiding the future: where the mask belongs, what it protects, and what it depends on."""

import torch

from core.attention import Projections, attend, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.masks.leak import attend_mask_after_softmax, hearers, leak
from core.experiments.measure import (
    Tokens,
    counted,
    edited,
    exact,
    exact_maps,
    largest,
    refusal,
    some,
)


@claim(
    said="Setting the scores of later tokens to −∞ keeps them out of sight.",
    verdict="right",
    instead="exp(−∞) is 0, and the other weights share out 1 without using the hidden scores.",
    sources=("vaswani2017",),
)
def no_look_ahead(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How far earlier outputs and the last one move when the last token is replaced, under a causal mask."""
    x, maps = exact(x), exact_maps(maps)
    n_earlier = x.shape[1] - 1
    moved = leak(x, maps, masks.causal(x.shape[1]), edits=[n_earlier])
    earlier, last = Number("earlier outputs move by", largest(moved[:-1])), Number("the last by", moved[-1].item())
    before_it = f"the {counted(n_earlier, 'output')} before it by {earlier.text}" if n_earlier else "none comes before"

    return Finding(
        (earlier, last),
        holds=earlier.value == 0 and (last.value > 0 or not hearers(x, maps, n_earlier)[-1]),
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
    sums, hidden = trace.cut.sum(-1), largest(trace.unmasked[~allowed.expand_as(trace.unmasked)])
    late, in_time = (leak(x, maps, allowed, way, edits=[n_tokens - 1])[0, 0].item() for way in (True, False))
    numbers = (
        Number("smallest row sum", sums.min().item()),
        Number("output 0 moves by, masked afterwards", late),
        Number("output 0 moves by, masked before", in_time),
    )
    if n_tokens == 1:
        says = f"You have 1 token and nothing to hide: the row sums to {numbers[0].text} either way."
        return Finding(numbers, holds=abs(sums.item() - 1) < 1e-9, says=says)

    can_leak = denominator_moves(x, maps)
    reason = "" if can_leak else " (your last token does not count for token 0)"
    return Finding(
        numbers,
        holds=in_time == 0 and (sums.min().item() < 1 or hidden < 1e-15) and (late > 0 or not can_leak),
        says=f"Masked afterwards, rows sum to as little as {numbers[0].text} and another last token moves output 0 "
        f"by {numbers[1].text}{reason}; masked before, by {numbers[2].text}.",
    )


def denominator_moves(x: Tokens, maps: Projections) -> bool:
    """Does the last token, when it is replaced, change the unmasked weight of token 0 on itself, and is that heard?"""
    replaced = x.clone()
    replaced[:, -1] = edited(replaced[:, -1])
    before, after = self_attend(x, maps), self_attend(replaced, maps)
    moved = (after.attention.weights - before.attention.weights)[0, 0, 0, 0].item()
    return abs(moved) > 1e-12 and largest(before.values[:, :, 0]) > 0


@claim(
    said="A query whose keys are all masked simply gets nothing.",
    verdict="wrong",
    instead="Its softmax is 0/0, which is not a number. Here it is refused; a large negative score in place of −∞ "
    "would attend to what is forbidden.",
    sources=("vaswani2017",),
)
def hidden_row(x: Tokens, maps: Projections, seed: int) -> Finding:
    """What becomes of a query without visible keys: under −∞, under a score of −1,000,000,000, and in this project."""
    made = self_attend(exact(x), exact_maps(maps))
    n_tokens = x.shape[1]
    query = n_tokens // 2
    allowed = masks.everything(n_tokens, n_tokens).clone()
    allowed[:, :, query] = False
    naive = made.attention.scaled.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
    floor = -1e9 * (~allowed).double()
    floored = attend(made.queries, made.keys, made.values, bias=floor).weights
    refused = refusal(attend, made.queries, made.keys, made.values, allowed)
    numbers = (
        Number("weights that are not a number", naive.isnan().sum().item(), ",.0f"),
        Number("weight on forbidden keys with −1,000,000,000", floored[~allowed].sum().item()),
    )

    return Finding(
        numbers,
        holds=numbers[0].value == n_tokens and abs(numbers[1].value - 1) < 1e-9 and f"query {query} " in refused,
        says=f"With all keys of query {query} at −∞, {numbers[0].text} of its weights are no numbers; at "
        f"−1,000,000,000, forbidden keys get {numbers[1].text} of its attention; so it is refused: “{refused}”.",
    )


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
        return Finding((Number("tokens", 1, ",.0f"),), holds=bool(causal.all()), says=says)

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

    must_move = sum(hearers(x, maps, target)[target - 1].item() for target in targets)
    return Finding(
        numbers,
        holds=fair == 0 and numbers[3].value == 1 and spoiled >= must_move,
        says=f"Whatever your tokens are, {numbers[1].text} of {counted(len(targets), 'prediction')} of the next "
        f"token can see the answer without a mask and {numbers[2].text} with a causal mask, which shows the whole "
        f"input to {numbers[3].text} of {counted(n_tokens, 'output')} only.",
    )
