"""What a mask needs of the softmax behind it: the axis along which it adds up, numbers that exist, and a text that is there."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import Projections, masks, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Tokens, edited, exact, exact_maps, largest
from core.numerals import how_many

BILLION = 1e9


@claim(
    said="The softmax may run along either axis of the scores.",
    verdict="wrong",
    instead="Along the keys, a row is the budget of 1 of one query. Along the queries, a later query takes from what an earlier "
    "one gives: the rows no longer add up to 1, and the future leaks through a causal mask.",
    sources=("vaswani2017",),
)
def either_axis(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Row sums, and how far output 0 moves with the last token, if the softmax runs along the queries under a causal mask."""
    x, maps = exact(x), exact_maps(maps)
    changed = x.clone()
    changed[:, -1] = edited(changed[:, -1])
    made, after = (self_attend(tokens, maps, masks.causal(x.shape[1])) for tokens in (x, changed))
    wrong, wrong_after = (trace.attention.masked.softmax(dim=-2) for trace in (made, after))
    moved = [
        largest(one[0, 0, 0] - two[0, 0, 0])
        for one, two in (
            (made.attention.output, after.attention.output),
            (wrong @ made.values, wrong_after @ after.values),
        )
    ]
    sums = wrong.sum(-1)
    numbers = (
        Number("smallest row sum, along the queries", sums.min().item()),
        Number("largest row sum, along the queries", sums.max().item()),
        Number("output 0 moves by, along the keys", moved[0]),
        Number("output 0 moves by, along the queries", moved[1]),
    )
    if x.shape[1] == 1:
        return Finding(numbers, holds=False, says="You have 1 token: its weight is 1 along either axis.")

    reason = "" if moved[1] else " (your last token takes nothing from token 0)"
    return Finding(
        numbers,
        holds=moved[0] == 0 < moved[1] and numbers[0].value < 1 < numbers[1].value,
        says=f"Along the queries, rows sum to {numbers[0].text} up to {numbers[1].text}, and another last token moves output 0 "
        f"by {numbers[3].text}{reason}; along the keys it moves by {numbers[2].text}.",
    )


@claim(
    said="−1,000,000,000 does as well as −∞.",
    verdict="imprecise",
    instead="In single precision, for a query that sees some key. Half precision has no such number: it becomes −∞, and a row "
    "that hides all keys no numbers; torch.finfo(dtype).min is the smallest that a precision has.",
    sources=("micikevicius2018",),
)
def minus_a_billion(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Weights under −1,000,000,000 and under torch.finfo(dtype).min, in single and half precision, against −∞."""
    made = self_attend(exact(x), exact_maps(maps)).attention
    causal = masks.causal(x.shape[1])
    right = made.scaled.masked_fill(~causal, -torch.inf).softmax(-1)
    single, half = made.scaled.float(), made.scaled.half()
    lowest = torch.finfo(torch.float16).min
    in_single = (single - BILLION * ~causal).softmax(-1)
    in_half = half.masked_fill(~causal, lowest).softmax(-1)
    if not half.isfinite().all():
        most = Number("largest score", largest(made.scaled))
        says = f"Your scores, up to {most.text}, are themselves beyond what half precision has."
        return Finding((most,), holds=False, says=says)
    nothing_seen = torch.ones_like(half[0, 0, 0])
    by_a_billion = (half[0, 0, 0] - (BILLION * nothing_seen.float()).half()).softmax(-1)
    by_the_lowest = torch.where(nothing_seen.bool(), lowest, half[0, 0, 0]).softmax(-1)
    numbers = (
        Number("weights differ from those of −∞ by, single precision", largest(in_single - right), ".1e"),
        Number("weights on hidden keys, half precision, its smallest number", largest(in_half[~causal])),
        Number("weights that are no number, all keys hidden by −1,000,000,000", nans(by_a_billion), ",.0f"),
        Number("weights that are no number, all keys hidden by its smallest number", nans(by_the_lowest), ",.0f"),
    )

    broken = how_many(int(numbers[2].value), "weight that is", "weights that are")
    return Finding(
        numbers,
        holds=numbers[0].value < 1e-5 and numbers[1].value == numbers[3].value == 0 < numbers[2].value,
        says=f"In single precision the weights differ from those of −∞ by {numbers[0].text}; in half precision a row that "
        f"hides all keys by −1,000,000,000 has {broken} no number, "
        f"and by torch.finfo(torch.float16).min, which is −{-lowest:,.0f}, {numbers[3].text if numbers[3].value else 'none'}.",
    )


def nans(weights: Tensor) -> int:
    """How many of them are no number."""
    return int(weights.isnan().sum())


@claim(
    said="With a causal mask a text is computed all at once.",
    verdict="imprecise",
    instead="Yes for a text that is there already, as in training: one pass makes all its outputs. A text that is being written "
    "is not there yet: each token must go in before the next can come out, a pass of the whole model for each.",
    sources=("vaswani2017", "shazeer2019"),
)
def all_at_once(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Outputs of one pass against one pass for each beginning; an order that a toy writes token by token against one guess.

    The toy writes next, of the tokens that it has not written, the one whose value is nearest to the last output.
    """
    x, maps = exact(x), exact_maps(maps)
    n_tokens = x.shape[1]
    whole = outputs(x, maps)
    by_beginnings = torch.stack([outputs(x[:, : end + 1], maps)[-1] for end in range(n_tokens)])
    values = self_attend(x, maps).values[0, 0]

    written = [0]
    while len(written) < n_tokens:
        written.append(nearest(outputs(x[:, written], maps)[-1], values, written))
    empty = outputs(x[:, [0] * n_tokens], maps)
    guessed = [0, *(nearest(output, values, [0]) for output in empty[: n_tokens - 1])]
    right = next((at for at in range(n_tokens) if guessed[at] != written[at]), n_tokens)
    error = largest(whole - by_beginnings)
    numbers = (
        Number("one pass differs from a pass for each beginning by", error, ".1e"),
        Number("passes to write", n_tokens - 1, ",.0f"),
        Number("tokens that one pass over empty places has right", right, ",.0f"),
    )

    reason = "" if right < n_tokens else ", which is all there is"
    return Finding(
        numbers,
        holds=error <= 1e-9 * (1 + largest(whole)) and right < n_tokens,
        says=f"Reading, one pass over your {how_many(n_tokens, 'token')} makes the same outputs as a pass for each beginning of "
        f"them, to within {numbers[0].text}; writing, a toy that puts them into an order of its own, one after the other, takes "
        f"{how_many(n_tokens - 1, 'pass', 'passes')}, and if it guesses all in one pass over empty places, the first "
        f"{numbers[2].text} of its order are right{reason}.",
    )


def outputs(x: Tokens, maps: Projections) -> Float[Tensor, "tokens value_dim"]:
    """What one head gives under a causal mask."""
    return self_attend(x, maps, masks.causal(x.shape[1])).attention.output[0, 0]


def nearest(
    output: Float[Tensor, "value_dim"], values: Float[Tensor, "candidates value_dim"], written: list[int]
) -> int:
    """The token whose value is nearest to an output, but for those that are written, while there are others."""
    apart = (values - output).norm(dim=-1)
    if len(written) < len(values):
        apart[written] = torch.inf
    return apart.argmin().item()
