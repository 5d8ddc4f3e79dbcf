"""Lesson 11: images as words. Can a picture be read like a sentence?"""

from functools import partial

import numpy as np
import streamlit as st

from core import picture_files
from core.attention import attend
from core.experiments import vision_transformer as experiments
from core.lessons import vision_transformer
from core.lessons.vision_transformer import MODELS, PATCH_SIZE, PATCH_SIZES, Lesson, Settings
from core.listing import Line, lines_that_ran, marked
from core.models.errors import ModelError
from core.training import shapes
from core.vision.classifier import FITS, Answer, Fit
from core.vision.vit import VisionTransformer
from pages.course.lesson import foot
from pages.parts import (
    answers,
    claims,
    controls,
    downloads,
    learning_curve,
    messages,
    own_picture,
    patch_explorer,
    question,
    step_viewer,
)
from pages.parts.patch_explorer import Look
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import overlay, patches, shares, table, tables
from pages.parts.words import asked, asking, cell, say
from pages.server import run_queue

PREFIX = "vit"
FIRST = 6
NAMES = {"vit": "class token", "vit-mean-pool": "mean of all", "cnn": "convolutional net"}


def cut_views(settings: Settings, side: int) -> list[StepView]:
    """The picture and its patches, of any size."""
    size, across = settings.patch_size, side // settings.patch_size
    n = across**2
    return [
        StepView(
            "I",
            ("pixels",),
            overlay("patches", "picture", across, plain=True, columns="numbers", rows="keys", scale="signed"),
            say(
                "{s} x {s} pixels, as the model reads them. The grid is where it is cut: {n} squares of {p} x {p} pixels.",
                s=side,
                n=n,
                p=size,
            ),
            shape=f"3 × {side} × {side}",
        ),
        StepView(
            "patches",
            ("patches",),
            patches("patches", "picture", across),
            say(
                "The grid slides apart and becomes a sequence, row by row. Press Play to see it. Attention will "
                "weigh every patch against every patch: here {n} tokens, so {pairs} pairs.",
                n=n,
                pairs=f"{n**2:,}",
            ),
            title="Patches",
            shape=f"{n} × 3 × {size} × {size}",
        ),
        StepView(
            "rows",
            ("patches",),
            tables(table("patches", "x", rows="keys", role="key")),
            say(
                "Each square in one row: {w} numbers, red, green and blue of its pixels. Nothing is lost, nothing learned.",
                w=3 * size**2,
            ),
        ),
    ]


def step_views(result: Lesson, layer: int, head: int) -> list[StepView]:
    """All steps, to the class."""
    settings, trace = result.settings, result.now.trace
    seen = result.patch_attention
    at = seen.middle
    weights = seen.weights[layer, head, at]
    most = int(weights[len(seen.extra) :].argmax())
    width, head_width = trace.patch_embeddings.shape[-1], trace.patch_embeddings.shape[-1] // seen.n_heads
    q, k = asking(seen.tokens[at]), asked(seen.patches[most])
    by_class = settings.pooling == "class token"
    block = trace.blocks[layer].attention
    return [
        *cut_views(settings, len(result.pixels)),
        StepView(
            "xE",
            ("patch_embeddings",),
            tables(table("patch_embeddings", "xE", rows="keys", role="key")),
            say(
                "One learned matrix makes {d} numbers of each row, the same for every square: a convolution of stride {p} under "
                "another name, one map moved over the picture in steps of {p} pixels.",
                d=width,
                p=PATCH_SIZE,
            ),
        ),
        StepView(
            "+ P",
            ("tokens",),
            tables(table("tokens", "tokens", rows="queries", role="query")),
            say(
                (
                    "A learned class token, which is no patch, is put before them: the answer is read from it. "
                    if by_class
                    else ""
                )
                + "Each token gets the learned vector of its place"
                + ("." if settings.positions else ", if you had not switched that off.")
            ),
            "+ P",
        ),
        StepView(
            "q k v",
            ("queries", "keys", "values"),
            tables(
                table("queries", "Q", rows="queries", role="query"),
                table("keys", "K", rows="queries", role="key"),
                table("values", "V", rows="queries", role="value"),
            ),
            say(
                "Layer {l}, head {h}: {n} numbers each for the query, the key and the value of every token. Choose a row.",
                l=layer,
                h=head,
                n=head_width,
            ),
            title="Queries, keys and values",
        ),
        StepView(
            "A",
            ("weights",),
            overlay("looks", "picture", seen.columns, scale="share"),
            say(
                "{q} gives {w:.3f} of its attention to {k}; an even share would be {even:.3f}."
                + (" What goes to the class token, which is no patch, is not on the picture." if by_class else ""),
                q=q,
                w=cell(weights[len(seen.extra) + most].item(), "looks"),
                k=k,
                even=1 / len(seen.tokens),
            ),
            "softmax",
            title="Where each patch looks",
            shape=f"{len(seen.tokens)} × {len(seen.tokens)}",
        ),
        StepView(
            "Z",
            ("resid_post",),
            tables(table("resid_post", "Z", rows="queries", role="output")),
            say(
                "Attention ({a} numbers a token, all heads side by side) is added to what came in, then a network of two layers. "
                "So it goes {n} times.",
                a=block.merged.shape[-1],
                n=seen.n_layers,
            ),
        ),
        StepView(
            "pooled",
            ("pooled",),
            tables(table("answer", "z", rows="one", role="output", labelled=True)),
            say(
                "Pooling makes one vector of all tokens. " + ("Only the class token's." if by_class else "Their mean.")
            ),
        ),
        StepView(
            "class",
            ("logits",),
            tables(shares("shares", "p", "classes")),
            say("A linear layer makes {n} scores, softmax probabilities of them.", n=len(result.now.probabilities)),
            "softmax",
            title="The class",
        ),
    ]


def lines() -> list[Line]:
    """The code that ran, each line marked by the step whose tensor it made."""
    ran = [
        *lines_that_ran(VisionTransformer.forward, ("patches", "patch_embeddings", "tokens"), {"kept": None}),
        *lines_that_ran(attend, ("scores", "scaled", "weights", "output"), {}),
        *lines_that_ran(VisionTransformer.forward, ("here", "normed", "pooled", "logits"), {"kept": None}),
    ]
    return marked(ran, {"here": "resid_post", "normed": "pooled"})


@st.cache_resource(scope="session", max_entries=8, show_spinner=False)
def read(digest: str, _picture: np.ndarray, settings: Settings) -> Lesson:
    return vision_transformer.run(_picture, settings)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def said(name: str, digest: str, _picture: np.ndarray, fit: Fit, positions: bool) -> Answer:
    return vision_transformer.said(name, _picture, fit, positions=positions)


def choose() -> tuple[Settings, int, int]:
    """What the learner sets, beside the picture, and the layer and the head that are looked at."""
    with controls.control_row():
        fit = controls.one_of("Make it square", list(FITS), f"{PREFIX}_fit")
        size = st.select_slider("Patch", PATCH_SIZES, PATCH_SIZE, key=f"{PREFIX}_size", bind="query-params", width=150)
        unread = not Settings(patch_size=size).whole
        pooling = controls.one_of("Answer from", list(MODELS), f"{PREFIX}_pooling", disabled=unread)
        positions = st.toggle("Positions", True, key=f"{PREFIX}_positions", bind="query-params", disabled=unread)
        shuffled = st.slider(
            "Shuffle",
            0,
            20,
            0,
            key=f"{PREFIX}_shuffle",
            bind="query-params",
            width=130,
            help="0: as they lie. Every other number is another order.",
        )
        layer = controls.counted("Layer", 6, 1, f"{PREFIX}_layer", disabled=unread)
        head = controls.counted("Head", 6, 0, f"{PREFIX}_head", disabled=unread)
    if unread:
        st.caption(
            f"The trained models read patches of {PATCH_SIZE} pixels, so with {size} the steps end at the rows: what a matrix "
            f"drawn at random would make of them shows nothing. Set it back to {PATCH_SIZE} to go on."
        )
    return Settings(pooling, fit, size, shuffled, positions), layer, head


@run_queue.fragment
def lesson() -> None:
    _, picture = own_picture.choose(PREFIX)
    settings, layer, head = choose()
    digest = own_picture.digest(picture)
    try:
        result = read(digest, picture, settings)
    except ModelError as error:
        messages.problem(PREFIX, "The Vision Transformer cannot be used.", f"{error}.")
        return
    draw(result, digest, layer, head)
    if settings.whole:
        answered(result, digest, picture)
        look(result, digest, layer, head)
    question.ask(PREFIX, questions(result))
    learning_curve.show(PREFIX, shapes.COMPARISON)
    claims.show_claims(PREFIX, experiments.CLAIMS, (result.pixels, 0))


def draw(result: Lesson, digest: str, layer: int, head: int) -> None:
    """The step viewer: from pixels to the class, or with patches that no model here reads, to their rows."""
    settings, seen, whole = result.settings, result.patch_attention, result.settings.whole
    side = len(result.pixels)
    patch_tokens = [Token(each) for each in result.patch_names]
    tensors = result.beside(layer, head)
    at = seen.middle
    scene = StepViewer(
        lesson="vision_transformer",
        signature=f"{digest}|{settings}|{layer}|{head}",
        steps=result.steps(layer),
        views=step_views(result, layer, head) if whole else cut_views(settings, side),
        tokens={
            "queries": [*(Token(each, True) for each in seen.extra), *patch_tokens],
            "keys": patch_tokens,
            "one": [Token("z")],
            "classes": [Token(each) for each in result.now.probabilities],
        },
        listing=lines(),
        formula_of="weights" if whole else "",
        formula_all=False,
        symbols={},
        formulas={"masked": "<scaled>"} if whole else {},  # nothing is masked here
        focus={"query": at, "key": max(0, at - len(seen.extra)), "classes": 0} if whole else {"query": 0, "key": 0},
        tensors=tensors,
        shares=frozenset({"picture", "looks", "shares"} & tensors.keys()),
        token_strip=False,
        answered=question.answered(PREFIX, [each.name for each in questions(result)]),
    )
    first = FIRST if whole else 1
    step_viewer.show(scene, first)
    name = MODELS[settings.pooling]
    downloads.offer(
        scene,
        first,
        f"Real numbers of {name}, trained for this course on CIFAR-10 and STL-10 photographs, computed on "
        f"{vision_transformer.device()}",
        partial(
            vision_transformer.shown,
            partial(picture_files.opened_png, picture_files.png(result.plain)),
            settings,
            layer,
            head,
        ),
    )


def answered(result: Lesson, digest: str, picture: np.ndarray) -> None:
    """What each model says the picture shows, and how sure it is."""
    settings, own = result.settings, MODELS[result.settings.pooling]
    before = said(own, digest, picture, settings.fit, settings.positions)
    name = NAMES[own] + ("" if settings.positions else ", without positions")
    rows = [(f"{name}, patches shuffled", result.now)] if settings.shuffled else []
    rows += [(name, before)]
    rows += [(NAMES[each], said(each, digest, picture, settings.fit, True)) for each in NAMES if each != own]
    with st.container(key=f"{PREFIX}_answers", border=True):
        for label, found in rows:
            st.caption(label.capitalize())
            st.text(answers.told(found))
        if settings.shuffled:
            st.caption(
                f"Shuffling moved a probability by at most {result.moved(before):.3f}; the others read the picture as it is."
            )
        st.caption(answers.world(before))


def opened(layer: int, head: int) -> None:
    """A head that is clicked is the one that the steps show, too."""
    st.session_state[f"{PREFIX}_layer"] = layer
    st.session_state[f"{PREFIX}_head"] = head


def look(result: Lesson, digest: str, layer: int, head: int) -> None:
    """All heads of all layers on the picture."""
    seen = result.patch_attention
    with st.container(key=f"{PREFIX}_heads_row", horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = patch_explorer.choose(PREFIX, seen, layer, head)
    caption = (
        f"{seen.n_layers} layers × {seen.n_heads} heads of {MODELS[result.settings.pooling]}: on each small picture, what the "
        "chosen token looks at there. Point at a head to preview it, click or tap to open it."
    )
    patch_explorer.show(
        PREFIX, Look(seen, result.pixels, ""), shown, f"{digest}|{MODELS[result.settings.pooling]}", caption, opened
    )


def questions(result: Lesson) -> list[Question]:
    """What shuffling does, what small patches cost, and who learns from few pictures."""
    moves = ("not at all", "a little, by up to 0.1", "by more than 0.1")
    times = ("2 times", "4 times", "16 times")
    winners = ("the convolutional net", "the Vision Transformer", "about the same, within 0.05")

    def grade_shuffle() -> tuple[str, str]:
        found = experiments.destroys_position(result.pixels, 1)
        untold = found["shuffling moves the scores, places not told"]
        return (moves[0] if untold < 1e-3 else moves[1] if untold <= 0.1 else moves[2]), found.says

    def show_shuffle() -> None:
        st.session_state[f"{PREFIX}_positions"] = False
        st.session_state[f"{PREFIX}_shuffle"] = 1
        st.session_state[f"{PREFIX}_size"] = PATCH_SIZE

    def grade_cost() -> tuple[str, str]:
        side = len(result.pixels)
        few, many = ((side // size) ** 2 for size in (8, 4))
        grown = many**2 // few**2
        return f"{grown} times", f"{few} patches have {few**2:,} pairs, {many} have {many**2:,}: {grown} times as many."

    def grade_few() -> tuple[str, str]:
        with st.spinner("Training both, on 100 pictures …", show_time=True):
            found = experiments.few_pictures(result.pixels, 0)
        net, token = (number.value for number in found.numbers[:2])
        return winners[2] if abs(net - token) <= 0.05 else winners[0] if net > token else winners[1], found.says

    return [
        Question(
            "shuffle",
            "Positions are switched off, and the patches of your picture are shuffled. How far do the scores move?",
            moves,
            grade_shuffle,
            show_shuffle,
        ),
        Question(
            "cost",
            "The side of a patch is halved, from 8 to 4 pixels. How many times as many pairs of patches does attention weigh?",
            times,
            grade_cost,
        ),
        Question(
            "few",
            "A convolutional net and a Vision Transformer of about the same size learn four drawn shapes from 100 pictures. "
            "Which names more of 500 new ones right?",
            winners,
            grade_few,
        ),
    ]


lesson()
claims.show_sources(("dosovitskiy2021", "vaswani2017", "he2016", "xiong2020", "abnar2020", "devlin2019"))
foot("vision_transformer")
