"""Runs of the lab as they are played: one, or two side by side from the same seed, watched on one example."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from core.training.live import Player, Waits, at_once
from core.training_lab import library, taken
from core.training_lab.changes import MOST, Change, What, checked
from core.training_lab.run import Learner, Settings, Stand, Watched, watched
from core.training_lab.tasks import Example, Task

APART: Final = 0.4  # seconds between two times that a run is measured, where it goes as fast as it can
SHARE: Final = 20  # times as long as it takes to measure it, a run goes on before it is measured again
LEAST: Final = 12  # times that a run is measured on its way, however long that takes
KEPT: Final = 48  # moments of a run that can be looked at again


class Runs:
    """One run, or two that start from the same seed and learn from the same examples, one update each in turn."""

    def __init__(
        self, settings: Sequence[Settings], task: Task, seed: int, updates: int, changes: Sequence[Change] = ()
    ):
        self.learners = tuple(
            Learner(each, task, seed, updates, [change for change in changes if change.run == number])
            for number, each in enumerate(settings)
        )

    @property
    def finished(self) -> bool:
        """Whether none has an update left."""
        return all(each.finished for each in self.learners)

    def advance(self) -> bool:
        """One update more of each that has one left; False if there is none."""
        return any([each.advance() for each in self.learners])


class LabRun(Player[Runs]):
    """Runs that are played and watched on one example. What was measured is kept, thinned out as it becomes much.

    Raises   ValueError for a network that cannot be built.
    """

    def __init__(
        self,
        settings: Sequence[Settings],
        task: Task,
        seed: int,
        updates: int,
        example: Example,
        slot: Callable[[Waits], AbstractContextManager[None]] = at_once,
        changes: tuple[Change, ...] = (),
    ):
        self.task, self.seed, self.updates, self.changes = task, seed, updates, changes
        self._watched = watched(task, example)
        self.accuracy: list[tuple[int, tuple[float, ...]]] = []
        self._looked = self._takes = 0.0
        super().__init__(Runs(settings, task, seed, updates, changes), slot)

    @property
    def learners(self) -> tuple[Learner, ...]:
        """The networks that learn."""
        return self._training.learners

    @property
    def watches(self) -> Watched:
        """The example that is watched."""
        return self._watched

    def _stand(self) -> tuple[Stand, ...]:
        began = time.monotonic()
        found = tuple(each.stands(self._watched) for each in self.learners)
        self._looked = time.monotonic()
        self._takes = self._looked - began
        if not self.accuracy or self.accuracy[-1][0] < found[0].update:
            self.accuracy.append((max(each.update for each in found), tuple(each.right for each in found)))
        return found

    def _due(self) -> bool:
        late = (self._done - self._measured) * LEAST >= self.updates
        return late or time.monotonic() - self._looked >= max(APART, SHARE * self._takes)

    def _measure(self) -> None:
        super()._measure()
        if len(self._history) > KEPT:
            # every second one, and where it stands now: the whole way stays, from the beginning
            self._history = [*self._history[:-1:2], self._history[-1]]

    def watch(self, example: Example) -> None:
        """Look at another example from now on; what was learned stays."""
        with self._paused():
            self._watched = watched(self.task, example)
            self._begin()

    def change(self, run: int, what: What, where: tuple[int, ...], value: float = 0.0) -> None:
        """Change the network of a run where it stands, and note it. Raises ValueError for what it has not."""
        if len(self.changes) == MOST:
            raise ValueError(f"{MOST} changes were made: more are not kept; take them back to make others")
        with self._paused():
            learner = self.learners[run]
            learner.change(what, where, value)
            self.changes = (*self.changes, Change(len(learner.losses), run, what, where, checked(value)))
            self._history[-1] = self._stand()

    def weights(self, run: int) -> bytes:
        """The network of a run as a file, as it stands between two updates."""
        with self._paused():
            return taken.weights(self.learners[run])

    def folder(self, run: int) -> bytes:
        """The network of a run as the library opens it. Raises ValueError where it cannot be opened."""
        with self._paused():
            return library.folder(self.learners[run])

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Between two updates; what went on goes on afterwards."""
        going = self._playing
        self.pause()
        try:
            yield
        finally:
            if going:
                self.play()
