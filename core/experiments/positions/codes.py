"""Sinusoids and tables: what a code of a place is, and what it is not."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import exact, largest
from core.experiments.positions.given import Given
from core.transformer.positions import rotation, sinusoidal

SEEN = 2000  # places among which two with one code are looked for
FAR = 64  # places apart from which on a table is asked what it still knows
APART = 0.5  # codes are told apart from this distance on


@claim(
    said="Positions are concatenated to the word vectors.",
    verdict="imprecise",
    instead="The Transformer adds them, which costs no width. Joined and then mapped, they are the sum of two maps.",
    sources=("vaswani2017",),
    identity=True,
)
def joined(given: Given, seed: int) -> Finding:
    """[X;P] times the two maps on top of each other, against X W_x + P W_p; and what one map for both gives."""
    given = given.exact()
    x, p, w_x, w_p = given.x, given.positions, given.w_x, given.w_p
    together = torch.cat([x, p], dim=-1)
    mapped, apart = together @ torch.cat([w_x, w_p]), x @ w_x + p @ w_p
    tied = largest(together @ torch.cat([w_x, w_x]) - (x + p) @ w_x)
    difference = largest(mapped - apart)
    numbers = (
        Number("joined and mapped, against mapped and added", difference, ".1e"),
        Number("one map for both, against adding first", tied, ".1e"),
        Number("numbers in a joined vector", together.shape[-1], ",d"),
        Number("in a summed one", x.shape[-1], ",d"),
    )
    room = 1e-10 * (1 + largest(apart) + x.shape[-1] * largest(x + p) * largest(w_x))
    return Finding(
        numbers,
        holds=max(difference, tied) <= room,
        says=f"A vector of {together.shape[-1]:,} numbers, joined and mapped, differs from "
        f"the sum of two maps by {numbers[0].text}, and with one map for both from adding first by {numbers[1].text}.",
    )


@claim(
    said="Moving by k places is one linear map of the code, whatever the place.",
    verdict="right",
    instead="Every hand turns by the same angle, so one rotation moves all places. Lengths stay the root of D/2.",
    sources=("vaswani2017",),
    identity=True,
)
def one_rotation(given: Given, seed: int) -> Finding:
    """Every code times one matrix, against the code of the place that is `shift` further; and all lengths."""
    places = torch.arange(given.n_places)
    codes = sinusoidal(places, given.width, given.base)
    moved = codes @ rotation(given.shift, given.width, given.base)
    error = largest(moved - sinusoidal(places + given.shift, given.width, given.base))
    lengths = largest(codes.square().sum(-1) - given.width / 2)
    numbers = (
        Number("moved codes are off by", error, ".1e"),
        Number("squared lengths are off D/2 by", lengths, ".1e"),
        Number("D/2", given.width / 2, ".0f"),
    )
    return Finding(
        numbers,
        holds=max(error, lengths) <= 1e-6,
        says=f"One matrix moves {given.n_places} places by {given.shift}, to within "
        f"{numbers[0].text}, and every code keeps the squared length {given.width // 2}.",
    )


@claim(
    said="The further apart two places stand, the less alike their sinusoids are.",
    verdict="wrong",
    instead="Alike falls at first and then swings: hands that have gone round come near again.",
    sources=("vaswani2017",),
)
def ever_less_alike(given: Given, seed: int) -> Finding:
    """The product of place 0 with every other: is there one that is more like it than a nearer one?"""
    codes = sinusoidal(torch.arange(given.n_places), given.width, given.base)
    alike = codes @ codes[0]
    rise = alike.diff()
    further = int(rise.argmax()) + 1
    numbers = (
        Number(f"product at a distance of {further - 1}", alike[further - 1].item()),
        Number(f"product at {further}", alike[further].item()),
        Number("largest rise", rise.max().item()),
    )
    rises = rise.max().item() > 1e-6
    return Finding(
        numbers,
        holds=rises,
        says=f"At a distance of {further - 1} the product is {numbers[0].text}, one place further {numbers[1].text}: "
        + ("it rises." if rises else f"among {given.n_places} places it never rises."),
    )


@claim(
    said="Every place has a code of its own.",
    verdict="imprecise",
    instead="With many hands of different speeds it has. One hand alone comes back to nearly the same angle.",
    sources=("vaswani2017",),
)
def one_of_its_own(given: Given, seed: int) -> Finding:
    """The distance between the two most similar codes of 2,000 places, with all hands and with one."""
    (every, _), (one, (first, second)) = (
        nearest(sinusoidal(torch.arange(SEEN), width, given.base)) for width in (given.width, 2)
    )
    numbers = (
        Number(f"nearest two with {given.width // 2} hands", every),
        Number("nearest two with 1 hand", one, ".1e"),
    )
    return Finding(
        numbers,
        holds=every > APART > one,
        says=f"Of {SEEN:,} places, the two most alike are {numbers[0].text} apart with {given.width // 2} hands and "
        f"{numbers[1].text} with one (places {first} and {second}).",
    )


def nearest(codes: Float[Tensor, "places width"]) -> tuple[float, tuple[int, int]]:
    """The smallest distance between two different rows, and which they are."""
    apart = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    first, second = divmod(int(apart.argmin()), len(codes))
    return apart.min().item(), (first, second)


@claim(
    said="A learned table of positions is a list of numbers that knows nothing of near and far.",
    verdict="wrong",
    instead="Nobody tells it, but training makes the vectors of neighbours alike.",
    sources=("devlin2019", "wang2020"),
)
def no_neighbours(given: Given, seed: int) -> Finding:
    """The mean cosine of rows of a learned table that are neighbours, and of rows that are far apart."""
    table = torch.nn.functional.normalize(exact(given.learned_table()), dim=-1)
    cosines = table @ table.mT
    far = min(FAR, len(table) - 1)
    near_by, far_off = cosines.diagonal(1).mean().item(), cosines.diagonal(far).mean().item()
    numbers = (
        Number("cosine of neighbours", near_by),
        Number(f"cosine of rows {far} apart", far_off),
        Number("rows", len(table), ",d"),
    )
    return Finding(
        numbers,
        holds=near_by > far_off + 0.2,
        says=f"In a learned table of {len(table)} rows, neighbours have a cosine of {numbers[0].text} on average and rows "
        f"{far} apart one of {numbers[1].text}.",
    )
