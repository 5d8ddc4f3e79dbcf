"""What attention tile by tile costs beside `attend`, and what the map of 32,768 tokens takes.

    python -m tests.benchmarks.streaming

Each is measured in a process of its own, on Linux, which tells the most memory that a process had.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch

from core.attention import attend
from core.attention.streaming import stream
from core.lessons.cost import long_map, long_text
from core.models import loading, offline

TOKENS, WIDTH, ROUNDS = 4096, 64, 5
# how a model reads, which one, and the layer and the head that the page shows first
MAPS = {"in one pass": (offline.STORY, 1, 1), "in windows": (offline.NAME, 3, 1)}
T = TypeVar("T")


class Cost(NamedTuple):
    """Megabytes beyond those before, and milliseconds."""

    memory: float
    time: float


class MapCost(NamedTuple):
    """Megabytes beyond the model, seconds until the whole overview, milliseconds for a part that is looked at."""

    memory: float
    seconds: float
    part: float


def operands(n_tokens: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    queries, keys, values = torch.randn(3, 1, 1, n_tokens, WIDTH, generator=torch.Generator().manual_seed(0))
    return queries, keys, values


def peak() -> float:
    """The most memory that this process had since `forget_peak`, in megabytes. (`ru_maxrss` begins with the parent's.)"""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def forget_peak() -> float:
    """From here on the most counts anew. Returns what the process has now."""
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    return peak()


def cost(way: Callable) -> Cost:
    torch.set_num_threads(1)  # visitors of a class share the processor
    given = operands(TOKENS)
    way(*operands(64))
    before, taken = forget_peak(), []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        way(*given)
        taken.append(1000 * (time.perf_counter() - begun))
    return Cost(peak() - before, statistics.median(taken))


def cost_of_the_map(by: str, layer: int, head: int) -> MapCost:
    torch.set_num_threads(1)
    list(long_text.read(long_text.cut("word " * 600, by), layer, head))
    loading.load(by)
    text = long_text.own_text()
    before, begun = forget_peak(), time.perf_counter()
    cut = long_text.cut(text, by)
    *_, (_, heads) = long_text.read(cut, layer, head)
    *_, (_, whole, overview) = long_map.look(*heads, cut.allowed)
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    long_map.near(whole, overview.side, 20_000, 10_000, 100)
    return MapCost(peak() - before, seconds, 1000 * (time.perf_counter() - begun))


def alone(run: Callable[..., T], *given: object) -> T:
    """What a call gives in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(run, *given).result()


def difference() -> float:
    """How far the two are apart, at most."""
    given = operands(TOKENS)
    return (attend(*given).output - stream(*given).output).abs().max().item()


def measure() -> tuple[Cost, Cost, float, dict[str, MapCost]]:
    """The whole table, tile by tile, how far they are apart, and the map of each model by the head that is shown first."""
    maps = {way: alone(cost_of_the_map, *reads) for way, reads in MAPS.items()}
    return alone(cost, attend), alone(cost, stream), difference(), maps


if __name__ == "__main__":
    print(*measure(), sep="\n")
