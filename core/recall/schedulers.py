"""One door to both schedulers: what a card's answers make of it, and when it is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol, runtime_checkable

from core.recall import fsrs, logseq

DAY: Final = 86_400  # seconds
SCORES: Final = {"Forgotten": 1, "Hard": 3, "Remembered": 5}
Name = Literal["Logseq", "FSRS"]


class Review(NamedTuple):
    """One answer: its score, and when it was given, in seconds since 1970."""

    score: int
    at: int


class Scheduled(NamedTuple):
    """What a file of Logseq says of a card: its state, its last answer, when it is due."""

    state: logseq.State
    last: Review
    due: int


@dataclass(frozen=True)
class Standing:
    """Where a card stands.

    state   what its scheduler knows of it.
    due     seconds since 1970; None for a card that nobody has answered.
    last    the last answer.
    """

    state: Any
    due: int | None = None
    last: Review | None = None

    @property
    def days(self) -> float:
        """From the last answer to the next one."""
        return 0.0 if self.due is None or self.last is None else (self.due - self.last.at) / DAY


@runtime_checkable  # so that tests can check what is handed over
class Scheduler(Protocol):
    """Says when a card is due."""

    def new(self) -> Any: ...

    def review(self, state: Any, score: int, at: int) -> tuple[Any, int]:
        """The state after an answer, and when the card is due."""
        ...

    def taken_over(self, known: Scheduled) -> Any:
        """The state of a card that Logseq scheduled before."""
        ...


class _Logseq:
    new = staticmethod(logseq.new)

    def review(self, state: logseq.State, score: int, at: int) -> tuple[logseq.State, int]:
        after = logseq.review(state, score)
        return after, at + round(max(0.0, after.interval) * DAY)

    def taken_over(self, known: Scheduled) -> logseq.State:
        return known.state


class _Fsrs:
    new = staticmethod(fsrs.new)

    def review(self, state: fsrs.State, score: int, at: int) -> tuple[fsrs.State, int]:
        after = fsrs.review(state, score, at)
        return after, after.due or at

    def taken_over(self, known: Scheduled) -> fsrs.State:
        return fsrs.taken_over(known.state, known.last.at, known.due)


SCHEDULERS: Final[dict[Name, Scheduler]] = {"Logseq": _Logseq(), "FSRS": _Fsrs()}


def begun(scheduler: Scheduler, known: Scheduled | None) -> Standing:
    """Where a card stands before any answer given here."""
    if known is None:
        return Standing(scheduler.new())
    return Standing(scheduler.taken_over(known), known.due, known.last)


def answered(scheduler: Scheduler, before: Standing, review: Review) -> Standing:
    """Where a card stands after one more answer. A clock that went backwards since the last one stands still."""
    at = review.at if before.last is None else max(review.at, before.last.at)
    state, due = scheduler.review(before.state, review.score, at)
    return Standing(state, due, Review(review.score, at))


def replayed(scheduler: Scheduler, known: Scheduled | None, reviews: Iterable[Review]) -> Standing:
    """Where a card stands after all its answers. Those that a file knows already are counted once: in the file."""
    standing = begun(scheduler, known)
    for review in reviews:
        if known is None or review.at > known.last.at:
            standing = answered(scheduler, standing, review)
    return standing
