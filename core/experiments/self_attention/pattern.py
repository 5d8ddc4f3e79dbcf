"""How to read a table of self-attention weights, and what not to read into it."""

import torch
from torch import Tensor

from core.analysis.sinks import delivery, sink
from core.attention import COSINE, AttentionTrace, Projections, attend, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    SHOWN,
    Tokens,
    exact,
    exact_maps,
    largest,
    normal,
    unevenness,
)
from core.numerals import how_many

DRAWS = 500  # pairs of untrained maps for queries and keys
WIDTH = 4  # of their queries and keys


@claim(
    said="Each token attends to all the other tokens.",
    verdict="wrong",
    instead="To all tokens, itself included: without a mask its own weight is always positive.",
    sources=("vaswani2017",),
    identity=True,
)
def only_the_others(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The weights that tokens give to themselves."""
    trace = self_attend(exact(x), exact_maps(maps)).attention
    own = trace.weights[0, 0].diagonal()
    log_own = (trace.masked[0, 0].diagonal() - trace.masked[0, 0].logsumexp(-1)).clamp(max=0)
    smallest, mean = (
        Number("smallest weight on itself", own.min().item()),
        Number("mean weight on itself", own.mean().item()),
    )

    too_small = ", which is too small for the computer to tell from nothing" if smallest.value == 0 else ""
    return Finding(
        (smallest, mean),
        holds=bool(log_own.isfinite().all()),
        says=f"The weight of a token on itself is {mean.text} on average over {how_many(len(own), 'token')}, and at "
        f"least {smallest.text}{too_small}.",
    )


@claim(
    said="Self-attention finds the correlation between tokens.",
    verdict="wrong",
    instead="A correlation is mutual and may be negative. Weights are neither: each row shares out 1 on its own.",
    sources=("vaswani2017",),
)
def correlation(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How far the weights are from symmetric, and the smallest one, beside the correlations of your token vectors."""
    x = exact(x)
    weights = self_attend(x, exact_maps(maps)).attention.weights
    centred = (x - x.mean(-1, keepdim=True))[:, None]
    correlations = COSINE(centred, centred)
    numbers = (
        Number("weights: largest difference between the two directions", largest(weights - weights.mT)),
        Number(
            "correlations: largest difference between the two directions",
            largest(correlations - correlations.mT),
            ".1e",
        ),
        Number("smallest weight", weights.min().item()),
        Number("smallest correlation", correlations.min().item()),
    )

    one_way = numbers[0].value > SHOWN
    reason = (
        "" if one_way else ", because yours are all equal" if unevenness(weights) < SHOWN else ", as yours happen to be"
    )
    return Finding(
        numbers,
        holds=one_way and numbers[1].value < 1e-9,
        says=f"There and back, weights differ by up to {numbers[0].text}{reason}, correlations by {numbers[1].text}; "
        f"the smallest weight is {numbers[2].text}, the smallest correlation {numbers[3].text}.",
    )


@claim(
    said="Love attends more to I and you than to Hello, because it is related to them.",
    verdict="imprecise",
    instead="Only trained maps make it so: under untrained ones it is a coin toss. No weight is negative or mutual.",
    sources=("vaswani2017",),
)
def love(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How often your last token prefers token 0 to token 1 under 500 untrained pairs of maps, and what yours say."""
    x, maps = exact(x), exact_maps(maps)
    if x.shape[1] == 1:
        return Finding((Number("weight", 1.0),), holds=False, says="You have 1 token: it has nobody to choose between.")

    trace = untrained(x, seed)
    # a larger score is a larger weight, also where the weights are too small to tell apart
    share = (trace.scaled[..., 0] > trace.scaled[..., 1]).double().mean().item()
    own = self_attend(x, maps).attention.weights[0, 0]
    numbers = (
        Number("prefers token 0, untrained", share),
        Number("smallest weight", min(trace.weights.min().item(), own.min().item())),
        Number("your weight from the last token to token 0", own[-1, 0].item()),
        Number("your weight back", own[0, -1].item()),
    )
    same = bool(torch.equal(x[0, 0], x[0, 1])) or largest(x[0, -1]) == 0
    reason = " (no choice: tokens 0 and 1 are equal, or the last is zero)" if same else ""
    return Finding(
        numbers,
        holds=numbers[1].value >= 0 and abs(share - 0.5) < 5 * 0.5 / DRAWS**0.5,
        says=f"Under {DRAWS} untrained pairs of maps your last token prefers token 0 to token 1 with frequency "
        f"{numbers[0].text}{reason}; your own maps give it a weight of {numbers[2].text}, and back {numbers[3].text}.",
    )


def untrained(x: Tensor, seed: int) -> AttentionTrace:
    """The last token attending to all, (draws, 1, 1, tokens), under as many untrained pairs of maps."""
    w_query, w_key = (normal(x.shape[-1], DRAWS, WIDTH, seed=seed + rank) for rank in range(2))
    queries = torch.einsum("d,drw->rw", x[0, -1], w_query)[:, None, None]
    keys = torch.einsum("td,drw->rtw", x[0], w_key)[:, None] / x.shape[-1]
    return attend(queries, keys, keys)


@claim(
    said="The token with the largest weight contributes the most.",
    verdict="imprecise",
    instead="It contributes its weight times its value. A large weight on a value of zeros delivers nothing.",
    sources=("kobayashi2020", "jain2019", "wiegreffe2019"),
)
def weight_is_importance(x: Tokens, maps: Projections, seed: int) -> Finding:
    """What the largest weight delivers with and without its value, and how often the largest weight delivers most."""
    made = self_attend(exact(x), exact_maps(maps))
    weights, values = made.attention.weights, made.values
    query, key = divmod(int(weights[0, 0].argmax()), weights.shape[-1])
    silenced = values.clone()
    silenced[:, :, key] = 0
    after = attend(made.queries, made.keys, silenced)
    delivered = weights[0, 0] * values[0, 0].norm(dim=-1)
    heaviest = weights[0, 0] == weights[0, 0].amax(-1, keepdim=True)
    lighter = ((delivered * heaviest).amax(-1) < delivered.amax(-1)).sum().item()
    numbers = (
        Number("weight", weights[0, 0, query, key].item()),
        Number("weight, value zeroed", after.weights[0, 0, query, key].item()),
        Number("contribution", delivered[query, key].item()),
        Number("contribution, value zeroed", (after.weights[0, 0, query, key] * silenced[0, 0, key]).norm().item()),
        Number("tokens whose largest weight is not their largest contribution", lighter, ",.0f"),
    )

    as_weighed = "" if lighter else ": on your numbers the claim is true as it stands"
    return Finding(
        numbers,
        holds=lighter > 0,
        says=f"With its value zeroed, token {key} keeps the weight {numbers[1].text} and delivers {numbers[3].text} "
        f"in place of {numbers[2].text}; as they are, {numbers[4].text} of {how_many(len(delivered), 'token')} get "
        f"most from another token than the one they weigh most{as_weighed}.",
    )


@claim(
    said="Heads look at the first token because it has much to say.",
    verdict="imprecise",
    instead="Often its value is short, so that it delivers little: an attention sink, for weight that a head has no use for.",
    sources=("clark2019", "kobayashi2020", "xiao2024"),
)
def first_token_says_much(x: Tokens, maps: Projections, seed: int) -> Finding:
    """What your first token gets of all weight, and what it delivers of all weight times length of value."""
    made = self_attend(exact(x), exact_maps(maps))
    even = 1 / x.shape[1]
    found = sink([delivery(made.attention.weights[0], made.values[0])])
    numbers = (
        Number("its share of the weights", found.weight.item()),
        Number("an even share", even),
        Number("its share of weight × ‖v‖, row by row", found.shares.item()),
        Number("length of its value, the others' mean being 1", found.length.item()),
    )
    is_sink = numbers[0].value > 1.5 * even and 2 * numbers[2].value < numbers[0].value
    return Finding(
        numbers,
        holds=is_sink,
        says=f"Your first token gets {numbers[0].text} of the weights, where an even share is {numbers[1].text}, and delivers "
        f"{numbers[2].text}: {'it is a sink' if is_sink else 'no sink is to be seen here'}.",
    )
