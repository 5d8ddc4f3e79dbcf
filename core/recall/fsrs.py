"""FSRS, the free spaced repetition scheduler, by its own package: a card is due when it is about to be forgotten.

It keeps how long a memory lasts (stability: days until nine of ten such cards are still known) and how hard the card is.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from fsrs import Card, Rating, Scheduler
from fsrs import State as Phase

from core.recall import logseq

# without chance in it: the same answers always give the same days
_SCHEDULER: Final = Scheduler(enable_fuzzing=False)
_RATINGS: Final = (Rating.Again, Rating.Again, Rating.Again, Rating.Hard, Rating.Good, Rating.Good)
_MIDDLE, _EASIEST, _HARDEST = 5.0, 1.0, 10.0  # difficulties


class State(NamedTuple):
    """What is known of a card: days, 1 to 10, in which phase of learning, and when (seconds since 1970)."""

    stability: float | None = None
    difficulty: float | None = None
    phase: int = Phase.Learning.value
    step: int | None = 0
    last: int | None = None
    due: int | None = None


def new() -> State:
    """A card that nobody has answered."""
    return State()


def review(state: State, score: int, at: int) -> State:
    """The card after an answer at a time.

    score    0 to 5 as in Logseq: below 3 is FSRS's “again”, 3 its “hard”, more its “good”.
    at       seconds since 1970.
    Raises   ValueError for any other score.
    """
    if score not in range(6):
        raise ValueError(f"a score of {score!r}: a whole number from 0 to 5 is accepted")
    when = _when(at)
    last = None if state.last is None else _when(state.last)
    card = Card(1, Phase(state.phase), state.step, state.stability, state.difficulty, when, last)
    after, _ = _SCHEDULER.review_card(card, _RATINGS[score], when)
    return State(after.stability, after.difficulty, after.state.value, after.step, at, int(after.due.timestamp()))


def taken_over(known: logseq.State, last: int, due: int) -> State:
    """An estimate for a card that Logseq scheduled: its memory lasts as long as its interval, and a low ease is hard."""
    if known.interval <= 0:
        return State()
    hard = _MIDDLE + (2.5 - known.ease) * (_HARDEST - _MIDDLE) / (2.5 - logseq.LEAST_EASE)
    return State(known.interval, min(_HARDEST, max(_EASIEST, hard)), Phase.Review.value, None, last, due)


def _when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
