"""A card: what is asked, what is right, where the course shows it."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from core.recall.schedulers import Scheduled

COURSE: Final = "The course"
OWN: Final = "Your cards"
_DECK: Final = Path(__file__).parent / "deck"


@dataclass(frozen=True)
class Card:
    """One card.

    name       by which its answers are kept.
    asks, says plain words, with formulas between dollar signs; never HTML.
    deck       what it is filed under.
    lesson     the page that shows it, and there the step of this label, with these controls set.
    note       where the notes say otherwise; "" for a card that corrects nothing.
    known      what a file of Logseq says of it.
    """

    name: str
    asks: str
    says: str
    deck: str = OWN
    lesson: str = ""
    step: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    known: Scheduled | None = None


@dataclass(frozen=True)
class Chosen:
    """Which cards are asked and taken along: those of a deck, and of a lesson; "" = of any."""

    deck: str = ""
    lesson: str = ""

    def holds(self, card: Card) -> bool:
        """Whether a card is one of them."""
        return self.deck in ("", card.deck) and self.lesson in ("", card.lesson)


EVERY: Final = Chosen()


def name_of(asks: str) -> str:
    """The name of a card that has none: of the same question always the same."""
    return hashlib.sha256(" ".join(asks.split()).encode()).hexdigest()[:32]


@cache
def course() -> tuple[Card, ...]:
    """The cards of the course, lesson after lesson."""
    found = []
    for path in sorted(_DECK.glob("*.toml")):
        lesson = path.stem.partition("_")[2]
        for number, row in enumerate(tomllib.loads(path.read_text("utf-8"))["card"]):
            sets = {"numbers": row["numbers"]} if "numbers" in row else {}
            found.append(
                Card(
                    f"{lesson}.{row.get('name', number)}",
                    row["asks"],
                    row["says"],
                    COURSE,
                    lesson,
                    row.get("step", ""),
                    sets | row.get("sets", {}),
                    row.get("note", ""),
                )
            )
    return tuple(found)
