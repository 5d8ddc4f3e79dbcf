"""Lesson 3: attending to pictures. Where does a caption look for its next word?"""

from functools import partial

import numpy as np
import streamlit as st

from core import picture_files
from core.attention import attend
from core.experiments import captioning as experiments
from core.lessons import captioning, shown
from core.lessons.captioning import CELLS, MODELS, ROOM, SCENE, Settings
from core.listing import ran
from core.memory import kept_for_all_if
from core.sequence.decoding import tempered
from core.vision import scenes
from core.vision.captioner import Captioner
from pages.parts import captions, ours, own_picture, scene_editor
from pages.parts.controls import Controls, row
from pages.parts.figures import Overlay, Table, next_words, tables
from pages.parts.interventions import LinkedCells
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.messages import literal
from pages.parts.words import Token, plain

NOTHING, COVERED = "nothing", {name: cell for cell, name in enumerate(CELLS)}
DRAWN, BROUGHT = "drawn scene", "photograph or your own"
WORDS_OF_A_THING = 5  # colour, shape, two for its place, and what stands between things
SHARES = ("more than 90%", "60% to 90%", "less than 60%")
FIRST, SECOND = scenes.in_order(SCENE)
A, B = CELLS[FIRST.cell], CELLS[SECOND.cell]

page = Lesson(
    "captioning",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("xu2015", "vinyals2015", "bahdanau2015", "cho2014"),
    formula_of="contexts",
    symbols={"contexts": "c_t", "weights": "A_{t,ij}", "decoder_states": "s_t", "grid": "z_{ij}"},
)
READS = ran(Captioner.encode, features="grid")
MEAN = (ran(Captioner.laid_out, mean="contexts"),)
LOOKS = (
    ran(Captioner.laid_out),
    ran(Captioner.look_back, query="energies"),
    ran(attend, scores="energies", scaled="energies", output="contexts"),
)
WRITES = (ran(Captioner.advance, returns="decoder_states"), ran(Captioner.logits, returns="probabilities"))
picture = partial(Overlay, picture="picture", side=scenes.CELLS)

forced_cells = LinkedCells(page.slug, ROOM)


@kept_for_all_if(lambda settings, _picture=None: not settings.own and ours.scene(settings))
def captioned(settings: Settings, _picture: np.ndarray | None = None) -> captioning.Lesson:
    return captioning.run(settings, _picture)


@page.scene
def scene(ui: Controls) -> Scene:
    with row():
        context = ui.one_of("Context", list(MODELS), "context")
        looking = context == "attention"
        temperature = ui.temperature(disabled=not looking)
        covered = ui.select("Cover a cell", [NOTHING, *CELLS], "cover", width=130)
        drawn = ui.one_of("Picture", [DRAWN, BROUGHT], "source") == DRAWN
    with ui.under():
        things = scene_editor.edit(ui.prefix, SCENE) if drawn else SCENE
        brought = None if drawn else own_picture.choose(ui.prefix, side=scenes.SIDE)[1]
    own = "" if brought is None else own_picture.digest(brought)
    settings = Settings(things, COVERED.get(covered), temperature, forced_cells.of_link(), own)
    result = captioned(settings, brought)
    caption, forced = (result.now, {at for at, _ in settings.forced_cells}) if looking else (result.mean, set())
    words = [Token(("✎ " if at in forced else "") + word, word == "</s>") for at, word in enumerate(caption.words)]
    at = min((place for place in forced if place < len(words)), default=0)
    # a picture of the learner's own is written down; a drawn scene is in the settings
    written = partial(picture_files.opened_png, picture_files.png(captioning.bytes_of(result.pixels))) if own else None
    return Scene(
        result,
        trace=caption.trace,
        given=caption,
        chosen=settings,
        tokens={"queries": words, "keys": plain(CELLS), "one": plain(["s₀"])},
        beside=captioning.beside(caption),
        shares=frozenset({"choices", "picture"}),
        again=shown.call(captioning.shown, context, settings, written),
        signature=f"{settings}|{context}",
        origin=f"Real numbers of {MODELS[context]}, trained for this course on drawn scenes alone, computed on "
        f"{captioning.device()}" + (". Nobody told it where to look" if looking else ""),
        evidence=(things if drawn else scene_editor.of_link(f"{ui.prefix}_scene", SCENE), 0),
        focus={"query": at} if looking else {"query": at, "key": 0},
        formulas=tempered(caption.trace, temperature),
        symbols=page.symbols if looking else {**page.symbols, "contexts": "c"},
        code=(READS, *(LOOKS if looking else MEAN), *WRITES),
        steps=looking_steps if looking else mean_steps,
        opens_at="weights" if looking else "c",
        dot_product=False,
        recurrent="scores" if looking else "c",
        edit_label="Force it",
        on_toggle=forced_cells.toggle if looking else None,
    )


def first_steps(scene: Scene):
    """The picture and its grid, which both captioners have."""
    trace, hidden = scene.given.trace, scene.chosen.covered
    yield step(
        "I",
        picture("grid", plain=True, columns="numbers", rows="keys", scale="signed"),
        "{n} x {n} pixels. Nobody cuts anything out: a small convolutional net, which sees a few neighbouring pixels at a "
        "time, makes {c} cells of it, each named by its column and its row."
        if hidden is None
        else "Cell {hidden} is painted over before anything is read.",
        shows="pixels",
        shape=f"3 × {scenes.SIDE} × {scenes.SIDE}",
        n=scenes.SIDE,
        c=len(CELLS),
        hidden="" if hidden is None else CELLS[hidden],
    )
    yield step(
        "z",
        tables(Table("grid", "z", rows="keys", role="key")),
        "One row of {d} numbers per cell: what the net saw there and around it, and beside that a vector that says which cell "
        "it is. Without that vector {c} cells would be a heap without order.",
        operator="CNN",
        d=trace.grid.shape[-1],
        c=len(CELLS),
    )
    yield step(
        "s₀",
        tables(Table("first", "s₀", rows="one", role="query", labelled=True)),
        "The decoder begins with one look at everything: the mean of all cells, mapped to the {n} numbers of its first state.",
        shows="first_state",
        operator="mean",
        n=trace.first_state.shape[-1],
    )


def last_steps(scene: Scene, context: str, operator: str, state: str):
    """Context, state and next words, which both captioners have. context, state: what is said of them."""
    choices, _ = captioning.choices(scene.given.trace.probabilities[0])
    yield step(
        "c",
        tables(Table("contexts", "c", rows="queries", role="output", grows=True)),
        context,
        operator=operator,
        c=len(CELLS),
    )
    yield step(
        "s",
        tables(Table("decoder_states", "s", rows="queries", role="query", grows=True)),
        state,
        operator="GRU",
    )
    yield step(
        "next",
        next_words("choices", choices, fixed=True),
        "Each row: the five likeliest of {v} words. The first is written.",
        shows="probabilities",
        operator="softmax",
        shape=f"{len(choices)} × {len(scenes.WORDS)}",
        v=len(scenes.WORDS),
    )


def looking_steps(scene: Scene):
    """The steps with attention."""
    yield from first_steps(scene)
    yield step(
        "scores",
        picture("energies", scale="signed", grows=True),
        "Before {q} is written, the state so far asks every cell how well it fits: {energies[q,k]:.2f} for {k}.",
        operator="f",
    )
    yield step(
        "weights",
        picture("weights", grows=True),
        "One budget of 1 for all {c} cells: {weights[q,k]:.2f} of it goes to {k} while {q} is written. What gets nothing is "
        "veiled." + (" Words with ✎ look where you forced them to." if scene.chosen.forced_cells else ""),
        operator="softmax",
        c=len(CELLS),
    )
    yield from last_steps(
        scene,
        "The context of {q}: all cells, each times its weight, added up. It is as wide as one cell.",
        "·z",
        "From the context, the word before and the state before, the cell makes the state of {q}.",
    )
    yield step(
        "all words",
        picture("weights", strip=True, grows=True),
        captions.of_looks(scene.result),
        title="Where every word looked",
    )


def mean_steps(scene: Scene):
    """The steps with one context for all words."""
    yield from first_steps(scene)
    yield from last_steps(
        scene,
        captions.of_mean(scene.result),
        "mean",
        "The state of {q} is made of the state and the word before; the context adds the same again.",
    )


@page.below
def written(scene: Scene) -> None:
    """What both captioners write."""
    with st.container(key=page.ui.key("texts"), border=True):
        captions.show(scene.result)
        if scene.chosen.forced_cells:
            st.button("Take the forced looks back", on_click=forced_cells.clear, key=page.ui.key("back"))
        st.caption(
            f"Both learned from drawn scenes alone: {len(scenes.COLOURS)} colours, {len(scenes.SHAPES)} shapes and up to "
            f"{scenes.MOST} things that do not touch, each in a cell of its own."
            + (
                " In the figure: press “Force it”, then click a cell, and this word looks there alone."
                if scene.on_toggle
                else ""
            )
        )


@page.question(
    f"The scene that this page begins with has a {FIRST.colour} {FIRST.shape} in cell {A} and a {SECOND.colour} "
    f"{SECOND.shape} in cell {B}. Which cells get the largest weights while the first and the sixth word are written?",
    (f"{A}, then {B}", f"{B}, then {A}", f"both {A}"),
)
def where(scene: Scene) -> tuple[str, str]:
    caption = captioned(Settings()).free
    found = [captioning.looked_at(caption, word) for word in (0, WORDS_OF_A_THING)]
    answer = f"both {A}" if found == [A, A] else f"{found[0]}, then {found[1]}"
    return answer, f"The caption is “{literal(caption.text)}”."


@page.question(
    f"Take attention away: every word gets the mean of all cells. Of new scenes with {scenes.MOST} things, how many are "
    "captioned right to the last word?",
    SHARES,
)
def mean(scene: Scene) -> tuple[str, str]:
    with st.spinner("Captioning new scenes, twice …", show_time=True):
        found = experiments.one_context(scene.chosen.scene, 0)
    share = found["exact, mean"]
    return SHARES[(share <= 0.9) + (share < 0.6)], found.says


page.show()
