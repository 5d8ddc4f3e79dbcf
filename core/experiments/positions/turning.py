"""RoPE on the learner's queries and keys."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.experiments.positions.given import Given
from core.numerals import how_many
from core.transformer.positions import rotate, sinusoidal

AROUND = 64  # places to either side of a query


@claim(
    said="RoPE is a code that is added to the word vectors.",
    verdict="wrong",
    instead="It turns queries and keys, in every layer, and leaves word vectors and values alone. So only the distance counts.",
    sources=("su2021",),
)
def added_code(given: Given, seed: int) -> Finding:
    """Move all tokens by the shift: the largest change of a score with turned vectors, and with sinusoids added to them."""
    given = given.exact()
    m, n = torch.cartesian_prod(torch.arange(len(given.queries)), torch.arange(len(given.keys))).unbind(-1)
    queries, keys = given.queries[m], given.keys[n]
    now, later = (turn_or_add(queries, keys, m + shift, n + shift, given.base) for shift in (0, given.shift))
    turned, added = largest(later.scores - now.scores), largest(later.added_scores - now.added_scores)
    lengths = largest(later.rotated_queries.norm(dim=-1) - queries.norm(dim=-1))
    numbers = (
        Number("turned: scores change by", turned, ".1e"),
        Number("added: scores change by", added),
        Number("turning changes lengths by", lengths, ".1e"),
    )
    room = rounding(queries, keys)
    return Finding(
        numbers,
        holds=turned <= room and lengths <= room < added,
        says=f"When all tokens stand {given.shift} places later, scores of turned vectors change by {numbers[0].text} and "
        f"those of vectors with a code added by {numbers[1].text}.",
    )


@dataclass(frozen=True, eq=False)
class Turned:
    """Queries and keys, pair by pair, turned by their places, and their scores: RoPE's, and with sinusoids added instead."""

    rotated_queries: Float[Tensor, "pairs head_dim"]
    rotated_keys: Float[Tensor, "pairs head_dim"]
    scores: Float[Tensor, "pairs"]
    added_scores: Float[Tensor, "pairs"]


def turn_or_add(
    queries: Float[Tensor, "pairs head_dim"],
    keys: Float[Tensor, "pairs head_dim"],
    m: Int[Tensor, "pairs"],
    n: Int[Tensor, "pairs"],
    base: float,
) -> Turned:
    """Tell each query its place m and its key the place n in two ways: turn both, or add a sinusoid to both."""
    rotated_queries, rotated_keys = rotate(queries, m, base), rotate(keys, n, base)
    scores = (rotated_queries * rotated_keys).sum(-1)
    width = queries.shape[-1]
    added_scores = ((queries + sinusoidal(m, width, base)) * (keys + sinusoidal(n, width, base))).sum(-1)
    return Turned(rotated_queries, rotated_keys, scores, added_scores)


def rounding(queries: Float[Tensor, "queries head_dim"], keys: Float[Tensor, "keys head_dim"]) -> float:
    """How far rounding alone may move a score of turned vectors."""
    return 1e-9 * (1 + queries.shape[-1] * largest(queries) * largest(keys))


@claim(
    said="Position codes make tokens attend to their neighbours.",
    verdict="wrong",
    instead="They make distance visible. Which distance is preferred is learned with the queries and keys.",
    sources=("su2021", "clark2019"),
)
def locality(given: Given, seed: int) -> Finding:
    """The distance at which each query, turned, meets the first key with its best score: is it always their own place?

    A query whose scores are all the same prefers no distance and is left out: with zeros it tells nothing.
    """
    given = given.exact()
    offsets = torch.arange(-AROUND, AROUND + 1)
    key = rotate(given.keys[:1].expand(len(offsets), -1), offsets, given.base)
    scores = given.queries @ key.mT
    prefers = scores.amax(-1) - scores.amin(-1) > 1e-9 * given.queries.norm(dim=-1) * given.keys[0].norm()
    if not prefers.any():
        return Finding(
            (Number("queries", len(scores), ",d"), Number("that prefer any distance", 0, ",d")),
            holds=False,
            says="This cannot be judged here: at every distance the first key has the same score, since in no pair of numbers "
            "both it and a query have any but 0.",
        )
    best = offsets[scores[prefers].argmax(-1)]
    elsewhere = int((best.abs() > 1).sum())
    furthest = int(best[best.abs().argmax()])
    numbers = (
        Number("queries that prefer a distance", len(best), ",d"),
        Number("that prefer a distance of 2 or more", elsewhere, ",d"),
        Number("furthest preferred offset", furthest, ".0f"),
    )
    return Finding(
        numbers,
        holds=elsewhere > 0,
        says=f"Of {how_many(len(best), 'query', 'queries')}, {elsewhere} would score the first key best at a distance "
        f"of 2 places or more, the furthest at an offset of {numbers[2].text}.",
    )
