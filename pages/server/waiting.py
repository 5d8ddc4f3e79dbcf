"""Who waits for a computation: the visitor is told the place in the queue, and a visitor who left ends the work."""

import time
from contextlib import AbstractContextManager

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner_utils.script_run_context import (
    ScriptRunContext,
    get_script_run_ctx,
)

from core.host import NOBODY, Host, Visitor
from pages.parts.progress import identity
from pages.server import run_queue, settings

PATIENCE = 0.4  # seconds of waiting that nobody needs to be told of
SHOWN = 4  # seconds that a note stays
AGAIN = 2  # seconds between two notes: a crowd that is told of each place anew takes the time that it waits for
_TOLD = "attention_lab_told"  # what a run of a page remembers: when it was last told


class Visitors(Host):
    """Stand behind the computations of pages. Threads that no visitor waits for, such as a live training's, pass."""

    def visitor(self) -> Visitor:
        run = get_script_run_ctx(suppress_warning=True)
        if run is None:
            return NOBODY
        # all windows of a browser are one visitor; who takes no cookie is one with each window
        return Visitor(
            st.context.ip_address or "", identity.number(st.context.cookies.get(identity.COOKIE)) or run.session_id
        )

    def waits(self, before: int, seconds: float) -> None:
        run = get_script_run_ctx(suppress_warning=True)
        if run is None:
            return
        self.still_wanted()
        if not run.has_script_started:
            return  # a callback: what it draws would stand before the page
        at, now = getattr(run, _TOLD, 0.0), time.monotonic()
        if seconds >= PATIENCE and now - at >= AGAIN:
            _tell(before)
            setattr(run, _TOLD, now)

    def still_wanted(self) -> None:
        run = get_script_run_ctx(suppress_warning=True)
        # a callback that gives way to the next click is not called again: what was uploaded would be lost
        if run is not None and run.yield_check is not None and run.has_script_started:
            run.yield_check()
        if run is not None and _left(run):
            st.stop()
        if run_queue.RUNS.seconds() > settings.DEADLINE:
            raise run_queue.TookTooLong
        run_queue.RUNS.give_way()

    def aside(self) -> AbstractContextManager[None]:
        return run_queue.RUNS.released()

    def training(self) -> AbstractContextManager[None]:
        return run_queue.TRAININGS.slot()


def _tell(before: int) -> None:
    st.toast(
        f"Waiting for a free place: {before} before you. It starts by itself.",
        icon=":material/hourglass_top:",
        duration=SHOWN,
    )


def _left(run: ScriptRunContext) -> bool:
    """Whether the visitor's tab is closed. Its session lives on for a while, in case that it comes back."""
    return Runtime.exists() and not Runtime.instance().is_active_session(run.session_id)
