"""What this process keeps so as not to compute it again: readings, models, pictures, all of it within one bound.

Whoever needs something says what it depends on and how it is made. It is made once, for everybody who asks, and stays until
there is no room for it: then what was asked for longest ago goes first, and is made again for whoever asks for it. So no page
and no session keeps such a thing: they keep what it depends on, and ask.
"""

import gc
import inspect
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Container, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar
from weakref import finalize

import numpy as np

from core import host, machine, settings

P = ParamSpec("P")
R = TypeVar("R")

UNASKED: Final = 1800.0  # seconds after which what nobody asked for goes, though there is room
LEAST: Final = 8  # of the bound, one part in so many is for what is kept, however much the rest of the process takes
AT_WORK: Final = 2  # times what is kept of it is taken while it is made
SHARE: Final = 4  # of the bound, one part in so many is lent at once, and one part is for what was brought
TRIM: Final = 2**25  # bytes that are let go of before they are given back to the system, which takes a moment
FULL: Final = (
    "what visitors brought fills the room that this server has for it: bring less, or try again when others have left"
)
_CODE: Final = (type, ModuleType, FunctionType, BuiltinFunctionType)


@dataclass(eq=False)
class _Kept:
    """One thing that is kept, what says its size, that size in bytes, when it was asked for last.

    whose   the visitor for whom it is kept, None = everybody; stays: whether it never goes; grows: whether its size changes.
    """

    value: Any
    size: Callable[[Any], int]
    n_bytes: int
    asked: float
    whose: str | None
    stays: bool
    grows: bool


class Report(NamedTuple):
    """Bytes: the bound, what the whole process has, and of that, what is kept, brought by visitors and lent."""

    bound: int
    resident: int
    kept: int
    brought: int
    lent: int


class Memory:
    """What is kept within a bound.

    bound      bytes of memory for the whole process; resident: says how many it has.
    give_back  is called when much was let go of.
    """

    def __init__(
        self,
        bound: int,
        resident: Callable[[], int] = machine.resident,
        give_back: Callable[[], None] = machine.give_back,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._bound, self._resident, self._give_back, self._clock = bound, resident, give_back, clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._identities = Counter[int]()  # of what is kept
        self._making: dict[Hashable, threading.Lock] = {}
        self._last: dict[Hashable, int] = {}  # bytes of what was made last, by what it is like
        self._lent = self._brought = self._let_go = self._coming = 0
        self._lock = threading.RLock()
        self._returned = threading.Condition(self._lock)

    def keep(
        self,
        key: Hashable,
        make: Callable[[], R],
        size: Callable[[R], int] | None = None,
        *,
        whose: str | None = None,
        stays: bool = False,
        grows: bool = False,
        like: Hashable = None,
    ) -> R:
        """What is kept under a key; where nothing is, what `make` makes. Who asks meanwhile waits for it.

        size    says how many bytes it has; None = what is found in it.
        whose   the visitor for whom alone it is kept; None = for everybody.
        stays   whether it never goes; grows: whether its size changes, and is looked at again whenever it is asked for.
        like    a name for things of about one size: before one is made, there is room made for what the last one took.
        """
        key = (key, whose)
        with self._lock:
            if kept := self._asked(key):
                return kept.value
            mine = self._making.setdefault(key, threading.Lock())
        with _taken(mine):
            with self._lock:
                if kept := self._asked(key):
                    return kept.value
                coming = AT_WORK * self._last.get(like, 0)
                self._coming += coming
            try:
                with self._lock:
                    self._make_room(self._coming)
                value = make()
                sized = size or self._found_in
                n_bytes = sized(value)
                with self._lock:
                    if like is not None:
                        self._last[like] = n_bytes
                    # where somebody's making failed, one who had waited for it and one who came then both make it
                    if kept := self._asked(key):
                        return kept.value
                    self._kept[key] = _Kept(value, sized, n_bytes, self._clock(), whose, stays, grows)
                    self._identities[id(value)] += 1
                    self._make_room(0, key)
                return value
            finally:
                with self._lock:
                    self._coming -= coming
                    self._making.pop(key, None)

    @contextmanager
    def lend(self, n_bytes: int) -> Iterator[None]:
        """Room for what is needed for the block alone. Who asks for more than is lent at once waits, or has it alone."""
        since = self._clock()
        while True:
            with self._lock:
                if not self._lent or self._lent + n_bytes <= self.share:
                    self._lent += n_bytes
                    self._make_room(n_bytes)
                    break
                self._returned.wait(host.ASK_AGAIN)
            host.current().waits(1, self._clock() - since)
        try:
            yield
        finally:
            with self._lock:
                self._lent -= n_bytes
                self._returned.notify_all()

    def hold(self, thing: object, n_bytes: int) -> None:
        """Count what a visitor brought, which nobody can make again, for as long as it is there.

        Raises   ValueError in words where all that visitors have here leaves no room for it.
        """
        if self._brought + n_bytes > self.share:
            gc.collect()  # what visitors who have left hold in a circle counts until Python looks for it, which is rarely
        with self._lock:
            if self._brought + n_bytes > self.share:
                raise ValueError(FULL)
            self._brought += n_bytes
            self._make_room(0)
        finalize(thing, self._gone, n_bytes).atexit = False

    @property
    def share(self) -> int:
        """Bytes that are lent at once, at most, and bytes of what visitors brought."""
        return self._bound // SHARE

    def report(self) -> Report:
        """How much there is of what."""
        with self._lock:
            kept = sum(each.n_bytes for each in self._kept.values())
            return Report(self._bound, self._resident(), kept, self._brought, self._lent)

    def forget(self, whose: str | None = None) -> None:
        """Let go of what is kept for a visitor; None = of all that is kept."""
        with self._lock:
            for key, each in list(self._kept.items()):
                if whose is None or each.whose == whose:
                    self._drop(key)
            self._trim()

    def _asked(self, key: Hashable) -> _Kept | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            found.asked = self._clock()
            if found.grows:
                found.n_bytes = found.size(found.value)
        return found

    def _found_in(self, value: object) -> int:
        """The size of what does not say its own: of what is found in it, but for what is kept by itself."""
        return size_of(value, self._identities)

    def _gone(self, n_bytes: int) -> None:
        with self._lock:
            self._brought -= n_bytes

    def _make_room(self, n_bytes: int, newest: Hashable = None) -> None:
        """Let go of what nobody asked for in a long time, and of as much as makes room for so many bytes more."""
        over, now = self._resident() + n_bytes - self._bound, self._clock()
        left = sum(each.n_bytes for each in self._kept.values() if not each.stays) if over > 0 else 0
        going = []
        for key, each in self._kept.items():  # from what was asked for longest ago
            if each.stays or key == newest:
                continue
            if now - each.asked < UNASKED and (over <= 0 or left <= self._bound // LEAST):
                break
            going.append(key)
            over, left = over - each.n_bytes, left - each.n_bytes
        for key in going:
            self._drop(key)
        self._trim()

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key)
        self._let_go += gone.n_bytes
        self._identities[id(gone.value)] -= 1
        if not self._identities[id(gone.value)]:
            del self._identities[id(gone.value)]

    def _trim(self) -> None:
        if self._let_go >= TRIM:
            self._let_go = 0
            self._give_back()


@contextmanager
def _taken(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock for the block. Whoever waits for it computes nothing meanwhile, and gives its place up."""
    with ExitStack() as stack:
        if lock.acquire(blocking=False):
            stack.callback(lock.release)
        else:
            with host.current().aside():
                stack.enter_context(host.alone(lock))
        yield


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose results are kept for the visitor who asked: they are of what somebody brought, typed or chose.

    The same arguments give the same, beside those whose names begin with _.
    """
    return _remembered(function, lambda: host.current().visitor().name)


def kept_for_all(function: Callable[P, R]) -> Callable[P, R]:
    """The same for everybody: of what is ours alone."""
    return _remembered(function, lambda: None)


def kept_for_all_if(ours: Callable[..., bool]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """As `kept_for_all` of what is ours, which a class of hundreds asks for in the same minute; as `kept` of anything else.

    ours   says of the arguments whether nothing of a visitor's is in them: nothing typed, brought or forced.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        everybodys, visitors = kept_for_all(function), kept(function)

        @wraps(function)
        def asked(*args: P.args, **named: P.kwargs) -> R:
            return (everybodys if ours(*args, **named) else visitors)(*args, **named)

        return asked

    return decorate


def kept_growing(make: Callable[P, R]) -> Callable[P, R]:
    """As `kept`, of a function whose results are no constants: they grow while they are used."""
    return _remembered(make, lambda: host.current().visitor().name, grows=True)


def _remembered(function: Callable[P, R], whose: Callable[[], str | None], grows: bool = False) -> Callable[P, R]:
    names = inspect.signature(function)
    # not by its module: Streamlit calls every page __main__
    name = (inspect.getfile(function), getattr(function, "__qualname__", ""))

    @wraps(function)
    def asked(*args: P.args, **named: P.kwargs) -> R:
        given = names.bind(*args, **named)
        given.apply_defaults()
        key = tuple(each for name, each in given.arguments.items() if not name.startswith("_"))
        return MEMORY.keep((name, key), lambda: function(*args, **named), whose=whose(), grows=grows, like=name)

    return asked


def size_of(value: object, others: Container[int] = ()) -> int:
    """Bytes of the tensors, arrays and texts that a value holds, each counted once.

    others   identities of what is counted elsewhere; models, too, are.
    """
    from torch import Tensor, nn  # whoever has something to keep has imported it

    found, seen, total = [value], set(), 0
    while found:
        each = found.pop()
        counted = id(each) in seen or (id(each) in others and each is not value)
        if counted or isinstance(each, (*_CODE, nn.Module)):
            continue
        seen.add(id(each))
        match each:
            case Tensor():
                storage = each.untyped_storage()
                if storage.data_ptr() not in seen:
                    seen.add(storage.data_ptr())
                    total += storage.nbytes()
            case np.ndarray():
                total += each.nbytes if each.base is None else 0
                found.append(each.base)
            case str() | bytes() | bytearray():
                total += sys.getsizeof(each)
            case Mapping():
                found += [*each.keys(), *each.values()]
            case list() | tuple() | set() | frozenset():
                found += each
            case partial():
                found += [each.func, *each.args, *each.keywords.values()]
            case _:
                found += getattr(each, "__dict__", {}).values()
    return total


MEMORY: Final = Memory(settings.MEMORY_BYTES)
