"""A trace: every tensor of one computation, each declared once, in the order it was computed.

A trace is a frozen dataclass whose fields are made by `step`. Steppers, axis labels, formulas, exports and tests all
read that declaration. A field made by `part` holds a smaller trace, whose steps take its place; a field made by `unshown`
holds what is not shown.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from torch import Tensor

_REFERENCE = re.compile(r"<(\w+)>")
_QUOTED = re.compile(r"""['"](.*?)['"]""")
Says = str | Callable[[Any], str]


def step(
    formula: str, *, title: str, source: str, says: Says = "", also: str = "", ours: str = "", unless: str = ""
) -> Any:
    """Declare one tensor of a trace.

    formula   LaTeX. `<name>` stands for the formula of an earlier step of the same trace.
    title     what it is called on the screen.
    source    a key of `core.sources.SOURCES`.
    says      what there is to see in it, with names in braces that the lesson's result knows (pages/parts/words.py), or what
              makes that of the result. For a trace of one lesson; where several share a trace, each says its own.
    also      other names of the same tensor in papers and libraries.
    ours      where it departs from its source, as it is done here.
    unless    an earlier step, for one that can be left out: its tensor is then the very one of that step, it is not told,
              and later formulas that name it mean that step.
    """
    told = {"formula": formula, "title": title, "source": source, "says": says, "also": also, "ours": ours}
    return field(metadata=told | {"unless": unless})


def part() -> Any:
    """Declare a smaller trace inside a trace."""
    return field(metadata={"part": True})


def unshown() -> Any:
    """Declare what a trace holds beside its steps."""
    return field()


@dataclass(frozen=True)
class Step:
    """One tensor of a trace with all that was declared about it."""

    name: str
    tensor: Tensor
    axes: tuple[str, ...]
    formula: str
    title: str
    source: str
    says: Says
    also: str
    ours: str


def steps(trace: Any) -> list[Step]:
    """The tensors of a trace in the order they were declared, which is the order they were computed."""
    found: list[Step] = []
    means: dict[str, str] = {}  # steps that were left out, and what their names stand for
    for declared in fields(trace):
        value = getattr(trace, declared.name)
        if declared.metadata.get("part"):
            found += steps(value)
        elif declared.metadata:
            told = dict(declared.metadata)
            unless = told.pop("unless")
            if unless and value is getattr(trace, unless):
                means[declared.name] = means.get(unless, unless)
                continue
            told["formula"] = _REFERENCE.sub(lambda name: f"<{means.get(name[1], name[1])}>", told["formula"])
            found.append(Step(declared.name, value, _axes(declared.type), **told))
    return found


def names(trace: Any) -> set[str]:
    """The names of all tensors that a trace declares, also of those that are left out."""
    found: set[str] = set()
    for declared in fields(trace):
        if declared.metadata.get("part"):
            found |= names(getattr(trace, declared.name))
        elif declared.metadata:
            found.add(declared.name)
    return found


def _axes(annotation: Any) -> tuple[str, ...]:
    """The names of the axes that a field is annotated with; where annotations are not looked up, they are text."""
    names = _QUOTED.findall(annotation)[0] if isinstance(annotation, str) else annotation.dim_str
    return tuple(name.lstrip("#") for name in names.split())


def matrices(steps: Sequence[Step]) -> dict[str, np.ndarray]:
    """The tensors of a trace as arrays, without the batch, and without the heads where there is one."""
    arrays = {}
    for made in steps:
        array = made.tensor[0].detach().float().cpu().numpy()
        arrays[made.name] = array[0] if made.axes[1] == "heads" and len(array) == 1 else array
    return arrays


def references(formula: str) -> list[str]:
    """The names of the steps that a formula builds on."""
    return _REFERENCE.findall(formula)
