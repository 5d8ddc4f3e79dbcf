"""Toys that experiments train: the same settings are trained once and kept, with how they stood on the way."""

import random
from dataclasses import dataclass
from typing import Final

from core.host import trained_once
from core.sequence.decoder import AttentionKind
from core.training import digits, grammar
from core.training.toy import Example, Settings, Snapshot, Task, ToyTraining, parse

PROBES: Final[dict[Task, str]] = {"grammar": "the big old red car sees a dog", "digits": "3 1 4 1 5 9 2 6"}
TESTED: Final = 100
EVERY: Final = 50  # updates between two looks on the way


@dataclass(frozen=True, eq=False)
class Trained:
    """A toy at the end of its training, and snapshots of it after 0, EVERY, 2 EVERY, ... updates."""

    toy: ToyTraining
    snapshots: dict[int, Snapshot]


@trained_once(24)
def trained(task: Task, attention: AttentionKind, seed: int, d_hidden: int = 64) -> Trained:
    """A toy with these settings, trained to its end."""
    toy, probe = ToyTraining(Settings(task, attention, seed, d_hidden)), parse(task, PROBES[task])
    snapshots = {0: toy.snapshot(probe)}
    while toy.advance():
        if len(toy.losses) % EVERY == 0:
            snapshots[len(toy.losses)] = toy.snapshot(probe)
    return Trained(toy, snapshots)


def rows_of_digits(length: int) -> list[Example]:
    """Rows of one length that no training saw as they are."""
    return [digits.draw(random.Random(f"row {i}"), [length]) for i in range(TESTED)]


def sentences(adjectives: int) -> list[Example]:
    """Sentences with so many adjectives before each noun."""
    return [grammar.draw(random.Random(f"sentence {i}"), [adjectives]) for i in range(TESTED)]
