"""Which layers of a model attend, by the model's own numbers, and which mix tokens in a way that has no weights to show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from torch import nn
from transformers import PreTrainedModel

_NUMBER: Final = re.compile(r"(.*?)\.?\b(\d+)(?:\.|$)")


@dataclass(frozen=True)
class Stack:
    """The layers of one part of a model.

    numbers   of each layer that attends, in the order in which they run, as the model counts.
    others    the layers that do not attend: they mix tokens by a state space, a recurrence or a convolution.
    besides   the layers that attend and do that as well.
    """

    numbers: tuple[int, ...]
    others: tuple[int, ...] = ()
    besides: tuple[int, ...] = ()

    @property
    def told(self) -> str:
        """What of the model cannot be shown, in a sentence; empty where every layer attends and does no more."""
        if self.others:
            there = len(self.numbers) + len(self.others)
            return (
                f"{len(self.numbers)} of its {there} layers attend; {_listed(self.others)} "
                f"{'mixes' if len(self.others) == 1 else 'mix'} tokens in another way (a state space, a recurrence or a "
                "convolution), which has no weights and is not shown."
            )
        if self.besides:
            return (
                f"{_listed(self.besides)} {'mixes' if len(self.besides) == 1 else 'mix'} tokens by a state space or a "
                "convolution as well, which has no weights and is not shown."
            ).capitalize()
        return ""


def _listed(numbers: Sequence[int]) -> str:
    *rest, last = map(str, numbers)
    return f"layers {', '.join(rest)} and {last}" if rest else f"layer {last}"


def stack_of(model: PreTrainedModel, modules: Sequence[str]) -> Stack:
    """The layers in which these modules attend, one after the other.

    Where their names do not tell layers apart (layers that share weights, stages of windows, weights that the library
    returns without names), they are counted from 0.
    """
    found = [_NUMBER.match(name) for name in modules]
    places = [(each[1], int(each[2])) for each in found if each is not None]
    names = {name for name, _ in places}
    numbers = tuple(number for _, number in places)
    counted = tuple(range(len(modules)))
    if len(numbers) != len(modules) or len(names) != 1 or sorted(set(numbers)) != list(numbers):
        return Stack(
            counted, besides=tuple(place for place, layer in enumerate(_layers(model, len(modules))) if mixes(layer))
        )
    layers = model.get_submodule(names.pop())
    if not isinstance(layers, nn.ModuleList):
        return Stack(counted)
    return Stack(
        numbers,
        tuple(place for place in range(len(layers)) if place not in numbers),
        tuple(place for place in numbers if mixes(layers[place])),
    )


def _layers(model: PreTrainedModel, count: int) -> nn.ModuleList | list[nn.Module]:
    """The first list of so many layers in a model, if there is one."""
    lists = (part for part in model.modules() if isinstance(part, nn.ModuleList) and len(part) == count)
    return next(lists, [])


def mixes(layer: nn.Module) -> bool:
    """Whether a layer has a convolution over several tokens: those of state spaces, recurrences and ConvBERT have one."""
    return any(isinstance(part, nn.Conv1d) and part.kernel_size[0] > 1 for part in layer.modules())
