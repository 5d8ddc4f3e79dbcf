"""Logseq's variant of SM-5: after which days a card is due again.

Source   Logseq, src/main/frontend/extensions/srs.cljs. Its table of optimal factors, which all cards of a graph share, is
         left out: the state of a card is its own alone, so that the same answers always give the same days.
"""

from typing import Final, NamedTuple

FIRST: Final = 4.0  # days after each of the first two answers that were right
LEAST_EASE: Final = 1.3
LONGEST: Final = 36_500.0  # days: no card waits longer than a century
PASSED: Final = 3  # the least score of an answer that counts as known
AGAIN: Final = -1.0  # the interval of a card that was forgotten: it is due again at once
_POWERS: Final = 60  # even the least ease to this power is longer than a century


class State(NamedTuple):
    """What is known of a card.

    interval   days from its last answer to the next one; `AGAIN` once it was forgotten.
    repeats    answers since the card was new, counted anew from 1 by one that was wrong.
    ease       by how much an interval grows.
    """

    interval: float = 0.0
    repeats: int = 0
    ease: float = 2.5


def new() -> State:
    """A card that nobody has answered."""
    return State()


def review(state: State, score: int) -> State:
    """The card after an answer.

    score    0 to 5: from 3 on the answer was known.
    Raises   ValueError for any other score.
    """
    if score not in range(6):
        raise ValueError(f"a score of {score!r}: a whole number from 0 to 5 is accepted")
    if score < PASSED:
        return State(AGAIN, 1, state.ease)
    missed = 5 - score
    ease = max(LEAST_EASE, state.ease + 0.1 - missed * (0.08 + 0.02 * missed))
    days = FIRST * ease ** min(_POWERS, max(0, state.repeats - 1))
    return State(round(min(LONGEST, days), 2), state.repeats + 1, round(ease, 2))
