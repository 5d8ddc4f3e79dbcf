"""Training while somebody watches: a run in a thread of its own, which may have to wait for a place to compute in."""

import atexit
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Generic, Literal, Protocol, TypeVar, runtime_checkable
from weakref import WeakSet

from core import settings as limits
from core.training.toy import Example, Settings, Snapshot, ToyTraining, parse

State = Literal["paused", "waiting", "running", "finished", "stopped"]
Waits = Callable[[int, float], None]

UNSEEN: Final = 6.0  # seconds after which a run that nobody looks at stops; where many learn, a page looks late
_MEASURE_EVERY: Final = 8  # updates


class _Unwanted(Exception):
    """A run that waits was paused, stopped or left."""


def at_once(waits: Waits) -> AbstractContextManager[None]:
    """A place that is always free."""
    return nullcontext()


@runtime_checkable
class Watched(Protocol):
    """A training that can be taken one update further."""

    @property
    def finished(self) -> bool: ...

    def advance(self) -> bool: ...


T = TypeVar("T", bound=Watched)


class Player(ABC, Generic[T]):
    """A training that a visitor plays, pauses, steps and stops. Nobody looking for UNSEEN seconds stops it, too.

    every    updates between two times that it is asked where it stands.
    slot     what it computes in: is given what is to be told, while it waits, of how many stand before and for how long, and
             what this raises ends the waiting.
    """

    def __init__(
        self,
        training: T,
        slot: Callable[[Waits], AbstractContextManager[None]] = at_once,
        every: int = _MEASURE_EVERY,
    ):
        self.before = 0  # trainings of other visitors that must end before this one goes on
        self.rest = 0.0  # seconds from one update to the next in which others have its place; 0 = as fast as it can
        self._slot, self._every = slot, every
        self._training = training
        self._done = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._playing = False
        self._stopped = False
        self._seen = time.monotonic()
        self._begin()

    @property
    def wanted(self) -> bool:
        """Whether it should go on: it is played, not stopped, and somebody looks."""
        return self._playing and not self._stopped and time.monotonic() - self._seen < UNSEEN

    @property
    def begun(self) -> bool:
        """Whether it has taken an update."""
        return self._done > 0

    @property
    def state(self) -> State:
        if self._training.finished:
            return "finished"
        if self._stopped:
            return "stopped"
        if not self.wanted:
            return "paused"
        return "waiting" if self.before else "running"

    def look(self) -> tuple[Any, ...]:
        """Where it stood from the beginning until now. Whoever looks is still there."""
        self._seen = time.monotonic()
        return tuple(self._history)

    @abstractmethod
    def _stand(self) -> Any:
        """Where the training stands. It is a method, and no function that is handed over: one of its own would have the player
        hold itself, and stay long after its visitor left."""

    def _begin(self) -> None:
        """Where it stands is where it begins to be looked at."""
        self._history, self._measured = [self._stand()], self._done

    def _advance(self) -> bool:
        advanced = self._training.advance()
        self._done += advanced
        return advanced

    def _due(self) -> bool:
        """Whether it is time to ask where it stands."""
        return self._done % self._every == 0

    def _measure(self) -> None:
        if self._measured < self._done:
            self._history.append(self._stand())
            self._measured = self._done

    def play(self) -> None:
        """Go on until the end, or until it is paused."""
        with self._lock:
            self._seen = time.monotonic()
            if self._playing or self._stopped:
                return
            self._playing = True
            _played.add(self)
            before = self._thread
            self._thread = threading.Thread(target=self._work, args=(before,), name="live-training", daemon=True)
            self._thread.start()

    def pause(self) -> None:
        """Stay where it is; the processor is free after the update that is under way."""
        with self._lock:
            self._playing = False
            thread = self._thread
        if thread is not None:
            thread.join()

    def step(self) -> None:
        """One update, in the thread of the one who asks."""
        self.pause()
        if not self._stopped:
            self._advance()
            self._measure()

    def stop(self) -> None:
        """End it for good."""
        self._stopped = True
        self.pause()

    def _work(self, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        try:
            more = True
            while more and self.wanted:
                with self._slot(self._waits):
                    self.before = 0
                    more = self._go_on()
                time.sleep(self.rest if more else 0)
        except _Unwanted:
            pass
        finally:
            self._playing, self.before = False, 0

    def _go_on(self) -> bool:
        """Take updates until it ends, or one where it rests between them. Whether there may be more."""
        while self.wanted and self._advance():
            if self._due() or self.rest:
                self._measure()
            if self.rest:
                return True
        self._measure()
        return False

    def _waits(self, before: int, seconds: float) -> None:
        self.before = before
        if not self.wanted:
            raise _Unwanted


_played: Final[WeakSet[Player[Any]]] = WeakSet()


@atexit.register
def stop_all() -> None:
    """End every training: a process that ends in the middle of an update is torn down by torch, and says that it crashed."""
    for player in list(_played):
        player.stop()


class Measured(Player[T]):
    """A training of which a function says where it stands."""

    def __init__(
        self,
        training: T,
        stands: Callable[[T], Any],
        slot: Callable[[Waits], AbstractContextManager[None]] = at_once,
        every: int = _MEASURE_EVERY,
    ):
        self._stands = stands
        super().__init__(training, slot, every)

    def _stand(self) -> Any:
        return self._stands(self._training)


def untrained(wish: Settings, probe: Example) -> Snapshot:
    """Where a toy stands before its first update."""
    return ToyTraining(wish, limits.MAX_UPDATES).snapshot(probe)


class Run(Player[ToyTraining]):
    """A toy that is played, and watched on one example.

    begins   says where it stands before its first update: `untrained`, or what remembers for it.
    """

    def __init__(
        self,
        wish: Settings,
        probe: str,
        slot: Callable[[Waits], AbstractContextManager[None]] = at_once,
        begins: Callable[[Settings, Example], Snapshot] | None = None,
    ):
        self.settings, self._begins = wish, begins
        self._probe = parse(wish.task, probe)
        super().__init__(ToyTraining(wish, limits.MAX_UPDATES), slot)

    def _stand(self) -> Snapshot:
        training = self._training
        if self._begins is not None and not training.losses:
            return self._begins(self.settings, self._probe)
        return training.snapshot(self._probe)

    def watch(self, probe: str) -> None:
        """Look at another sentence from now on; what was learned stays. Raises ValueError as `parse`."""
        asked = parse(self.settings.task, probe)
        if asked == self._probe:
            return
        going = self._playing
        self.pause()
        self._probe = asked
        self._begin()
        if going:
            self.play()
