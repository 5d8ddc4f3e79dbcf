"""Lesson 8: many heads. Why look in twelve ways at the same time?"""

from typing import Any

import streamlit as st

from core.analysis.sinks import Measure
from core.attention import attend, multi_head_attend
from core.attention.projections import ROWS, project
from core.experiments import multi_head as experiments
from core.lessons import multi_head
from core.lessons.multi_head import MERGES, RIGHT_MERGE, RIGHT_SPLIT, SPLITS, WRONG_MERGE, WRONG_SPLIT, Settings
from core.lessons.self_attention import MEASURES
from core.lessons.shown import call
from core.listing import ran
from pages.lessons.by_hand import multi_head as by_hand
from pages.parts import delivered, learner_input
from pages.parts.controls import Controls, row
from pages.parts.figures import Cube, Heads, Table, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable
from pages.parts.words import plain

SEED = 8
AT_MOST = 64  # tokens: twelve matrices of them are on the screen
EXACT = 1e-4  # a result that is off by less is the same, but for rounding
IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
TABLES = (
    NumberTable("x", "X", "", ((1, 0, 2, 0), (0, 1, 0, 2), (1, 1, 0, 0)), ("cat", "sat", "mat")),
    NumberTable("wq", "W_Q", "query", IDENTITY),
    NumberTable("wk", "W_K", "key", IDENTITY),
    NumberTable("wv", "W_V", "value", ((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 3, 0), (0, 0, 0, 4))),
    NumberTable("wo", "W_O", "output", ((1, 0, 1, 0), (0, 1, 0, 1), (1, 0, -1, 0), (0, 1, 0, -1))),
)
ENDS = {1.0: "about 1: nothing", 0.5: "about 0.5: half of it", 0.0: "about 0: all of it"}
LEAKS, FINE, WRONG = "yes", "no, it is right", "no, but it is wrong"

page = Lesson(
    "multi_head",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "michel2019", "voita2019", "shazeer2019", "dosovitskiy2021", "elhage2021"),
    code=(ran(project, **(ROWS | {"query_rows": "projected"})), ran(multi_head_attend), ran(attend)),
    formula_of="mixed",
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        asked = learner_input.ask_layer(ui)
        heads_of = st.container(width="content")
    given = learner_input.layer(ui, asked, TABLES, AT_MOST)
    if given is None:
        return None
    with heads_of:
        chosen, by = choose(ui, given.layer.n_heads, given.layer.maps.w_query.shape[1])
    kept = by_hand.spectra(given.layer, chosen.n_heads, f"{asked.layer if asked else given.again.args}")
    result = multi_head.run(given.x, given.layer, chosen, kept)
    sink, *whole = delivered.whole_model(given.read, AT_MOST) if given.read else (None,)
    return Scene(
        result,
        trace=result.built,
        given=given,
        chosen=chosen,
        names={"by": by, "sink": sink},
        tokens={axis: given.tokens for axis in ("queries", "keys")}
        | {"circuits": plain(multi_head.circuits.LINES), "measures": plain(MEASURES)},
        beside=multi_head.beside(result, sink),
        again=call(multi_head.shown, given.again, chosen, *whole),
        signature=f"{given.again.args}|{chosen.n_heads}",
        origin=given.origin,
        evidence=(given.x, given.layer, SEED),
        focus={"head": min(1, chosen.n_heads - 1)},
        formulas=multi_head.formulas(chosen),
        divisor=result.built.queries.shape[-1] ** 0.5,
    )


def choose(ui: Controls, own: int, width: int) -> tuple[Settings, Measure]:
    """How the heads are made, which of them may speak, and what is shown of them.

    own   how many there are; width: the numbers that they share.
    """
    n_heads = ui.among("Heads H", multi_head.divisors(width), own, f"n_{width}", width=130)
    with ui.more():
        split = ui.select("Split", list(SPLITS), "split", width=190)
        merge = ui.select("Merge", list(MERGES), "merge", width=200)
        # what a closed popover holds costs the browser nothing when the slider moves
        with st.popover("Mute, $W_O$"):
            silent = ui.several("Mute heads", range(n_heads), "muted")
            mixing = ui.toggle("Mix the heads by $W_O$", "mixing", True)
        by = delivered.ask(ui)
    return Settings(n_heads, split, merge, silent, mixing), by


@page.steps
def steps(scene: Scene):
    result, chosen, given = scene.result, scene.chosen, scene.given
    n_heads, n_tokens, own = chosen.n_heads, len(given.tokens), given.layer.n_heads
    head_dim, width = result.built.queries.shape[-1], result.built.projected.shape[-1]
    sizes: dict[str, Any] = {"h": n_heads, "n": n_tokens, "d": head_dim, "wide": width}
    wrong_split, wrong_merge = chosen.split != RIGHT_SPLIT, chosen.merge != RIGHT_MERGE
    by_weight = scene.names["by"] == delivered.WEIGHT
    made = "It was trained with" if given.read else "Your tables are made for"
    trained = "" if n_heads == own else f" {made} {own}: this cut is another one."
    silent = f" {len(chosen.ablated)} muted." if chosen.ablated else ""
    yield step(
        "X·W_Q",
        tables(Table("projected", "XW_Q", "query")),
        "One wide product makes all queries at once: {wide} numbers for each token, from all {d_model} numbers of it. The "
        "input is not cut.",
        d_model=given.x.shape[-1],
        **sizes,
    )
    yield step(
        "cut",
        Cube("cut", "flat", "cut", "query"),
        "The {wide} numbers are read as {h} "
        + ("groups" if n_heads > 1 else "group")
        + " of {d}: tokens × heads × numbers. Nothing has moved in memory."
        + trained,
        operator="view",
        title="Cut into heads",
        shape=f"{n_tokens} × {n_heads} × {head_dim}",
        **sizes,
    )
    yield step(
        "stacked",
        Cube("queries", "cut", "stacked", "query", "split_origin" if wrong_split else None),
        "Heads come in front of tokens: {h} × {n} × {d} numbers. "
        + (
            "Without the transpose {strangers} of {rows} rows hold another token's numbers: they are struck through."
            if result.strangers
            else "A bare reshape does no harm here: there is nothing to mix up."
            if wrong_split
            else "Now each head has a row for every token."
        ),
        operator="reshape" if wrong_split else "transpose",
        rows=n_heads * n_tokens,
        **sizes,
    )
    yield step(
        "weights",
        Heads("weights" if by_weight else "delivered", chosen.ablated),
        "The same four lines run in all heads at once, because heads are one more axis of the array. Here head {head} of {q} "
        "gives {weights[q,k]:.2f} to {k}"
        + ("." if by_weight else ", and {delivered[q,k]:.2f} of what arrives comes from there.")
        + trained
        + (" Click a head." if n_heads > 1 else ""),
        shows=("scores", "scaled", "masked", "weights"),
        operator="attend",
        title=f"{'Attention weights' if by_weight else delivered.TITLE}, head by head",
    )
    yield step(
        "one head",
        delivered.matrix(scene.names["by"]),
        "Head {head} alone, with its own queries and keys of {d} numbers." if by_weight else delivered.ARRIVES,
        operator="open",
        title="One head" if by_weight else delivered.TITLE,
        **sizes,
    )
    yield step(
        "delivered",
        Cube("output", "stacked", "cut", "output"),
        "Each head delivers {d} numbers per token. They go back behind the tokens." + silent,
        operator="·V",
        title="What the heads deliver",
        **sizes,
    )
    wrong = wrong_split or wrong_merge
    yield step(
        "merged",
        Cube("merged_slots", "cut", "flat", "output", "merge_origin" if wrong else None),
        bare(scene)
        if wrong
        else "One row per token again: {h} × {d} numbers."
        + (" So far no head knows of another." if n_heads > 1 else ""),
        operator="merge",
        shape=f"{n_tokens} × {width}",
        **sizes,
    )
    mixes = "Without W_O the heads only lie side by side; nothing ever mixes them. "
    if chosen.mixing:
        mixes = "Only here do heads meet: W_O mixes all their numbers. " if n_heads > 1 else "W_O mixes all numbers. "
    yield step(
        "mixed",
        tables(Table("mixed", "O·W_O" if chosen.mixing else "O", "output")),
        f"{mixes}The result {'is' if result.change < EXACT else 'differs by {change:.1%} from'} what the layer gives."
        + trained
        + silent,
        operator="·W_O",
    )
    if chosen.right:
        yield from by_hand.products(scene)
    if scene.names["sink"] is not None:
        yield delivered.first_token(scene.names["sink"], given.tokens[0].text, n_tokens)


def bare(scene: Scene) -> str:
    """What bare reshapes do to the merged rows, and whether a test of causality would find them."""
    result = scene.result
    leaking = multi_head.leaks(scene.given.x, scene.given.layer, scene.chosen)
    where = "Every slot is at its own token."
    if result.strangers:
        where = "The second bare reshape takes every slot back to its own token, though heads have attended over wrong rows."
    if strangers := result.merged_strangers:
        where = f"{strangers} of {result.merge_origin.numel()} slots hold what another token asked for: struck through."
    return f"{where} Under a causal mask, {leaking} pairs of an output and a later token leak."


@page.question(
    "One head must copy two things at once, the previous token and the first. Its mean squared error goes from 1 (nothing "
    "copied) to?",
    tuple(ENDS.values()),
)
def copy(scene: Scene) -> tuple[str, str]:
    one, two = (experiments.trained_to_copy(n_heads, SEED)[-1].loss for n_heads in (1, 2))
    return ENDS[min(ENDS, key=lambda end: abs(end - one))], (
        f"It ends at {one:.3f}: one row of weights is one mixture and cannot keep two tokens apart. Two heads reach {two:.4f}. "
        "Train both below."
    )


@page.question(
    "Split by a reshape alone and merge by a reshape alone, under a causal mask: does a later token leak into an earlier "
    "output?",
    (LEAKS, FINE, WRONG),
    sets={"split": WRONG_SPLIT, "merge": WRONG_MERGE},
    shows="stacked",
)
def leak(scene: Scene) -> tuple[str, str]:
    layer = scene.given.layer
    found = multi_head.leaks(scene.given.x, layer, Settings(layer.n_heads, WRONG_SPLIT, WRONG_MERGE))
    return (LEAKS if found else WRONG), (
        f"{found} outputs move when a later token changes, so a test that looks for leaks does not find the bug. Compare with a "
        "loop over heads."
    )


@page.aside
def training() -> None:
    """One head against two, and two that start as twins: trained while the learner waits, a second each."""
    by_hand.training(page.ui, SEED)


page.show()
