"""Is a weight a measure of importance? Leave keys out, one at a time, and see what the output misses."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.attention import attend, masks
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Keys, Queries, Values, exact, largest, rounding, some
from core.numerals import how_many


def leave_one_out(queries: Queries, keys: Keys, values: Values) -> Float[Tensor, "queries keys"]:
    """How far each output moves (Euclidean norm) when one key-value pair is taken away and the others share its weight.

    With a single pair nothing is left to attend to: the output is missed as a whole.
    """
    output = attend(queries, keys, values).output[0, 0]
    n_keys = keys.shape[2]
    if n_keys == 1:
        return output.norm(dim=-1, keepdim=True)
    moved = []
    for key in range(n_keys):
        others = masks.everything(1, n_keys).clone()
        others[..., key] = False
        moved.append((attend(queries, keys, values, others).output[0, 0] - output).norm(dim=-1))
    return torch.stack(moved, dim=-1)


@claim(
    said="The attention weight says how important a word is.",
    verdict="imprecise",
    instead="It says how much of a value is mixed in. Without the pair, the output moves by w / (1 − w) times its "
    "distance from that value.",
    sources=("jain2019", "wiegreffe2019"),
)
def weight_is_importance(queries: Queries, keys: Keys, values: Values, seed: int) -> Finding:
    """For up to 8 queries: do keys rank by their weight as they rank by how far the output moves without them?"""
    rows = some(queries.shape[2], at_most=8)
    queries, keys, values = exact(queries)[:, :, rows], exact(keys), exact(values)
    trace = attend(queries, keys, values)
    weights, missed = trace.weights[0, 0], leave_one_out(queries, keys, values)
    distance = (values[0, 0] - trace.output[0, 0, :, None]).norm(dim=-1)
    formula_error = largest(missed * (1 - weights) - weights * distance) if keys.shape[2] > 1 else 0.0
    asked = Number("queries", len(rows), ",.0f")
    found = disagreements(weights, missed)
    disagree = Number("queries whose rankings disagree", found.any(dim=(1, 2)).sum().item(), ",.0f")
    numbers = (asked, disagree, Number("largest error of the formula", formula_error, ".1e"))
    holds = formula_error <= 2 * rounding(trace, values)
    counts = f"In {disagree.text} of {how_many(len(rows), 'query', 'queries')} the two rankings disagree"
    if keys.shape[2] == 1:
        return Finding(numbers, False, f"{counts}: with 1 key there is nothing to rank.")
    if not found.any():
        return Finding(
            numbers,
            False,
            f"{counts}: on your numbers the weight ranks as the change does, and still what counts is w / (1 − w) times the "
            f"distance, which gives each change to within {numbers[2].text}.",
        )

    row, lighter, heavier = most_telling(found, weights, missed)
    pair = tuple(
        Number(f"{what} of key {key}", table[row, key].item())
        for what, table in (("weight", weights), ("change without it", missed))
        for key in (lighter, heavier)
    )
    light, heavy, much, little = (number.text for number in pair)
    return Finding(
        numbers + pair,
        holds,
        f"{counts}: for query {rows[row]}, key {lighter} weighs {light} and key {heavier} weighs {heavy}, but the "
        f"output moves by {much} without the first and by {little} without the second.",
    )


def disagreements(
    weights: Float[Tensor, "queries keys"], missed: Float[Tensor, "queries keys"]
) -> Bool[Tensor, "queries keys keys"]:
    """True where the first key weighs less than the second and is missed more, by more than rounding."""
    lighter = weights[:, :, None] < weights[:, None, :] - 1e-9
    more_missed = missed[:, :, None] > missed[:, None, :] + 1e-9 * largest(missed)
    return lighter & more_missed


def most_telling(found: Tensor, weights: Tensor, missed: Tensor) -> list[int]:
    """The [query, lighter key, heavier key] of the widest disagreement."""
    lightness = weights[:, None, :] - weights[:, :, None]
    loss = missed[:, :, None] - missed[:, None, :]
    place = (found * lightness * loss).argmax()
    return [int(index) for index in torch.unravel_index(place, found.shape)]
