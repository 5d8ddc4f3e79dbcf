"""A learner's cards on the desk: which one comes next, what an answer does, what is due in the days to come."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.recall.cards import EVERY, Card, Chosen
from core.recall.schedulers import DAY, SCHEDULERS, Name, Review, Standing, answered, replayed

EARLY: Final = 20 * 60  # seconds: so much too early a card that is being learned comes rather than nothing
Why = Literal["due", "new", "learning"]


@dataclass(frozen=True)
class Queue:
    """What waits: the next card, how many are due, new for today, being learned, and when one is due."""

    card: Card | None
    due: int
    new: int
    learning: int
    next_at: int | None


class Desk:
    """All cards under one scheduler. What was answered is replayed once; after that each answer costs one step."""

    def __init__(self, cards: Iterable[Card], reviews: Mapping[str, Sequence[Review]], scheduler: Name):
        self._scheduler = SCHEDULERS[scheduler]
        self.cards = {card.name: card for card in cards}
        self._reviews = {name: list(found) for name, found in reviews.items()}
        self.standings = {name: self._replayed(card) for name, card in self.cards.items()}

    def _replayed(self, card: Card) -> Standing:
        return replayed(self._scheduler, card.known, self._reviews.get(card.name, ()))

    def answer(self, name: str, review: Review) -> None:
        """One more answer to a card."""
        self._reviews.setdefault(name, []).append(review)
        self.standings[name] = answered(self._scheduler, self.standings[name], review)

    def take_back(self, name: str) -> None:
        """The last answer to a card was never given."""
        self._reviews[name].pop()
        self.standings[name] = self._replayed(self.cards[name])

    def after(self, name: str, review: Review) -> Standing:
        """Where a card would stand after an answer."""
        return answered(self._scheduler, self.standings[name], review)

    def why(self, name: str) -> Why:
        """For which reason a card comes, whenever it does."""
        standing = self.standings[name]
        if standing.due is None or standing.last is None:
            return "new"
        return "learning" if standing.due - standing.last.at < DAY else "due"

    def begun(self, midnight: int) -> int:
        """How many cards were answered for the first time on the day that began at a midnight."""
        return sum(
            bool(found) and midnight <= found[0].at < midnight + DAY  # a clock may have been ahead
            for name, found in self._reviews.items()
            if name in self.cards and self.cards[name].known is None
        )

    def queue(self, now: int, new: int, chosen: Chosen = EVERY) -> Queue:
        """What waits now: first what is due, the longest first, then so many new cards, then what is being learned.

        chosen   which cards alone.
        """
        counts: Counter[Why] = Counter()
        best: dict[Why, tuple[int, str]] = {}
        next_at: int | None = None
        for at, (name, standing) in enumerate(self.standings.items()):
            if not chosen.holds(self.cards[name]):
                continue
            if standing.due is None or standing.last is None:
                why, rank = "new", at
            else:
                rank = standing.due
                why = "learning" if rank - standing.last.at < DAY else "due"
            if why != "new" and rank > now:
                next_at = rank if next_at is None else min(next_at, rank)
                if why == "due" or rank > now + EARLY:
                    continue
            counts[why] += 1
            if why not in best or rank < best[why][0]:
                best[why] = (rank, name)
        counts["new"] = min(counts["new"], max(0, new))
        order: tuple[Why, ...] = ("due", "new", "learning")
        why = next((each for each in order if counts[each]), None)
        card = None if why is None else self.cards[best[why][1]]
        return Queue(card, counts["due"], counts["new"], counts["learning"], next_at)

    def forecast(self, midnight: int, days: int) -> list[int]:
        """How many cards are due on each of the days from the one that began at a midnight; what is overdue, on the first."""
        found = [0] * days
        for standing in self.standings.values():
            if standing.due is not None and (day := max(0, standing.due - midnight) // DAY) < days:
                found[day] += 1
        return found

    def history(self, midnight: int, days: int) -> dict[str, list[int]]:
        """How many answers of each kind were given on each of the days up to the one that began at a midnight."""
        found = {kind: [0] * days for kind in ("forgotten", "hard", "remembered")}
        for reviews in self._reviews.values():
            for review in reviews:
                day = days - 1 + (review.at - midnight) // DAY
                if 0 <= day < days:
                    kind = "forgotten" if review.score < 3 else "hard" if review.score < 5 else "remembered"
                    found[kind][day] += 1
        return found
