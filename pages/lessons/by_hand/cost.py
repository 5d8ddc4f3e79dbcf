"""Lesson 12: the bill of a block beside models of the world, attention beside what it replaced, and attention in tiles."""

from typing import Any

import streamlit as st

from core.attention.streaming import meet, scores_of
from core.cost.sizes import Sizes, fitting
from core.lessons import material
from core.lessons.cost import bill, learned, marks, paths, tiles
from core.lessons.material import Encoded
from core.lessons.shown import call
from core.listing import ran
from core.numerals import short
from pages.parts import controls, sentences
from pages.parts.controls import Controls
from pages.parts.figures import Bars, Curves, Matrix, Table, tables
from pages.parts.lesson import Scene, step
from pages.parts.words import plain

HEADS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
BATCHES, LAYERS, TILE = (1, 2, 4, 8, 16, 32, 64), (1, 2, 6, 12, 24, 32, 48, 96), (16, 32, 64, 128, 256)
LATENT, TEXTS = (64, 128, 256, 576, 1024, 2048), (1, 10, 100, 300, 1000, 10_000)
COUNTED = "Computed from sizes, and counted by torch while a block of them runs on tensors without numbers"


def lengths_and_widths(ui: Controls) -> tuple[int, int]:
    """How many tokens there are, and how many numbers describe one."""
    return ui.among("Tokens N", bill.LENGTHS, 1024, "n"), ui.among("Numbers of a token D", learned.WIDTHS, 768, "d")


def the_bill(ui: Controls, above) -> Scene:
    """Operations, memory, cache and weights at the learner's sizes."""
    with above:
        n_tokens, d_model = lengths_and_widths(ui)
    with ui.more():
        heads = ui.among("Heads H", HEADS, 12, "heads")
        shared = ui.among("Heads of K and V", HEADS, 4, "kv")
        n_layers = ui.among("Layers", LAYERS, 12, "layers")
        batch = ui.among("Texts at once", BATCHES, 1, "batch")
        with st.popover("More"):
            n_bytes = ui.among("Bytes of a number", (2, 4), 4, "bytes")
            block = ui.among("Side of a tile", TILE, 128, "tile")
            latent = ui.among("Numbers of a latent vector", LATENT, 576, "latent")
            texts = 1e9 * ui.among("Tokens read in training, billions", TEXTS, 300, "texts")
    n_heads = fitting(heads, d_model)
    n_shared = fitting(shared, n_heads)
    if (n_heads, n_shared) != (heads, shared):
        asked = f"{heads} heads, {shared} of keys and values,"
        st.caption(f"{asked} cannot share {d_model} numbers evenly. Shown with {n_heads} and {n_shared}.")
    sizes = Sizes(n_tokens, d_model, n_heads, n_shared, 4 * d_model, n_layers, batch, n_bytes)
    chosen = bill.Settings(sizes, block, latent, texts)
    result = bill.run(chosen)
    return Scene(
        result,
        trace=bill.traced(result),
        chosen=chosen,
        names={**vars(sizes), "block": block, "latent_width": latent, "texts": short(texts)},
        tokens={axis: plain(texts) for axis, texts in bill.axes(result).items()},
        beside=bill.beside(result),
        again=call(bill.shown, chosen),
        origin=COUNTED,
        focus={
            "query": 0,
            "key": 0,
            "length": bill.LENGTHS.index(n_tokens),
            "width": learned.WIDTHS.index(d_model),
            "growth": 2,
        },
        code=(ran(bill.by_length), ran(learned.by_width)),
        steps=steps_of_the_bill,
        opens_at="FLOPs",
    )


def steps_of_the_bill(scene: Scene):
    result, tokens = scene.result, "tokens N"
    by_length: dict[str, Any] = {"axis": "length", "places": bill.LENGTHS}
    yield step(
        "FLOPs",
        Curves("flops", "parts", tokens, "operations of a block", marks=marks.flop_marks(result), **by_length),
        shows=("projections", "mixing", "mlp"),
        title="Operations of a block",
    )
    yield step(
        "shares",
        Bars("flops_shares", "queries", "parts", "share of the operations of a block"),
        "The same as shares, yours with {n_tokens:,} tokens, each of the others with as many as it reads at most. In "
        "yours {most} most. Scores and mix take most in {mostly_mixing} of the six.",
        title="Who takes how much",
    )
    yield step(
        "A",
        Curves("memory", "stored", tokens, "bytes", marks=marks.memory_marks(result), **by_length),
        shows=("stored", "streamed"),
        title="Memory of the weights A",
    )
    yield step(
        "cache",
        Curves("cache", "caches", tokens, "bytes", marks=marks.cache_marks(result), **by_length),
        shows=("own", "grouped", "shared", "latent"),
        title="Cache of keys and values",
    )
    yield step(
        "parameters",
        Curves(
            "parameters",
            "lines",
            "numbers of a token D",
            "weights",
            axis="width",
            places=learned.widths(result.sizes),
            marks=marks.parameter_marks(result),
        ),
        shows=("of_attention", "of_mlp", "of_both"),
        title="Parameters",
        counted=False,
    )
    yield step(
        "weights",
        Bars("weights_shares", "queries", "learned", "share of what the model learned"),
        "The same as shares, each of all that a model learned. Yours has no tables of words, which are {most_tables:.0%} of "
        "{in_which}.",
        title="Weights of the model",
    )
    yield step(
        "ability",
        Curves(
            "losses",
            "losses",
            "weights",
            "loss, nats per token",
            axis="growth",
            places=bill.GROWTH,
            marks=marks.loss_marks(result),
        ),
        "What more buys, by a fit to many trainings: having read {texts} tokens, your {parameters} weights have a "
        "loss of {fitted:.2f}, and no size goes below {floor:.2f}. Only with more text does the floor sink. Marks are"
        " models of that size, had they read as much.",
        title="Loss by size, a fit",
    )


def three_paths(ui: Controls, above) -> Scene:
    """Recurrence, convolution and attention at the learner's sizes."""
    with above:
        n_tokens, d_model = lengths_and_widths(ui)
    with ui.more():
        n_layers = ui.slider("Layers L", 1, len(paths.DEPTHS), 6, "depth")
        kernel = ui.slider("Places of a convolution", 2, 9, 3, "kernel", width=170)
        dilation = ui.slider("Dilation", 2, 4, 2, "dilation")
        window = ui.slider("Window w", 1, 64, 8, "span")
    if dilation > kernel:
        asked = f"Layers of {kernel} places, each {dilation} times as far apart as the one before,"
        st.caption(f"{asked} would leave tokens out. Shown with {kernel} times.")
    chosen = paths.Settings(n_tokens, d_model, n_layers, kernel, window, min(dilation, kernel))
    result = paths.run(chosen)
    return Scene(
        result,
        chosen=chosen,
        names=vars(chosen),
        tokens={axis: plain(texts) for axis, texts in paths.axes().items()},
        beside=paths.beside(result),
        again=call(paths.shown, chosen),
        origin="Computed from sizes",
        focus={"query": 0, "key": 0, "length": bill.LENGTHS.index(n_tokens), "layers": n_layers - 1},
        code=(ran(paths.by_depth_and_length),),
        steps=steps_of_paths,
        opens_at="heard",
    )


def steps_of_paths(scene: Scene):
    by_length: dict[str, Any] = {"axis": "length", "places": bill.LENGTHS}
    heard = ("recurrent", "convolved", "dilated", "attended", "windowed")
    yield step(
        "heard",
        Curves("heard", "kinds", "layers", "tokens heard", axis="layers", places=paths.DEPTHS),
        shows=heard,
        title="How far each hears",
    )
    yield step(
        "path",
        Curves("paths", "kinds", "tokens N", "steps from the first to the last", **by_length),
        "How many steps lead from the first token to the last. An RNN takes {one_by_one:,}, from each to the next, and "
        "they wait for each other; convolutions take {deep:,} layers, dilated ones {deep_dilated:,}, attention one, however "
        "far apart.",
        title="The longest path",
    )
    yield step(
        "work",
        Curves("work", "working", "tokens N", "operations of a layer", **by_length),
        shows=("recurring", "convolving", "attending", "projecting", "near"),
        title="The work of a layer",
    )


def tile_by_tile(ui: Controls, read: Encoded, layer: int, head: int, at_most: int) -> Scene:
    """One head on the learner's sentence, tile by tile."""
    with ui.more():
        mask = ui.select("Mask", list(tiles.MASKS), "mask", width=150)
        block = ui.slider("Side of a tile", 1, 16, 4, "block")
        most = tiles.tiles_of(len(read.tokens.ids), block) - 1
        before = ui.up_to("Tiles before this one", most, 5, "before", width=320) if most else 0
    chosen = tiles.Settings(block, before + 1, mask)
    maps = material.layer_of(layer).maps.head(head, controls.N_HEADS)
    result = tiles.run(read.x(layer), maps, chosen)
    words = sentences.shown(read)
    given = call(material.head_on_sentence, read.text, layer, head, read.tokens.start, at_most)
    return Scene(
        result,
        chosen=chosen,
        tokens={"queries": words, "keys": words},
        beside=tiles.beside(result),
        again=call(tiles.shown, given, chosen),
        signature=f"{read.text}|{layer}|{head}|{chosen}",
        origin=controls.origin(layer, head),
        focus={"query": result.rows.start, "key": result.columns.start},
        code=(ran(scores_of, returns="tile"), ran(meet)),
        divisor=result.trace.queries.shape[-1] ** 0.5,
        formulas={} if mask != tiles.NOBODY_HIDDEN else {"tile": r"\frac{Q_i K_j^\top}{\sqrt{d}}"},
        steps=steps_of_tiles,
        opens_at="tile",
    )


def steps_of_tiles(scene: Scene):
    share: dict[str, Any] = {"rows": "queries", "labelled": True, "hidden": "known", "hiddenWord": "nothing met"}
    yield step(
        "tile",
        Matrix("tile_scores", "signed", hidden="in_tile", hiddenWord="not in memory", readout="plain", corner="S"),
        shows=("tile", "queries", "keys"),
        operator="Q·K⊤",
    )
    yield step(
        "m and l",
        tables(
            Table("running_max", "m", scale="signed", **share),
            Table("running_sum", "l", scale="share", limit=float(scene.result.n_tokens), **share),
        ),
        shows=("maximum", "total"),
        operator="max, Σ",
        title="Largest score and sum so far",
    )
    yield step(
        "output",
        tables(Table("so_far", "o / l", "output", **share), Table("attended", "attend", "output")),
        shows=("output", "mixed", "values"),
        operator="·V",
    )
