"""What playing a training costs beside the same updates in a bare loop: the two stacks of lesson 13, looked at as its page does.

    python -m tests.benchmarks.training

Both are measured by the time of the processor, of all threads of the process.
"""

import statistics
import time

import torch

from core.training.copying import Race, Settings
from core.training.live import Player
from core.transformer.design import NOW, THEN
from pages.lessons.by_hand.since_2017 import OFTEN
from pages.parts.player import REFRESH

BOTH = Settings(THEN), Settings(NOW)
UPDATES, TURNS = 30, 3


def measure() -> tuple[float, float]:
    """Seconds of the processor for a bare loop, and for a training that is played and looked at: in turns, the medians."""
    torch.set_num_threads(1)
    taken = [(_plain(), _played()) for _ in range(TURNS)]
    plain, played = zip(*taken, strict=True)
    return statistics.median(plain), statistics.median(played)


def _plain() -> float:
    race, began = Race(BOTH, UPDATES), time.process_time()
    while race.advance():
        pass
    return time.process_time() - began


def _played() -> float:
    player, began = Player(Race(BOTH, UPDATES), Race.stands, every=OFTEN), time.process_time()
    player.play()
    while player.state != "finished":
        player.look()
        time.sleep(REFRESH)
    taken = time.process_time() - began
    player.stop()  # waits for its thread
    return taken


if __name__ == "__main__":
    print(*measure())
