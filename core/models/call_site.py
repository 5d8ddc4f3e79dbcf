"""Where an attention call happens: the name of the module in its model, whose tokens it looks at, in which run.

Neither can be read from the module: its own number is missing or repeats in several families, and most cross-attention
modules are of the same class as the others. But both are known further up the call stack.
"""

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Literal
from weakref import WeakKeyDictionary

from torch import nn
from transformers import PreTrainedModel

OTHER_TOKENS = ("key_value_states", "encoder_hidden_states", "cross_attention_states")

_names: WeakKeyDictionary[nn.Module, WeakKeyDictionary[nn.Module, str]] = WeakKeyDictionary()


def run_of(module: nn.Module) -> FrameType:
    """The outermost `forward` in which a module runs: another one for each token that a model writes."""
    outermost = None
    for frame in _running(sys._getframe(1)):
        outermost = frame
    if outermost is None:
        raise RuntimeError(f"a {type(module).__name__} attends outside of any forward pass")
    return outermost


def call_site(module: nn.Module) -> tuple[str, Literal["self", "cross"]]:
    """The qualified name of a running module in the outermost model, and the kind of its attention.

    The kind is "cross" when the module was given the states of other tokens to make keys and values from.
    """
    kind: Literal["self", "cross"] = "self"
    root = module
    for frame in _running(sys._getframe(1)):
        values: Mapping[str, Any] = frame.f_locals
        running = values["self"]
        if running is module and any(values.get(name) is not None for name in OTHER_TOKENS):
            kind = "cross"
        if isinstance(running, PreTrainedModel):
            root = running
    return _name(module, root), kind


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
