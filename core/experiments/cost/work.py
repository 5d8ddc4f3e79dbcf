"""How many operations it takes: what is quadratic and when that matters, what heads cost, what more of them buys."""

from dataclasses import replace

import torch

from core.cost import counted
from core.cost.growth import loss
from core.experiments.claim import Finding, Number, claim
from core.experiments.cost.given import Given
from core.experiments.measure import counted as how_many
from core.operations import operations

TEXTS = 300e9  # tokens that GPT-3 read
MOST_HEADS = 96


@claim(
    said="Attention dominates the bill, since it is quadratic in the length.",
    verdict="imprecise",
    instead="Scores and mix take 4N²D operations of a block, and all else grows with N: they take most only from some length "
    "on. It is N = 6D with an MLP of 4D and keys for every head, and fewer where heads share them.",
    sources=("vaswani2017", "kaplan2020"),
)
def dominates(given: Given, seed: int) -> Finding:
    """Operations of a block of your sizes, counted by torch while it runs on empty tensors; where scores overtake the rest."""
    sizes = given.sizes
    found = counted.block(sizes)
    scores, rest = found["scores and mix"], found["projections"] + found["MLP"]
    at = counted.block(replace(sizes, n_tokens=round(sizes.crossover)))
    even = at["scores and mix"] / (at["projections"] + at["MLP"])
    longer = "" if scores < rest else ", and so long a text is mostly scores"
    numbers = (
        Number("scores and mix", scores, ",.0f"),
        Number("all else in the block", rest, ",.0f"),
        Number("tokens from which they are even", sizes.crossover, ",.0f"),
        Number("the one over the other there", even),
    )

    return Finding(
        numbers,
        holds=found == sizes.parts and scores < rest and abs(even - 1) < 0.01,
        says=f"With {how_many(sizes.n_tokens, 'token')} of {sizes.d_model:,} numbers, scores and mix take {numbers[0].text} "
        f"operations of a block and all else {numbers[1].text}; they are even at {numbers[2].text} tokens"
        f"{longer}.",
    )


@claim(
    said="A layer of attention is dearer than a recurrent one.",
    verdict="imprecise",
    instead="Only where a text is longer than a token is wide: N²D against ND². For fewer tokens than numbers it is cheaper.",
    sources=("vaswani2017",),
    identity=True,
)
def dearer(given: Given, seed: int) -> Finding:
    """Operations counted at half as many tokens as numbers and at twice as many: scores and mix, and two products a token."""
    d_model = 2 * max(1, given.sizes.d_model // 2)
    sizes = replace(given.sizes, d_model=d_model, n_heads=1, n_kv_heads=1, batch=1)

    def recurrent(n_tokens: int) -> int:
        x, w = torch.empty(n_tokens, d_model, device=counted.SHAPE), torch.empty(d_model, d_model, device=counted.SHAPE)
        return operations(lambda: (x @ w, x @ w))

    short, long = d_model // 2, 2 * d_model
    few, many = (counted.block(replace(sizes, n_tokens=n))["scores and mix"] / recurrent(n) for n in (short, long))
    numbers = (
        Number(f"attention over recurrence, {short:,} tokens", few),
        Number(f"attention over recurrence, {long:,} tokens", many),
    )

    return Finding(
        numbers,
        holds=few < 1 < many,
        says=f"With tokens of {d_model:,} numbers, attention takes {numbers[0].text} of the operations of a recurrent layer at "
        f"{short:,} tokens and {numbers[1].text} times as many at {long:,}.",
    )


@claim(
    said="More heads cost more operations.",
    verdict="wrong",
    instead="Heads share out the width, so that a block takes as many operations with one as with many. What grows with them "
    "is the table of weights.",
    sources=("vaswani2017",),
    identity=True,
)
def more_heads(given: Given, seed: int) -> Finding:
    """Operations of a block of your sizes with every number of heads that divides its width, up to 96."""
    d_model = given.sizes.d_model
    divisors = [heads for heads in range(1, min(d_model, MOST_HEADS) + 1) if d_model % heads == 0]
    made = [replace(given.sizes, n_heads=heads, n_kv_heads=heads) for heads in divisors]
    totals = {sum(counted.block(each).values()) for each in made}
    numbers = (
        Number("operations of a block", max(totals), ",.0f"),
        Number("numbers of heads", len(divisors), ",.0f"),
        Number("weights of one layer, most heads over fewest", made[-1].weights_bytes / made[0].weights_bytes, ",.0f"),
    )

    return Finding(
        numbers,
        holds=len(totals) == 1,
        says=f"A block of your sizes takes {numbers[0].text} operations with each of {how_many(len(divisors), 'number')} of "
        f"heads, up to {divisors[-1]}, though its weights take {numbers[2].text} times the memory.",
    )


@claim(
    said="More compute makes a more able model.",
    verdict="imprecise",
    instead="Loss fell as a power of size and of data where both grew together. With the same text a larger model comes no "
    "lower than that text allows.",
    sources=("kaplan2020", "hoffmann2022"),
    identity=True,
)
def ability(given: Given, seed: int) -> Finding:
    """The loss that a fit to many trainings gives for your size, for a hundred times it, and for no end of it."""
    weights = given.sizes.attention_weights + given.sizes.mlp_weights
    now, larger, floor = loss(weights, TEXTS), loss(100 * weights, TEXTS), loss(float("inf"), TEXTS)
    numbers = (
        Number("loss of your size", now),
        Number("of a hundred times it", larger),
        Number("no size goes below", floor),
        Number("nor, with a hundred times the text, below", loss(float("inf"), 100 * TEXTS)),
    )

    return Finding(
        numbers,
        holds=numbers[3].value < floor < larger < now,
        says=f"By a fit, {weights:,} weights that read 300 billion tokens have a loss of {numbers[0].text}, a hundred times as "
        f"many {numbers[1].text} and no end of them {numbers[2].text}; with a hundred times the text no end of them would have "
        f"{numbers[3].text}.",
    )
