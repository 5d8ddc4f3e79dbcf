"""Who stands behind the long work of this process: whoever calls it, or a server that lends places and may end it.

This module imports nothing heavy, so that a server can say at once that it is the host.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Final, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

ASK_AGAIN: Final = 0.5  # seconds between two looks of one who waits at whether it is still wanted


class Visitor(NamedTuple):
    """Whose work something is: who asks, and from which address."""

    address: str
    name: str


NOBODY: Final = Visitor("", "")


class Ended(Exception):
    """Work that whoever stands behind it will not have go on."""


class Host:
    """What a program has to say to the long work in it. This one, a notebook's or a command's, has nothing to say."""

    def visitor(self) -> Visitor:
        """Whose work this thread does."""
        return NOBODY

    def still_wanted(self) -> None:
        """Asked between the parts of long work, in the thread that does it, which may have to wait. What it raises ends it."""

    def waits(self, before: int, seconds: float) -> None:
        """Told now and then in a thread that waits, behind so many others, for so long. What it raises ends the waiting."""

    def aside(self) -> AbstractContextManager[None]:
        """Around a block in which a thread leaves what it was doing to train, or to wait for a training."""
        return nullcontext()

    def training(self) -> AbstractContextManager[None]:
        """Around a training: waits until there is a place for it."""
        return nullcontext()


_host = Host()


def run_under(host: Host) -> None:
    """From now on this one is asked by all long work of the process."""
    global _host
    _host = host


def current() -> Host:
    """The one who is asked."""
    return _host


def still_wanted() -> None:
    """To be called between the parts of long work, at every update of a training.

    Raises what ends it when nobody waits for it any more; others may go first. Not while a lock is held that others wait for.
    """
    _host.still_wanted()


def trained_once(at_most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that trains, and whose result is the same for everybody: it is trained in a place of its own, once, and kept.

    Who asks for the same meanwhile waits for it. at_most: how many results are kept; the one asked for longest ago goes.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kept: OrderedDict[Hashable, R] = OrderedDict()
        under_way: dict[Hashable, threading.Lock] = {}
        guard = threading.Lock()

        @wraps(function)
        def once(*args: P.args, **named: P.kwargs) -> R:
            key = (args, tuple(sorted(named.items())))
            with guard:
                if key in kept:
                    kept.move_to_end(key)
                    return kept[key]
                mine = under_way.setdefault(key, threading.Lock())
            with _host.aside(), alone(mine):
                with guard:
                    if key in kept:
                        return kept[key]
                with _host.training():
                    result = function(*args, **named)
                with guard:
                    kept[key] = result
                    under_way.pop(key, None)
                    if len(kept) > at_most:
                        kept.popitem(last=False)
                return result

        return once

    return decorate


@contextmanager
def alone(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock for the block; whoever stands behind the thread may end the waiting for it."""
    since = time.monotonic()
    while not lock.acquire(timeout=ASK_AGAIN):
        _host.waits(1, time.monotonic() - since)
    try:
        yield
    finally:
        lock.release()
