"""How far a query sees: global and local attention, what a window saves, and what it costs in reach."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import Projections, attend, cross_attend, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.masks.band import attend_banded
from core.experiments.masks.leak import hearers, leak
from core.experiments.measure import (
    HIDDEN,
    Tokens,
    band,
    counted,
    exact,
    exact_maps,
    largest,
    normal,
    rounding,
    shuffled,
)


def window_for(n_tokens: int) -> int:
    """How many neighbours to either side: 2, or 1 in a sequence too short to leave anyone out."""
    return 2 if n_tokens >= 8 else 1


@claim(
    said="Global attention is another name for self-attention.",
    verdict="wrong",
    instead="Self or cross says where keys come from, global or local how many are seen. All 4 combinations exist.",
    sources=("vaswani2017", "luong2015"),
)
def global_is_self(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The pairs that meet in all four combinations of self or cross with global or local."""
    x, maps = exact(x), exact_maps(maps)
    n_tokens, n_asking = x.shape[1], (x.shape[1] + 1) // 2
    window = window_for(n_tokens)
    deviation, pairs = 0.0, []
    for asking in (n_tokens, n_asking):
        for span in (n_tokens, window):
            allowed = band(asking, n_tokens, span)
            weights = cross_attend(x[:, :asking], x, maps, allowed).attention.weights
            deviation = max(deviation, largest(weights.sum(-1) - 1), largest(weights[~allowed]))
            pairs.append(masks.kept(allowed))
    kinds = ("self, global", "self, local", "cross, global", "cross, local")
    numbers = tuple(Number(f"pairs: {kind}", count, ",.0f") for kind, count in zip(kinds, pairs, strict=True))

    short = "" if n_tokens > 2 else ", for a window covers a sequence as short as yours"
    return Finding(
        numbers,
        holds=deviation < 1e-9 and pairs[0] == n_tokens**2 and (pairs[1] < pairs[0] or n_tokens <= 2),
        says=f"Self-attention can be global ({counted(pairs[0], 'pair')}) or local ({numbers[1].text}), and so can "
        f"cross-attention from {counted(n_asking, 'token')} to all ({numbers[2].text} and {numbers[3].text}){short}.",
    )


@claim(
    said="Local attention cuts the bill for long inputs.",
    verdict="right",
    instead="If only the band is computed: at most N (2w + 1) scores in place of N².",
    sources=("beltagy2020", "vaswani2017"),
)
def local_saves(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Pairs kept by a window, scores computed with and without the N × N table, and the difference of the outputs."""
    made = self_attend(exact(x), exact_maps(maps))
    n_tokens = x.shape[1]
    window = window_for(n_tokens)
    allowed = masks.local(n_tokens, window)
    dense = attend(made.queries, made.keys, made.values, allowed)
    banded = attend_banded(made.queries, made.keys, made.values, window)
    difference = largest(banded.output.transpose(0, 2) - dense.output)
    numbers = (
        Number("pairs kept", masks.kept(allowed), ",.0f"),
        Number("scores computed, band", banded.scores.numel(), ",.0f"),
        Number("scores computed, table", dense.scores.numel(), ",.0f"),
        Number("largest difference", difference, ".1e"),
    )

    long_enough = n_tokens > 2 * window + 1
    reason = "" if long_enough else " (your sequence is too short to save anything)"
    return Finding(
        numbers,
        holds=difference <= rounding(dense, made.values)
        and masks.kept(allowed) <= banded.scores.numel() == n_tokens * (2 * window + 1)
        and (banded.scores.numel() < dense.scores.numel() or not long_enough),
        says=f"A window of {window} keeps {counted(masks.kept(allowed), 'pair')}: computed as a band it takes "
        f"{numbers[1].text} scores in place of {numbers[2].text}{reason}, with a difference of {numbers[3].text}.",
    )


@claim(
    said="A local mask saves memory.",
    verdict="wrong",
    instead="A mask hides scores that are computed and stored. Only code that never forms the N × N table saves them.",
    sources=("beltagy2020",),
)
def mask_alone(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The scores that stand in memory without a mask and with a local one, and how many of them are thrown away."""
    x, maps = exact(x), exact_maps(maps)
    n_tokens = x.shape[1]
    allowed = masks.local(n_tokens, window_for(n_tokens))
    unmasked = self_attend(x, maps).attention.masked.numel()
    masked = self_attend(x, maps, allowed).attention.masked.numel()
    hidden = masked - masks.kept(allowed)
    numbers = (
        Number("scores without a mask", unmasked, ",.0f"),
        Number("scores with a local mask", masked, ",.0f"),
        Number("of these hidden", hidden, ",.0f"),
    )

    return Finding(
        numbers,
        holds=masked == unmasked == n_tokens**2,
        says=f"The table takes {counted(unmasked, 'score')} without a mask and {numbers[1].text} with a local one, "
        f"{numbers[2].text} of them only to be hidden.",
    )


@claim(
    said="Local attention looks at the neighbours of a token's own position.",
    verdict="imprecise",
    instead="A sliding window does. Luong's local attention is centred on a source position that the network predicts.",
    sources=("luong2015", "beltagy2020"),
)
def elsewhere(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Where an untrained prediction centres the windows, and whether shuffling the tokens takes the centres along."""
    x = exact(x)
    n_tokens = x.shape[1]
    window, order = window_for(n_tokens), shuffled(n_tokens, seed)
    centres = predicted_centres(x, seed)
    error = largest(predicted_centres(x[:, order], seed) - centres[order])
    away = ((centres - torch.arange(n_tokens)).abs() > window).sum().item()
    numbers = (
        Number("lowest centre", centres.min().item(), ".1f"),
        Number("highest centre", centres.max().item(), ".1f"),
        Number("tokens outside their own window", away, ",.0f"),
        Number("centres move by when tokens are shuffled", error, ".1e"),
    )

    return Finding(
        numbers,
        holds=error <= 1e-9 * n_tokens and bool(((centres >= 0) & (centres <= n_tokens)).all()),
        says=f"An untrained prediction centres windows between positions {numbers[0].text} and {numbers[1].text}: "
        f"{numbers[2].text} of {counted(n_tokens, 'token')} lie outside their own window of {window}, and shuffled "
        f"tokens take their centres along (to within {numbers[3].text}).",
    )


def predicted_centres(x: Tokens, seed: int) -> Float[Tensor, "tokens"]:
    """Luong's p = S sigmoid(vᵀ tanh(W h)), with W and v drawn from a seed. Source: Luong et al. 2015, eq. 9."""
    w = normal(x.shape[-1], HIDDEN, seed=seed) * x.shape[-1] ** -0.5
    v = normal(HIDDEN, seed=seed + 1)
    return x.shape[1] * (torch.tanh(x[0] @ w) @ v).sigmoid()


@claim(
    said="Attention connects any two tokens in one step, however far apart.",
    verdict="right",
    instead="A window of w needs ⌈distance / w⌉ layers, global attention needs 1. Using the path has to be learned.",
    sources=("vaswani2017",),
)
def any_distance(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How many outputs of one layer move with the last token, and how many windowed layers it takes to reach them."""
    x, maps = exact(x)[:, :64], exact_maps(maps)
    n_tokens = x.shape[1]
    window, distance = window_for(n_tokens), n_tokens - 1
    moved = (leak(x, maps, None, edits=[distance]) > 0).sum().item()
    reached = masks.receptive_field(masks.local(n_tokens, window)[0, 0], n_layers=distance)[:, 0, -1]
    layers = reached.int().argmax().item()
    numbers = (
        Number("outputs of one layer that move", moved, ",.0f"),
        Number("distance", distance, ",.0f"),
        Number("windowed layers to cover it", layers, ",.0f"),
    )

    must_move = hearers(x, maps, distance).sum().item()
    return Finding(
        numbers,
        holds=layers == math.ceil(distance / window) and moved >= must_move,
        says=f"Another last token moves {numbers[0].text} of {counted(n_tokens, 'output')} in one layer, while "
        f"layers with a window of {window} have to be {numbers[2].text} deep to cover the distance of "
        f"{numbers[1].text}.",
    )
