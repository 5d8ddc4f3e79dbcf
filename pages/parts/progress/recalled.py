"""What the visitor who is here answered and brought to recall: in the session, and kept where progress is kept."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import streamlit as st

from core import settings
from core.recall import files
from core.recall.cards import Card, course, name_of
from core.recall.schedulers import Review
from pages.parts.progress import visit

if TYPE_CHECKING:
    from pages.parts.progress.card_store import Answer

_PAGE, _CARDS = "page-", "card-"  # how the name of a deck begins: a page of Logseq as it is, or cards as JSON
ELSEWHERE: Final = "Another tab answered this card meanwhile: that answer counts, and this one does not."


@dataclass
class Recalled:
    """All of it.

    answers   by card, in their order.
    decks     the cards of each deck by its name; pages: the text of each that is a page of Logseq.
    unsaved   answers that the database did not take yet; given: those of this visit, the last one last.
    """

    answers: dict[str, list["Answer"]] = field(default_factory=dict)
    decks: dict[str, Sequence[Card]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    unsaved: list["Answer"] = field(default_factory=list)
    given: list["Answer"] = field(default_factory=list)
    version: int = field(default_factory=time.monotonic_ns)  # changes whenever anything was read anew, or erased

    @property
    def cards(self) -> list[Card]:
        """All cards that the visitor wrote or brought."""
        return [card for deck in self.decks.values() for card in deck]

    def reviews(self) -> dict[str, list[Review]]:
        return {card: [Review(each.score, each.at) for each in given] for card, given in self.answers.items()}

    def count(self) -> int:
        return sum(map(len, self.answers.values()))


def known(now: int) -> Recalled:
    """What is known; read from the database once a visit."""
    if visit.RECALLED not in st.session_state:
        st.session_state[visit.RECALLED] = Recalled()
        read_anew(now)
    return st.session_state[visit.RECALLED]


def read_anew(now: int) -> None:
    """Look into the database, as another tab may have written. Where it does not answer, all stays as it is."""
    kept: Recalled = st.session_state.setdefault(visit.RECALLED, Recalled())
    found = visit.ask_cards(lambda store, learner: (_saved(store, learner, kept), store.read(learner))[1])
    if found is None:
        return
    answers, decks = found
    kept.answers = {}
    for each in answers:
        kept.answers.setdefault(each.card, []).append(each)
    kept.decks, kept.pages = {}, {}
    for name, text in decks.items():
        _take(kept, name, text, now)
    kept.version += 1


def answer(card: str, score: int, now: int) -> bool:
    """The visitor answered a card; False where another tab had answered it already: then everything was read anew."""
    from pages.parts.progress.card_store import Answer  # asks for the database's library

    kept = known(now)
    before = kept.answers.setdefault(card, [])
    # a clock that goes backwards stands still
    given = Answer(card, len(before), score, max(now, before[-1].at if before else 0))
    before.append(given)
    kept.unsaved.append(given)
    kept.given.append(given)
    saved = visit.ask_cards(lambda store, learner: (_saved(store, learner, kept), store.count(learner)))
    if saved is None:
        return True  # it stays in the session, and is written once the database answers
    all_known, count = saved
    if all_known and count == kept.count():
        return True
    read_anew(now)
    if not all_known and given in kept.given:
        kept.given.remove(given)
    return all_known


def take_back(now: int) -> "Answer | None":
    """The last answer of this visit was never given; which one it was, None where there is none to take back."""
    kept = known(now)
    if not kept.given:
        return None
    last = kept.given.pop()
    if last in kept.unsaved:
        kept.unsaved.remove(last)
    elif visit.ask_cards(lambda store, learner: store.take_back(learner, last)) is False:
        read_anew(now)  # another tab answered the card after it
        return None
    if kept.answers.get(last.card, [])[-1:] == [last]:
        kept.answers[last.card].pop()
    return last


def bring(cards: Sequence[Card], now: int, page: str = "") -> None:
    """Keep cards, and the page of Logseq that they came in. Raises ValueError where there would be too many."""
    kept = known(now)
    names = {card.name for card in kept.cards}
    if page:
        # the page without what it says of answers: brought again, it takes its own place
        bare = "\n".join(line for line in page.splitlines() if not line.strip().startswith("card-"))
        name = _PAGE + hashlib.sha256(bare.encode()).hexdigest()[:32]
        # with the name of its file, by which the page is called where it does not say so itself
        text = json.dumps([cards[0].deck, page], ensure_ascii=False)
        names -= {card.name for card in kept.decks.get(name, ())}
    else:
        of_course = {name_of(card.asks) for card in course()}  # who takes all cards along brings these back as well
        cards = [card for card in cards if card.name not in names | of_course]
        if not cards:
            raise ValueError("these cards are there already: nothing was added")
        text = json.dumps([asdict(card) for card in cards], ensure_ascii=False)
        name = _CARDS + hashlib.sha256(text.encode()).hexdigest()[:32]
    total = len(names | {card.name for card in cards})
    if total > settings.MAX_CARDS:
        raise ValueError(
            f"with these you would have {total:,} cards of your own: at most {settings.MAX_CARDS:,} are kept; erase others first"
        )
    _take(kept, name, text, now)
    kept.version += 1
    visit.ask_cards(lambda store, learner: (store.put(learner, name, text), True))


def drop(name: str, now: int) -> None:
    """Forget a deck; its answers stay, so that it can come back."""
    kept = known(now)
    kept.decks.pop(name, None)
    kept.pages.pop(name, None)
    kept.version += 1
    visit.ask_cards(lambda store, learner: (store.put(learner, name, ""), True))


def _saved(store, learner: str, kept: Recalled) -> bool:
    """Write what is not written yet; whether no other tab had answered the same."""
    all_known = store.answer(learner, kept.unsaved)
    kept.unsaved.clear()
    return all_known


def _take(kept: Recalled, name: str, text: str, now: int) -> None:
    """Read a deck as it was kept."""
    if name.startswith(_PAGE):
        called, page = json.loads(text)
        kept.pages[name] = page
        kept.decks[name] = files.read_page(page, called, now)
        return
    kept.decks[name] = files.kept(json.loads(text))
