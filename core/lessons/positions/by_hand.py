"""Clock hands by hand: sinusoids and the rotation that shifts them, adding against joining, RoPE on two small vectors."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.experiments.measure import largest
from core.experiments.positions import Given
from core.experiments.positions.turning import rounding, turn_or_add
from core.lessons.material import Rows
from core.lessons.positions.real import learned_table
from core.lessons.positions.traces import BiasTrace, CodeTrace, CombinedTrace, RotaryTrace, Trace
from core.lessons.shown import Matrices, Shown
from core.trace import matrices, steps
from core.transformer.positions import alibi, angles, offsets, relative_buckets, rotation, sinusoidal

FURTHEST = 1000  # the largest common shift
BIASED = 32  # places between which biases are shown
HEADS = 8  # of ALiBi, whose slopes are then halves of halves
AROUND = 64  # places to either side, over which scores are drawn
EQUAL = 1e-9  # products of codes that differ by less are equal


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    base       of the speeds; the hands turn by base^(-2i/width) from a place to the next.
    width      numbers in a code, two for each hand.
    n_places   how many places are shown.
    offset     how far the rotation moves every code.
    query_place, key_place   where the two vectors stand.
    shift      how far both are moved together.
    """

    base: float = 10_000.0
    width: int = 16
    n_places: int = 50
    offset: int = 4
    query_place: int = 5
    key_place: int = 2
    shift: int = 0


@dataclass(frozen=True)
class Written:
    """What the learner wrote: tokens, the maps of tokens and of positions, a query and a key of one row each."""

    words: tuple[str, ...]
    x: Rows
    w_x: Rows
    w_p: Rows
    query: Rows
    key: Rows


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the hands do.

    rotation_error   how far a moved code is from the code of the place it was moved to, at most.
    joining_error    how far joining is from adding after a map, at most.
    length_error     how far turning changes the length of the query or of the key.
    by_shift         (2, FURTHEST + 1): the score of RoPE and of added sinusoids when both stand 0, 1, 2, ... later.
    by_offset        (2, 2 AROUND + 1): both scores when the key stands -AROUND ... AROUND places behind the query.
    rounding         how far rounding alone may move a score.
    """

    settings: Settings
    trace: Trace
    rotation_error: float
    joining_error: float
    length_error: float
    by_shift: Float[Tensor, "schemes shifts"]
    by_offset: Float[Tensor, "schemes offsets"]
    rounding: float

    @property
    def n_hands(self) -> int:
        """Two numbers of a code are one hand. It is also the product of every code with itself."""
        return self.settings.width // 2

    @property
    def slowest(self) -> float:
        """How far the last hand turns from a place to the next, in radians."""
        return self.settings.base ** (2 / self.settings.width - 1)

    @property
    def falls_to(self) -> int | None:
        """The first distance one beyond which codes are more alike again; None where there is none among these places."""
        rises = self.trace.code.similarity[0, 0].diff() > EQUAL
        return int(rises.int().argmax()) if rises.any() else None

    @property
    def shared_from(self) -> int | None:
        """The first distance that shares T5's bucket with the next; None where none of those shown does."""
        shared = self.trace.biases.buckets[0, 0].diff() == 0
        return int(shared.int().argmax()) if shared.any() else None

    @property
    def zeros(self) -> list[str]:
        """Which of the two vectors have no number but 0."""
        vectors = {"the query": self.trace.rotary.queries, "the key": self.trace.rotary.keys}
        return [name for name, vector in vectors.items() if not vector.any()]

    @property
    def score(self) -> float:
        """RoPE's, where the two stand."""
        return self.trace.rotary.scores.item()

    @property
    def added_score(self) -> float:
        """That with sinusoids added, where the two stand."""
        return self.trace.rotary.added_scores.item()

    @property
    def stands(self) -> dict[str, int]:
        """Which columns of by_shift and of by_offset are those of the two as they stand."""
        apart = self.settings.key_place - self.settings.query_place
        return {"later": self.settings.shift, "apart": AROUND + apart}

    @property
    def with_both(self) -> str:
        """What becomes of the score with sinusoids added when both are moved, in words."""
        return "it changes with the place" if self.changes(self.by_shift)[1] else "of these two vectors it stays, too"

    @property
    def with_the_key(self) -> str:
        """What becomes of the scores when the key is moved alone, in words."""
        return {
            (True, True): "both scores change",
            (True, False): "RoPE's score changes, that with sinusoids added does not",
            (
                False,
                True,
            ): "RoPE's score stays, since in no pair both vectors have numbers other than 0; the other changes",
            (False, False): "of these two vectors neither score changes",
        }[self.changes(self.by_offset)]

    def changes(self, scores: Float[Tensor, "schemes moves"]) -> tuple[bool, bool]:
        """Whether RoPE's score and that of added sinusoids differ anywhere among moves."""
        rotary, added = ((each.max() - each.min()).item() > self.rounding for each in scores)
        return rotary, added


def run(written: Written, settings: Settings) -> Lesson:
    """Turn the hands. Raises ValueError in words for tables that do not fit."""
    _check(written)
    rows = (written.x, written.w_x, written.w_p, written.query, written.key)
    x, w_x, w_p, query, key = (torch.tensor(table, dtype=torch.float64) for table in rows)
    code = turn_hands(settings)
    combined = combine(x, w_x, w_p, settings.base)
    rotary = turn_vectors(query, key, settings)
    moved = torch.arange(settings.n_places) + settings.offset
    later, around = torch.arange(FURTHEST + 1), torch.arange(-AROUND, AROUND + 1)
    here = torch.tensor(settings.query_place + settings.shift)
    return Lesson(
        settings,
        Trace(code, combined, rotary, bias_by_distance(min(settings.n_places, BIASED))),
        largest(code.shifted[0] - sinusoidal(moved, settings.width, settings.base)),
        largest(combined.mapped - combined.added),
        max(
            largest(rotary.rotated_queries.norm(dim=-1) - rotary.queries.norm(dim=-1)),
            largest(rotary.rotated_keys.norm(dim=-1) - rotary.keys.norm(dim=-1)),
        ),
        scores_over(query, key, settings.query_place + later, settings.key_place + later, settings.base),
        scores_over(query, key, here.expand(len(around)), here + around, settings.base),
        rounding(query, key),
    )


def turn_hands(settings: Settings) -> CodeTrace:
    """The codes of all places, what they have in common, and all of them moved by one rotation."""
    places = torch.arange(settings.n_places)
    turned = angles(places, settings.width, settings.base)
    codes = sinusoidal(places, settings.width, settings.base)
    similarity = codes @ codes.mT
    shifted = codes @ rotation(settings.offset, settings.width, settings.base)
    return CodeTrace(turned[None], codes[None], similarity[None], shifted[None])


def combine(
    x: Float[Tensor, "tokens d_embedded"],
    w_x: Float[Tensor, "d_embedded d_model"],
    w_p: Float[Tensor, "d_embedded d_model"],
    base: float,
) -> CombinedTrace:
    """Add positions to tokens, and join them and map what is joined."""
    positions = sinusoidal(torch.arange(len(x)), x.shape[1], base)
    summed = x + positions
    joined = torch.cat([x, positions], dim=-1)
    mapped = joined @ torch.cat([w_x, w_p])
    added = x @ w_x + positions @ w_p
    return CombinedTrace(*(made[None] for made in (x, positions, summed, joined, mapped, added)))


def turn_vectors(
    query: Float[Tensor, "1 head_dim"], key: Float[Tensor, "1 head_dim"], settings: Settings
) -> RotaryTrace:
    """Turn a query and a key by their places and compare them; beside it, the same with sinusoids added to both."""
    m = torch.tensor([settings.query_place + settings.shift])
    n = torch.tensor([settings.key_place + settings.shift])
    made = turn_or_add(query, key, m, n, settings.base)
    scores, added_scores = made.scores[None, None, None], made.added_scores[None, None, None]
    vectors = (query, key, made.rotated_queries, made.rotated_keys)
    return RotaryTrace(*(vector[None, None] for vector in vectors), scores, added_scores)


def bias_by_distance(n_places: int) -> BiasTrace:
    """The biases of ALiBi's heads, and T5's buckets for both sides; each bucket has one trained number per head."""
    buckets = relative_buckets(offsets(n_places, n_places))
    return BiasTrace(alibi(HEADS, n_places, n_places), buckets[None].float())


def scores_over(
    query: Float[Tensor, "1 head_dim"],
    key: Float[Tensor, "1 head_dim"],
    m: Int[Tensor, "moves"],
    n: Int[Tensor, "moves"],
    base: float,
) -> Float[Tensor, "schemes moves"]:
    """The score of RoPE and of added sinusoids, for every place m of the query and n of the key."""
    made = turn_or_add(query.expand(len(m), -1), key.expand(len(n), -1), m, n, base)
    return torch.stack([made.scores, made.added_scores])


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    code = result.trace.code
    return {
        "by_distance": code.similarity[0, :1].float().numpy(),
        "by_shift": result.by_shift.float().numpy(),
        "by_offset": result.by_offset.float().numpy(),
    }


def axes(written: Written, settings: Settings) -> dict[str, list[str]]:
    """The words of all axes."""
    m, n = settings.query_place + settings.shift, settings.key_place + settings.shift
    places = [str(place) for place in range(settings.n_places)]
    return {
        "queries": [f"q at {m}"],
        "keys": [f"k at {n}"],
        "tokens": list(written.words),
        "places": places,
        "near": places[:BIASED],
        "one": ["sinusoids"],
        "schemes": ["RoPE", "sinusoids added"],
    }


def shown(written: Written, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(written, settings)
    return Shown(matrices(steps(result.trace)) | beside(result), dict(axes(written, settings)))


def given(result: Lesson, written: Written, settings: Settings) -> Given:
    """What the experiments are given: the learner's own numbers, and the learned table of the offline model."""
    combined, rotary = result.trace.combined, result.trace.rotary
    return Given(
        combined.x[0],
        combined.positions[0],
        torch.tensor(written.w_x, dtype=torch.float64),
        torch.tensor(written.w_p, dtype=torch.float64),
        rotary.queries[0, 0],
        rotary.keys[0, 0],
        learned_table,
        settings.base,
        settings.width,
        settings.n_places,
        settings.shift or FURTHEST,
    )


def _check(written: Written) -> None:
    width, n_query, n_key = len(written.x[0]), len(written.query[0]), len(written.key[0])
    for name, weight in (("W_x", written.w_x), ("W_p", written.w_p)):
        if len(weight) != width:
            raise ValueError(f"X has {width} columns and {name} has {len(weight)} rows: these two must agree")
    if len(written.w_x[0]) != len(written.w_p[0]):
        raise ValueError(
            f"W_x has {len(written.w_x[0])} columns and W_p has {len(written.w_p[0])}: their products are added"
        )
    if n_query != n_key:
        raise ValueError(f"the query has {n_query} numbers and the key {n_key}: give both equally many")
