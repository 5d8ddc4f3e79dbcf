"""What a run does, counted while it does it: operations of matrix products, calls of a part, exponentials made at once."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

_EXPONENTIAL: Final = (torch.ops.aten.exp.default, torch.ops.aten._softmax.default)


def _done(mode: TorchDispatchMode, func: Any, args: tuple, named: dict[str, Any]) -> Any:
    """What an operation gives, by its parts where it has any, which the mode sees: in `inference_mode` torch hands over whole
    what it takes apart elsewhere, as a linear map."""
    with mode:
        made = func.decompose(*args, **named)
    return func(*args, **named) if made is NotImplemented else made


class Products(TorchDispatchMode):
    """Counts the operations of matrix products by torch's own formulas, a product and a sum being two.

    torch's `FlopCounterMode` would hook into every module of the process, to name it, and so into the runs of others.
    """

    operations = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        named = kwargs or {}
        formula = flop_registry.get(func._overloadpacket)
        if formula is None:
            return _done(self, func, args, named)
        made = func(*args, **named)
        self.operations += formula(*args, **named, out_val=made)
        return made


def operations(run: Callable[[], Any]) -> int:
    """How many operations the matrix products of a run take, a product and a sum being two."""
    with torch.no_grad(), Products() as counter:
        run()
    return counter.operations


def calls(module: nn.Module, run: Callable[[], Any]) -> int:
    """How often a part of a model is called in a run."""
    made = 0

    def called(*_: Any) -> None:
        nonlocal made
        made += 1

    hook = module.register_forward_hook(called)
    try:
        with torch.no_grad():
            run()
    finally:
        hook.remove()
    return made


class _Exponentials(TorchDispatchMode):
    """The largest number of exponentials that an operation makes, those of a softmax among them."""

    most = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        named = kwargs or {}
        if func not in _EXPONENTIAL:
            return _done(self, func, args, named)
        made = func(*args, **named)
        self.most = max(self.most, made.numel())
        return made


def exponentials_at_once(run: Callable[[], Any]) -> int:
    """How many exponentials a run makes at once, at most: attention makes one of each score that it holds."""
    with torch.no_grad(), _Exponentials() as counter:
        run()
    return counter.most
