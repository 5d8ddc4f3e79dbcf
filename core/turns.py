"""Whose turn it is to compute: a few computations at a time for the whole server, first come, first served."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, Protocol, TypeVar, runtime_checkable

from core import settings

P = ParamSpec("P")
R = TypeVar("R")
Waits = Callable[[int, float], None]

_LOOK_AGAIN: Final = 0.5  # seconds between two looks of one who waits at whether it is still wanted


@runtime_checkable
class Watcher(Protocol):
    """Whoever stands behind a computation: is told of it in its thread, and may end it by raising."""

    def waits(self, before: int, seconds: float) -> None:
        """It stands in a queue, behind so many, for so long."""

    def works(self) -> None:
        """It is under way."""


class _Nobody:
    def waits(self, before: int, seconds: float) -> None:
        """Nobody is told."""

    def works(self) -> None:
        """Nobody ends it."""


_watcher: Watcher = _Nobody()


def watch(watcher: Watcher) -> None:
    """From now on this one is told, and asked, in every computation of the process."""
    global _watcher
    _watcher = watcher


def still_wanted() -> None:
    """To be called now and then in a long computation: raises what ends it when nobody waits for it any more."""
    _watcher.works()


class Desk:
    """Who computes now and who waits."""

    def __init__(self, at_once: int):
        self._at_once = at_once
        # in the order in which they came, each with what calls it
        self._queue: dict[object, threading.Event] = {}
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def place(self, who: object = None, waits: Waits | None = None) -> Iterator[None]:
        """Wait for a place and keep it for the block. A thread that has one already goes on.

        who     by whom `before` knows it.
        waits   is told again and again how many stand before, and for how long; what it raises ends the waiting.
                Without it the watcher is told.
        """
        if self._ticket is not None:
            yield
            return
        self._enter(_Ticket() if who is None else who, waits)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Give the thread's place up while it does something else, and take one again behind those who came meanwhile."""
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
            while number := self.before(ticket):
                (waits or _watcher.waits)(number, time.monotonic() - since)
                called.wait(_LOOK_AGAIN)
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        ticket, self._mine.ticket = self._ticket, None
        with self._lock:
            # one that was broken off while it waited has left already
            self._queue.pop(ticket, None)
            # the one whose turn it is now, and nobody else: a crowd that wakes up each time takes the time it waits for
            if len(self._queue) >= self._at_once:
                list(self._queue.values())[self._at_once - 1].set()

    def before(self, who: object) -> int:
        """How many stand before one that waits; 0 if it computes or does not stand in the queue."""
        with self._lock:
            return max(0, list(self._queue).index(who) - self._at_once + 1) if who in self._queue else 0

    def report(self) -> dict[str, int]:
        """How many compute, how many wait, how many may compute at once."""
        with self._lock:
            n = len(self._queue)
        return {
            "computing": min(n, self._at_once),
            "waiting": max(0, n - self._at_once),
            "at_once": self._at_once,
        }


class _Ticket:
    """One who has no name in a queue."""


RUNS: Final = Desk(settings.RUNS or os.cpu_count() or 1)
TRAININGS: Final = Desk(settings.TRAININGS)


def run(function: Callable[P, R]) -> Callable[P, R]:
    """A function that draws a page, or a part of one, with all that is computed for it: a few at once.

    More of them at a time would be no faster: they would take the processor from each other, and from whoever sends.
    """

    @wraps(function)
    def in_turn(*args: P.args, **named: P.kwargs) -> R:
        with RUNS.place():
            return function(*args, **named)

    return in_turn


@contextmanager
def training(waits: Waits | None = None) -> Iterator[None]:
    """A place to train in for the block. Who draws a page meanwhile gives that place up."""
    with RUNS.left(), TRAININGS.place(waits=waits):
        yield


def trained_once(at_most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that trains, and whose result is the same for everybody: it is trained in a place of its own, once, and kept.

    Who asks for the same meanwhile waits for it. at_most: how many results are kept; the one asked for longest ago goes.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kept: OrderedDict[Hashable, R] = OrderedDict()
        under_way: dict[Hashable, Desk] = {}
        guard = threading.Lock()

        @wraps(function)
        def once(*args: P.args, **named: P.kwargs) -> R:
            key = (args, tuple(sorted(named.items())))
            with guard:
                if key in kept:
                    kept.move_to_end(key)
                    return kept[key]
                alone = under_way.setdefault(key, Desk(1))
            with RUNS.left(), alone.place():
                with guard:
                    if key in kept:
                        return kept[key]
                with TRAININGS.place():
                    result = function(*args, **named)
                with guard:
                    kept[key] = result
                    under_way.pop(key, None)
                    if len(kept) > at_most:
                        kept.popitem(last=False)
                return result

        return once

    return decorate
