"""Who does what in the operator: queries ask, keys are matched, values are read."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    SHOWN,
    Keys,
    Queries,
    Values,
    edited,
    exact,
    largest,
    redrawn,
    rounding,
    some,
    undecided,
)
from core.numerals import how_many


@claim(
    said="Attention is one operator: each query gets its own summary of the data.",
    verdict="right",
    instead="A query is compared with every key, the softmax makes weights of the scores, the weights mix the values.",
    sources=("vaswani2017",),
    identity=True,
)
def one_operator(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the operator is from its formula, worked out query by query with nothing but exponentials and sums."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    trace = attend(queries, keys, values)
    by_hand = torch.stack([summary(query, keys[0, 0], values[0, 0]) for query in queries[0, 0]])
    difference = Number("largest difference", largest(trace.output[0, 0] - by_hand), ".1e")

    return Finding(
        (difference,),
        holds=difference.value <= rounding(trace, values),
        says=f"Worked out by hand, {how_many(len(by_hand), 'query', 'queries')} over {how_many(keys.shape[2], 'key')} "
        f"give the operator's outputs with a difference of at most {difference.text}.",
    )


def summary(
    query: Float[Tensor, "head_dim"], keys: Float[Tensor, "keys head_dim"], values: Float[Tensor, "keys value_dim"]
) -> Float[Tensor, "value_dim"]:
    """The formula spelled out for one query, as a check of `attend` that shares no code with it."""
    scores = (keys * query).sum(-1) / len(query) ** 0.5
    shares = (scores - scores.max()).exp()
    return (shares[:, None] * values).sum(0) / shares.sum()


@claim(
    said="Many queries can be answered at once.",
    verdict="right",
    instead="Queries do not see each other: each row of the result is what its query would get alone.",
    sources=("vaswani2017",),
    identity=True,
)
def many_queries(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """The difference between answering queries together and alone, and what other rows notice when query 0 changes."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    together = attend(queries, keys, values)
    rows = some(queries.shape[2], at_most=16)
    alone = torch.cat([attend(queries[:, :, [row]], keys, values).output for row in rows], dim=2)
    changed = queries.clone()
    changed[:, :, 0] = edited(changed[:, :, 0])
    moved = attend(changed, keys, values).output - together.output
    difference = Number("together against alone", largest(together.output[:, :, rows] - alone), ".1e")
    others = Number("other outputs move by", largest(moved[:, :, 1:]), ".1e")

    if queries.shape[2] == 1:
        says = f"You have 1 query: asked again, it gets the same answer (difference {difference.text})."
    else:
        says = (
            f"{how_many(len(rows), 'query', 'queries')} asked together and alone get the same answers (difference "
            f"{difference.text}), and changing query 0 moves every other output by {others.text}."
        )
    return Finding(
        (difference, others), holds=difference.value <= rounding(together, values) and others.value == 0, says=says
    )


@claim(
    said="Attention has two halves: where to look, and what to take from there.",
    verdict="right",
    instead="Queries and keys decide where, values are what is taken.",
    sources=("vaswani2017",),
)
def where_and_what(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the weights move when all values are swapped for others, and when all keys are."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    before = attend(queries, keys, values)
    other_values = attend(queries, keys, redrawn(values, seed))
    other_keys = attend(queries, redrawn(keys, seed), values)
    by_values = Number("weights move by, other values", largest(other_values.weights - before.weights))
    by_keys = Number("weights move by, other keys", largest(other_keys.weights - before.weights))
    output = Number("outputs move by, other values", largest(other_values.output - before.output))

    can_move = undecided(before.weights) and largest(queries) > 0
    if can_move:
        says = (
            f"Other values move the weights by {by_values.text} and the outputs by {output.text}, while other keys "
            f"move the weights by {by_keys.text}."
        )
    else:
        says = (
            f"Other values move the weights by {by_values.text}; other keys can hardly move yours, because "
            f"{why_weights_stay(keys, queries)}."
        )
    return Finding(
        (by_values, output, by_keys),
        holds=by_values.value == 0 and output.value > 0 and by_keys.value > SHOWN,
        says=says,
    )


def why_weights_stay(keys: Keys, queries: Queries) -> str:
    """The reason why weights do not react to a change."""
    if keys.shape[2] == 1:
        return "there is only 1 key and it gets everything"
    if largest(queries) == 0:
        return "queries of zeros match all keys alike"
    return "each query gives all its attention to 1 key"


@claim(
    said="The value is what the query is matched with.",
    verdict="wrong",
    instead="The key is matched, the value is what is read out.",
    sources=("vaswani2017",),
)
def value_is_matched(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How many of the scores change when all values are swapped for others, and when all keys are."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    scores = attend(queries, keys, values).scores
    by_values = (attend(queries, keys, redrawn(values, seed)).scores != scores).sum().item()
    by_keys = (attend(queries, redrawn(keys, seed), values).scores != scores).sum().item()
    asking = (queries != 0).any(dim=-1).sum().item()  # a query of zeros scores 0 with every key
    numbers = (
        Number("scores", scores.numel(), ",.0f"),
        Number("scores changed by other values", by_values, ",.0f"),
        Number("scores changed by other keys", by_keys, ",.0f"),
    )

    silent = "" if asking == queries.shape[2] else ", for a query of zeros scores 0 with any key"
    return Finding(
        numbers,
        holds=by_values == 0 and by_keys > scores.numel() / 2,
        says=f"Of {how_many(scores.numel(), 'score')}, {numbers[1].text} change with other values and "
        f"{numbers[2].text} with other keys{silent}.",
    )


@claim(
    said="The key determines the attention weight.",
    verdict="imprecise",
    instead="A weight belongs to a pair: the same key is heavy for one query and light for another.",
    sources=("vaswani2017",),
)
def key_decides_alone(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the weights move when the keys stay and all queries are swapped for others."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    before = attend(queries, keys, values)
    after = attend(redrawn(queries, seed), keys, values)
    moved = Number("weights move by", largest(after.weights - before.weights))
    scores = Number("scores move by", largest(after.scores - before.scores))

    if moved.value > SHOWN:
        says = f"The keys stayed as they are, and other queries still moved their weights by up to {moved.text}."
    else:
        says = (
            f"Other queries move the scores by {scores.text} and the weights by {moved.text}: with 1 key, equal keys "
            "or all attention on one key there is hardly anything to share out anew."
        )
    return Finding(
        (moved, scores),
        holds=moved.value > SHOWN,
        says=says,
    )


@claim(
    said="Keys and values come in pairs, and the pairs have no order.",
    verdict="right",
    instead="Shuffle the pairs and nothing changes; shuffle the keys alone and every value gets the wrong label.",
    sources=("vaswani2017",),
)
def pairs(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the outputs move when keys and values turn by 1 to 8 places together, and when only the keys do."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    before = attend(queries, keys, values)
    joint, alone = 0.0, 0.0
    for places in range(1, min(keys.shape[2], 9)):
        turned = keys.roll(places, dims=2)
        joint = max(joint, largest(attend(queries, turned, values.roll(places, dims=2)).output - before.output))
        alone = max(alone, largest(attend(queries, turned, values).output - before.output))
    numbers = (Number("pairs shuffled", joint, ".1e"), Number("only keys shuffled", alone))
    unseen = rounding(before, values)

    reason = "" if alone > unseen else ", since your weights are all equal or your values are"
    return Finding(
        numbers,
        holds=joint <= unseen < alone,
        says=f"Shuffling keys and values together changes the outputs by {numbers[0].text}, shuffling only the keys "
        f"by {numbers[1].text}{reason}.",
    )
