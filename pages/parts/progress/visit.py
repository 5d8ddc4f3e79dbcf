"""The progress of the visitor who is here: noted by the parts that all lessons share, kept in the database.

What is known of a visitor lies in the session too, so that only what is new is written, and a page goes on where the
database does not.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import streamlit as st

from core import tables
from pages.parts.progress import identity
from pages.server import settings

if TYPE_CHECKING:
    from pages.parts.progress.card_store import CardStore
    from pages.parts.progress.store import Done

RECALLED: Final = "recall_kept"  # where the session holds the visitor's cards and answers
_LESSON: Final = "progress_lesson"
_ROWS: Final = "progress_rows"
_UNSAVED: Final = "progress_unsaved"
PAUSE: Final = 30.0  # seconds without a further try after the database failed
LOG = logging.getLogger("attention_lab.progress")

T = TypeVar("T")
Key = tuple[str, str, str]
How = Literal["kept", "for this visit", "not now"]


def open_page(lesson: str | None) -> None:
    """Say which lesson is open; None on any other page, where nothing is noted."""
    st.session_state[_LESSON] = lesson
    note("opened")


def note(kind: str, item: str | int = "", value: int = 1) -> None:
    """Something was done on the lesson that is open. What is known already costs nothing."""
    lesson = st.session_state.get(_LESSON)
    if lesson is None:
        return
    from pages.parts.progress.store import Done  # the map is painted before the database is asked for

    rows, key = _rows(), (lesson, kind, str(item))
    if key not in rows or rows[key].value < value:
        rows[key] = Done(*key, value, int(time.time()))
        st.session_state.setdefault(_UNSAVED, set()).add(key)
        _save()


def value(kind: str, item: str) -> int | None:
    """What was noted of the lesson that is open, now or on an earlier visit; None where nothing was."""
    found = _rows().get((st.session_state.get(_LESSON), kind, item))
    return None if found is None else found.value


def stood(step: int, count: int, answered: bool) -> None:
    """The step viewer stands at a step of so many; answered: whether all questions of the lesson were checked."""
    note("step", value=step)
    if step == count - 1:
        note("played")
    if answered:
        note("answered")


def done() -> list["Done"]:
    """All that the visitor did, in the order in which it was done last."""
    return sorted(_rows().values(), key=lambda row: row.at)


def again() -> How:
    """Look into the database anew, as another tab or another server may have written; how progress is kept."""
    if _learner() is None:
        return "for this visit" if identity.can_sign() else "not now"
    found = _ask(lambda store, learner: store.read(learner), _learner()) if _save() else None
    if found is None:
        return "not now"
    st.session_state[_ROWS] = {row[:3]: row for row in found}
    return "kept"


def erase() -> int | None:
    """Delete everything about this visitor; how many rows there were, None where the database does not answer."""
    here = len(_rows())
    nothing_there = _learner() is None and identity.can_sign()
    gone = (
        here if nothing_there else _ask(lambda store, number: store.erase(number) + _cards().erase(number), _learner())
    )
    if gone is not None:
        st.session_state[_ROWS], st.session_state[_UNSAVED] = {}, set()
        st.session_state.pop(RECALLED, None)
    return gone


def ask_cards(do: Callable[["CardStore", str], T]) -> T | None:
    """What the database says about this visitor's cards; None as for everything else."""
    return _ask(lambda _, number: do(_cards(), number), _learner())


def keeper() -> Callable[[], list["Done"]]:
    """Tells all that is kept of the visitor: what was done, answers to cards, and cards that were written or brought.

    It can be asked later and anywhere: a file that is taken along is made where no session is at hand.
    """
    rows, learner = done(), _learner()

    def kept() -> list["Done"]:
        from pages.parts.progress.store import Done

        answers, decks = _ask(lambda _, number: _cards().read(number), learner) or ([], {})
        return [
            *rows,
            *(Done("recall", "answer", f"{each.card} #{each.number + 1}", each.score, each.at) for each in answers),
            *(Done("recall", "deck", text, 1, 0) for text in decks.values()),
        ]

    return kept


def as_json(rows: Iterable) -> bytes:
    """Everything that is kept, as JSON."""
    return json.dumps([row._asdict() | {"at": _when(row.at)} for row in rows], indent=1).encode()


def as_csv(rows: Iterable) -> bytes:
    """The same as a table."""
    named = ("lesson", "kind", "item", "value", "at")
    return tables.as_csv([named, *([*row[:4], _when(row.at)] for row in rows)])


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _learner() -> str | None:
    """The number in the visitor's cookie, None where there is none of ours."""
    return identity.number(st.context.cookies.get(identity.COOKIE))


def _rows() -> dict[Key, "Done"]:
    """What is known of the visitor, read once a visit."""
    if _ROWS not in st.session_state:
        found = _ask(lambda store, learner: store.read(learner), _learner()) or []
        st.session_state[_ROWS] = {row[:3]: row for row in found}
    return st.session_state[_ROWS]


def _save() -> bool:
    """Write what is not written yet; whether all of it is."""
    unsaved = st.session_state.get(_UNSAVED, set())
    rows = [_rows()[key] for key in unsaved]
    if rows and _ask(lambda store, learner: (store.write(learner, rows), True), _learner()) is None:
        return False
    unsaved.clear()
    return True


@st.cache_resource(show_spinner=False)
def _trouble() -> dict[str, float]:
    """When the database may be asked again, for the whole process."""
    return {"until": 0.0}


@st.cache_resource(show_spinner=False, on_release=lambda store: store.engine.dispose())
def _store():
    from sqlalchemy import create_engine

    from pages.parts.progress.store import Store, options

    address = settings.DATABASE
    if not address:
        folder = Path(settings.DATA)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = f"sqlite:///{folder / 'progress.db'}"
    engine = create_engine(address, **options(address))
    try:
        return Store(engine)
    except Exception:
        engine.dispose()
        raise


@st.cache_resource(show_spinner=False)
def _cards() -> "CardStore":
    from pages.parts.progress.card_store import CardStore

    return CardStore(_store().engine)


def _ask(do: Callable[..., T], learner: str | None) -> T | None:
    """What the database says about a visitor; None for one without a number, and where it does not answer."""
    if learner is None or time.monotonic() < _trouble()["until"]:
        return None
    try:
        return do(_store(), learner)
    except Exception as error:  # whatever a database or its driver raises: lessons go on without it
        LOG.warning("progress is not kept for the next %d seconds: %s: %s", PAUSE, type(error).__name__, error)
        _trouble()["until"] = time.monotonic() + PAUSE
        _store.clear()
        _cards.clear()
        return None
