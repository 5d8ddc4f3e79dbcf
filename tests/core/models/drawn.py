"""Models of ours whose weights are drawn so that each of them matters, and stay what half precision keeps of them."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from core.seeded import seeded

Module = TypeVar("Module", bound=nn.Module)


def drawn(make: Callable[[], Module]) -> Module:
    """Such a model: norms around 1, all else around 0."""
    with seeded(3):
        made = make().eval()
        for weight in made.parameters():
            torch.nn.init.normal_(weight, 1.0 if weight.dim() == 1 else 0.0, 0.3)
            weight.data = weight.data.half().float()
    return made
