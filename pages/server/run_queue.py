"""What is computed at once: a few slots for all visitors of the server, and before them a queue that is fair to each.

Who has computed least in the last while is next: of the addresses first, so that many windows of one address have no more
than one elsewhere, then of the visitors of an address. Among equals it is first come, first served. Long work gives its slot
up between its parts where somebody waits who has had less, so that the short overtakes the long.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Final, ParamSpec, TypeVar

import streamlit as st

from core import host
from pages.server import settings
from pages.server.spent import Spent

P = ParamSpec("P")
R = TypeVar("R")
Waits = Callable[[int, float], object]

PART: Final = 0.2  # seconds that long work computes before it gives way
# seconds after which work that gave way goes on though all slots are taken: those who have them may wait for what it holds
BACK_AFTER: Final = 5.0


@dataclass(eq=False)
class _Run:
    """One piece of work. number: in which order it came; since: from when its seconds are not counted yet, None: it waits."""

    visitor: host.Visitor
    number: int = 0
    since: float | None = None
    seconds: float = 0.0
    called: threading.Event = field(default_factory=threading.Event)


class RunQueue:
    """Who computes now and who waits."""

    def __init__(self, slots: int, clock: Callable[[], float] = time.monotonic):
        self._slots, self._clock = slots, clock
        self._computing: set[_Run] = set()
        self._waiting: set[_Run] = set()
        self._numbers = itertools.count()
        self._spent = Spent()
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def slot(self, waits: Waits | None = None, visitor: host.Visitor | None = None) -> Iterator[None]:
        """Wait for a slot and keep it for the block. A thread that has one already goes on.

        waits     is told again and again how many stand before, and for how long; what it raises ends the waiting.
                  Without it the host of the process is told.
        visitor   whose work it is; without it the host of the process says so.
        """
        if self._run is not None:
            yield
            return
        self._enter(_Run(visitor or host.current().visitor()), waits)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Give the thread's slot up while it does something else, and take one again behind those who came meanwhile."""
        run = self._run
        if run is None:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(run, None)

    def give_way(self) -> None:
        """Between two parts of long work: let those go first who wait and have had less."""
        run, now = self._run, self._clock()
        if run is None or run.since is None or now - run.since < PART:
            return
        with self._lock:
            self._charge(run, now)
            if not self._waiting or self._turn(run, now) <= min(self._turn(each, now) for each in self._waiting):
                return
        self._leave()
        self._enter(run, None, BACK_AFTER)

    def seconds(self) -> float:
        """For how long this thread's work has computed, waiting not counted."""
        run = self._run
        if run is None:
            return 0.0
        return run.seconds + (self._clock() - run.since if run.since is not None else 0.0)

    @property
    def _run(self) -> _Run | None:
        """What this thread stands in the queue with."""
        return getattr(self._mine, "run", None)

    def _enter(self, run: _Run, waits: Waits | None, back_after: float | None = None) -> None:
        since = self._clock()
        with self._lock:
            run.number = next(self._numbers)
            run.called.clear()
            self._waiting.add(run)
            self._call(since)
        self._mine.run = run
        try:
            while not run.called.is_set():
                (waits or host.current().waits)(self._before(run), self._clock() - since)
                if not run.called.wait(host.ASK_AGAIN) and back_after and self._clock() - since > back_after:
                    with self._lock:
                        if not run.called.is_set():
                            self._begin(run, self._clock())
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        run, self._mine.run = self._run, None
        if run is None:
            return  # broken off while it waited, it has left already
        with self._lock:
            now = self._clock()
            if run in self._computing:
                self._charge(run, now)
                run.since = None
            self._computing.discard(run)
            self._waiting.discard(run)
            self._call(now)

    def _call(self, now: float) -> None:
        """Let in whose turn it is, and wake nobody else: a crowd that wakes up each time takes the time it waits for."""
        while self._waiting and len(self._computing) < self._slots:
            self._begin(min(self._waiting, key=lambda run: self._turn(run, now)), now)

    def _begin(self, run: _Run, now: float) -> None:
        self._waiting.discard(run)
        self._computing.add(run)
        run.since = now
        run.called.set()

    def _charge(self, run: _Run, now: float) -> None:
        if run.since is None:
            return
        seconds, run.since = now - run.since, now
        run.seconds += seconds
        for account in ((run.visitor.address,), run.visitor):
            self._spent.add(account, seconds, now)

    def _turn(self, run: _Run, now: float) -> tuple[float, float, int]:
        """The smallest is next."""
        return self._spent.of((run.visitor.address,), now), self._spent.of(run.visitor, now), run.number

    def _before(self, run: _Run) -> int:
        """How many stand before one that waits, the last of those who compute among them."""
        with self._lock:
            now = self._clock()
            return 1 + sum(self._turn(each, now) < self._turn(run, now) for each in self._waiting)

    def report(self) -> dict[str, int]:
        """How many compute, how many wait, how many may compute at once."""
        with self._lock:
            return {"computing": len(self._computing), "waiting": len(self._waiting), "at_once": self._slots}


class TookTooLong(host.Ended):
    """A piece of work computed for longer than the server lets one."""


RUNS: Final = RunQueue(settings.RUNS or os.cpu_count() or 1)
TRAININGS: Final = RunQueue(settings.TRAININGS)


def queued(function: Callable[P, R]) -> Callable[P, R]:
    """A function that draws a page or a part of one, reads what was brought, or makes what is taken away: a few at once.

    More of them at a time would be no faster: they would take the processor from each other, and from whoever sends.
    """

    asked_by = host.current().visitor()  # what is taken away is made in a thread that belongs to nobody

    @wraps(function)
    def in_a_slot(*args: P.args, **named: P.kwargs) -> R:
        asks = host.current().visitor()
        with RUNS.slot(visitor=asked_by if asks == host.NOBODY else asks):
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


def training_slot() -> Callable[[Waits], AbstractContextManager[None]]:
    """A slot to train in, for the thread of a training that the visitor of this page plays."""
    return partial(TRAININGS.slot, visitor=host.current().visitor())
