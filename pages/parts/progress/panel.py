"""What the map says of a visitor's progress: how far, where to go on, how it is kept, and how to take or erase it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from core.numerals import how_many
from pages.parts import question
from pages.parts.progress import visit

KEPT = {
    "kept": "Your progress is kept on this server for up to a year under a random number in a cookie: which lessons, steps, "
    "questions, claims and cards, and when. Nothing that you type or bring is kept but cards that you add to recall.",
    "for this visit": "Your progress is kept for this visit alone: your browser sent no cookie.",
    "not now": "Your progress is not kept on the server now, only for this visit: its database does not answer.",
}
_ASKED = "progress_erase_asked"
_ERASED = "progress_erased"


@dataclass(frozen=True)
class Summary:
    """What was done, by lesson."""

    rows: Collection

    def came(self, lesson: str) -> str:
        """How far: "not begun", "begun", or "done", which is played to the end and all questions checked."""
        kinds = {row.kind for row in self.rows if row.lesson == lesson}
        return "done" if {"played", "answered"} <= kinds else "begun" if kinds else "not begun"

    def told(self, lessons: Collection[str]) -> str:
        """All of it in one sentence."""
        came = [self.came(lesson) for lesson in lessons]
        asked = [row.value for row in self.rows if row.kind == "question"]
        claims = sum(row.kind == "claim" for row in self.rows)
        parts = [f"{came.count('done')} of {len(came)} lessons done", f"{came.count('begun')} begun"]
        parts += [f"{sum(asked)} of {len(asked)} questions right"] if asked else []
        parts += [f"{how_many(claims, 'claim')} opened"] if claims else []
        return ", ".join(parts) + "."

    def last(self, lessons: Collection[str]) -> tuple[str, int] | None:
        """Where to go on: the lesson in which something was done last, and the furthest step there."""
        known = [row for row in self.rows if row.lesson in lessons]
        if not known:
            return None
        lesson = max(known, key=lambda row: row.at).lesson
        return lesson, max((row.value for row in known if row.lesson == lesson and row.kind == "step"), default=0)


def show(lessons: Mapping[str, tuple[str, str]]) -> Summary:
    """Draw it. lessons: of those that can be opened, the name and where the code is, by address."""
    how = visit.again()
    summary = Summary(visit.done())
    erased = st.session_state.pop(_ERASED, "")
    with st.container(key="progress", horizontal=True, vertical_alignment="center", gap="small"):
        if last := summary.last(lessons):
            lesson, step = last
            name, where = lessons[lesson]
            st.caption(summary.told(lessons))
            st.page_link(
                where,
                label=f"Go on where you were: {name}, step {step + 1}",
                icon=":material/play_arrow:",
                query_params={"step": str(step)},
            )
            with st.popover("Your progress", icon=":material/history:"):
                take_or_erase(how)
        if how != "kept":
            st.caption(KEPT[how])
        if erased:
            st.caption(erased)
    return summary


def take_or_erase(how: visit.How) -> None:
    """Take along all that is kept, or erase it."""
    st.caption(KEPT[how])
    kept = visit.keeper()
    with st.container(horizontal=True):
        for label, make, mime in (("JSON", visit.as_json, "application/json"), ("CSV", visit.as_csv, "text/csv")):
            name = f"attention-lab-progress.{label.lower()}"
            # not before it is asked for: there may be thousands of answers to cards
            st.download_button(
                label,
                lambda make=make: make(kept()),
                name,
                mime,
                on_click="ignore",
                key=f"progress_{label}",
            )
    if not st.session_state.get(_ASKED):
        st.button("Erase my progress", key="progress_erase", on_click=_set, args=(_ASKED, True))
        return
    st.caption(f"This deletes all {len(kept())} entries for good, cards of your own among them.")
    with st.container(horizontal=True):
        st.button("Erase them", key="progress_erase_yes", type="primary", on_click=_erase)
        st.button("Keep them", key="progress_erase_no", on_click=_set, args=(_ASKED, False))


def _set(key: str, value: bool) -> None:
    st.session_state[key] = value


def _erase() -> None:
    st.session_state[_ASKED] = False
    gone = visit.erase()
    if gone is None:
        st.session_state[_ERASED] = "Nothing was erased: the database does not answer now. Try again in a minute."
        return
    question.forget()
    st.session_state[_ERASED] = f"Erased: {gone} entries are gone."
