"""How long things take on this machine, now: a look at a clock, from which nothing follows for another machine."""

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

import torch
from torch import nn

from core.attention import attend
from core.attention.streaming import stream
from core.host import still_wanted

TOKENS, WIDTH, REPEATS = 1024, 64, 5
FUSED: Final = (256, 512)  # tokens and numbers, of the products that are made one by one and all at once


def here() -> dict[str, float]:
    """The median milliseconds of several ways of reading 1,024 tokens of 64 numbers, and of what is told beside them."""
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(1, TOKENS, WIDTH, generator=drawn)
    heads, wide = x[:, None], torch.randn(*FUSED, generator=drawn)
    cell, lstm = nn.LSTMCell(WIDTH, WIDTH), nn.LSTM(WIDTH, WIDTH, batch_first=True)
    three = [torch.randn(FUSED[1], FUSED[1], generator=drawn) for _ in range(3)]
    one = torch.cat(three, dim=1)
    layer_norm, rms_norm = nn.LayerNorm(FUSED[1]), nn.RMSNorm(FUSED[1])

    def one_by_one() -> None:
        state = None
        for token in x[0]:
            state = cell(token[None], state)

    ways: dict[str, Callable[[], Any]] = {
        "an LSTM cell, called token by token": one_by_one,
        "an LSTM layer, written as one piece": lambda: lstm(x),
        "attention": lambda: attend(heads, heads, heads),
        "attention tile by tile": lambda: stream(heads, heads, heads),
        "queries, keys and values by three products": lambda: [wide @ w for w in three],
        "queries, keys and values by one": lambda: wide @ one,
        "LayerNorm": lambda: layer_norm(wide),
        "RMSNorm": lambda: rms_norm(wide),
    }
    with torch.inference_mode():
        return {name: _median(run) for name, run in ways.items()}


def _median(run: Callable[[], Any]) -> float:
    """The median of several runs, in milliseconds, after one that warms up."""
    run()
    taken = []
    for _ in range(REPEATS):
        still_wanted()
        begun = perf_counter()
        run()
        taken.append(1000 * (perf_counter() - begun))
    return statistics.median(taken)
