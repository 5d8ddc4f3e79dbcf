"""What is computed at once: a few slots for all visitors of the server, and a queue before them, first come, first served."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import streamlit as st

from core.training import host
from pages.server import settings

P = ParamSpec("P")
R = TypeVar("R")
Waits = Callable[[int, float], object]


class RunQueue:
    """Who computes now and who waits."""

    def __init__(self, slots: int):
        self._slots = slots
        # in the order in which they came, each with what calls it
        self._queue: dict[object, threading.Event] = {}
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def slot(self, waits: Waits | None = None) -> Iterator[None]:
        """Wait for a slot and keep it for the block. A thread that has one already goes on.

        waits   is told again and again how many stand before, and for how long; what it raises ends the waiting.
                Without it the host of the process is told.
        """
        if self._ticket is not None:
            yield
            return
        self._enter(object(), waits)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Give the thread's slot up while it does something else, and take one again behind those who came meanwhile."""
        ticket = self._ticket
        if ticket is None:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(ticket, None)

    @property
    def _ticket(self) -> object | None:
        """What this thread stands in the queue with."""
        return getattr(self._mine, "ticket", None)

    def _enter(self, ticket: object, waits: Waits | None) -> None:
        called = threading.Event()
        with self._lock:
            self._queue[ticket] = called
        self._mine.ticket = ticket
        since = time.monotonic()
        try:
            while number := self._before(ticket):
                (waits or host.current().waits)(number, time.monotonic() - since)
                called.wait(host.ASK_AGAIN)
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        ticket, self._mine.ticket = self._ticket, None
        with self._lock:
            # one that was broken off while it waited has left already
            self._queue.pop(ticket, None)
            # the one whose turn it is now, and nobody else: a crowd that wakes up each time takes the time it waits for
            if len(self._queue) >= self._slots:
                list(self._queue.values())[self._slots - 1].set()

    def _before(self, ticket: object) -> int:
        """How many stand before one that waits; 0 if it computes."""
        with self._lock:
            return max(0, list(self._queue).index(ticket) - self._slots + 1)

    def report(self) -> dict[str, int]:
        """How many compute, how many wait, how many may compute at once."""
        with self._lock:
            n = len(self._queue)
        return {
            "computing": min(n, self._slots),
            "waiting": max(0, n - self._slots),
            "at_once": self._slots,
        }


RUNS: Final = RunQueue(settings.RUNS or os.cpu_count() or 1)
TRAININGS: Final = RunQueue(settings.TRAININGS)


def queued(function: Callable[P, R]) -> Callable[P, R]:
    """A function that draws a page or a part of one, reads what was brought, or makes what is taken away: a few at once.

    More of them at a time would be no faster: they would take the processor from each other, and from whoever sends.
    """

    @wraps(function)
    def in_a_slot(*args: P.args, **named: P.kwargs) -> R:
        with RUNS.slot():
            return function(*args, **named)

    return in_a_slot


def fragment(function: Callable[P, R], run_every: float | None = None) -> Callable[P, R]:
    """A part of a page that runs by itself: Streamlit's, in a slot like a whole page."""
    return st.fragment(queued(function), run_every=run_every)


@contextmanager
def training(waits: Waits | None = None) -> Iterator[None]:
    """A slot to train in for the block. Who draws a page meanwhile gives that slot up."""
    with RUNS.released(), TRAININGS.slot(waits):
        yield
