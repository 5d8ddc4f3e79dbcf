"""How far a query sees: global and local attention, what a window saves, and what it costs in reach."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import Projections, attend, cross_attend, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.masks.band import attend_banded
from core.experiments.masks.leak import leak
from core.experiments.measure import (
    HIDDEN,
    SHOWN,
    Tokens,
    band,
    exact,
    exact_maps,
    largest,
    normal,
    rounding,
    shuffled,
)
from core.numerals import how_many


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
    """The pairs that meet in all combinations of self or cross with global or local, and how far the span moves outputs."""
    x, maps = exact(x), exact_maps(maps)
    n_tokens, n_asking = x.shape[1], (x.shape[1] + 1) // 2
    window = window_for(n_tokens)
    deviation, pairs, outputs = 0.0, [], []
    for asking in (n_tokens, n_asking):
        for span in (n_tokens, window):
            allowed = band(asking, n_tokens, span)
            found = cross_attend(x[:, :asking], x, maps, allowed).attention
            deviation = max(deviation, largest(found.weights.sum(-1) - 1), largest(found.weights[~allowed]))
            pairs.append(masks.kept(allowed))
            outputs.append(found.output)
    moved = min(largest(outputs[1] - outputs[0]), largest(outputs[3] - outputs[2]))
    kinds = ("self, global", "self, local", "cross, global", "cross, local")
    numbers = (
        *(Number(f"pairs: {kind}", count, ",.0f") for kind, count in zip(kinds, pairs, strict=True)),
        Number("outputs move by at least, global to local", moved),
    )

    short = "" if n_tokens > 2 else ", for a window covers a sequence as short as yours"
    return Finding(
        numbers,
        holds=deviation < 1e-9 and moved > 0,
        says=f"Self-attention can be global ({how_many(pairs[0], 'pair')}) or local ({numbers[1].text}), and so can "
        f"cross-attention from {how_many(n_asking, 'token')} to all ({numbers[2].text} and {numbers[3].text}); either way the "
        f"span moves outputs by {numbers[4].text} or more{short}.",
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
        holds=difference <= rounding(dense, made.values) and banded.scores.numel() < dense.scores.numel(),
        says=f"A window of {window} keeps {how_many(masks.kept(allowed), 'pair')}: computed as a band it takes "
        f"{numbers[1].text} scores in place of {numbers[2].text}{reason}, with a difference of {numbers[3].text}.",
    )


@claim(
    said="A local mask saves memory.",
    verdict="wrong",
    instead="A mask hides scores that are computed and stored. Only code that never forms the N × N table saves them.",
    sources=("beltagy2020",),
)
def mask_alone(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The scores that each way leaves in memory: no mask, a local one, and code that computes the band alone."""
    made = self_attend(exact(x), exact_maps(maps))
    n_tokens, operands = x.shape[1], (made.queries, made.keys, made.values)
    window = window_for(n_tokens)
    allowed = masks.local(n_tokens, window)
    unmasked, masked, banded = (
        sum(table.numel() for table in (trace.scores, trace.masked, trace.weights))
        for trace in (attend(*operands), attend(*operands, allowed), attend_banded(*operands, window))
    )
    numbers = (
        Number("numbers in tables of scores and weights, no mask", unmasked, ",.0f"),
        Number("with a local mask", masked, ",.0f"),
        Number("of one table hidden", n_tokens**2 - masks.kept(allowed), ",.0f"),
        Number("with the band alone", banded, ",.0f"),
    )

    short = "" if banded < masked else ", for your sequence is too short to save anything"
    return Finding(
        numbers,
        holds=banded < masked and masked >= unmasked,
        says=f"Scores and weights take {numbers[0].text} numbers without a mask and {numbers[1].text} with a local one, which "
        f"hides {numbers[2].text} of each table of {n_tokens} × {n_tokens}; as a band alone they take {numbers[3].text}{short}.",
    )


@claim(
    said="Local attention looks at the neighbours of a token's own position.",
    verdict="imprecise",
    instead="A sliding window does. Luong's local-p is centred on a source position that the network predicts, and only his "
    "local-m on the position of the same number.",
    sources=("luong2015", "beltagy2020"),
)
def elsewhere(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Where an untrained prediction (local-p) centres the windows, and whether shuffled tokens take the centres along."""
    x = exact(x)
    n_tokens = x.shape[1]
    window, order = window_for(n_tokens), shuffled(n_tokens, seed)
    centres = predicted_centres(x, seed)
    shuffled_centres = predicted_centres(x[:, order], seed)
    error, moved = largest(shuffled_centres - centres[order]), largest(shuffled_centres - centres)
    away = ((centres - torch.arange(n_tokens)).abs() > window).sum().item()
    numbers = (
        Number("lowest centre", centres.min().item(), ".1f"),
        Number("highest centre", centres.max().item(), ".1f"),
        Number("tokens outside their own window", away, ",.0f"),
        Number("centres move by when tokens are shuffled", error, ".1e"),
        Number("centres at the same place move by", moved),
    )

    alike = "" if moved > SHOWN else " (yours are all alike, so that nothing is to be seen)"
    return Finding(
        numbers,
        holds=error <= 1e-9 * n_tokens and moved > SHOWN,
        says=f"An untrained prediction centres windows between positions {numbers[0].text} and {numbers[1].text}: "
        f"{numbers[2].text} of {how_many(n_tokens, 'token')} lie outside their own window of {window}, and shuffled "
        f"tokens take their centres along, to within {numbers[3].text}; a sliding window would stay{alike}.",
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
    reason = "" if moved == n_tokens else ", for some outputs give it next to nothing"
    numbers = (
        Number("outputs of one layer that move", moved, ",.0f"),
        Number("distance", distance, ",.0f"),
        Number("windowed layers to cover it", layers, ",.0f"),
    )

    return Finding(
        numbers,
        holds=moved == n_tokens and layers == math.ceil(distance / window) > 1,
        says=f"Another last token moves {numbers[0].text} of {how_many(n_tokens, 'output')} in one layer, while "
        f"layers with a window of {window} have to be {numbers[2].text} deep to cover the distance of "
        f"{numbers[1].text}{reason}.",
    )
