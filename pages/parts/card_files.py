"""Cards of the visitor's own: written here, brought as a file, taken along as a file."""

import io
import re
import time
import zipfile
from pathlib import PurePath

import streamlit as st

from core import settings
from core.recall import files, logseq_pages
from core.recall.cards import COURSE, Card, Chosen
from core.recall.desk import Desk
from core.recall.schedulers import Standing
from pages.parts import card_face, messages
from pages.parts.progress import recalled
from pages.parts.progress.recalled import Recalled
from pages.server import run_queue, uploads

ASKS, SAYS, FILE, TOLD = "recall_asks", "recall_says", "recall_file", "recall_told"
DROP = "recall_drop"
KINDS = (
    "A page of Logseq (.md) whose cards are blocks with #card, or a table (.csv, .tsv) with a column for questions and one "
    f"for answers; at most {settings.MAX_CARDS:,} cards"
)

SCHEDULE_SAYS = "Off, the files are for others: your answers stay out of them. A deck of Anki never holds them."


def write(now: int) -> None:
    """A card of one's own."""
    menu = st.popover("Write a card", icon=":material/edit:", key="recall_write", on_change="rerun")
    if not menu.open:
        return
    with menu, st.container(key="recall_menu_write"):
        asks = st.text_area("Question", key=ASKS, height=90)
        says = st.text_area("Answer", key=SAYS, height=120)
        st.caption(r"A formula stands between dollar signs: `$\sqrt{d_k}$`. All else is text as you write it.")
        st.button("Add the card", key="recall_add", type="primary", on_click=_add)
        _tell()
        if "$" in asks + says:
            st.markdown(card_face.markdown(f"{asks}\n{says}"))


def bring_or_take(kept: Recalled, desk: Desk, chosen: Chosen, filed: str) -> None:
    """Files of cards. chosen: which are taken; filed: what these are called, "" for all."""
    menu = st.popover("Bring or take cards", icon=":material/swap_vert:", key="recall_files", on_change="rerun")
    if not menu.open:
        return
    with menu, st.container(key="recall_menu_files"):
        largest = max(1, settings.MAX_DECK_BYTES // 1_000_000)
        st.file_uploader(KINDS, ["md", "csv", "tsv", "txt"], key=FILE, on_change=_upload, max_upload_size=largest)
        _tell()
        st.caption(messages.literal(f"Take along: {filed or 'all cards'}"))
        answered = st.toggle("With your schedule", True, key="recall_schedule", help=SCHEDULE_SAYS)
        cards = [card for card in desk.cards.values() if chosen.holds(card)]
        name = re.sub(r"\W+", "-", filed or "cards").strip("-").lower()[:40] or "cards"
        pages = {key: text for key, text in kept.pages.items() if chosen.holds(kept.decks[key][0])}
        held = {card.name for key in pages for card in kept.decks[key]}
        loose = [card for card in cards if card.name not in held]

        def made() -> list[tuple[str, str]]:
            return _pages(kept, _of_logseq(kept, desk) if answered else None, pages, loose)

        with st.container(horizontal=True):
            for label, ending, mime, make in (
                (
                    *("CSV", "csv", "text/csv"),
                    lambda: files.as_csv(cards, _of_logseq(kept, desk) if answered else {}),
                ),
                ("Anki", "apkg", "application/octet-stream", lambda: files.as_anki(cards, time.time())),
            ):
                _button(label, make, f"{name}.{ending}", mime)
            if len(pages) + bool(loose) == 1:
                _button("Logseq", lambda: made()[0][1].encode(), f"{name}.md", "text/markdown")
            else:
                _button("Logseq", lambda: _zipped(made()), f"{name}.zip", "application/zip")
        if chosen.deck not in ("", COURSE):
            _offer_to_delete(chosen.deck)


def _offer_to_delete(deck: str) -> None:
    if st.session_state.get(DROP) != deck:
        st.button("Delete the cards of this deck", key="recall_delete", on_click=_ask_to_delete, args=(deck,))
        return
    st.caption("Their texts are deleted for good. Your answers stay, for when you bring the deck again.")
    with st.container(horizontal=True):
        st.button("Delete them", key="recall_delete_yes", type="primary", on_click=_delete, args=(deck,))
        st.button("Keep them", key="recall_delete_no", on_click=_ask_to_delete, args=("",))


def _ask_to_delete(deck: str) -> None:
    st.session_state[DROP] = deck


def _delete(deck: str) -> None:
    now = int(time.time())
    kept = recalled.known(now)
    for name in [name for name, cards in kept.decks.items() if cards and cards[0].deck == deck]:
        recalled.drop(name, now)
    st.session_state[DROP] = ""


def _button(label: str, make, name: str, mime: str) -> None:
    st.download_button(label, run_queue.queued(make), name, mime, on_click="ignore", key=f"recall_take_{label}")


def _of_logseq(kept: Recalled, desk: Desk) -> dict[str, Standing]:
    """Where cards stand as Logseq schedules them, whichever scheduler is chosen: of those that were answered anywhere."""
    own = Desk(desk.cards.values(), kept.reviews(), "Logseq")
    return {name: standing for name, standing in own.standings.items() if standing.last}


def _pages(
    kept: Recalled, standings: dict[str, Standing] | None, pages: dict[str, str], loose: list[Card]
) -> list[tuple[str, str]]:
    """Pages of Logseq by name: those that were brought, with what was answered here, and one of all other cards.

    standings   of the cards; None = the pages are for others, and say of nobody's answers.
    """
    made = []
    for key, text in pages.items():
        if standings is None:
            made.append((kept.decks[key][0].deck, logseq_pages.unscheduled(text)))
            continue
        known = {card.name: card.known for card in kept.decks[key]}
        answered = {
            name: standings[name]
            for name, before in known.items()
            if name in standings and (before is None or standings[name].last != before.last)
        }
        made.append((kept.decks[key][0].deck, logseq_pages.written(text, answered)))
    return [*made, ("Attention Lab", logseq_pages.page(loose, standings or {}))] if loose else made


def _zipped(pages: list[tuple[str, str]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for number, (name, text) in enumerate(pages, 1):
            safe = re.sub(r"[^\w -]", "_", name)[:60]
            made.writestr(f"{number} {safe}.md", text)
    return out.getvalue()


@run_queue.queued
def _upload() -> None:
    """Take the cards of a file; what is wrong with it is told beside it."""
    file, now = st.session_state.get(FILE), int(time.time())
    if file is None:
        st.session_state[TOLD] = ""
        return
    path = PurePath(file.name)
    try:
        text = files.text_of(uploads.read(file))
        is_page = path.suffix.lower() == ".md" or "#card" in text or "#[[card]]" in text
        found = files.read_page(text, path.stem, now) if is_page else files.read_csv(text, now)
        recalled.bring(found, now, text if is_page else "")
    except ValueError as error:
        st.session_state[TOLD] = str(error)
        return
    are = "card is" if len(found) == 1 else "cards are"
    st.session_state[TOLD] = f"{len(found):,} {are} there now, filed under “{found[0].deck}”"


def _add() -> None:
    """Take the card that was written; what is wrong with it is told, and the text stays."""
    try:
        made = files.card(st.session_state.get(ASKS, ""), st.session_state.get(SAYS, ""))
        recalled.bring([made], int(time.time()))
    except ValueError as error:
        st.session_state[TOLD] = str(error)
        return
    st.session_state[ASKS] = st.session_state[SAYS] = ""
    st.session_state[TOLD] = f"the card is there now, filed under “{made.deck}”"


def _tell() -> None:
    if told := st.session_state.pop(TOLD, ""):
        st.text(f"{messages.begun(told)}.")
