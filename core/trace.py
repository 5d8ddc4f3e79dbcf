"""A trace: every tensor of one computation, each declared once, in the order it was computed.

A trace is a frozen dataclass whose fields are made by `step`. Steppers, axis labels, formulas, exports and tests all
read that declaration. A field made by `part` holds a smaller trace, whose steps take its place; a field made by `unshown`
holds what is not shown.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from torch import Tensor

_REFERENCE = re.compile(r"<(\w+)>")
_QUOTED = re.compile(r"""['"](.*?)['"]""")
Says = str | Callable[[Any], str]
Varied = str | Mapping[str, str]


def step(
    formula: Varied,
    *,
    title: str,
    source: str,
    says: Says = "",
    also: str = "",
    ours: Varied = "",
    unless: str = "",
    by: str = "",
) -> Any:
    """Declare one tensor of a trace.

    formula   LaTeX. `<name>` stands for the formula of an earlier step of the same trace.
    title     what it is called on the screen.
    source    a key of `core.sources.SOURCES`.
    says      what there is to see in it, with names in braces that the lesson's result knows (pages/parts/words.py), or what
              makes that of the result. For a trace of one lesson; where several share a trace, each says its own.
    also      other names of the same tensor in papers and libraries.
    ours      where it departs from its source, as it is done here.
    unless    another step, for one that can be left out: its tensor is then the very one of that step, it is not told,
              and later formulas that name it mean that step.
    by        the name of what the trace says of itself, where formula and `ours` depend on that: each is then given by it.
    """
    told = {"formula": formula, "title": title, "source": source, "says": says, "also": also, "ours": ours}
    return field(metadata=told | {"unless": unless, "by": by})


def part(**known: str) -> Any:
    """Declare a smaller trace inside a trace.

    known   steps of the smaller one that are steps of the whole, by their names there: they are not told again.
    """
    return field(metadata={"part": True, "known": known})


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
            known = declared.metadata["known"]
            found += [_renamed(each, known) for each in steps(value) if each.name not in known]
        elif declared.metadata:
            told = dict(declared.metadata)
            unless, by = told.pop("unless"), told.pop("by")
            if by:
                form = getattr(trace, by)
                told |= {name: told[name][form] for name in ("formula", "ours") if isinstance(told[name], Mapping)}
            if unless and value is getattr(trace, unless):
                means[declared.name] = means.get(unless, unless)
                continue
            found.append(_renamed(Step(declared.name, value, _axes(declared.type), **told), means))
    return found


def _renamed(told: Step, means: Mapping[str, str]) -> Step:
    """A step whose formula calls other steps by other names."""
    if not means:
        return told
    return replace(told, formula=_REFERENCE.sub(lambda name: f"<{means.get(name[1], name[1])}>", told.formula))


def without(told: Sequence[Step], left_out: Collection[str]) -> list[Step]:
    """The steps but for some: what these are made by stands in the formulas of those that follow."""
    inside: dict[str, str] = {}
    kept = []
    for each in told:
        formula = _REFERENCE.sub(lambda name: inside.get(name[1], name[0]), each.formula)
        if each.name in left_out:
            inside[each.name] = formula
        else:
            kept.append(replace(each, formula=formula))
    return kept


def names(trace: Any) -> set[str]:
    """The names of all tensors that a trace declares, also of those that are left out."""
    found: set[str] = set()
    for declared in fields(trace):
        if declared.metadata.get("part"):
            found |= names(getattr(trace, declared.name)) - declared.metadata["known"].keys()
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
