"""RoPE on the learner's queries and keys."""

import torch

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.experiments.positions.given import Given
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
    turned, added, lengths = shifted_scores(given)
    numbers = (
        Number("turned: scores change by", turned, ".1e"),
        Number("added: scores change by", added),
        Number("turning changes lengths by", lengths, ".1e"),
    )
    room = 1e-9 * (1 + given.queries.shape[1] * largest(given.queries) * largest(given.keys))
    return Finding(
        numbers,
        holds=turned <= room and lengths <= room < added,
        says=f"When all tokens stand {given.shift} places later, scores of turned vectors change by {numbers[0].text} and "
        f"those of vectors with a code added by {numbers[1].text}.",
    )


def shifted_scores(given: Given) -> tuple[float, float, float]:
    """How far a common shift changes scores of turned vectors and of vectors with sinusoids added; the change of lengths."""
    queries, keys, width = given.queries, given.keys, given.queries.shape[1]

    def scores(shift: int) -> tuple[torch.Tensor, torch.Tensor, float]:
        m, n = torch.arange(len(queries)) + shift, torch.arange(len(keys)) + shift
        turned = rotate(queries, m, given.base), rotate(keys, n, given.base)
        added = queries + sinusoidal(m, width, given.base), keys + sinusoidal(n, width, given.base)
        length = largest(turned[0].norm(dim=-1) - queries.norm(dim=-1))
        return turned[0] @ turned[1].mT, added[0] @ added[1].mT, length

    (turned, added, _), (turned_later, added_later, lengths) = scores(0), scores(given.shift)
    return largest(turned_later - turned), largest(added_later - added), lengths


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
    rounding = 1e-9 * given.queries.norm(dim=-1) * given.keys[0].norm()
    prefers = scores.amax(-1) - scores.amin(-1) > rounding
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
        says=f"Of {len(best)} queries, {elsewhere} would score the first key best at a distance of 2 places or more, the "
        f"furthest at an offset of {numbers[2].text}.",
    )
