"""Modules with weights from a seed: the same for every visitor, whatever other visitors draw at the same time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# torch's modules draw from one generator for the whole process
_drawing = threading.Lock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """In this block modules draw their weights from the seed; what others draw afterwards is as if nothing was."""
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
