"""One recurrent cell on a sequence: its gates, its states, and what is left of each input at the end."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from core.lessons import bottleneck, looking_back
from core.lessons.bottleneck import CellLesson
from core.listing import ran
from core.sequence.cells import Cell, GRUTrace, LSTMTrace
from core.trace import steps
from pages.parts import controls, translations
from pages.parts.controls import Controls, row
from pages.parts.figures import Table, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.words import Token, plain

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
    GRUTrace: {"reset": "r_t", "update": "u_t", "candidate": "g_t"},
    LSTMTrace: {"forget": "f_t", "input_gate": "i_t", "candidate": "g_t", "memory": "C_t", "output_gate": "o_t"},
}
GATES = {"reset", "update", "forget", "input_gate", "output_gate"}


def by_hand(ui: Controls, tables: Sequence[NumberTable]) -> Scene:
    """A plain recurrent network of the learner's numbers: inputs, W_x, W_h."""
    rows, words = edit_tables(ui, tables).values(), tuple(tables[0].rows)
    again = partial(bottleneck.cell_by_hand, words, *rows)
    return _scene(bottleneck.by_hand(*rows), plain(words), controls.OWN_MAPS, again)


def untrained(ui: Controls, network: Cell, text: str) -> Scene | None:
    """A cell that was never trained, on the word vectors of the translators; None after saying why there is nothing."""
    with row("cell_control_row"):
        width = ui.slider("Numbers in a state", 8, 64, 32, "width", 8)
        bias = ui.slider("Forget bias", 0.0, 2.0, 0.0, "bias", 0.5) if network == "LSTM" else 0.0
        seed = ui.part("cell").seed(0)
    key = ui.key(controls.MAIN)
    found = translations.understand(
        text, key, lambda asked: (asked, *bottleneck.read_with(network, asked, width, seed, bias))
    )
    if found is None:
        return None
    understood, read, pieces = found
    origin = (
        f"An untrained recurrent cell ({network}) on the first {width} numbers of the word vectors of {looking_back.FIXED}, "
        f"scaled; its own numbers are random, from seed {seed}"
    )
    again = partial(bottleneck.cell_on_sentence, network, understood, width, seed, bias)
    return _scene(read, translations.tokens(pieces, bottleneck.translator().vocabulary), origin, again)


def _scene(read: CellLesson, tokens: list[Token], origin: str, again: partial) -> Scene:
    """The steps of one cell: every gate, the states, the last of them, and how far it feels each input."""
    return Scene(
        read,
        tokens={"queries": tokens, "keys": tokens, "one": plain(["c"])},
        beside=read.beside,
        again=again,
        origin=origin,
        focus={"query": 0, "key": 0},
        code=(ran(read.function, state="states"),),
        formula_of="states",
        symbols=LETTERS.get(type(read.trace), {}),
        steps=_steps,
        opens_at="c",
    )


def _steps(scene: Scene) -> Iterator[StepDeclared]:
    read = scene.result
    for made in steps(read.trace):
        share: dict[str, Any] = {"scale": "weights", "limit": 1} if made.name in GATES else {}
        yield step(
            made.name.replace("_", " "),
            tables(Table(made.name, made.title, **share)),
            WORDS[made.name],
        )
    n_inputs, d_hidden = read.trace.states.shape[1:]
    yield step(
        "c",
        tables(Table("context", "c", rows="one", labelled=True), note="the last state: all that a decoder would get"),
        "The last state is {n} numbers for {t} inputs of {d}. With one input more it would still be {n}.",
        title="The last state",
        n=d_hidden,
        t=n_inputs,
        d=read.trace.inputs.shape[-1],
    )
    yield step(
        "felt",
        tables(Table("felt", "‖∂c/∂x_t‖", scale="share", limit=float(read.felt.max()) or 1.0)),
        "How far a small change of each input would move the last state, the size of the derivative ∂c/∂x_t: {first:.2e} for "
        "the first one, {last:.2e} for the last.",
        operator="change",
        title="What the end still feels",
        first=read.felt[0].item(),
        last=read.felt[-1].item(),
    )
