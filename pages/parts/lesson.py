"""A lesson, declared: what is set, what is computed, what each step shows and says, what is asked, what people claim.

    page = Lesson("masks", opens_at="weights", claims=masks.CLAIMS, sources=("vaswani2017",), code=(ran(attend),))

    @page.scene
    def scene(ui):                      the controls, in the order in which they are read, and what is computed from them
        chosen = Settings(ui.slider("Window w", 0, 64, 2, "window"))
        return Scene(masks.run(given, chosen), ...)

    @page.steps
    def steps(scene):                   in teaching order
        yield step("weights", pair_matrix("weights", ...), "{q} gives {weights[q,k]:.2f} to {k}.", shows="weights")

    @page.question("Which outputs move?", ("all", "one"), shows="leak")
    def moved(scene):                   graded on the live numbers: the right answer, and why
        return "one", "Only the last moved."

    page.show()

All else comes from the declaration: step viewer, what can be taken away, the state of the questions, claims, sources.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, partial, wraps
from typing import Any, Protocol

import numpy as np
import streamlit as st

from core import trace as traces
from core.experiments.claim import Claim
from core.glossary import Word
from core.listing import Code
from core.models.errors import ModelError
from core.trace import Step
from core.training.comparison import Comparison
from pages.parts import (
    claims,
    downloads,
    learning,
    learning_curve,
    messages,
    question,
    step_viewer,
    url_state,
)
from pages.parts.controls import Controls, around_a_figure
from pages.parts.figures import View
from pages.parts.question import Question
from pages.parts.step_viewer import Computation, StepView, StepViewer
from pages.parts.words import Scope, Token, interesting, say
from pages.server import run_queue

QUERIES_KEYS_VALUES = {"queries": "Q", "keys": "K", "values": "V"}
Place = Callable[[int, int], None]


class Grade(Protocol):
    """A function that grades a question: the right answer and why, of a scene; it lends the question its name."""

    __name__: str

    def __call__(self, scene: Any, /) -> tuple[str, str]: ...


@dataclass(frozen=True)
class Scene:
    """What a lesson shows as its controls stand. What is not said here is as a StepViewer has it.

    result     whatever the lesson computed; its attributes are names in the sentences.
    trace      the trace, or its steps; without it, that of the result.
    tokens     the words of each axis.
    beside     matrices beside those of the trace; shares: which of them are in 0..1; screen: as of StepViewer.
    again      the call of core that makes all of it once more, to be taken away.
    origin     where the numbers come from.
    evidence   what the claims are tried on; None where they are tried elsewhere on the page.
    focus      what is looked at first, where that is not a telling word and what it gives most to.
    names      further names for the sentences.
    given      what the learner gave; chosen: how the controls stand.
    steps      in place of the lesson's own steps, with its own `opens_at`, `code`, `formula_of` and `symbols`.
    recurrent  the label of the first step that is done anew for every query.
    asks       whether the questions can be asked of this input.
    """

    result: Any
    tokens: Mapping[str, Sequence[Token]]
    again: partial
    origin: str
    trace: Any = None
    given: Any = None
    chosen: Any = None
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)
    shares: frozenset[str] = frozenset()
    screen: Mapping[str, np.ndarray] = field(default_factory=dict)
    evidence: tuple | None = None
    focus: Mapping[str, int] = field(default_factory=dict)
    signature: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)
    steps: Callable[["Scene"], Iterator["StepDeclared"]] | None = None
    opens_at: str = ""
    code: Sequence[Code] | None = None
    formula_of: str | None = None
    formulas: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[str, str] | None = None
    divisor: float = 1.0
    dot_product: bool = True
    recurrent: str = ""
    edit_label: str = "Edit mask"
    on_toggle: Place | None = None
    on_reorder: Place | None = None
    on_pick: Place | None = None
    on_drag: Callable[[int, float, float], None] | None = None
    asks: bool = True
    token_strip: bool | None = None

    @property
    def _traced(self) -> Any:
        return self.result.trace if self.trace is None else self.trace

    @cached_property
    def made(self) -> list[Step]:
        """The steps of the trace."""
        return self._traced if isinstance(self._traced, list) else traces.steps(self._traced)

    @cached_property
    def declared(self) -> set[str]:
        """The names of all steps that may be there."""
        traced = self._traced
        return {each.name for each in traced} if isinstance(traced, list) else traces.names(traced)

    @cached_property
    def tensors(self) -> dict[str, np.ndarray]:
        """Every matrix by its name."""
        return traces.matrices(self.made) | dict(self.beside)

    @cached_property
    def looks_at(self) -> dict[str, int]:
        """What is looked at first: as told, else a telling word, and the key to which it gives most."""
        found = {"query": interesting(self.tokens["queries"])} | dict(self.focus)
        if "key" not in found:
            weights = self.tensors["weights"]
            one = weights[found.get("head", 0)] if weights.ndim == 3 else weights
            found["key"] = int(one[found["query"]].argmax())
        return found

    @cached_property
    def scope(self) -> Scope:
        """Where sentences look their names up."""
        return Scope(self.tensors, self.tokens, self.looks_at, self.result)


@dataclass(frozen=True)
class StepDeclared:
    """A step before its sentence has looked up its numbers."""

    label: str
    view: View
    notice: str | None
    shows: tuple[str, ...] | None
    more: Mapping[str, Any]
    values: Mapping[str, Any]

    def told(self, made: Sequence[Step], declared: Set[str]) -> tuple[str, ...]:
        """Those steps that it shows which are there: one that is left out (`step(unless=…)`) is not told.

        Where it does not say which, it is the one that is called like its label, or else those that its figure draws.

        Raises   ValueError for one that is not even declared.
        """
        instead: Computation | None = self.more["instead"]
        there = {each.name for each in (instead.steps if instead else made)}
        if self.shows is None:
            drawn = dict.fromkeys(part.tensor for part in self.view.parts)
            return tuple(name for name in ([self.label] if self.label in there else drawn) if name in there)
        if strange := set(self.shows) - there - (set() if instead else declared):
            known = ", ".join(sorted(there | declared))
            raise ValueError(
                f"the step “{self.label}” shows {sorted(strange)}, which no trace declares: there are {known}"
            )
        return tuple(name for name in self.shows if name in there)

    def says(self, scene: Scene, told: Sequence[str]) -> str:
        """What there is to see: its own words, or those with which the trace declares each of the steps that it shows."""
        if self.notice is not None:
            return self.notice
        said = {each.name: each.says for each in scene.made}
        words = [said[name] for name in told if said[name]]
        return " ".join(each if isinstance(each, str) else each(scene.result) for each in words)


def step(
    label: str,
    view: View,
    notice: str | None = None,
    shows: str | Sequence[str] | None = None,
    operator: str = "",
    title: str = "",
    shape: str = "",
    instead: Computation | None = None,
    code: Code | None = None,
    counted: bool = True,
    was: str = "",
    sizes: Mapping[str, int] | None = None,
    **values: Any,
) -> StepDeclared:
    """One step.

    label    its name: the word under its picture, and what the link calls it.
    view     how its figure is drawn; notice: what there is to see in it, with names in braces (pages/parts/words.py), where
             the trace does not say it.
    shows    the steps of the trace that it shows; without it, the one that is called like its label, or those of its figure.
    values   names for its sentence alone. The rest as of a StepView.
    """
    names = (shows,) if isinstance(shows, str) else None if shows is None else tuple(shows)
    more: dict[str, Any] = {"operator": operator, "title": title, "shape": shape, "instead": instead, "code": code}
    more |= {"counted": counted, "was": was, "sizes": sizes or {}}
    return StepDeclared(label, view, notice, names, more, values)


class Lesson:
    """One lesson. See the top of this file."""

    def __init__(
        self,
        slug: str,
        *,
        opens_at: str,
        claims: Sequence[Claim],
        sources: Sequence[str],
        code: Sequence[Code] = (),
        formula_of: str = "output",
        symbols: Mapping[str, str] = QUERIES_KEYS_VALUES,
        token_strip: bool = True,
    ):
        """slug: of the page; opens_at: the label of the step that is shown first; code: the functions that ran."""
        self.slug, self.opens_at, self.claims, self.sources = slug, opens_at, claims, sources
        self.code, self.formula_of, self.symbols = code, formula_of, symbols
        self.token_strip = token_strip
        self.ui = Controls(slug)
        self._asked: list[Question] = []
        self._below: list[Callable] = []
        self._asides: list[Callable[[], None]] = []  # in the order in which they stand

    def scene(self, make: Callable[[Controls], Scene | None]) -> Callable:
        """Declare what is set and computed; it returns None after saying why there is nothing to show."""
        self._scene = make
        return make

    def steps(self, tell: Callable[[Scene], Iterator[StepDeclared]]) -> Callable:
        """Declare the steps."""
        self._steps = tell
        return tell

    def question(
        self,
        asks: str | Callable[[Any], str],
        options: Sequence[str] | Callable[[Any], Sequence[str]],
        *,
        sets: Mapping[str, Any] | None = None,
        shows: str = "",
    ) -> Callable:
        """Declare a question; what is decorated grades it.

        asks, options   words, or what makes them from the scene.
        sets, shows     the controls as they must stand, and the step at which the page shows the answer.
        """

        def declare(grade: Grade) -> Grade:
            perform = partial(self._performing, sets or {}, shows) if sets or shows else None
            self._asked.append(Question(grade.__name__, asks, options, grade, perform))
            return grade

        return declare

    def below(self, draw: Callable[[Scene], None]) -> Callable:
        """Declare what stands below the figure and changes with it."""
        self._below.append(draw)
        return draw

    def aside(self, draw: Callable[[], None]) -> Callable:
        """Declare a part that runs by itself."""

        @wraps(draw)
        def guarded() -> None:
            self._guarded(draw)

        self._asides.append(run_queue.fragment(guarded))
        return draw

    def toy(self, name: str, *how: Any) -> None:
        """Declare a toy that is trained while the learner looks. name: of its widgets; how: as of learning.show."""
        self._asides.append(partial(learning.show, name, *how))

    def compare(self, comparison: Comparison) -> None:
        """Declare small models that learn one task, one after the other, once the learner asks for it."""

        def compared() -> None:
            learning_curve.show(self.slug, comparison)

        self.aside(compared)

    def answered(self) -> bool:
        """Whether every question has been checked once."""
        return question.answered(self.slug, [each.name for each in self._asked])

    def practise(self, given: Any, evidence: tuple) -> None:
        """Ask the questions of what is given, and try the claims on the evidence."""
        question.ask(self.slug, self._asked, given)
        claims.show_claims(self.slug, self.claims, evidence)

    def show(self) -> None:
        """Draw the lesson."""
        run_queue.fragment(self._lesson)()
        for draw in self._asides:
            self._guarded(draw)
        claims.show_sources(self.slug, self.sources)

    def _lesson(self) -> None:
        self._guarded(self._draw)

    def _guarded(self, draw: Callable[[], None]) -> None:
        """Draw a part; where a model that it needs is missing or damaged, say so in its place."""
        try:
            draw()
        except ModelError as error:
            messages.problem(self.slug, "The models of this lesson cannot be used.", f"{error}.")

    def _draw(self) -> None:
        messages.told()
        above, figure, self.ui.below = around_a_figure()
        with above:
            scene = self._scene(self.ui)
        if scene is None:
            return
        viewer = self.viewer(scene)
        with figure:
            step_viewer.show(viewer, scene.on_toggle, scene.on_reorder, scene.on_pick, scene.on_drag)
            downloads.offer(viewer, scene.origin, scene.again)
        for draw in self._below:
            draw(scene)
        if scene.evidence is not None:
            if scene.asks:
                question.ask(self.slug, self._asked, scene)
            claims.show_claims(self.slug, self.claims, scene.evidence, scene.tokens)

    def viewer(self, scene: Scene) -> StepViewer:
        """The step viewer of a scene."""
        declared, explained = list((scene.steps or self._steps)(scene)), set[Word]()
        views = [
            StepView(
                each.label,
                told,
                each.view,
                say(each.says(scene, told), scene.scope, explained, **{**scene.names, **each.values}),
                **each.more,
            )
            for each in declared
            for told in [each.told(scene.made, scene.declared)]
        ]
        return StepViewer(
            lesson=self.slug,
            signature=scene.signature or str(scene.again.args),
            steps=scene.made,
            views=views,
            opens_at=scene.opens_at or self.opens_at,
            tokens=scene.tokens,
            code=self.code if scene.code is None else scene.code,
            formula_of=self.formula_of if scene.formula_of is None else scene.formula_of,
            symbols=dict(self.symbols if scene.symbols is None else scene.symbols),
            formulas=scene.formulas,
            focus=scene.looks_at,
            divisor=scene.divisor,
            dot_product=scene.dot_product,
            tensors=scene.beside,
            shares=scene.shares,
            screen=scene.screen,
            editable=scene.on_toggle is not None,
            edit_label=scene.edit_label,
            reorderable=scene.on_reorder is not None,
            recurrent=[each.label for each in declared].index(scene.recurrent) if scene.recurrent else None,
            token_strip=self.token_strip if scene.token_strip is None else scene.token_strip,
            answered=self.answered(),
        )

    def _performing(self, sets: Mapping[str, Any], shows: str, scene: Any) -> Callable[[], None]:
        """What sets the controls and goes to the step, so that the page shows the answer."""
        values = {self.ui.key(name): value(scene) if callable(value) else value for name, value in sets.items()}
        return partial(self._perform, values, shows)

    def _perform(self, values: Mapping[str, Any], shows: str) -> None:
        for key, now in values.items():
            if key not in st.session_state:
                url_state.write(key, now)
            if key in st.session_state or now != "":  # a control that this makes appear takes it from the session
                st.session_state[key] = now
        if shows:
            step_viewer.go_to(self.slug, shows)
