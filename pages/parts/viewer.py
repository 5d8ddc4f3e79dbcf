"""What a step viewer shows: the steps of a trace on a timeline, and what of it travels to whoever draws it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from core.direction import begins_right
from core.letters import BELOW
from core.listing import Code
from core.sources import SOURCES
from core.trace import Step, matrices, references
from pages.parts.figures import FROM_THE_LEFT, View, limit, sent
from pages.parts.formula import letters, whole_formula
from pages.parts.payload import pack
from pages.parts.words import Span, Token

EACH = "each its own"  # in place of one formula for all: each step has that of what it shows
LONGEST_LABEL = 40  # letters of a token that a label can need


@dataclass(frozen=True)
class Computation:
    """What is computed: the steps of a trace, with the formula and the functions that tell of it.

    formula_of, code, symbols, formulas   as of a StepViewer.
    """

    steps: list[Step]
    formula_of: str
    code: Sequence[Code]
    symbols: Mapping[str, str] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)

    @property
    def formula(self) -> str:
        """Its markup; "" for none."""
        return "" if self.formula_of in ("", EACH) else self.formula_to(self.formula_of)

    def beside(self, shown: Sequence[str]) -> "Computation":
        """What tells of some steps: itself; each by its own formula where this one speaks of none of them."""
        if not shown or self.formula_of in ("", EACH):
            return self
        spoken_of = {self.formula_of, *self._symbols_of(shown)}
        spoken_of = spoken_of.union(*map(self._inside, spoken_of))
        letters_of_it = {letter for letter, _ in self.letters_of([self.formula_of], {})}
        if any(name in spoken_of or self._formula(name) in letters_of_it for name in shown):
            return self
        return replace(self, formula_of=EACH)

    def formula_to(self, step: str) -> str:
        """The markup of the formula of one step."""
        return whole_formula(self.steps, step, self._symbols_of([step]), self.formulas)

    def formulas_to(self, shown: Sequence[str]) -> str:
        """The markup of the formulas of some steps, each under its title where there are several.

        One that stands inside another one's is not written twice.
        """
        outer = [name for name in shown if not any(name in self._inside(other) for other in shown)]
        if len(outer) < 2:
            return "".join(map(self.formula_to, outer))
        titles = {step.name: re.sub(BELOW, r"<sub>\1</sub>", escape(step.title)) for step in self.steps}
        return "".join(f'<div class="each"><p>{titles[name]}</p>{self.formula_to(name)}</div>' for name in outer)

    def letters_of(self, shown: Sequence[str], sizes: Mapping[str, int]) -> list[tuple[str, str]]:
        """What the letters of these steps' formulas mean. sizes: of those that are numbers."""
        found = letters(self.steps, shown, self._symbols_of(shown), self.formulas)
        return [(letter, f"{says}: here {sizes[letter]}" if letter in sizes else says) for letter, says in found]

    def _symbols_of(self, shown: Sequence[str]) -> Mapping[str, str]:
        """The symbols beside the formulas of some steps: where each step has its own, its own and those that stand in it."""
        if self.formula_of != EACH:
            there = {step.name for step in self.steps}
            return {name: letter for name, letter in self.symbols.items() if name in there}
        there = set(shown).union(*map(self._inside, shown))
        said = {letter for letter, _ in letters(self.steps, shown, {}, self.formulas)}
        return {name: letter for name, letter in self.symbols.items() if name in there or letter in said}

    def _inside(self, step: str) -> set[str]:
        """The steps whose formulas stand inside that of one."""
        named = references(self._formula(step))
        return set(named).union(*map(self._inside, named))

    def _formula(self, step: str) -> str:
        """The formula of one step in LaTeX."""
        return self.formulas.get(step) or next(each.formula for each in self.steps if each.name == step)

    def code_of(self, shown: tuple[str, ...]) -> Code | None:
        """The function that makes the first of some steps that any of them makes; None for none."""
        return next((each for name in shown for each in self.code if name in each.makes), None)


def name_of(label: str) -> str:
    """What the link calls the step view of this label: the label without signs."""
    return "".join(sign for sign in label.replace(" ", "-") if sign.isalnum() or sign == "-").strip("-")


@dataclass(frozen=True)
class StepView:
    """One stop on the timeline.

    label     the word under its picture.
    steps     the steps of the trace that it shows; formula and code mark them, the first one lends its title.
    view      how the figure draws it.
    notice    one or two sentences with real numbers.
    operator  what stands on the timeline before it.
    title     in place of the first step's; shape: in place of its tensor's.
    instead   what is computed, where that is not the lesson's own computation.
    code      the function that made it, where none of the computation makes one of its steps.
    counted   False for one that came after links had been given out that count the steps: no number of a link names it.
    was       what links called it that were given out under another name.
    sizes     {letter: number} where it was run with other sizes than the lesson's own computation.
    """

    label: str
    steps: tuple[str, ...]
    view: View
    notice: list[Span]
    operator: str = ""
    title: str = ""
    shape: str = ""
    instead: Computation | None = None
    code: Code | None = None
    counted: bool = True
    was: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the link calls it."""
        return name_of(self.label)

    def texts(self, tokens: Mapping[str, Sequence[Token]]) -> list[str]:
        """All words that its figure may hold, beside those that the project itself writes."""
        found = [token.text for words in tokens.values() for token in words]
        found += [word for part in self.view.parts for row in part.words or () for word in row]
        return [*found, self.title, *self.view.written()]


@dataclass(frozen=True)
class StepViewer:
    """Everything that one step viewer shows.

    signature    changes whenever the input does; then the cell looked at returns to `focus`.
    steps        the trace.
    opens_at     the label of the step view that is shown first.
    tokens       the words of each axis: "queries" and "keys", and any other that a table names.
    code         the functions that ran, in the order in which they are read.
    focus        the "query", "key" and "head" that are looked at first. Any other axis that is named here is selected by
                 itself, from this row on; that selection is not kept in the link.
    formula_of   the step whose formula is shown, with all earlier ones inside it; "" for none, EACH for that of each step.
                 Beside steps that it says nothing of stand their own.
    formulas     {step: LaTeX} in place of what the trace declares, where the learner changed the computation.
    symbols      {step: letter} for what the formula names by a letter.
    divisor      what scores were divided by.
    dot_product  whether a score is the sum of q x k.
    tensors      matrices by name, beyond those of the steps; shares: which of them are in 0..1.
    screen       what is drawn in the browser alone, such as the file of a sharper picture; nobody takes it away.
    editable     whether clicking a cell changes it while the button `edit_label` is pressed; reorderable: whether words
                 can be dragged.
    recurrent    the first of the steps that are done anew for every query, one query after the other; None where all
                 queries are computed at once.
    token_strip  whether the keys stand above it as words, with arcs of the weights.
    answered     whether the learner answered the lesson's question.
    """

    lesson: str
    signature: str
    steps: list[Step]
    views: Sequence[StepView]
    opens_at: str
    tokens: Mapping[str, Sequence[Token]]
    focus: Mapping[str, int]
    code: Sequence[Code] = ()
    formula_of: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    divisor: float = 1.0
    dot_product: bool = True
    tensors: Mapping[str, np.ndarray] = field(default_factory=dict)
    shares: frozenset[str] = frozenset()
    screen: Mapping[str, np.ndarray] = field(default_factory=dict)
    editable: bool = False
    edit_label: str = "Edit mask"
    recurrent: int | None = None
    reorderable: bool = False
    token_strip: bool = True
    answered: bool = False

    @property
    def computation(self) -> Computation:
        """What all its step views show that name no other."""
        return Computation(self.steps, self.formula_of, self.code, self.symbols, self.formulas)

    @property
    def first(self) -> int:
        """The place of the step view that is shown first."""
        return next(place for place, view in enumerate(self.views) if view.label == self.opens_at)


def first_look(focus: Mapping[str, int]) -> dict[str, int]:
    """The query, key, number and head that are looked at first."""
    return {"query": 0, "key": 0, "dimension": 0, "head": 0} | dict(focus)


def payload(viewer: StepViewer, step: int, look: Mapping[str, int], go: tuple[int, int] | None = None) -> bytes:
    """What travels of it.

    step, look   the place of the step view and the cell that are looked at.
    go           how often a page sent the playhead somewhere, and to which step view; None = never.
    """
    tensors = matrices(viewer.steps) | dict(viewer.tensors)
    sizes = _sizes(viewer.steps)
    functions = [view.code or (view.instead or viewer.computation).code_of(view.steps) for view in viewer.views]
    code = list(dict.fromkeys(each for each in functions if each))
    turned = begins_right(token.text for token in viewer.tokens["keys"])
    step_views = [
        _step_view(view, {made.name: made for made in (view.instead or viewer).steps}, tensors, turned)
        | _told(view, viewer.computation, sizes)
        | {"code": None if made is None else code.index(made)}
        for view, made in zip(viewer.views, functions, strict=True)
    ]
    always = {"weights", "queries", "keys", "values", "scores", "scaled"} & tensors.keys()
    shown = {part.tensor for step_view in viewer.views for part in step_view.view.parts}
    words = {
        "lesson": viewer.lesson,
        "signature": viewer.signature,
        "tokens": {
            axis: [token._replace(text=token.text[:LONGEST_LABEL])._asdict() for token in tokens]
            for axis, tokens in viewer.tokens.items()
        },
        "cross": viewer.tokens["queries"] is not viewer.tokens["keys"],
        "views": step_views,
        "formula": viewer.computation.formula,
        "letters": [] if viewer.formula_of in ("", EACH) else viewer.computation.letters_of([viewer.formula_of], sizes),
        "code": [[{"text": line.text, "steps": line.makes} for line in each.lines] for each in code],
        "focus": dict(viewer.focus),
        "look": dict(look),
        "go": go,
        "divisor": viewer.divisor,
        "dotProduct": viewer.dot_product,
        "limits": {name: limit(tensors[name]) for name in {"queries", "keys"} & tensors.keys()},
        "editable": viewer.editable,
        "editLabel": viewer.edit_label,
        "recurrent": viewer.recurrent,
        "reorderable": viewer.reorderable,
        "tokenStrip": viewer.token_strip,
        "step": step,
        "first": viewer.first,
    }
    sent = {name: tensors[name] for name in shown | always | viewer.tensors.keys()}
    return pack(words, sent | dict(viewer.screen), viewer.shares | {"weights"} & tensors.keys())


def _step_view(
    step_view: StepView, declared: Mapping[str, Step], tensors: Mapping[str, np.ndarray], turned: bool
) -> dict[str, Any]:
    """What travels of a step view. turned: whether the words of the keys are read from the right."""
    first = declared.get(step_view.steps[0]) if step_view.steps else None
    parts = step_view.view.parts
    sizes = list(dict.fromkeys(" × ".join(map(str, tensors[part.tensor].shape)) for part in parts))
    return {
        "label": step_view.label,
        "steps": list(step_view.steps),
        "operator": step_view.operator,
        "title": step_view.title or (first.title if first else step_view.label),
        "also": first.also if first and not step_view.title else "",
        "source": _cited(first) if first else "",
        "shape": step_view.shape
        or (f"{len(parts)} × {sizes[0]}" if len(parts) > 1 and len(sizes) == 1 else ", ".join(sizes)),
        "axes": parts[0].rows_and_columns() + (FROM_THE_LEFT if turned and parts[0].columns == "keys" else ""),
        "notice": step_view.notice,
        "view": sent(step_view.view.scaled(tensors)),
    }


def _cited(made: Step) -> str:
    """Where a step comes from, and where it departs from there."""
    return SOURCES[made.source].short + (f"; as we do it: {made.ours}" if made.ours else "")


def _sizes(made: Sequence[Step]) -> dict[str, int]:
    """How many numbers a query of a computation has, by its letter, where something of it is as wide."""
    widths = [dict(zip(step.axes, step.tensor.shape, strict=True)).get("head_dim") for step in made]
    queries = [step.tensor.shape[-1] for step in made if step.name == "queries"]
    return next(({"d": width} for width in (*queries, *widths) if width), {})


def _told(view: StepView, lessons: Computation, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The formula beside one step view, and what its letters mean; None for the lesson's own."""
    if view.instead:
        own = _sizes(view.instead.steps) | dict(view.sizes)
        return {"formula": view.instead.formula, "letters": view.instead.letters_of([view.instead.formula_of], own)}
    beside, here = lessons.beside(view.steps), {**sizes, **view.sizes}
    if beside.formula_of == EACH:
        return {"formula": beside.formulas_to(view.steps), "letters": beside.letters_of(view.steps, here)}
    return {"formula": None, "letters": lessons.letters_of([lessons.formula_of], here) if view.sizes else None}
