"""What lesson 10 shows while it reads a drawn scene: the same encoder-decoder, over a CNN's grid or over raw patches."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import streamlit as st

from core.experiments.measure import counted
from core.lessons import encoder_decoder
from core.lessons import scene_captions as lesson
from core.lessons.captioning import SCENE
from core.lessons.scene_captions import MODELS, Settings
from core.listing import ran
from core.memory import kept
from core.transformer.encoder_decoder import CrossAttention, DecoderBlock, EncoderDecoder
from core.vision import scenes
from core.vision.scene_captioner import Eyes, SceneCaptioner
from pages.parts import scene_editor, translations
from pages.parts.controls import Controls
from pages.parts.figures import Heads, Overlay, Table, next_words, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import Token, plain

CODE = (
    ran(SceneCaptioner.see, returns="embedded"),
    ran(EncoderDecoder.read_vectors, stream="encoder_states"),
    ran(CrossAttention.forward, found="weights", queries="energies"),
    ran(DecoderBlock.write, resid_post="decoder_states"),
    ran(EncoderDecoder.write, returns="probabilities"),
)


@kept
def captioned(settings: Settings) -> lesson.Lesson:
    return lesson.run(settings)


@kept
def by_other_eyes(settings: Settings) -> lesson.Lesson:
    return lesson.other_eyes(settings)


def scene(ui: Controls, eyes: Eyes, layer: int, away: str) -> Scene:
    """The scene that the learner draws, and what is made of it."""
    with ui.under():
        things = scene_editor.edit(ui.prefix, SCENE)
    settings = Settings(eyes, things, layer, away)
    result = captioned(settings)
    return Scene(
        result,
        given=lesson.model(eyes),
        chosen=settings,
        tokens={
            "queries": [Token(word, word == "</s>") for word in result.now.words],
            "keys": plain(lesson.places(eyes)),
        },
        beside=lesson.beside(result.now),
        shares=frozenset({"choices", "picture"}),
        again=partial(lesson.shown, settings),
        signature=f"{settings}",
        origin=f"Real numbers of {MODELS[eyes]}, trained for this course on drawn scenes alone, computed on "
        f"{lesson.device()}. Nobody told any of its heads where to look",
        evidence=(encoder_decoder.transformer(), translations.SENTENCE, 0),
        focus={"query": 0, "head": 0},
        steps=steps,
        code=CODE,
        token_strip=False,
    )


def steps(scene: Scene) -> Iterator[StepDeclared]:
    """The steps over a picture; those that are named as over a sentence show the same."""
    result, settings, config = scene.result, scene.chosen, scene.given.model.config
    grid, columns = settings.eyes == "CNN grid", config.columns
    choices, _ = lesson.choices(result.now)
    at: Any = {"picture": "picture", "side": columns}
    # the weight of one of many patches is small: it is drawn up to the largest
    looks: Any = at | {"scale": "weights" if grid else "share", "grows": True}
    cells = counted(columns**2, "cell" if grid else "patch", "cells" if grid else "patches")
    yield step(
        "picture",
        Overlay("embedded", plain=True, columns="numbers", rows="keys", **at | {"scale": "signed"}),
        "A small convolutional net, which sees a few neighbouring pixels at a time, makes {cells} of the picture."
        if grid
        else "The picture is cut into {cells} of {side} x {side} pixels. No convolution looks at it: a patch is multiplied by "
        "a matrix as it is.",
        shows="pixels",
        shape=f"3 × {scenes.SIDE} × {scenes.SIDE}",
        cells=cells,
        side=scenes.SIDE // columns,
    )
    yield step(
        "cells" if grid else "patches",
        tables(Table("embedded", "x", rows="keys", role="key")),
        "{cells}, {d} numbers each: what is there, and a learned vector that says which place it is, added up. From here on "
        "everything is as with a sentence.",
        shows="embedded",
        operator="CNN" if grid else "cut",
        cells=cells.capitalize(),
        d=config.d_model,
    )
    yield step(
        "encoder output",
        tables(Table("encoder_states", "c", rows="keys", role="key")),
        "{b} blocks let all of them look at each other. So a place holds not only what is seen there: what is written of a thing "
        "need not look at the thing.",
        shows="encoder_states",
        operator="encoder",
        b=config.n_encoder,
    )
    yield step(
        "cross-attention",
        Overlay("weights", **looks),
        "To write {q}, head {head} of layer {l} gives {weights[q,k]:.2f} to {k}. What gets nothing is veiled."
        + told_of_away(result),
        shows="weights",
        operator="softmax",
        l=settings.layer,
    )
    yield step(
        "all heads",
        Heads("weights", tuple(head for where, _, head in changes(settings).ablated if where == "cross")),
        "The {h} heads of layer {l}: a row for each word, a column for each place. Click one: head {head}. "
        + told_of_looks(result),
        title="Cross-attention, head by head",
        h=config.n_heads,
        l=settings.layer,
    )
    yield step(
        "all words",
        Overlay("weights", strip=True, **looks),
        "Word by word, where head {head} of layer {l} looked.",
        title="Where every word looked",
        l=settings.layer,
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


def changes(settings: Settings) -> encoder_decoder.Changes:
    """What is taken out."""
    return encoder_decoder.Settings("", settings.layer, settings.away).changes


def told_of_away(result: lesson.Lesson) -> str:
    """What became of the caption without a part."""
    if not result.intervened:
        return ""
    lost = (
        " These weights are computed, but what they bring is thrown away." if changes(result.settings).cut_cross else ""
    )
    same = "the same words" if result.now.words == result.free.words else "other words"
    return f"{lost} Without {result.settings.away} it writes {same}."


def told_of_looks(result: lesson.Lesson) -> str:
    """Where the words for things look, head by head."""
    if result.looks is None:
        return "Which thing a word means can be said of the right caption alone, and where it names one."
    n, hits = result.looks
    told = ", ".join(f"{hit} (head {head})" for head, hit in enumerate(hits))
    return f"Of {counted(n, 'word')} for a colour or a shape, so many look at their thing most: {told}."


def texts(result: lesson.Lesson) -> None:
    """The captions under each other."""
    rows = {f"Over {_named(result.settings.eyes)}": result.free}
    if result.intervened:
        rows = {"With your changes": result.now, "By itself": result.free}
    other = by_other_eyes(Settings(result.settings.eyes, result.settings.scene))
    for name, caption in (rows | {f"Over {_named(other.settings.eyes)}": other.now}).items():
        mark = " ✓" if caption.text == result.right else " ✗"
        st.caption(name + (mark if result.fair else ""))
        limit = "" if caption.ended else f" … (stopped after {len(caption.words)} words, its limit)"
        st.text((caption.text or "(nothing is written)") + limit)
    found = lesson.measured()
    shares = " and ".join(f"{share:.0%} over {_named(eyes)}" for eyes, share in found.exact.items())
    st.caption(
        f"Measured once on {found.scenes:,} scenes that none of them saw: {shares} are right to the last word, and "
        f"{found.recurrent:.0%} by the recurrent captioner of lesson 3. They know {len(scenes.COLOURS)} colours, "
        f"{len(scenes.SHAPES)} shapes and up to {scenes.MOST} things that do not touch, each in a cell of its own."
    )


def _named(eyes: Eyes) -> str:
    return "the grid of a CNN" if eyes == "CNN grid" else eyes
