"""What playing a training costs beside the same updates in a bare loop: the two stacks of lesson 13, and the training lab, looked
at as their pages do.

    python -m tests.benchmarks.training

Both are measured by the time of the processor, of all threads of the process.
"""

import statistics
import time

import torch

from core.training import copying
from core.training.copying import Race
from core.training.live import Measured
from core.training_lab import tasks
from core.training_lab.networks import Sizes
from core.training_lab.played import LabRun
from core.training_lab.run import Learner, Learning, Settings
from core.transformer.design import NOW, THEN
from pages.lessons.by_hand.since_2017 import OFTEN
from pages.parts.player import REFRESH
from pages.parts.training_figure import payload

BOTH = copying.Settings(THEN), copying.Settings(NOW)
UPDATES, TURNS = 30, 3
LAB_UPDATES = 300


def measure() -> tuple[float, float]:
    """Seconds of the processor for a bare loop, and for a training that is played and looked at: in turns, the medians."""
    torch.set_num_threads(1)
    taken = [(_plain(), _played()) for _ in range(TURNS)]
    plain, played = zip(*taken, strict=True)
    return statistics.median(plain), statistics.median(played)


def lab() -> tuple[float, float]:
    """Updates per second of the processor in the training lab, in a bare loop and watched: in turns, the medians."""
    torch.set_num_threads(1)
    task = tasks.build("reverse", 8)
    settings = Settings(Sizes(), Learning())
    taken = []
    for _ in range(TURNS):
        learner, began = Learner(settings, task, 0, LAB_UPDATES), time.process_time()
        while learner.advance():
            pass
        plain = time.process_time() - began
        run = LabRun([settings], task, 0, LAB_UPDATES, task.parse(task.first))
        began = time.process_time()
        run.play()
        while run.state != "finished":
            payload(run, [(0, 0)], going=True)
            time.sleep(REFRESH)
        taken.append((LAB_UPDATES / plain, LAB_UPDATES / (time.process_time() - began)))
        run.stop()
    plain_rates, watched = zip(*taken, strict=True)
    return statistics.median(plain_rates), statistics.median(watched)


def _plain() -> float:
    race, began = Race(BOTH, UPDATES), time.process_time()
    while race.advance():
        pass
    return time.process_time() - began


def _played() -> float:
    player, began = Measured(Race(BOTH, UPDATES), Race.stands, every=OFTEN), time.process_time()
    player.play()
    while player.state != "finished":
        player.look()
        time.sleep(REFRESH)
    taken = time.process_time() - began
    player.stop()  # waits for its thread
    return taken


if __name__ == "__main__":
    print(*measure(), *lab())
