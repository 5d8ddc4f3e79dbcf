"""Lesson 11: images as words. Can a picture be read like a sentence?"""

from typing import Any

import numpy as np
import streamlit as st

from core import memory, picture_files
from core.attention import attend
from core.experiments import vision_transformer as experiments
from core.lessons import vision_transformer
from core.lessons.shown import Matrices, call
from core.lessons.vision_transformer import MODELS, PATCH_SIZE, PATCH_SIZES, Settings
from core.listing import ran
from core.training import shapes
from core.transformer.block import IN_A_BLOCK
from core.vision.classifier import FITS, HALF_OF_A_COLOUR
from core.vision.patches import cut_into_patches
from core.vision.vit import VisionTransformer
from pages.parts import answers, ours, own_picture, patch_explorer
from pages.parts.controls import Controls
from pages.parts.figures import Overlay, Patches, Table, queries_keys_values, shares, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.step_viewer import EACH
from pages.parts.words import Token, plain

MOVES = ("not at all", "a little, by up to 0.1", "by more than 0.1")
WINNERS = ("the convolutional net", "the Vision Transformer", "about the same, within 0.05")

page = Lesson(
    "vision_transformer",
    opens_at="A",
    claims=experiments.CLAIMS,
    sources=("dosovitskiy2021", "vaswani2017", "he2016", "xiong2020", "abnar2020", "devlin2019"),
    code=(ran(VisionTransformer.forward, here="resid_post", normed="pooled"), ran(attend)),
    formula_of=EACH,
    token_strip=False,
    symbols=IN_A_BLOCK,
)


@memory.kept_for_all_if(lambda digest, _picture, settings: ours.picture(digest))
def read(digest: str, _picture: np.ndarray, settings: Settings) -> tuple[vision_transformer.Lesson, Matrices]:
    return vision_transformer.run(_picture, settings), vision_transformer.in_full(_picture, settings)


@page.scene
def scene(ui: Controls) -> Scene:
    _, brought = own_picture.choose(ui.prefix)
    digest, (chosen, layer, head, as_seen) = own_picture.digest(brought), choose(ui)
    result, sharp = read(digest, brought, chosen)
    seen, whole = result.patch_attention, chosen.whole
    names, beside = plain(result.patch_names), result.beside(layer, head)
    plain_picture = call(picture_files.opened_png, picture_files.png(result.plain))
    most = int(beside["looks"][seen.middle].argmax()) if whole else 0
    return Scene(
        result,
        trace=result.steps(layer),
        given=(digest, brought, layer, head),
        chosen=chosen,
        tokens={
            "queries": [*(Token(each, True) for each in seen.extra), *names],
            "keys": names,
            "one": plain(["z"]),
            "classes": plain(result.now.probabilities),
        },
        beside=beside,
        screen={} if as_seen else sharp,
        shares=frozenset({"picture", "looks", "shares"} & beside.keys()),
        again=call(vision_transformer.shown, plain_picture, chosen, layer, head),
        signature=f"{digest}|{chosen}|{layer}|{head}",
        origin=f"Real numbers of {MODELS[chosen.pooling]}, trained for this course on CIFAR-10 and STL-10 photographs, "
        f"computed on {vision_transformer.device()}",
        evidence=(result.pixels, 0),
        formulas=vision_transformer.FORMULAS if whole else {},
        focus={"query": seen.middle, "key": most, "classes": 0} if whole else {"query": 0, "key": 0},
        steps=steps_to_the_class if whole else steps_to_the_rows,
        opens_at="A" if whole else "patches",
    )


def choose(ui: Controls) -> tuple[Settings, int, int, bool]:
    """What the learner sets, beside the picture, the layer and the head that are looked at, and whether as read."""
    with ui.more():
        fit = ui.one_of("Make it square", list(FITS), "fit")
        size = ui.among("Patch", PATCH_SIZES, PATCH_SIZE, "size")
        unread = not Settings(patch_size=size).whole
        pooling = ui.one_of("Answer from", list(MODELS), "pooling", disabled=unread)
        positions = ui.toggle("Positions", "positions", True, disabled=unread)
        shuffled = ui.slider("Shuffle", 0, 20, 0, "shuffle", width=130, help="0: as they lie. Others: other orders.")
        layer = ui.counted("Layer", 6, 1, "layer", disabled=unread)
        head = ui.counted("Head", 6, 0, "head", disabled=unread)
        as_seen = ui.toggle("What the model sees", "pixels", False)
    if unread:
        st.caption(
            f"The trained models read patches of {PATCH_SIZE} pixels, so with {size} the steps end at the rows: what a matrix "
            f"drawn at random would make of them shows nothing. Set it back to {PATCH_SIZE} to go on."
        )
    return Settings(pooling, fit, size, shuffled, positions), layer, head, as_seen


def steps_to_the_rows(scene: Scene):
    """The picture and its patches, of any size."""
    side, size = len(scene.result.pixels), scene.chosen.patch_size
    across = side // size
    numbers: dict[str, Any] = {"s": side, "p": size, "n": across**2, "w": 3 * size**2, "half": HALF_OF_A_COLOUR}
    yield step(
        "I",
        Overlay("patches", "picture", across, plain=True, columns="numbers", rows="keys", scale="signed"),
        "The model reads {s} x {s} pixels{few}. The grid is where it is cut: {n} squares of {p} x {p} pixels.",
        few=", fewer than you see" if scene.screen else "",
        shows="pixels",
        shape=f"3 × {side} × {side}",
        **numbers,
    )
    yield step(
        "patches",
        Patches("patches", "picture", across),
        "The grid slides apart and becomes a sequence, row by row. Press Play to see it. Attention will weigh every patch "
        "against every patch: here {n} tokens, so {pairs} pairs.",
        title="Patches",
        code=ran(cut_into_patches, returns="patches"),
        shape=f"{across**2} × 3 × {size} × {size}",
        pairs=f"{across**4:,}",
        **numbers,
    )
    yield step(
        "rows",
        tables(Table("patches", "x", rows="keys", role="key")),
        "Each square in one row: {w} numbers, red, green and blue of its pixels. I is normalised first: each of its numbers, "
        "from 0 to 255, less {half} and divided by {half}, so that less than half is negative. Nothing is lost, nothing learned.",
        **numbers,
    )


def steps_to_the_class(scene: Scene):
    """All steps."""
    result, chosen, (_, _, layer, head) = scene.result, scene.chosen, scene.given
    trace, seen = result.now.trace, result.patch_attention
    by_class, width = chosen.pooling == "class token", trace.patch_embeddings.shape[-1]
    yield from steps_to_the_rows(scene)
    yield step(
        "xW_E",
        tables(Table("patch_embeddings", "xW_E", rows="keys", role="key")),
        "One learned matrix makes {d} numbers of each row, the same for every square: a convolution of stride {p} under another "
        "name, one map moved over the picture in steps of {p} pixels.",
        was="xE",
        d=width,
        p=PATCH_SIZE,
    )
    before = "A learned class token, which is no patch, is put before them: the answer is read from it. "
    yield step(
        "+ P",
        tables(Table("tokens", "tokens", rows="queries", role="query")),
        (before if by_class else "")
        + "Each token gets the learned vector of its place"
        + ("." if chosen.positions else ", if you had not switched that off."),
        operator="+ P",
    )
    yield step(
        "q k v",
        queries_keys_values(),
        "Layer {layer}, head {of}: each token is brought to mean 0 and deviation 1 (LayerNorm), then mapped to {n} numbers each "
        "for its query, key and value. Choose a row.",
        title="Queries, keys and values",
        layer=layer,
        of=head,
        n=width // seen.n_heads,
    )
    outside = " What goes to the class token, which is no patch, is not on the picture." if by_class else ""
    yield step(
        "A",
        Overlay("looks", "picture", seen.columns, scale="share"),
        "{q} gives {looks[q,k]:.3f} of its attention to {k}; an even share would be {even:.3f}." + outside,
        shows="weights",
        operator="softmax",
        title="Where each patch looks",
        shape=f"{len(seen.tokens)} × {len(seen.tokens)}",
        even=1 / len(seen.tokens),
    )
    yield step(
        "Z",
        tables(Table("resid_post", "out", rows="queries", role="output")),
        "The {a} numbers of a token, all heads side by side, times W_O are added to what came in; then, normalised once more, "
        "what a network of two layers makes of them. So it goes {n} times.",
        a=trace.blocks[layer].attention.merged.shape[-1],
        n=seen.n_layers,
    )
    yield step(
        "pooled",
        tables(Table("answer", "z", rows="one", role="output", labelled=True)),
        "The answer is read from one vector, normalised: "
        + ("that of the class token, which has read all others." if by_class else "the mean of all tokens."),
    )
    yield step(
        "class",
        tables(shares("shares", "p", "classes")),
        "A linear layer makes {n} scores. Divided by {t:.2f}, so that it is right as often as it is sure, they go through a "
        "softmax: probabilities.",
        shows="logits",
        operator="softmax",
        title="The class",
        n=len(result.now.probabilities),
        t=vision_transformer.model(MODELS[scene.chosen.pooling]).temperature,
    )


@page.below
def reading(scene: Scene) -> None:
    """What each model says the picture shows, how sure it is, and where all heads of all layers look."""
    if scene.chosen.whole:
        result, (digest, brought, layer, head), name = scene.result, scene.given, MODELS[scene.chosen.pooling]
        answers.compare(page.slug, result, digest, brought)
        patch_explorer.all_heads(page.ui, name, digest, result.patch_attention, result.pixels, layer, head)


@page.question(
    "Positions are switched off, and the patches of your picture are shuffled. How far do the scores move?",
    MOVES,
    sets={"positions": False, "shuffle": 1, "size": PATCH_SIZE},
)
def shuffle(scene: Scene) -> tuple[str, str]:
    found = experiments.destroys_position(scene.result.pixels, 1)
    return MOVES[sum(found["shuffling moves the scores, places not told"] > least for least in (1e-3, 0.1))], found.says


@page.question(
    "The side of a patch is halved, from 8 to 4 pixels. How many times as many pairs of patches does attention weigh?",
    ("2 times", "4 times", "16 times"),
)
def cost(scene: Scene) -> tuple[str, str]:
    few, many = ((len(scene.result.pixels) // size) ** 2 for size in (8, 4))
    grown = f"{many**2 // few**2} times"
    return grown, f"{few} patches have {few**2:,} pairs, {many} have {many**2:,}: {grown} as many."


@page.question(
    "A convolutional net and a Vision Transformer of about the same size learn four drawn shapes from 100 pictures. Which names "
    "more of 500 new ones right?",
    WINNERS,
)
def few(scene: Scene) -> tuple[str, str]:
    with st.spinner("Training both, on 100 pictures …", show_time=True):
        found = experiments.few_pictures(scene.result.pixels, 0)
    net, token = (number.value for number in found.numbers[:2])
    return WINNERS[2 if abs(net - token) <= 0.05 else int(token > net)], found.says


page.compare(shapes.COMPARISON)
page.show()
