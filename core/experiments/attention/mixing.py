"""From scores to a mixture: what the softmax does, what mixes the values, and what a longer input does to it."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    Keys,
    Queries,
    Values,
    exact,
    largest,
    rounding,
)
from core.numerals import how_many

GAP = 5.0  # by how much the best key beats its rivals in the example of dilution
TIMES = 10  # how often each rival of the learner's best key comes in the longer input


@claim(
    said="The softmax regularises the scores.",
    verdict="wrong",
    instead="It normalises them: each row sums to 1. It has nothing to learn and adds nothing to the loss.",
    sources=("bahdanau2015", "vaswani2017"),
    identity=True,
)
def softmax_regularises(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """Row sums before and after the softmax, and what it notices when 7 is added to every score of a query."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    trace = attend(queries, keys, values)
    raised = attend(queries, keys, values, bias=torch.full_like(trace.scores, 7.0))
    sums = trace.scaled.sum(-1)
    lowest, highest = Number("lowest sum before", sums.min().item()), Number("highest sum before", sums.max().item())
    deviation = Number("deviation from 1 afterwards", largest(trace.weights.sum(-1) - 1), ".1e")
    unmoved = Number("weights move by when 7 is added to all scores", largest(raised.weights - trace.weights), ".1e")

    return Finding(
        (lowest, highest, deviation, unmoved),
        holds=deviation.value < 1e-9 and unmoved.value <= rounding(raised, torch.ones(1)),
        says=f"Rows that sum to anything from {lowest.text} to {highest.text} all sum to 1 afterwards (to within "
        f"{deviation.text}), and scores that are larger by 7 give the same weights (to within {unmoved.text}).",
    )


@claim(
    said="The values are weighted by the attention scores.",
    verdict="imprecise",
    instead="They are weighted by the weights: the scores after the softmax.",
    sources=("bahdanau2015", "vaswani2017"),
)
def scores_mix_the_values(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How far the output is from the values mixed by the weights, and from the values mixed by the scaled scores."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    trace = attend(queries, keys, values)
    by_weights = Number("mixed by weights", largest(trace.weights @ values - trace.output), ".1e")
    by_scores = Number("mixed by scores", largest(trace.scaled @ values - trace.output))
    unseen = rounding(trace, values)

    reason = "" if largest(values) > 0 else ", because values of zeros stay zeros in any mixture"
    return Finding(
        (by_weights, by_scores),
        holds=by_weights.value <= unseen < by_scores.value,
        says=f"Values mixed by the weights differ from the output by {by_weights.text}, values mixed by the scores "
        f"by {by_scores.text}{reason}.",
    )


@claim(
    said="The softmax makes the output a probability distribution.",
    verdict="imprecise",
    instead="The weights are a distribution. The output is a mixture of values, and lies between them.",
    sources=("vaswani2017",),
)
def output_is_a_distribution(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """What weights sum to, what outputs sum to, and how many outputs leave the box that the values span."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    trace = attend(queries, keys, values)
    room = rounding(trace, values)
    above = trace.output > values.amax(2, keepdim=True) + room
    below = trace.output < values.amin(2, keepdim=True) - room
    sums = trace.output.sum(-1)
    deviation = Number("weights: deviation from a sum of 1", largest(trace.weights.sum(-1) - 1), ".1e")
    lowest, highest = Number("lowest sum of an output", sums.min().item()), Number("highest sum", sums.max().item())
    outside = Number("outputs outside the box", (above | below).any(dim=-1).sum().item(), ",.0f")

    happen = largest(sums - 1) < 1e-6 and trace.output.min().item() >= 0
    reason = ", which is 1 only because your values are distributions themselves" if happen else ""
    return Finding(
        (deviation, lowest, highest, outside),
        holds=deviation.value < 1e-9 and outside.value == 0 and not happen,
        says=f"Weights sum to 1 (to within {deviation.text}), the numbers of an output to anything from "
        f"{lowest.text} to {highest.text}{reason}, and {outside.text} of {how_many(sums.numel(), 'output')} leave the "
        "values' box.",
    )


@claim(
    said="With attention the length of the input no longer matters.",
    verdict="imprecise",
    instead="No fixed-size bottleneck is left, but weights dilute: a key that beats N − 1 equal rivals by a gap g "
    "gets e^g / (e^g + N − 1).",
    sources=("bahdanau2015", "velickovic2024"),
)
def dilution(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """The weight of a key that beats its rivals by 5 among 10 and 1,000, and of yours with 10 times the rivals."""
    queries, keys, values = exact(queries[:, :, :1]), exact(keys), exact(values)
    few, many = (
        Number("weight of one that stands out among 10 keys", diluted(10)),
        Number("weight of one that stands out among 1,000 keys", diluted(1000)),
    )
    weights = attend(queries, keys, values).weights[0, 0, 0]
    best = int(weights.argmax())
    later = attend(queries, crowd(keys, best), crowd(values, best)).weights[0, 0, 0, 0]
    own = Number("weight of your best key", weights[best].item())
    own_later = Number("weight of your best key among 10 times the rivals", later.item())

    thinner = own.value - own_later.value > 1e-9
    rivals = "" if len(weights) > 1 else ", for 1 key has no rivals"
    rivals = rivals if thinner or rivals else ", for your rivals get next to nothing"
    return Finding(
        (few, many, own, own_later),
        holds=all(abs(n.value - share(GAP, size)) < 1e-9 for n, size in ((few, 10), (many, 1000)))
        and abs(own_later.value - own.value / (own.value + TIMES * (1 - own.value))) < 1e-9
        and thinner,
        says=f"A key that beats its rivals by {GAP:.0f} weighs {few.text} among 10 keys and {many.text} among 1,000, "
        f"and your best key goes from {own.text} to {own_later.text} when each rival comes {TIMES} times{rivals}.",
    )


def share(gap: float, n_keys: int) -> float:
    """The weight of a key that beats n_keys - 1 equal rivals by a gap."""
    return math.exp(gap) / (math.exp(gap) + n_keys - 1)


def diluted(n_keys: int, gap: float = GAP) -> float:
    """The weight of one key whose score is `gap` above all others', measured."""
    keys = torch.zeros(1, 1, n_keys, 1, dtype=torch.float64)
    keys[0, 0, 0] = gap
    return attend(torch.ones_like(keys[:, :, :1]), keys, keys).weights[0, 0, 0, 0].item()


def crowd(rows: Float[Tensor, "1 1 keys width"], best: int) -> Float[Tensor, "1 1 more width"]:
    """The best row first, then all others so many times."""
    others = rows[:, :, torch.arange(rows.shape[2]) != best]
    return torch.cat([rows[:, :, [best]], others.repeat(1, 1, TIMES, 1)], dim=2)
