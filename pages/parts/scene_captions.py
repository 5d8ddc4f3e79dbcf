"""What lesson 10 shows while it reads a drawn scene: the same encoder-decoder, over a CNN's grid or over raw patches."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import streamlit as st

from core.lessons import encoder_decoder
from core.lessons import scene_captions as lesson
from core.lessons.captioning import SCENE, choices
from core.lessons.encoder_decoder import NOTHING
from core.lessons.looking_back import chosen
from core.lessons.scene_captions import MODELS, Settings
from core.listing import ran
from core.memory import kept_for_all_if
from core.numerals import how_many, listed
from core.sequence.decoding import NO_INTERVENTIONS
from core.transformer.encoder_decoder import CrossAttention, DecoderBlock, EncoderDecoder
from core.vision import scenes
from core.vision.scene_captioner import COLUMNS, Eyes, SceneCaptioner
from core.vision.scenes import WORDS
from core.vision.trained import END
from core.vision.trained_scene_captioner import SceneCaption
from pages.parts import messages, ours, scene_editor, translations
from pages.parts.controls import Controls
from pages.parts.figures import Heads, Overlay, Table, next_words, tables
from pages.parts.interventions import FORCED_THERE, Argued, LinkedInterventions
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import Token, plain

FORCES_HELP = (
    "Whose weights a look or a row takes the place of that you force: those of all heads of the layer that is shown, or of one "
    "of them."
)
CODE = (
    ran(SceneCaptioner.see, returns="embedded"),
    ran(EncoderDecoder.read_vectors, stream="encoder_states"),
    ran(CrossAttention.forward, found="weights", queries="energies"),
    ran(DecoderBlock.write, resid_post="decoder_states"),
    ran(EncoderDecoder.write, returns="probabilities"),
)


@kept_for_all_if(ours.scene)
def captioned(settings: Settings) -> lesson.Lesson:
    return lesson.run(settings)


@kept_for_all_if(ours.scene)
def by_other_eyes(settings: Settings) -> lesson.Lesson:
    return lesson.other_eyes(settings)


def scene(ui: Controls, interventions: LinkedInterventions, eyes: Eyes, layer: int, away: str) -> Scene:
    """The scene that the learner draws, and what is made of it."""
    with ui.more():
        forces = ui.select("Who is forced to look", lesson.FORCES, "forces", width=190, help=FORCES_HELP)
    with ui.under():
        things = scene_editor.edit(ui.prefix, SCENE)
    asked = interventions.of_link(lesson.room(eyes), columns=COLUMNS[eyes])
    result = captioned(Settings(eyes, things, layer, away, asked, forces))
    settings = result.settings
    forced = forced_words(settings)
    return Scene(
        result,
        given=lesson.model(eyes),
        chosen=settings,
        tokens={
            "queries": named(result.now, forced),
            "keys": plain(lesson.places(eyes)),
        },
        beside=lesson.beside(result.now),
        shares=frozenset({"choices", "picture"}),
        again=partial(lesson.shown, settings),
        signature=f"{settings}",
        origin=f"Real numbers of {MODELS[eyes]}, trained for this course on drawn scenes alone, computed on "
        f"{lesson.device()}. Nobody told any of its heads where to look",
        evidence=(encoder_decoder.transformer(), translations.SENTENCE, 0),
        focus={
            "query": min((at for at in forced if at < len(result.now.words)), default=0),
            "head": settings.heads[0][2],
        },
        steps=steps,
        code=CODE,
        token_strip=False,
        edit_label="Force it",
        on_toggle=interventions.look,
        on_pick=lambda step, rank: _write(interventions, step, chosen(result.now.trace.probabilities[0], step, rank)),
    )


def _write(interventions: LinkedInterventions, step: int, id_: int) -> None:
    """Write a word that was clicked, if it is one."""
    if id_ in lesson.NEVER:
        messages.tell(f"{WORDS[id_]} is a mark that no caption holds: click a word.")
    else:
        interventions.write(step, id_)


def named(caption: SceneCaption, forced: Collection[int] = ()) -> list[Token]:
    """The words of a caption as they stand on the screen, with ✎ before what somebody forced."""
    return [Token(("✎ " if at in forced else "") + word, word == WORDS[END]) for at, word in enumerate(caption.words)]


def forced_words(settings: Settings) -> set[int]:
    """The words at which something is forced."""
    return {at for at, _ in (*settings.interventions.tokens, *settings.interventions.rows)}


def steps(scene: Scene) -> Iterator[StepDeclared]:
    """The steps over a picture; those that are named as over a sentence show the same."""
    result, settings, config = scene.result, scene.chosen, scene.given.model.config
    grid, columns = settings.eyes == "CNN grid", config.columns
    likeliest, _ = choices(result.now.trace.probabilities[0])
    at: Any = {"picture": "picture", "side": columns}
    # the weight of one of many patches is small: it is drawn up to the largest
    looks: Any = at | {"scale": "weights" if grid else "share", "grows": True}
    cells = how_many(columns**2, "cell" if grid else "patch", "cells" if grid else "patches")
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
        "{cells}, {d} numbers each: what is there, and which place it is. No vector says the place: a cell knows it from the "
        "zeros that the net sees around the picture. From here on everything is as with a sentence."
        if grid
        else "{cells}, {d} numbers each: what is there, and a learned vector that says which place it is, added up. From here on "
        "everything is as with a sentence.",
        shows="embedded",
        operator="CNN" if grid else "cut",
        cells=cells.capitalize(),
        d=config.d_model,
    )
    yield step(
        "encoder output",
        tables(Table("encoder_states", "X_D", rows="keys", role="key")),
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
        + told_of_changes(result)
        + (" “Force it”, then click a place: {who} there alone, and the caption goes on from there."),
        shows="weights",
        operator="softmax",
        l=settings.layer,
        who="all heads look" if settings.forces == lesson.ALL_HEADS else f"{settings.forces} looks",
    )
    yield step(
        "all heads",
        Heads("weights", tuple(head for where, _, head in settings.changes.ablated if where == "cross")),
        "The {h} heads of layer {l}: a row for each word, a column for each place. Click one: head {head}. "
        + told_of_looks(result)
        + FORCED_THERE,
        title="Cross-attention, head by head",
        h=config.n_heads,
        l=settings.layer,
    )
    yield step(
        "all words",
        Overlay("weights", strip=True, **looks),
        "Word by word, where head {head} of layer {l} looked." + FORCED_THERE,
        title="Where every word looked",
        l=settings.layer,
    )
    yield step(
        "next",
        next_words("choices", likeliest),
        "Each row: the five likeliest of {v} words. The first is written, unless another is forced: “Force it”, then click one.",
        shows="probabilities",
        operator="softmax",
        shape=f"{len(likeliest)} × {len(scenes.WORDS)}",
        v=len(scenes.WORDS),
    )


def told_of_changes(result: lesson.Lesson) -> str:
    """What became of the caption without a part, or with what was forced."""
    if not result.intervened:
        return ""
    settings = result.settings
    lost = " These weights are computed, but what they bring is thrown away." if settings.changes.cut_cross else ""
    taken = "" if settings.away == NOTHING else f"without {settings.away}"
    forced = "with what you forced" if settings.interventions != NO_INTERVENTIONS else ""
    lead = listed([each for each in (taken, forced) if each]).capitalize()
    same = "the same words" if result.now.words == result.free.words else "other words"
    return f"{lost} {lead} it writes {same}."


def told_of_looks(result: lesson.Lesson) -> str:
    """Where the words for things look, head by head."""
    if result.looks is None:
        return "Which thing a word means can be said of the right caption alone, of words that name one and look by themselves."
    n, hits = result.looks
    told = ", ".join(f"{hit} (head {head})" for head, hit in enumerate(hits))
    which = "the other " if result.settings.interventions.rows else ""
    return f"Of {which}{how_many(n, 'word')} for a colour or a shape, so many look at their thing most: {told}."


def argue(interventions: LinkedInterventions, scene: Scene) -> None:
    """The panel in which a word is forced, or a row of weights over the picture."""
    settings, words = scene.chosen, scene.result.now
    columns = scene.given.model.config.columns
    place, places = ("cell", "cells") if settings.eyes == "CNN grid" else ("patch", "patches")
    with st.expander("Argue with it", icon=":material/edit:", expanded=interventions.opened(settings.interventions)):
        st.caption(
            f"Force what it writes at a step, or a row of weights over the {columns} x {columns} {places} of the picture. "
            "Steps before stay, the rest is written anew, and all of it is in the link. The row is that of "
            f"{settings.forces} of layer {settings.layer}"
            + ("." if settings.forces == lesson.ALL_HEADS else ": what the others bring stays.")
        )
        interventions.panel(
            Argued(
                named(words),
                plain(lesson.places(settings.eyes)),
                scene.result.own,
                lambda word: [(id_, WORDS[id_]) for id_ in lesson.spell(word)],
                lambda ids: [([at], WORDS[id_]) for at, id_ in enumerate(ids)],
                len(WORDS),
                lesson.NEVER,
                example="triangle",
                place=f"{place} of the picture",
                columns=columns,
            )
        )


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
    scene_editor.say_of_world(result.settings.scene)
    found = lesson.measured()
    shares = " and ".join(f"{share:.0%} over {_named(eyes)}" for eyes, share in found.exact.items())
    st.caption(
        f"Measured once on {found.scenes:,} scenes that none of them saw: {shares} are right to the last word, and "
        f"{found.recurrent:.0%} by the recurrent captioner of lesson 3. They know {len(scenes.COLOURS)} colours, "
        f"{len(scenes.SHAPES)} shapes and up to {scenes.MOST} things that do not touch, each in a cell of its own."
    )


def _named(eyes: Eyes) -> str:
    return "the grid of a CNN" if eyes == "CNN grid" else eyes
