"""How a query is compared with a key: the score, and the sizes that it asks for."""

import itertools

import torch
from torch import Tensor

from core.attention import COSINE, SCALED_DOT, AttentionTrace, attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    SHOWN,
    Keys,
    Queries,
    Values,
    band,
    exact,
    largest,
    refusal,
    rounding,
    some,
    untrained_additive,
)


@claim(
    said="The maps for queries, keys and values may have any widths.",
    verdict="imprecise",
    instead="A query needs the width of a key, and each key needs a value. The width of a value is free.",
    sources=("vaswani2017",),
    identity=True,
)
def sizes(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """What attention answers to queries that are too wide, to a missing value and to values of another width."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    wide_queries = torch.cat([queries, queries[..., :1]], dim=-1)
    wide_values = torch.cat([values, values], dim=-1)
    too_wide = refusal(attend, wide_queries, keys, values)
    one_missing = refusal(attend, queries, keys, values[:, :, 1:])
    width = attend(queries, keys, wide_values).output.shape[-1]

    return Finding(
        (
            Number("numbers in a query", wide_queries.shape[-1], ",.0f"),
            Number("numbers in a key", keys.shape[-1], ",.0f"),
            Number("numbers in a value", wide_values.shape[-1], ",.0f"),
            Number("numbers in an output", width, ",.0f"),
        ),
        holds=bool(too_wide and one_missing) and width == wide_values.shape[-1],
        says=f"Values of {wide_values.shape[-1]} numbers beside keys of {keys.shape[-1]} are welcome, but one number "
        f"more in each query is refused with the words “{too_wide}”.",
    )


@claim(
    said="Queries times keys is a table of similarities.",
    verdict="right",
    instead="A similarity that is not normalised: |q| |k| cos(angle). Length counts, so a long key scores high without pointing "
    "more the same way; the cosine ignores length.",
    sources=("vaswani2017", "luong2015"),
    identity=True,
)
def similarity(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """What happens to a dot product, to a cosine and to a weight when one key is stretched to 5 times its length."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    trace = attend(queries, keys, values)
    query, key = unsettled_pair(trace)
    stretched = keys.clone()
    stretched[:, :, key] *= 5
    after = attend(queries, stretched, values)
    pair = (0, 0, query, key)
    score, score_after = before_and_after("dot product", trace.scores[pair], after.scores[pair])
    cosine, cosine_after = before_and_after("cosine", *(COSINE(queries, rows)[pair] for rows in (keys, stretched)))
    weight, weight_after = before_and_after("weight", trace.weights[pair], after.weights[pair])

    return Finding(
        (score, score_after, cosine, cosine_after, weight, weight_after),
        holds=abs(score_after.value - 5 * score.value) <= 1e-9 * abs(score_after.value)
        and abs(cosine_after.value - cosine.value) < 1e-9,
        says=f"With key {key} stretched to 5 times its length, its dot product with query {query} goes from "
        f"{score.text} to {score_after.text} and its weight from {weight.text} to {weight_after.text}, while the "
        f"cosine goes from {cosine.text} to {cosine_after.text}.",
    )


def before_and_after(name: str, before: Tensor, after: Tensor) -> tuple[Number, Number]:
    """One number as it was and as it is with the key stretched."""
    return Number(name, before.item()), Number(f"{name}, stretched", after.item())


def unsettled_pair(trace: AttentionTrace) -> list[int]:
    """The [query, key] whose score and whose room to move are both large."""
    room = trace.scores.abs() * trace.weights * (1 - trace.weights)
    return [int(index) for index in torch.unravel_index(room[0, 0].argmax(), room[0, 0].shape)]


@claim(
    said="The alignment score is one linear layer over the query and the key.",
    verdict="imprecise",
    instead="It has a hidden layer with tanh. Without the tanh a query adds the same number to every key, and the "
    "softmax cancels it.",
    sources=("bahdanau2015",),
)
def linear_score(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the weights of different queries are apart under an untrained additive score, without tanh and with."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    queries = queries[:, :, some(queries.shape[2], at_most=16)]
    head_dim = queries.shape[-1]
    straight = attend(queries, keys, values, score=untrained_additive(head_dim, seed, activation=lambda hidden: hidden))
    bent = attend(queries, keys, values, score=untrained_additive(head_dim, seed))
    without = Number("queries differ by, without tanh", largest(straight.weights - straight.weights[:, :, :1]), ".1e")
    with_it = Number("queries differ by, with tanh", largest(bent.weights - bent.weights[:, :, :1]))

    unseen = rounding(straight, torch.ones(1))
    if with_it.value > max(unseen, SHOWN):
        says = (
            f"Without tanh the weights of {len(queries[0, 0])} different queries differ by {without.text}, with it "
            f"by {with_it.text}."
        )
    else:
        says = (
            f"Without tanh the weights differ by {without.text} and with it by {with_it.text}: to see more, give at "
            "least 2 different queries and 2 different keys, and numbers large enough for tanh to bend."
        )
    return Finding((without, with_it), holds=without.value <= unseen and with_it.value > max(unseen, SHOWN), says=says)


@claim(
    said="Self-attention is another name for scaled dot-product attention.",
    verdict="wrong",
    instead="Three choices are free: who asks (self or cross), how a pair is scored, and how far a query sees. All "
    "8 combinations are attention.",
    sources=("vaswani2017", "luong2015"),
)
def another_name(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """All 8 combinations of source, score and span, and how far each choice alone moves the weights of the first query."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    n_keys = keys.shape[2]
    weights, worst = {}, 0.0
    for asking, score, window in itertools.product((True, False), (True, False), (n_keys, 0)):
        asks = keys if asking else queries
        allowed = band(asks.shape[2], n_keys, window)
        how = SCALED_DOT if score else untrained_additive(keys.shape[-1], seed)
        found = attend(asks, keys, values, allowed, score=how).weights
        worst = max(worst, largest(found.sum(-1) - 1), largest(found[~allowed]))
        weights[asking, score, window] = found[0, 0, 0]
    usual = weights[True, True, n_keys]
    apart = {
        "who asks": weights[False, True, n_keys],
        "the score": weights[True, False, n_keys],
        "the span": weights[True, True, 0],
    }
    choices = tuple(Number(f"{name} moves weights by", largest(other - usual)) for name, other in apart.items())
    combinations = Number("combinations", len(weights), ",.0f")
    deviation = Number("largest deviation of a row sum from 1", worst, ".1e")
    least = min(choice.value for choice in choices)

    reason = "" if least > SHOWN else ", so that on your numbers not every choice shows"
    return Finding(
        (combinations, *choices, deviation),
        holds=worst < 1e-9 and least > SHOWN,
        says="Keys or queries asking, scaled dot product or additive score, all keys or the nearest one: all "
        f"{combinations.text} run, and each choice alone moves the first row of self-attention by scaled dot products, by "
        f"{choices[0].text}, {choices[1].text} and {choices[2].text}{reason}.",
    )
