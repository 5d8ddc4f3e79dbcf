"""Lesson 13: what changed since 2017. Which parts of the block were replaced, and why?"""

from functools import partial
from typing import Any

import streamlit as st

from core.experiments import since_2017 as experiments
from core.experiments.since_2017 import memory
from core.experiments.since_2017.depth import DEEP, SHALLOW
from core.lessons import since_2017
from core.lessons.since_2017 import Settings, plans, words
from core.listing import ran
from core.transformer.design import KINDS, NOW, Design, Places
from core.transformer.experts import Experts
from pages.lessons.by_hand import since_2017 as trained
from pages.parts import controls
from pages.parts.controls import Controls, row
from pages.parts.figures import Curves, Plans, Table, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

SEED = 0
WORDS = since_2017.WORDS
TABLES = (NumberTable("x", "X", "", since_2017.NUMBERS, WORDS),)
TOLD: tuple[Places, ...] = ("sinusoids", "learned", "RoPE", "ALiBi")
WIDTHS, LENGTHS = (64, 256, 768, 1024, 4096), (128, 512, 2048, 8192, 32768)
FILLED = "Filled: not as in 2017. Lines: what goes around and is added."
WHO = (words.BOTH, words.ONLY_PRE, words.ONLY_POST, words.NEITHER)

page = Lesson(
    "since_2017",
    opens_at="block",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "xiong2020", "zhang2019", "shazeer2020", "shazeer2017", "schlag2021"),
    code=(
        ran(since_2017.norms, layered_rows="layered", rooted_rows="rooted"),
        ran(since_2017.skips),
        ran(since_2017.gated_network),
        ran(since_2017.products),
        ran(Experts.forward),
        ran(memory.recall),
    ),
    formula_of=EACH,
    symbols={},
    token_strip=False,
)


@page.scene
def scene(ui: Controls) -> Scene:
    design = choose(ui)
    rows = edit_tables(ui, TABLES)["x"]
    chosen = measure(ui, design)
    result = since_2017.run(rows, chosen)
    return Scene(
        result,
        chosen=chosen,
        names={"experts": chosen.experts, "active": chosen.active},
        tokens={axis: plain(texts) for axis, texts in since_2017.axes(WORDS, chosen).items()},
        beside=since_2017.beside(result),
        shares=frozenset({"load", "found"}),
        again=partial(since_2017.shown, WORDS, rows, chosen),
        signature=f"{rows}|{chosen}",
        origin=f"{controls.OWN_NUMBERS}; F, gate, experts and router are drawn from the seed and were not trained",
        evidence=(since_2017.given(result), SEED),
        focus={"query": 0, "key": 0, "counts": 3},
    )


def choose(ui: Controls) -> Design:
    """The five switches of one block."""
    with row():
        place = ui.one_of("Norm stands", list(plans.PLACES), "place", "pre-norm", trained.SAYS["place"])
        norm = ui.one_of("Norm", list(plans.NAMED), "norm", plans.NORMS[NOW.norm], trained.SAYS["norm"])
        network = ui.select(
            "Network (MLP)",
            list(KINDS),
            "network",
            list(KINDS).index(NOW.network),
            width=120,
            help=trained.SAYS["network"],
        )
        places = ui.select(
            "Positions", TOLD, "positions", TOLD.index(NOW.places), width=120, help=trained.SAYS["positions"]
        )
        n_kv_heads = ui.select("Heads of K and V", (1, 2, 4), "kv_heads", 0, width=120, help=trained.SAYS["kv_heads"])
    return Design(plans.PLACES[place], plans.NAMED[norm], network, places, n_kv_heads)


def measure(ui: Controls, design: Design) -> Settings:
    """What the parts are tried on."""
    with ui.more():
        d_model = ui.among("D, for “block”", WIDTHS, 768, "width")
        n_tokens = ui.among("Tokens N, for “block”", LENGTHS, 512, "tokens")
        scale = ui.slider("Scale, for “norms”", 0.25, 4.0, 2.0, "scale", 0.25)
        shift = ui.slider("Shift, for “norms”", -4.0, 4.0, 1.0, "shift", 0.25)
        strength = ui.slider("F times, for “place”", 0.0, 2.0, 0.0, "strength", 0.1)
        units = ui.slider("ReLU units, for “product”", 2, 32, 8, "units")
        experts = ui.slider("Experts, for “experts”", 2, 16, 8, "experts")
        active = ui.slider("Asked, for “experts”", 1, 4, 2, "active")
        width = ui.among("Width, for “memory”", (8, 16, 32, 64), 32, "memory")
        rate = ui.slider("Rate of the delta rule", 0.1, 1.0, 0.5, "rate", 0.1)
        twice = ui.toggle("Every key gets a second value", "twice")
        seed = ui.seed(0)
        if active > experts:
            st.caption(f"There are {experts} experts: each token asks all of them.")
    remembered = memory.Settings(width, rate, twice, seed)
    return Settings(
        scale, shift, strength, units, experts, min(active, experts), seed, remembered, design, d_model, n_tokens
    )


@page.steps
def steps(scene: Scene):
    result, chosen = scene.result, scene.chosen
    titles = ("2017", "today" if chosen.design == NOW else "yours")
    yield step(
        "block",
        Plans("sizes", titles, plans.boxes((since_2017.THEN, chosen.design), chosen.d_model), note=FILLED),
        words.of_costs(result.then, result.now, result.changes),
        title="One block, five switches",
        d_model=chosen.d_model,
        n_tokens=chosen.n_tokens,
        **words.costs(result.then, result.now),
    )
    yield step(
        "norms",
        tables(*(Table(name, label) for name, label in trained.NORMED)),
        shows=("moved", "layered", "rooted"),
        operator="÷",
        title="Which norm takes notice?",
    )
    yield step(
        "place",
        tables(Table("x", "X"), Table("pre", "pre-norm"), Table("post", "post-norm"), Table("again", "once more")),
        shows=("pre", "post", "again"),
        operator="+ F",
        title="What passes through a block",
    )
    yield step(
        "gate",
        tables(Table("gate", "gate"), Table("up", "XW_3"), Table("gated", "gate ⊙ XW_3"), Table("down", "out")),
        shows=("gate", "up", "gated", "down"),
        operator="SwiGLU",
        title="A network with a gate",
    )
    grid: dict[str, Any] = {"rows": "first", "columns": "second", "axes": "a ↓ · b, from −2 to 2 →"}
    yield step(
        "product",
        tables(
            Table("product", "a · b", labelled=True, **grid),
            Table("by_gate", "SwiGLU, 2 units", **grid),
            Table("by_relu", f"ReLU, {chosen.units} units", **grid),
            readout="plain",
        ),
        shows=("product", "by_gate", "by_relu"),
        title="Who can multiply?",
    )
    each: dict[str, Any] = {"columns": "experts", "scale": "weights", "limit": 1, "axes": "experts →"}
    share: dict[str, Any] = each | {"axes": "tokens ↓ · experts →"}
    yield step(
        "experts",
        tables(
            Table("routed", "router", **share),
            Table("gates", "asked", **share),
            Table("load", "load", rows="all", labelled=True, **each),
            readout="plain",
        ),
        "A router gives every token a share of {experts} experts, networks of their own, and each asks the {active} with the "
        "largest. Here nobody trained it: {idle} of {experts} get nothing. All must be in memory; a token meets {active}. Train "
        "one below.",
        shows=("routed", "gates", "ff_out"),
        operator="router",
        title="Experts",
    )
    yield step(
        "memory",
        tables(
            trained.memory_table(scene, "state", "linear attention"),
            trained.memory_table(scene, "corrected", "delta rule"),
            readout="plain",
        ),
        shows=("state", "corrected"),
        operator="write",
        title="A memory of fixed size",
    )
    found = result.recall.found
    yield step(
        "recall",
        Curves("found", "kinds", "pairs written", "share of keys that find their value", 32, 32, axis="counts"),
        words.of_recall(chosen.pairs),
        shows=("state", "corrected"),
        operator="ask",
        title="What is still found",
        softmax=words.at(found, 0),
        linear=words.at(found, 1),
        delta=words.at(found, 2),
    )


@page.below
def learning(scene: Scene) -> None:
    """Two stacks learn side by side."""
    trained.race(page.ui, scene.chosen.design)


@page.aside
def routing() -> None:
    """Where tokens go."""
    trained.routing(page.ui)


@page.question(
    f"A stack of {DEEP} blocks learns to copy letters, without a warm-up, at a learning rate of 0.003. Which norm lets it?",
    WHO,
)
def deep(scene: Scene) -> tuple[str, str]:
    with st.spinner("Two stacks are being trained, some seconds …", show_time=True):
        return words.who_learned(DEEP, SEED)


@page.question(f"The same with {SHALLOW} blocks.", WHO)
def shallow(scene: Scene) -> tuple[str, str]:
    with st.spinner("Two stacks are being trained …", show_time=True):
        return words.who_learned(SHALLOW, SEED)


@page.question(
    "3 is added to every number of every token. Whose output moves?",
    (words.LAYER, words.RMS, words.NO_NORM),
    sets={"scale": 1.0, "shift": 3.0},
    shows="norms",
)
def shifted(scene: Scene) -> tuple[str, str]:
    return words.whose_moves(*since_2017.moved_by(scene.result.trace.norms.x, 3.0))


@page.question("8 experts in place of one network, and each token asks 2. What does it cost?", words.TIMES)
def experts(scene: Scene) -> tuple[str, str]:
    return words.times_as_much()


page.show()
