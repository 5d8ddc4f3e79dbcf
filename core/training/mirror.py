"""Learning mirrored rows: to fill a gap from both sides, or from the left alone."""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.host import trained_once
from core.seeded import seeded
from core.training.loop import Schedule, Training
from core.transformer.mirror import GAP, HALF, LENGTH, LETTERS, drawn
from core.transformer.rows import RowConfig, RowModel

UPDATES: Final = 500
RATE: Final = 5e-3
WARMUP: Final = 20
TESTED: Final = 500
_AT_ONCE: Final = 64
# the seed of the rows that are measured on; those that are learned from are drawn from the learner's
_TEST_SEED: Final = 1_000_003


def untrained(seed: int, *, causal: bool) -> RowModel:
    """A model before its first update."""
    with seeded(seed):
        return RowModel(RowConfig(len(LETTERS) + 1, LENGTH, causal))


def fill_loss(model: RowModel, seed: int, update: int) -> Float[Tensor, ""]:
    """One letter of each row is hidden, anywhere, and asked for; in nats."""
    rng = torch.Generator().manual_seed(_TEST_SEED * (seed + 1) + update)
    rows = drawn(_AT_ONCE, rng)
    at = torch.randint(LENGTH, (len(rows), 1), generator=rng)
    every = torch.arange(len(rows))
    logits = model(rows.scatter(1, at, GAP)).logits[every, at[:, 0]]
    return nn.functional.cross_entropy(logits, rows[every, at[:, 0]])


@torch.inference_mode()
def filled(model: RowModel) -> list[float]:
    """How often a letter that is hidden is guessed, place by place, in rows that were not learned from."""
    rows = drawn(TESTED, torch.Generator().manual_seed(_TEST_SEED))
    found = []
    for at in range(LENGTH):
        hidden = rows.clone()
        hidden[:, at] = GAP
        found.append(_share(model(hidden).logits[:, at], rows[:, at]))
    return found


def of_halves(shares: list[float]) -> tuple[float, float]:
    """The mean share in the first half of the places, which nothing before them tells, and in the second."""
    return sum(shares[:HALF]) / HALF, sum(shares[HALF:]) / HALF


def _share(logits: Tensor, letters: Tensor) -> float:
    return (logits.argmax(-1) == letters).float().mean().item()


@trained_once(8)
def learned(causal: bool, seed: int, updates: int = UPDATES) -> list[float]:
    """What a model that fills gaps has learned here and now: `filled`, place by place."""
    model = untrained(seed, causal=causal)
    training = Training(model, Schedule(updates, RATE, WARMUP), weight_decay=0.0)
    for _ in training.run(range(updates), lambda update: fill_loss(model, seed, update)):
        pass
    return filled(model.eval())
