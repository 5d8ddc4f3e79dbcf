"""Where an attention call happens: the name of the module in its model, whose tokens it looks at, in which run.

Neither can be read from the module: its own number is missing or repeats in several families, and most cross-attention
modules are of the same class as the others. But both are known further up the call stack.
"""

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from torch import nn
from transformers import PreTrainedModel

OTHER_TOKENS = ("key_value_states", "encoder_hidden_states", "cross_attention_states")

_names: WeakKeyDictionary[nn.Module, WeakKeyDictionary[nn.Module, str]] = WeakKeyDictionary()


class CallSite(NamedTuple):
    """Where a module attends.

    run    the outermost `forward` in which it runs: another one for each token that a model writes.
    name   its qualified name in the outermost model.
    kind   "cross" when it was given the states of other tokens to make keys and values from.
    """

    run: FrameType
    name: str
    kind: Literal["self", "cross"]


def call_site(module: nn.Module) -> CallSite:
    """Where a running module attends. Raises RuntimeError outside of any forward pass."""
    kind: Literal["self", "cross"] = "self"
    root, outermost = module, None
    for outermost in _running(sys._getframe(1)):
        values: Mapping[str, Any] = outermost.f_locals
        running = values["self"]
        if running is module and any(values.get(name) is not None for name in OTHER_TOKENS):
            kind = "cross"
        if isinstance(running, PreTrainedModel):
            root = running
    if outermost is None:
        raise RuntimeError(f"a {type(module).__name__} attends outside of any forward pass")
    return CallSite(outermost, _name(module, root), kind)


def _running(frame: FrameType | None) -> Iterator[FrameType]:
    """Every `forward` of a module on the call stack, from the inside out."""
    while frame is not None:
        if frame.f_code.co_name == "forward" and isinstance(frame.f_locals.get("self"), nn.Module):
            yield frame
        frame = frame.f_back


def _name(module: nn.Module, root: nn.Module) -> str:
    if root not in _names or module not in _names[root]:
        _names[root] = WeakKeyDictionary({part: name for name, part in root.named_modules()})
    return _names[root].get(module, "")
