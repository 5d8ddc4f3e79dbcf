"""Attention as kernel regression: the score that makes it so, and what a temperature is there."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import DISTANCE, DOT, attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import SHOWN, Keys, Queries, Values, exact, largest, rounding, some
from core.numerals import how_many

ROWS = 16  # queries that are tried
COLD, HOT = 1e-6, 1e6  # times the mean squared distance: a temperature near 0, and one without end


@claim(
    said="Attention is kernel regression: an old thing under a new name.",
    verdict="imprecise",
    instead="With the score −‖q − k‖²/2 it is Nadaraya and Watson's regression of 1964, with a Gaussian kernel of bandwidth √T. "
    "With q · k it is so where all keys are equally long, and elsewhere long keys weigh more.",
    sources=("nadaraya1964", "watson1964", "vaswani2017"),
)
def kernel_regression(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """With T = √d: the kernel's formula against attention by distance, and that against q · k, on keys as they are and on
    keys of one length."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    queries = queries[:, :, some(queries.shape[2], at_most=ROWS)]
    temperature = queries.shape[-1] ** 0.5
    near = attend(queries, keys, values, score=DISTANCE, scale=1 / temperature)
    formula = largest(near.output[0, 0] - nadaraya_watson(queries[0, 0], keys[0, 0], values[0, 0], temperature**0.5))
    own = largest(near.weights - attend(queries, keys, values, score=DOT, scale=1 / temperature).weights)
    level = keys * keys.norm(dim=-1).mean() / keys.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    level_near, level_dot = (
        attend(queries, level, values, score=score, scale=1 / temperature).weights for score in (DISTANCE, DOT)
    )
    alike = largest(level_near - level_dot)
    numbers = (
        Number("attention by distance against the kernel's formula", formula, ".1e"),
        Number("weights against those of q · k, your keys", own),
        Number("weights against those of q · k, keys of one length", alike, ".1e"),
    )
    unseen = rounding(near, torch.ones(1)) * (1 + largest(values))
    reason = "" if own > SHOWN else ": here your keys are equally long, or there is nothing to share out"
    return Finding(
        numbers,
        holds=formula <= unseen and alike <= unseen and own > SHOWN,
        says=f"Attention by distance differs from the kernel's formula by {numbers[0].text}, its weights differ from those of "
        f"q · k by up to {numbers[1].text}, with all keys stretched to one length by {numbers[2].text}{reason}.",
    )


def nadaraya_watson(
    queries: Float[Tensor, "queries width"],
    keys: Float[Tensor, "keys width"],
    values: Float[Tensor, "keys value_dim"],
    bandwidth: float,
) -> Float[Tensor, "queries value_dim"]:
    """The formula of the regression, which shares no code with `attend`: a Gaussian of the distance, then a weighted mean."""
    apart = (queries[:, None] - keys).norm(dim=-1)
    exponents = -(apart / bandwidth).square() / 2
    kernel = (exponents - exponents.amax(-1, keepdim=True)).exp()
    return kernel @ values / kernel.sum(-1, keepdim=True)


@claim(
    said="Attention finds the key that is most like the query.",
    verdict="imprecise",
    instead="That is a temperature near 0; one without end gives the mean of all values. In between it is a bandwidth, and the "
    "answer is a mixture.",
    sources=("nadaraya1964", "watson1964"),
)
def temperature_is_a_bandwidth(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """By distance: the mean weight of the nearest key at a temperature near 0, at √d, and at one without end."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    queries = queries[:, :, some(queries.shape[2], at_most=ROWS)]
    squared = (queries[0, 0, :, None] - keys[0, 0]).square().sum(-1)
    size = squared.mean().item() or 1.0
    nearest = squared.argmin(-1, keepdim=True)

    def of_nearest(temperature: float) -> float:
        found = attend(queries, keys, values, score=DISTANCE, scale=1 / temperature).weights[0, 0]
        return found.gather(-1, nearest).mean().item()

    cold, own, hot = (of_nearest(each) for each in (COLD * size, queries.shape[-1] ** 0.5, HOT * size))
    even = 1 / keys.shape[2]
    numbers = (
        Number("weight of the nearest key, T near 0", cold),
        Number("weight of the nearest key, T = √d", own),
        Number("weight of the nearest key, T without end", hot),
        Number("an even share", even),
    )
    told = cold > 0.99 and abs(hot - even) < 1e-3 and even < 0.99
    reason = "" if told else ": your keys leave none that is clearly the nearest"
    return Finding(
        numbers,
        holds=told,
        says=f"Among {how_many(keys.shape[2], 'key')} the nearest gets {numbers[0].text} of the weight at a temperature near 0, "
        f"{numbers[1].text} at √d, and {numbers[2].text} at one without end, where an even share is {numbers[3].text}{reason}.",
    )
