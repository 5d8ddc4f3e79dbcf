"""How many operations it takes: what is quadratic and when that matters, what heads cost, what more of them buys."""

from dataclasses import replace

import torch

from core.cost import counted
from core.cost.growth import loss
from core.experiments.claim import Finding, Number, claim
from core.experiments.cost.given import Given
from core.numerals import how_many
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
    instead="Its scores and mix are only where a text is longer than a token is wide: N²D against ND². With its four "
    "projections, 8ND² more, it is dearer than a plain recurrent layer at any length.",
    sources=("vaswani2017",),
    identity=True,
)
def dearer(given: Given, seed: int) -> Finding:
    """Operations counted at half as many tokens as numbers and at twice as many: scores and mix, and two products a token."""
    d_model = 2 * max(1, given.sizes.d_model // 2)
    sizes = replace(given.sizes, d_model=d_model, n_heads=1, n_kv_heads=1, batch=1)

    def over_recurrence(n_tokens: int) -> tuple[float, float]:
        """Scores and mix, and all of attention, over the two products of a recurrent layer."""
        x, w = torch.empty(n_tokens, d_model, device=counted.SHAPE), torch.empty(d_model, d_model, device=counted.SHAPE)
        recurrent, block = operations(lambda: (x @ w, x @ w)), counted.block(replace(sizes, n_tokens=n_tokens))
        mixing = block["scores and mix"]
        return mixing / recurrent, (mixing + block["projections"]) / recurrent

    short, long = d_model // 2, 2 * d_model
    (few, few_whole), (many, many_whole) = over_recurrence(short), over_recurrence(long)
    numbers = (
        Number(f"scores and mix over recurrence, {short:,} tokens", few),
        Number(f"scores and mix over recurrence, {long:,} tokens", many),
        Number(f"with projections, {short:,} tokens", few_whole),
        Number(f"with projections, {long:,} tokens", many_whole),
    )

    return Finding(
        numbers,
        holds=few < 1 < min(many, few_whole, many_whole),
        says=f"With tokens of {d_model:,} numbers, scores and mix take {numbers[0].text} of the operations of a recurrent layer "
        f"at {short:,} tokens and {numbers[1].text} times as many at {long:,}; with the projections it is {numbers[2].text} and "
        f"{numbers[3].text} times as many.",
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
    """Operations of a block of your sizes with every number of heads, up to 96, that can share keys and values as yours do."""
    sizes = given.sizes
    shared = sizes.n_heads // sizes.n_kv_heads
    fitting = [n for n in range(shared, min(sizes.d_model, MOST_HEADS) + 1, shared) if sizes.d_model % n == 0]
    made = [replace(sizes, n_heads=n_heads, n_kv_heads=n_heads // shared) for n_heads in fitting]
    totals = {sum(counted.block(each).values()) for each in made}
    numbers = (
        Number("operations of a block", max(totals), ",.0f"),
        Number("numbers of heads", len(fitting), ",.0f"),
        Number("weights of one layer, most heads over fewest", made[-1].weights_bytes / made[0].weights_bytes, ",.0f"),
    )

    groups = f" whose keys and values serve {shared} each" if shared > 1 else ""
    return Finding(
        numbers,
        holds=len(totals) == 1,
        says=f"A block of your sizes takes {numbers[0].text} operations with each of {how_many(len(fitting), 'number')} of "
        f"heads{groups}, up to {fitting[-1]}, though its weights take {numbers[2].text} times the memory.",
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
