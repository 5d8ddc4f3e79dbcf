"""Operations as torch counts them: those of matrix products, a product and a sum being two."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def operations(run: Callable[[], Any]) -> int:
    """How many operations torch counts in the matrix products of a run."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()
