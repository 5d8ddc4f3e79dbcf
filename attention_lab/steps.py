"""A trace step by step, in a notebook."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import traitlets

from attention_lab.widget import Figure, module, within
from core import trace as traces
from core.axes import AXES
from core.models.recording import TENSORS, LayerRecord
from core.trace import Step
from pages.parts.figures import Heads, Matrix, Table, View, mixture, pair_matrix, tables, weights_matrix
from pages.parts.viewer import EACH, StepView, StepViewer, first_look, payload
from pages.parts.words import Scope, Token, plain, say

MOST = 512  # tokens of an axis
SAME = {"target": "queries", "source": "keys"}  # of a translator: what is written asks what is read
PAIRS = {"scores": "Q · Kᵀ", "scaled": "÷ √d"}


class Steps(Figure):
    """The steps of a trace.

    step         the name of the step that is looked at, one of `names`; set it to go there.
    query, key, head   the places that are looked at.
    """

    _esm = module("step_viewer")
    step = traitlets.Unicode()
    query = traitlets.Int(0)
    key = traitlets.Int(0)
    head = traitlets.Int(0)

    def __init__(self, viewer: StepViewer) -> None:
        self._viewer, self._turn, self._look = viewer, 0, first_look(viewer.focus)
        here = {name: self._look[name] for name in ("query", "key", "head")}
        super().__init__(payload(viewer, viewer.first, self._look), step=viewer.opens_at, **here)
        self._told = viewer.opens_at
        self.observe(self._went, "step")

    @property
    def names(self) -> tuple[str, ...]:
        """What the steps are called."""
        return tuple(view.label for view in self._viewer.views)

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """Every tensor of the trace, without the batch."""
        return traces.matrices(self._viewer.steps)

    @traitlets.validate("step")
    def _there(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in self.names:
            raise traitlets.TraitError(f"there is no step {proposal['value']}: choose from {', '.join(self.names)}")
        return proposal["value"]

    def _went(self, change: dict[str, Any]) -> None:
        if change["new"] != self._told:  # nobody in the browser did it
            self._turn += 1
            place = self.names.index(change["new"])
            self.payload = payload(self._viewer, place, self._look, (self._turn, place))

    def hear(self, name: str, value: Any) -> None:
        if name != "view" or (place := within(value, "step", len(self.names))) is None:
            return
        here = {end: within(value, end, MOST) for end in ("query", "key", "head")}
        self._told = self.names[place]
        with self.hold_trait_notifications():
            self.step = self._told
            for end, number in here.items():
                if number is not None:
                    setattr(self, end, number)


def stepper(trace: Any, queries: Sequence[str] | None = None, keys: Sequence[str] | None = None) -> Steps:
    """A trace step by step: what `attend` returned, a record of a layer of a real model, or any trace of the core.

    queries, keys   the words of the tokens that ask and that are asked; None: their numbers, and for keys, those of the
                    queries where there are as many.
    Raises          ValueError in words for what is no trace, or words that do not fit it.
    """
    made = _steps(trace)
    sizes = {axis: size for each in made for axis, size in zip(each.axes, each.tensor.shape, strict=True)}
    if "queries" not in sizes:
        raise ValueError(
            f"nothing in this trace has queries: the axes of its first tensor are {', '.join(made[0].axes)}; choose a trace of "
            "an attention"
        )
    if large := [f"{sizes[axis]} {axis}" for axis in ("queries", "keys") if sizes.get(axis, 0) > MOST]:
        raise ValueError(f"this trace has {' and '.join(large)}: at most {MOST} are shown; take a part of it")
    n_keys = sizes.get("keys", sizes["queries"])
    asked = keys if keys is not None else queries if n_keys == sizes["queries"] else None
    tokens = {
        "queries": _words("queries", queries, sizes["queries"]),
        "keys": _words("keys", asked, n_keys),
        "one": plain([""]),
    }
    if asked is queries and n_keys == sizes["queries"]:
        tokens["keys"] = tokens["queries"]
    for axis, size in sizes.items():
        tokens.setdefault(axis, plain(map(str, range(size))))
    tensors = traces.matrices(made)
    n_heads = sizes.get("heads", 1)
    weights = tensors.get("weights")
    focus = {"query": sizes["queries"] // 2, "key": 0, "head": 0}
    if weights is not None:
        focus["key"] = int((weights[0] if weights.ndim == 3 else weights)[focus["query"]].argmax())
    scope = Scope(tensors, tokens, focus)
    views = list(_views(made, tensors, n_heads, scope))
    opens_at = "weights" if weights is not None else views[0].label
    return Steps(
        StepViewer(
            lesson="notebook",
            signature=str(id(trace)),
            steps=made,
            views=views,
            opens_at=opens_at,
            tokens=tokens,
            focus=focus,
            formula_of=EACH,
            divisor=_divisor(made),
            token_strip=weights is not None,
        )
    )


def _steps(trace: Any) -> list[Step]:
    """The steps of what was given that have rows and columns."""
    if isinstance(trace, LayerRecord):
        if missing := [name for name in TENSORS if name not in trace.tensors]:
            raise ValueError(f"this record keeps no {', '.join(missing)}: keep all of them, as record() does")
        trace = trace.trace
    try:
        made = traces.steps(trace)
    except TypeError:
        made = []
    made = [
        replace(each, axes=tuple(SAME.get(axis, axis) for axis in each.axes))
        for each in made
        if 3 <= each.tensor.dim() <= 4 and each.tensor.numel()
    ]
    if not made:
        raise ValueError(
            f"{type(trace).__name__} is no trace: give what core.attention.attend.attend returned, or a layer of "
            "core.models.pretrained.record()"
        )
    return made


def _words(axis: str, words: Sequence[str] | None, size: int) -> list[Token]:
    if words is None:
        return plain(map(str, range(size)))
    if len(words) != size:
        raise ValueError(f"there are {len(words)} words for {size} {axis}: give one for each")
    return plain(map(str, words))


def _divisor(made: Sequence[Step]) -> float:
    """What scores were divided by; 1 where that is not told."""
    found = {each.name: each.tensor for each in made}
    if not {"scores", "scaled"} <= found.keys():
        return 1.0
    place = int(found["scores"].abs().argmax())
    score, scaled = (torch.flatten(found[name])[place].item() for name in ("scores", "scaled"))
    return score / scaled if scaled else 1.0


def _views(made: Sequence[Step], tensors: dict[str, np.ndarray], n_heads: int, scope: Scope) -> Iterator[StepView]:
    """A stop for each step, and one for all heads where there are several."""
    for each in made:
        view = _view(each, tensors)
        if each.name == "weights" and n_heads > 1:
            told = say("All {n} heads: click one to look at it in every step.", scope, n=n_heads)
            yield StepView("heads", ("weights",), Heads("weights"), told, title="All heads")
        rows, columns = each.axes[-2:]
        notice = (
            f"{{q}} gives {{k}} {{{each.name}[q,k]:.2f}}."
            if each.name == "weights"
            else f"{{q}} and {{k}}: {{{each.name}[q,k]:.2f}}."
            if (rows, columns) == ("queries", "keys")
            else f"A row for each of the {rows}, and in its columns: {AXES[columns].meaning}."
        )
        yield StepView(each.name, (each.name,), view, say(notice, scope))


def _view(made: Step, tensors: dict[str, np.ndarray]) -> View:
    rows, columns = made.axes[-2:]
    both = {"queries", "keys"} <= tensors.keys()
    if (rows, columns) == ("queries", "keys"):
        if made.name == "weights":
            return weights_matrix() if both else Matrix("weights", "weights", margin="sum", readout="plain")
        chain = {"scores": "scores", "scaled": "scaled", "masked": "masked"}.get(made.name)
        if both and chain:
            return pair_matrix(made.name, chain, PAIRS.get(made.name, ""))
        return Matrix(made.name, "signed", readout="plain")
    if made.name == "output" and {"weights", "values"} <= tensors.keys():
        return mixture()
    role = {"queries": "query", "keys": "key", "values": "value", "output": "output"}.get(made.name, "")
    return tables(Table(made.name, made.title, role, rows=rows))
