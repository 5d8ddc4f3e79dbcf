"""Claims: all that the notes say, judged, and measured on what the learner brings."""

import inspect
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from core import host, tables
from core.experiments import inputs, ledger
from core.experiments.claim import Claim, Finding
from core.experiments.corrections import CORRECTIONS, Correction
from core.experiments.inputs import Material
from core.experiments.ledger import Row
from core.memory import kept_for_all_if
from core.models.errors import ModelError
from core.sources import SOURCES
from pages.course.catalogue import BY_SLUG, PAGES
from pages.parts import assets, controls, messages, ours, own_picture, sentences, url_state
from pages.parts.claims import VERDICTS
from pages.parts.controls import Controls
from pages.parts.payload import pack
from pages.parts.step_viewer import name_of
from pages.server import run_queue

PREFIX = "claims"
TABLE = "claims_table"
KEPT, GOES_TO = "claims_measured", "claims_goes_to"
CLAIMS, JUDGED = "", "judged"  # what is listed: the claims, or what the notes say, judged
OPEN = {CLAIMS: "claims_open", JUDGED: "claims_judged_open"}  # what the link calls the lines that are open
AT_ONCE = 0.25  # seconds of experiments between two drawings of the table
TELLING = 2  # numbers of each claim in the table
HEAD = (
    "No.",
    "Claim",
    "Verdict",
    "Right",
    "Measured",
    "Held",
    "Page",
    "Step",
    "Notes",
    "Sources",
    "Written",
    "Right form",
)

Found = Finding | str


class Line(NamedTuple):
    """A line of the table: a claim; or a place of a note, with the claim whose experiment shows it, if one does."""

    key: int
    row: Row | None
    place: Correction | None = None


def lines(view: str, lesson: str, note: str, verdicts: Sequence[str]) -> list[Line]:
    """What the filters leave. lesson, note: by their slug and name, "" = any."""

    def fits(row: Row | None) -> bool:
        return (
            lesson == "" and not verdicts
            if row is None
            else (lesson in ("", row.lesson) and (not verdicts or row.claim.verdict in verdicts))
        )

    wanted = {name for name in ledger.NOTES if note in ("", name)}
    if view == JUDGED:
        placed = enumerate(CORRECTIONS)
        return [Line(key, each.row, each) for key, each in placed if each.note in wanted and fits(each.row)]
    of_notes = (row for row in ledger.ROWS if note == "" or wanted & set(row.sources))
    return [Line(row.key, row) for row in of_notes if fits(row)]


@kept_for_all_if(lambda key, text, start, digest, _claim, _given: ours.text(text) and ours.picture(digest))
def _tried(key: int, text: str, start: int, digest: str, _claim: Claim, _given: Material) -> Finding:
    return inputs.tried(_claim, _given)


def measure(row: Row, given: Material | None) -> Found:
    """What the experiment finds on what the learner brought; in words where it cannot be tried on it."""
    if given is None:
        return "it needs a sentence: type one above"
    try:
        start = given.read[0].start
        return _tried(row.key, given.text, start, own_picture.digest(given.picture), row.claim, given)
    except (ModelError, ValueError) as error:
        return str(error)


def brought(ui: Controls, text: str, picture: np.ndarray) -> tuple[Material | None, dict[int, Found]]:
    """What the learner brought, and what was measured on it so far, by the keys of rows."""
    read = sentences.read(text, ui.prefix, at_most=inputs.AT_MOST)
    if read is None:
        return None, {}
    signature = (read.text, read.tokens.start, own_picture.digest(picture))
    known, given, found = st.session_state.get(KEPT, (None, None, {}))
    if known != signature:
        given, found = Material(read.text, picture=picture, known=(read.tokens, read.hidden)), {}
        st.session_state[KEPT] = (signature, given, found)
    return given, found


def look(shown: Sequence[Line], opened: set[int], given: Material | None, found: dict[int, Found]) -> None:
    """Measure what is open, and of what is on the screen as much as can be done in a moment."""
    near = [int(key) for key in (assets.told(TABLE, "near") or [line.key for line in shown[:10]])]
    until = time.monotonic() + AT_ONCE
    for line in sorted(shown, key=lambda line: line.key not in near):
        row = line.row
        if row is None or row.key in found:
            continue
        host.still_wanted()
        if line.key in opened or (line.key in near and not row.trains and time.monotonic() < until):
            found[row.key] = measure(row, given)


def drawn(line: Line, found: Found | None, is_open: bool) -> dict:
    """A line as the browser shows it."""
    told: dict = {"key": line.key, "open": is_open and line.row is not None}
    if line.place:
        where = f"{ledger.NOTES[line.place.note]},{line.place.where[2:].replace(':', ' line ', 1)}"
        told |= {"where": where, "written": line.place.written, "right": line.place.right}
    if line.row is None:
        return told
    row, claim, page = line.row, line.row.claim, BY_SLUG[line.row.lesson]
    told |= {
        "number": row.name,
        "said": claim.said,
        "verdict": VERDICTS[claim.verdict],
        "page": f"lesson {page.number}" if page.number else page.title,
        "slug": page.slug,
        "step": row.step,
        "notes": [[ledger.NOTES[each[:2]], each[3:]] for each in row.notes],
        "sources": [[SOURCES[key].short, SOURCES[key].url] for key in claim.sources],
        "trains": row.trains,
    }
    if isinstance(found, str):
        told |= {"failed": messages.begun(found)}
    elif found:
        told |= {"live": [[each.name, each.text] for each in found.numbers], "holds": found.holds}
    if told["open"]:
        told |= {
            "instead": claim.instead,
            "says": found.says if isinstance(found, Finding) else "",
            "identity": claim.identity,
            "code": inspect.getsource(inspect.unwrap(claim.experiment)),
        }
    return told


def show(view: str, shown: Sequence[Line], given: Material | None, found: dict[int, Found]) -> None:
    """The table. What is on the screen and not measured yet is asked for by the browser, a moment's worth at a time."""
    opened = set(url_state.integers(OPEN[view]))

    def remember() -> None:
        keys = assets.told(TABLE, "open")
        if keys is not None:
            url_state.write(OPEN[view], ",".join(map(str, sorted(map(int, keys)))))

    def follow() -> None:
        row = next((line.row for line in shown if line.key == assets.told(TABLE, "go")), None)
        if row:
            st.session_state[GOES_TO] = row.key

    look(shown, opened, given, found)
    numbers = {line.row.number for line in shown if line.row}
    count = f"{len(numbers)} of {ledger.COUNT} claims" if view == CLAIMS else f"{len(shown)} places of the notes"
    words = {
        "view": view,
        "telling": TELLING,
        "count": count,
        "rows": [drawn(line, found.get(line.row.key) if line.row else None, line.key in opened) for line in shown],
    }
    assets.component("ledger")(
        key=TABLE, data=pack(words, {}), on_open_change=remember, on_near_change=lambda: None, on_go_change=follow
    )


def go() -> None:
    """Follow a link of the table to the step of a lesson."""
    row = ledger.BY_KEY.get(st.session_state.pop(GOES_TO, None))
    if row:
        page = BY_SLUG[row.lesson]
        link = {f"{page.slug}_{name}": value for name, value in row.sets.items()}
        link |= {"step": name_of(row.step)} if row.step else {}
        st.switch_page(page.path.relative_to(PAGES.parent).as_posix(), query_params=link)


def as_csv(shown: Sequence[Line], given: Material | None, found: dict[int, Found]) -> bytes:
    """The lines with what they measure; for toys that nobody has trained it is said."""
    return tables.as_csv([HEAD, *(cells(line, given, found) for line in shown)])


def cells(line: Line, given: Material | None, found: dict[int, Found]) -> list[str]:
    """A line of the file."""
    places = [line.place.written, line.place.right] if line.place else ["", ""]
    row = line.row
    if row is None:
        return [""] * 8 + [line.place.where if line.place else "", "", *places]
    claim, page = row.claim, BY_SLUG[row.lesson]
    known = found.get(row.key) or ("not trained yet" if row.trains else measure(row, given))
    numbers = known if isinstance(known, str) else "; ".join(f"{each.name}: {each.text}" for each in known.numbers)
    held = "" if isinstance(known, str) else str(known.holds).lower()
    notes = line.place.where if line.place else " ".join(row.notes)
    cited = "; ".join(SOURCES[key].short for key in claim.sources)
    return [
        *(row.name, claim.said, claim.verdict, claim.instead, numbers, held, page.name, row.step, notes, cited, *places)
    ]


@run_queue.fragment
def page() -> None:
    ui = Controls(PREFIX)
    claimed = {row.lesson for row in ledger.ROWS}
    order = {each.slug: each.name for each in BY_SLUG.values() if each.slug in claimed}
    above, figure, below = controls.around_a_figure()
    with above, controls.row():
        text = ui.sentence()
        view = ui.called("Table", "claims", {JUDGED: "the notes, judged"}, "view", in_a_row=True)
        verdicts = ui.called_any("Verdict", VERDICTS, "verdict")
    with below, controls.row("control_row_more"):
        lesson = ui.called("Page", "all pages", order, "page", width=230)
        note = ui.called("Note", "all notes", ledger.NOTES, "note", width=150)
        _, picture = own_picture.choose(PREFIX)
        takes_away = st.container(width="content")
    shown = lines(view, lesson, note, verdicts)
    with figure:
        given, found = brought(ui, text, picture)
        show(view, shown, given, found)
    known = dict(found)
    with takes_away:
        make = run_queue.queued(lambda: as_csv(shown, given, known))
        st.download_button("CSV", make, "attention-lab-claims.csv", "text/csv", on_click="ignore", key="claims_csv")
    if GOES_TO in st.session_state:
        st.rerun()


go()
page()
