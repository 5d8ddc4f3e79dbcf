"""One recurrent cell on a sequence: its gates, its states, and what is left of each input at the end."""

from functools import partial

from core.lessons.bottleneck import CellLesson
from core.listing import Line, lines_that_ran
from core.trace import steps
from pages.parts import downloads, step_viewer
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import table, tables
from pages.parts.words import say

WORDS = {
    "inputs": "One vector enters after the other.",
    "from_input": "What each input says by itself: this part could be computed for all at once.",
    "from_state": "What the state before says: this part must wait for it, one step after the other.",
    "reset": "A gate: σ brings its numbers between 0 and 1. How much of the state before the candidate may see: 0 forgets it, 1 "
    "sees all of it. ⊙ multiplies number by number.",
    "update": "How much of the state before stays: 1 keeps it as it is.",
    "candidate": "What the cell would write into its state.",
    "forget": "A gate: σ brings its numbers between 0 and 1. How much of the memory stays: 1 keeps it as it is. ⊙ multiplies "
    "number by number.",
    "input_gate": "How much of the candidate enters the memory.",
    "memory": "What is kept, plus what enters: nothing is squeezed here, so it can last.",
    "output_gate": "How much of the memory is shown as the state.",
    "states": "Each state is made from its input and the state before. Change the first input, and all of them change.",
}
# where all formulas in one would be too long to read
LETTERS = {
    "gru": {"reset": "r_t", "update": "z_t", "candidate": "n_t"},
    "lstm": {"forget": "f_t", "input_gate": "i_t", "candidate": "g_t", "memory": "C_t", "output_gate": "o_t"},
}
GATES = {"reset", "update", "forget", "input_gate", "output_gate"}


def show(
    lesson: str, signature: str, read: CellLesson, tokens: list[Token], where: str, answered: bool, again: partial
) -> None:
    """The steps of one cell: every gate, the states, the last of them, and how far it feels each input.

    lesson, signature, answered   as of a StepViewer; where: where its numbers come from; again: the call that
    makes all that it shows.
    """
    trace, felt = read.trace, read.felt
    made = steps(trace)
    own = [
        StepView(
            each.name.replace("_", " "),
            (each.name,),
            tables(table(each.name, each.title, **({"scale": "weights", "limit": 1} if each.name in GATES else {}))),
            say(WORDS[each.name]),
        )
        for each in made
    ]
    last = StepView(
        "c",
        (),
        tables(table("context", "c", rows="one", labelled=True), note="the last state: all that a decoder would get"),
        say(
            "The last state is {n} numbers for {t} inputs of {d}. With one input more it would still be {m}.",
            n=trace.states.shape[-1],
            t=len(tokens),
            d=trace.inputs.shape[-1],
            m=trace.states.shape[-1],
        ),
        title="The last state",
    )
    felt = StepView(
        "felt",
        (),
        tables(table("felt", "‖∂h_T/∂x_t‖", scale="share", limit=float(felt.max()) or 1.0)),
        say(
            "How far a small change of each input would move the last state, the size of the derivative ∂h_T/∂x_t: {first:.2e} "
            "for the first one, {last:.2e} for the last.",
            first=felt[0].item(),
            last=felt[-1].item(),
        ),
        "change",
        title="What the end still feels",
    )
    scene = StepViewer(
        lesson=lesson,
        signature=signature,
        steps=made,
        views=[*own, last, felt],
        tokens={"queries": tokens, "keys": tokens, "one": [Token("c")]},
        listing=_lines(read, {each.name for each in made}),
        formula_of="states",
        symbols=LETTERS.get(read.function.__name__, {}),
        focus={"query": 0, "key": 0},
        tensors=read.beside,
        answered=answered,
    )
    step_viewer.show(scene, len(own))
    downloads.offer(scene, len(own), where, again)


def _lines(read: CellLesson, names: set[str]) -> list[Line]:
    """The lines inside the cell's loop, each marked by the step whose tensor it made."""
    own = {"state": "states"}
    wanted = ("from_input", "from_state", "memory", "state", "candidate", *GATES)
    ran = lines_that_ran(read.function, wanted, {})
    marked = [tuple(own.get(name, name) for name in line.assigns if own.get(name, name) in names) for line in ran]
    return [Line(line.text, steps_of_line) for line, steps_of_line in zip(ran, marked, strict=True)]
