"""Lesson 12: the bill. What does attention cost, and who pays?"""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.attention import project_heads
from core.cost import timed
from core.cost.sizes import Sizes
from core.experiments import cost as experiments
from core.lessons import material
from core.lessons.cost import bill, cheaper, marks, paths, questions
from core.lessons.material import Encoded
from core.lessons.shown import call
from core.listing import ran
from core.memory import kept_for_all, kept_for_all_if
from pages.lessons.by_hand import cost as shown_alone
from pages.parts import controls, long_map, ours, sentences
from pages.parts.controls import SENTENCE, Controls, row
from pages.parts.figures import Matrix, Table, tables, weights_matrix
from pages.parts.lesson import QUERIES_KEYS_VALUES, Lesson, Scene, step
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

BILL, TILES, CHEAPER, PATHS = PARTS = ("the bill", "tile by tile", "cheaper", "paths")
AT_MOST, SEED, OURS_LAYER = 64, 12, 3  # tokens: every way of saving reads the sentence six times

page = Lesson(
    "cost",
    opens_at="FLOPs",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "dao2022", "ainslie2023", "xiao2024", "hoffmann2022", "brown2020", "grattafiori2024"),
    formula_of=EACH,
    symbols={},
    token_strip=False,
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    above = row()
    with above:
        part = ui.one_of("Show", PARTS, "part")
    if part == BILL:
        made = shown_alone.the_bill(ui, above)
        return tried(made, made.chosen.sizes, our_sentence(), OURS_LAYER)
    if part == PATHS:
        return tried(shown_alone.three_paths(ui, above), bill.OURS, our_sentence(), OURS_LAYER)
    with above:
        text, (layer, head) = ui.sentence(), ui.layer_and_head()
    read = sentences.read(text, ui.prefix, at_most=AT_MOST)
    if read is None:
        return None
    made = (shown_alone.tile_by_tile if part == TILES else what_is_cheaper)(ui, read, layer, head, AT_MOST)
    return tried(made, bill.OURS, read, layer, **({"block": made.chosen.block} if part == TILES else {}))


@kept_for_all  # a page's own names are new whenever it is opened
def our_sentence() -> Encoded:
    """A sentence of ours, on which claims are tried where the learner typed none."""
    return material.encode(SENTENCE)


def tried(scene: Scene, sizes: Sizes, read: Encoded, layer: int, **more: int) -> Scene:
    """The scene with what its claims are tried on: all heads of a layer on a sentence, sizes, and the side of a tile."""
    x, of = read.x(layer), material.layer_of(layer)
    given = experiments.Given(*project_heads(x, x, of.maps, of.n_heads), sizes, **more)
    return replace(scene, evidence=(given, SEED))


@kept_for_all_if(lambda _read, text, start: ours.text(text))
def moved(_read: Encoded, text: str, start: int) -> cheaper.Vectors:
    return cheaper.moved(_read)


def what_is_cheaper(ui: Controls, read: Encoded, layer: int, head: int, at_most: int) -> Scene:
    """The learner's sentence with few weights, in a window, with keys and values that heads share."""
    with ui.more():
        kept = ui.among("Weights kept in a row", cheaper.KEPT, 4, "kept", width=170)
        window = ui.among("Window, each side", cheaper.WINDOWS, 2, "window")
        first = ui.toggle("Keep the first token", "first")
        shared = ui.among("Heads of K and V", cheaper.SHARED, 3, "shared")
    chosen = cheaper.Settings(layer, head, kept, window, first, shared)
    result = cheaper.run(read, chosen, moved(read, read.text, read.tokens.start))
    words = sentences.shown(read)
    return Scene(
        result,
        chosen=chosen,
        names=vars(chosen),
        tokens={"queries": words, "keys": words} | {axis: plain(texts) for axis, texts in cheaper.axes(result).items()},
        beside=cheaper.beside(result),
        again=call(cheaper.shown, call(material.encode, read.text, read.tokens.start, at_most), chosen),
        signature=f"{read.text}|{layer}|{head}",
        origin=controls.origin(layer, head),
        focus=result.stands,
        code=(ran(cheaper.run, largest="few", around="near", shared="together"),),
        symbols=QUERIES_KEYS_VALUES,
        formulas={"masked": "<scaled>"},
        divisor=result.trace.queries.shape[-1] ** 0.5,
        steps=steps_of_what_is_cheaper,
        opens_at="few",
    )


def errors(kind: str, rows: str, told: str = "") -> tuple[Table, Table, Table]:
    """Two errors and what is kept in memory, for every number of a kind. told: what sets it apart from another one."""
    more: dict[str, Any] = {"rows": rows, "percent": True, "scale": "share", "limit": 1, "axes": "ways ↓ · share →"}
    names = (("outputs", "head off"), ("vectors", "sentence off"), ("memory", "kept"))
    outputs, vectors, memory = (Table(f"{kind}_{tensor}", f"{label}{told}", **more) for tensor, label in names)
    return outputs, vectors, memory


def steps_of_what_is_cheaper(scene: Scene):
    yield step("A", weights_matrix(), "The weights as they are, of the head that is looked at.", shows="weights")
    yield step(
        "few",
        Matrix("few", "weights", hidden="mask_k", hiddenWord="left out", readout="plain", margin="sum", corner="A"),
        operator=f"top {scene.chosen.kept}",
    )
    yield step(
        "few, tried",
        tables(*errors("kept", "kept")),
        "How far this head's outputs are off, and how far the sentence's vector turns (1 − cosine) when all heads of "
        "all layers do so. With {kept} it turns by {few_turned:.3f}, and {few_bytes:,} bytes are kept in place of "
        "{weights_bytes:,}.",
        title="Few weights, tried",
    )
    yield step(
        "window",
        Matrix("near", "weights", hidden="mask_w", hiddenWord="not seen", readout="plain", margin="sum", corner="A"),
        shows="near",
        operator="window",
    )
    yield step(
        "window, tried",
        tables(*errors("window", "windows")[:2], *errors("first", "windows", ", first kept")[:2]),
        "Left the window alone, right with the first token beside it: ± {window} turns the sentence's vector by "
        "{alone_turned:.3f}, and by {first_turned:.3f} with it. {why_first} {window_bytes:,} of {cache_bytes:,} bytes"
        " of keys and values are held.",
        title="A window, without and with the first token",
    )
    yield step(
        "shared",
        Matrix("together", "weights", readout="plain", margin="sum", corner="A"),
        shows="together",
        operator="mean",
    )
    yield step(
        "shared, tried",
        tables(*errors("shared", "shared")),
        "Heads of keys and values: {shared}. That turns the sentence's vector by {shared_turned:.3f} and keeps "
        "{shared_bytes:,} bytes in place of {cache_bytes:,}. This model was not trained to share; models that are "
        "lose far less.",
        title="Shared keys and values, tried",
    )


@page.below
def of_others(scene: Scene) -> None:
    """The models beside the bill, and the sentence of experiments where none stands above."""
    if isinstance(scene.result, bill.Lesson):
        with st.expander("The models, from their configurations in transformers"):
            for model in scene.result.models:
                st.caption(marks.told(model))
    if isinstance(scene.result, bill.Lesson | paths.Lesson):
        st.caption(
            f"Experiments that speak of your tokens and heads take “{SENTENCE}” here, in layer {OURS_LAYER}. Under “{TILES}” "
            f"and “{CHEAPER}” they take your own sentence."
        )


@page.question(
    "A block with D = 512 and an MLP four times as wide: from how many tokens on do scores and mix take more operations than "
    "all else in it?",
    ("512", "1,024", "3,072", "always"),
    sets={"part": BILL, "d": 512, "heads": 8, "kv": 8, "n": 2048},
    shows="FLOPs",
)
def overtakes(scene: Scene) -> tuple[str, str]:
    return f"{questions.ALIKE.crossover:,.0f}", (
        f"4N²D overtakes 24ND² at N = 6D = {questions.ALIKE.crossover:,.0f}. Below it, most of the bill is matrices that do "
        "not look at other tokens at all."
    )


@page.question(
    "FlashAttention never stores the table of weights. Does it do fewer operations?",
    (questions.FEWER, questions.AS_MANY, questions.MORE),
    sets={"part": TILES},
    shows="tile",
)
def fewer(scene: Scene) -> tuple[str, str]:
    return questions.counted_both_ways(*(scene.evidence or ()))


@page.question(
    "All weights of one layer for a text of 100,000 tokens, 64 heads, 2 bytes a number: how much memory?",
    ("1.28 GB", "12.8 GB", "1.28 TB"),
    sets={"part": BILL, "n": 100_000, "d": 8192, "heads": 64, "kv": 64, "bytes": 2},
    shows="A",
)
def stored(scene: Scene) -> tuple[str, str]:
    return questions.stored()


@page.question(
    "A sentence of 1,024 tokens goes through one recurrent layer and through one of attention. How many steps have to wait for "
    "each other?",
    ("1 and 1", "1,024 and 1", "1,024 and 1,024"),
    sets={"part": PATHS, "n": 1024},
    shows="path",
)
def waiting(scene: Scene) -> tuple[str, str]:
    return questions.waiting()


@page.question(
    f"Tokens of {questions.WIDTH} numbers. When does a layer of attention, its scores and its mix, take less work than a "
    "recurrent layer?",
    (questions.BELOW, questions.ABOVE, questions.NEVER),
    sets={"part": PATHS, "d": questions.WIDTH, "n": 512},
    shows="work",
)
def cheaper_than_recurrence(scene: Scene) -> tuple[str, str]:
    return questions.cheaper_than_recurrence()


@page.aside
def clock() -> None:
    """How long it takes on the server's machine."""
    with st.container(key="cost_clock", border=True):
        st.markdown(
            "#### How fast is it here?\nA clock, on the machine that this page runs on. Counts above hold on every machine."
        )
        if st.button("Look at the clock", key="cost_look", icon=":material/timer:"):
            st.session_state["cost_measured"] = timed.here()
        for name, milliseconds in st.session_state.get("cost_measured", {}).items():
            st.caption(f"{name}: {milliseconds:.2f} ms, measured here")


@page.aside
def a_long_text() -> None:
    """A map of one head on a text of up to 32,768 tokens."""
    long_map.show(page.slug)


page.show()
