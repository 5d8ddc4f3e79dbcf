"""Why scores are divided by sqrt(d), where, and by whose d."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend
from core.experiments.attention.statistics import DRAWS, dot_products, random_sets
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    SHOWN,
    Keys,
    Queries,
    Values,
    entropy,
    exact,
    largest,
    rounding,
    standard_error,
)
from core.numerals import how_many

WIDTHS = (16, 64, 256, 1024)  # from not saturated to saturated
N_KEYS = 64
N_HEADS = 12  # as many heads as BERT's smaller model puts side by side


@claim(
    said="Dividing by √d keeps the spread of the scores the same for every width.",
    verdict="right",
    instead="The dot product of two independent vectors of d numbers with variance 1 has variance d. Dividing by √d "
    "brings back 1.",
    sources=("vaswani2017",),
)
def scaling(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """The variance of 4,000 random dot products of your width, raw and scaled, and the variance of your own scores."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    head_dim = queries.shape[-1]
    products = dot_products(head_dim, DRAWS, seed)
    raw, scaled = products.var().item(), (products / head_dim**0.5).var().item()
    error = 5 * standard_error(head_dim, DRAWS)
    trace = attend(queries, keys, values)
    own, own_scaled = (tensor.var(correction=0).item() for tensor in (trace.scores, trace.scaled))
    unseen = 1e-9 * largest(trace.scores) ** 2
    numbers = (
        Number("variance of random scores", raw),
        Number("variance of random scaled scores", scaled),
        Number("variance of your scores", own),
        Number("variance of your scaled scores", own_scaled),
    )

    narrow = " (of 1 number nothing is to be divided away)" if head_dim == 1 else ""
    return Finding(
        numbers,
        holds=abs(scaled - 1) < error < abs(raw - 1) and abs(own - own_scaled * head_dim) <= unseen,
        says=f"{DRAWS:,} random dot products of {how_many(head_dim, 'number')} have variance {numbers[0].text}, "
        f"scaled {numbers[1].text}{narrow}; your own scores go from {numbers[2].text} to {numbers[3].text}.",
    )


@claim(
    said="It does not matter whether you scale before the softmax or after it.",
    verdict="wrong",
    instead="Scale before. Dividing afterwards leaves the weights as sharp as they were, and rows sum to 1/√d.",
    sources=("vaswani2017",),
)
def scale_afterwards(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """The row sums of weights that were divided by sqrt(d) after the softmax."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    root = queries.shape[-1] ** 0.5
    before = attend(queries, keys, values).weights
    unscaled = attend(queries, keys, values, scale=1.0).weights
    afterwards = unscaled / root
    right = Number("row sum, scaled before", before.sum(-1).mean().item())
    wrong = Number("row sum, scaled afterwards", afterwards.sum(-1).mean().item())
    sharp = Number("largest share, scaled before", before.max().item())
    still_sharp = Number("largest share, scaled afterwards", (root * afterwards).max().item())

    narrow = ", and the same only because √1 = 1" if root == 1 else ""
    return Finding(
        (right, wrong, sharp, still_sharp),
        holds=largest(before.sum(-1) - 1) < 1e-9 and largest(afterwards.sum(-1) - 1) > SHOWN,
        says=f"Scaled before, rows sum to {right.text} and the largest share is {sharp.text}; scaled afterwards, "
        f"rows sum to {wrong.text} and the largest share of a row is {still_sharp.text}{narrow}.",
    )


@claim(
    said="Without scaling the softmax has no gradient.",
    verdict="imprecise",
    instead="Only once it is saturated: one weight near 1, all others near 0. For narrow heads the unscaled softmax has the "
    "larger gradient; and on the way back to the query, scaling divides by √d once more.",
    sources=("vaswani2017",),
)
def vanishing_gradient(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """How strongly weights over 64 random keys react to their scores and to the query, raw and scaled, by width."""
    reacts: list[Number] = []
    back: list[Number] = []
    for head_dim in WIDTHS:
        queries, keys = random_sets(head_dim, N_KEYS, seed)
        for kind, scale in (("raw", 1.0), ("scaled", head_dim**-0.5)):
            weights = attend(queries, keys, keys, scale=scale).weights
            reacts.append(Number(f"{kind}, d = {head_dim:,}", sensitivity(weights)))
            size = scale * pull(weights, keys).median().item()
            back.append(Number(f"back to the query, median, {kind}, d = {head_dim:,}", size, ".2g"))
    (narrow_raw, narrow_scaled), (wide_raw, wide_scaled) = reacts[:2], reacts[-2:]

    return Finding(
        (*reacts, *back),
        holds=narrow_raw.value > narrow_scaled.value and wide_raw.value < wide_scaled.value,
        says=f"For heads of {WIDTHS[0]} numbers the gradient of the weights by their scores has the size {narrow_raw.text} raw "
        f"and {narrow_scaled.text} scaled, for heads of {WIDTHS[-1]:,} it has {wide_raw.text} raw and {wide_scaled.text} "
        f"scaled; half of the queries get back no more than {back[-2].text} raw and {back[-1].text} scaled there.",
    )


def pull(
    weights: Float[Tensor, "sets 1 queries keys"], keys: Float[Tensor, "sets 1 keys head_dim"]
) -> Float[Tensor, "sets 1 queries"]:
    """The Frobenius norm of the Jacobian of the weights by the query, for scores that are not scaled.

    Its row for a key is the weight of that key times its distance from the mean of all keys, weighted.
    """
    mean = weights @ keys
    apart = (keys.square().sum(-1)[:, :, None] - 2 * mean @ keys.mT + mean.square().sum(-1, keepdim=True)).clamp(min=0)
    return (weights.square() * apart).sum(-1).sqrt()


def sensitivity(weights: Float[Tensor, "... keys"]) -> float:
    """The mean Frobenius norm of the softmax Jacobian, diag(w) - w wᵀ: how strongly a row reacts to its scores."""
    squares = weights.square().sum(-1)
    cubes = weights.pow(3).sum(-1)
    return (squares - 2 * cubes + squares.square()).clamp(min=0).sqrt().mean().item()


@claim(
    said="The d under the root is the length of a token's embedding, the same for every sentence.",
    verdict="imprecise",
    instead="It is the width of one head, D / H: H heads share out the D numbers of a token. The same for every sentence it is.",
    sources=("vaswani2017",),
)
def head_width(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """The variance of random scores and the entropy of your weights, under the root of one head and of 12 heads."""
    queries, keys, values = exact(queries), exact(keys), exact(values)
    head_dim = queries.shape[-1]
    d_model = N_HEADS * head_dim
    products = dot_products(head_dim, DRAWS, seed)
    by_head, by_model = ((products / width**0.5).var().item() for width in (head_dim, d_model))
    weights = [attend(queries, keys, values, scale=width**-0.5).weights for width in (head_dim, d_model)]
    sharp, blurred = (entropy(some_weights) for some_weights in weights)
    whole, alone = attend(queries, keys, values), attend(queries, keys[:, :, :1], values[:, :, :1])
    moved = largest(whole.scaled[..., :1] - alone.scaled)
    numbers = (
        Number("variance of scores, by the head", by_head),
        Number("variance of scores, by the embedding", by_model),
        Number("entropy of your weights, by the head", sharp),
        Number("entropy of your weights, by the embedding", blurred),
        Number("scaled scores of key 0 move by when it comes alone", moved, ".1e"),
    )

    error = 5 * standard_error(head_dim, DRAWS)
    goes = "grows" if blurred > sharp + SHOWN else "hardly goes"
    return Finding(
        numbers,
        holds=abs(by_head - 1) < error
        and abs(N_HEADS * by_model - 1) < error
        and blurred > sharp + SHOWN
        and moved <= rounding(whole, torch.ones(1)),
        says=f"With {N_HEADS} heads of {how_many(head_dim, 'number')}, √{head_dim:,} gives random scores the variance "
        f"{numbers[0].text} and √{d_model:,} gives {numbers[1].text}; the entropy of your weights (0: all on one "
        f"key) {goes} from {numbers[2].text} to {numbers[3].text}, and key 0 on its own moves its scaled scores by "
        f"{numbers[4].text}.",
    )
