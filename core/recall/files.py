"""Decks as files: what is brought becomes cards, what is taken away others can read. Each limit is said where it is met."""

import csv
import io
import itertools
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, Final

from core import settings, tables
from core.recall import logseq, logseq_pages
from core.recall.cards import COURSE, OWN, Card, name_of
from core.recall.formulas import parts
from core.recall.schedulers import Review, Scheduled, Standing
from core.text_files import checked

_KNOWN: Final = {
    "interval": "card-last-interval",
    "repeats": "card-repeats",
    "ease": "card-ease-factor",
    "due": "card-next-schedule",
    "answered": "card-last-reviewed",
    "score": "card-last-score",
}
_ASKS, _SAYS = ("question", "front", "asks"), ("answer", "back", "says")
_NO_CARD: Final = "the table holds no card: a question and an answer are wanted in every row"
# where what Anki would take for a sound, for LaTeX or for MathJax begins; and a field of its templates
_MEANT: Final = re.compile(r"\[(?=sound:|anki:|latex\]|\$)|\\(?=[(\[])", re.IGNORECASE)
_BRACES: Final = re.compile(r"\{(?=\{)")
_MODEL, _DECK = 1_607_392_319, 2_059_400_110  # numbers by which Anki knows our kind of note and our deck again


def card(asks: str, says: str, deck: str = OWN) -> Card:
    """A card that somebody wrote. Raises ValueError for an empty side and for one that is too long."""
    asks, says = asks.strip(), says.strip()
    for side, text in (("question", asks), ("answer", says)):
        if not text:
            raise ValueError(f"the card has no {side}: write one")
        if len(text) > settings.MAX_CARD_TEXT:
            raise ValueError(
                f"the {side} has {len(text):,} characters: at most {settings.MAX_CARD_TEXT:,} are accepted; shorten it"
            )
    return Card(name_of(asks), asks, says, deck)


def kept(rows: Iterable[Mapping[str, Any]]) -> tuple[Card, ...]:
    """Cards as `dataclasses.asdict` made plain tables of them."""
    return tuple(Card(row["name"], row["asks"], row["says"], row["deck"], known=_known(row["known"])) for row in rows)


def _known(said: Sequence[Any] | None) -> Scheduled | None:
    return None if said is None else Scheduled(logseq.State(*said[0]), Review(*said[1]), said[2])


def text_of(content: bytes) -> str:
    """The text of a file as it stands, to its last sign. Raises ValueError as `core.text_files`."""
    checked(content, settings.MAX_DECK_BYTES)
    utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    return content.decode("utf-16" if utf_16 else "utf-8")


def read_page(text: str, name: str, now: int) -> tuple[Card, ...]:
    """The cards of a page of Logseq. Raises ValueError for one without cards, with too many or with one that is too long."""
    return _limited(logseq_pages.read(text, name, now))


def read_csv(text: str, now: int) -> tuple[Card, ...]:
    """The cards of a table: its columns named question and answer (or front and back), or without names the first two.

    now      seconds since 1970, as `read_page` has it; the other columns that `as_csv` writes are read where they are named.
    Raises   ValueError for a table without a second column, with too many rows, with a card that is too long.
    """
    separator = max("\t;,", key=text.lstrip().partition("\n")[0].count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise ValueError(
            f"the table cannot be read ({error}): quotes stand in pairs, and a cell has at most {settings.MAX_CARD_TEXT:,} "
            "characters"
        ) from None
    if not rows:
        raise ValueError(_NO_CARD)
    named = [cell.strip().lower() for cell in rows[0]]
    asks = next((named.index(name) for name in _ASKS if name in named), None)
    says = next((named.index(name) for name in _SAYS if name in named), None)
    if asks is None or says is None:
        asks, says, named = 0, 1, []
    else:
        rows = rows[1:]
    if len(rows) > settings.MAX_CARDS:
        raise ValueError(logseq_pages.too_many(len(rows)))
    found: dict[str, Card] = {}
    for number, row in enumerate(rows, 1):
        if len(row) <= max(asks, says):
            raise ValueError(
                f"row {number} of the table has {len(row)} of the two cells: a question and an answer are wanted in every row"
            )
        other = {name: _bare(cell) for name, cell in zip(named, row, strict=False)}
        deck = other.get("deck", "").strip()
        made = card(_bare(row[asks]), _bare(row[says]), OWN if deck in ("", COURSE) else deck)
        known = logseq_pages.scheduled({key: other[name] for name, key in _KNOWN.items() if name in other}, now)
        found.setdefault(made.name, replace(made, known=known))
    if not found:
        raise ValueError(_NO_CARD)
    return tuple(found.values())


def _bare(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it, as `core.tables` writes it."""
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip(" ").startswith(tables.FORMULA) else cell


def _limited(found: tuple[Card, ...]) -> tuple[Card, ...]:
    long = next((each for each in found if len(each.asks + each.says) > 2 * settings.MAX_CARD_TEXT), None)
    if long:
        raise ValueError(
            f"the card “{long.asks[:40]}” has {len(long.asks + long.says):,} characters: at most "
            f"{2 * settings.MAX_CARD_TEXT:,} are accepted; shorten it"
        )
    return found


def as_csv(cards: Iterable[Card], standings: Mapping[str, Standing]) -> bytes:
    """Cards as a table, with what is known of each as Logseq schedules it."""
    rows: list[tuple[Any, ...]] = [("question", "answer", "deck", *_KNOWN)]
    for each in cards:
        standing = standings.get(each.name)
        known = logseq_pages.properties(standing) if standing and standing.last else {}
        rows.append((each.asks, each.says, each.deck, *(known.get(key, "") for key in _KNOWN.values())))
    return tables.as_csv(rows)


def as_anki(cards: Iterable[Card], now: float) -> bytes:
    """Cards as a deck of Anki, without anybody's schedule, tagged as `tags_of` says.

    Their texts are text: of HTML only the signs of Anki's own formulas are made.
    """
    import genanki  # a tenth of a second, for whoever takes a deck away

    model = genanki.Model(
        _MODEL,
        "Attention Lab",
        fields=[{"name": "Question"}, {"name": "Answer"}],
        templates=[{"name": "Card", "qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}"}],
    )
    deck = genanki.Deck(_DECK, "Attention Lab")
    for each in cards:
        fields = [_for_anki(each.asks), _for_anki(each.says)]
        deck.add_note(genanki.Note(model, fields, guid=genanki.guid_for(each.name), tags=tags_of(each)))
    # genanki itself writes the database to a file of the disk, where no text of a visitor may lie
    connection = sqlite3.connect(":memory:")
    try:
        genanki.Package(deck).write_to_db(connection.cursor(), now, itertools.count(int(now * 1000)))
        connection.commit()
        collection = connection.serialize()
    finally:
        connection.close()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("collection.anki2", collection)
        made.writestr("media", json.dumps({}))
    return out.getvalue()


def tags_of(card: Card) -> list[str]:
    """By which Anki finds a card again: its lesson, or the deck of a card that belongs to none; and of what kind it is.

    A correction says what notes have otherwise, a formula holds one; what is neither is of words.
    """
    holds = any(part.kind == "formula" for side in (card.asks, card.says) for part in parts(side))
    kinds = [kind for kind, there in (("correction", card.note), ("formula", holds)) if there]
    filed = f"lesson::{card.lesson}" if card.lesson else f"deck::{'_'.join(card.deck.split())}"
    return [filed, *(f"kind::{kind}" for kind in kinds or ["words"])]


def _for_anki(text: str) -> str:
    """Words escaped, lines broken, formulas as Anki's MathJax reads them; what else means something to Anki stays words."""
    made = (
        rf"\({escape(part.text)}\)"
        if part.kind == "formula"
        else _MEANT.sub(r"\g<0>&#8203;", escape(part.text)).replace("\n", "<br>")
        for part in parts(text)
    )
    return _BRACES.sub(r"\g<0>&#8203;", "".join(made))
