"""A drawn picture with captions, and a drawn video, as two small models read them: controls, scene and steps of each."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import streamlit as st

from core.attention import attend
from core.experiments.model_family.given import Given
from core.lessons.model_family import denoising, gaps, matching
from core.lessons.shown import call
from core.listing import ran
from core.memory import kept
from core.transformer.mirror import FIRST
from core.vision import moving
from core.vision.image_text import ImageText
from core.vision.pairs import KNOWN
from core.vision.scenes import Scene as Drawn
from core.vision.video import Denoiser, cut_into_blocks
from pages.parts import messages, scene_editor, url_state
from pages.parts.controls import Controls
from pages.parts.figures import Matrix, Overlay, Table, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.words import plain

SEED = 0
MOST_SAID = 3  # of what cannot be read in captions
WORDS = f"Captions between commas, in the words {', '.join(KNOWN)}; articles are left out"


def drawn(ui: Controls) -> Drawn:
    """The scene of the link."""
    return scene_editor.of_link(ui.key("scene"), matching.SCENE)


def given(ui: Controls) -> Given:
    """The learner's row and scene, as the claims are given them."""
    try:
        half = gaps.half_of(str(st.session_state.get(ui.key("row")) or url_state.read(ui.key("row")) or FIRST))
    except ValueError:
        half = FIRST
    return Given(half, drawn(ui))


def evidence(ui: Controls) -> tuple[Given, int]:
    """What the claims are tried on."""
    return given(ui), SEED


@kept
def _denoised(settings: denoising.Settings) -> tuple[denoising.Lesson, dict[str, np.ndarray]]:
    result = denoising.run(settings)
    return result, denoising.beside(result)


def read_captions(ui: Controls) -> tuple[str, ...]:
    """What is typed. Where some of it cannot be read, that is said, and the rest is read; where too little is left, the
    captions before, or those that the page begins with."""
    typed = ui.sentence(matching.CAPTIONS, WORDS, "captions")
    captions, refused = matching.understood(typed)
    enough, before = len(captions) > 1, ui.key("captions_before")
    if enough:
        st.session_state[before] = captions
    if refused:
        too_few = "There are too few captions. The figure shows earlier ones, or examples, until there are two."
        shown = "Not all captions are read. The figure shows those that are." if enough else too_few
        why = ". ".join(map(messages.begun, refused[:MOST_SAID]))
        messages.problem(ui.key("captions"), shown, f"{why}.", (matching.CAPTIONS,))
    return captions if enough else st.session_state.get(before, matching.Settings().captions)


def on_pairs(ui: Controls) -> Scene:
    """A drawn picture, and captions between commas."""
    captions = read_captions(ui)
    with ui.under():
        things = scene_editor.edit(ui.prefix, matching.SCENE)
    settings = matching.Settings(things, captions)
    result = matching.run(settings)
    return Scene(
        result,
        chosen=settings,
        tokens={axis: plain(texts) for axis, texts in matching.axes(result).items()},
        beside=matching.beside(result),
        shares=frozenset({"of_pictures", "of_captions"}),
        again=call(matching.shown, settings),
        signature=str(settings),
        origin=f"Real numbers of {matching.MODEL}, a small CLIP: two towers of {matching.model().config.n_layers} blocks each, "
        "trained for this course on drawn scenes",
        evidence=evidence(ui),
        focus={"query": 0, "key": captions.index(result.chosen)},
        code=(ran(ImageText.forward, seen="image_vectors", told="text_vectors"),),
        steps=steps_of_pairs,
        opens_at="scores",
        token_strip=False,
    )


def steps_of_pairs(scene: Scene) -> Iterator[StepDeclared]:
    n = len(scene.chosen.captions)
    yield step(
        "arrows",
        tables(
            Table("image_vectors", "pictures", role="query", labelled=True),
            Table("text_vectors", "captions", rows="keys", role="key", labelled=True),
        ),
        "Your picture and one drawn of each caption are cut into squares and go through one tower behind a class token. "
        "Captions go through another, under a causal mask: the end token behind each sees all its words. Of these two tokens "
        "the towers make arrows of length 1 in one space.",
        title="Two towers, one space",
    )
    yield step(
        "cosine",
        Matrix("cosines", "signed", limit=1, readout="plain", corner="cosine", axes="pictures ↓ · captions →"),
        "{q} and “{k}” point {cosines[q,k]:.2f} alike: 1 is the same way, 0 at a right angle.",
    )
    yield step(
        "scores",
        Matrix(
            "of_pictures", "weights", readout="plain", corner="softmax", margin="sum", axes="pictures ↓ · captions →"
        ),
        "Each row is one choice: {q} gives “{k}” {of_pictures[q,k]:.2f}. Your picture chooses “{chosen}”. "
        "It can choose among what you wrote, and writes nothing.",
        shows=("logits", "of_pictures"),
        operator="softmax",
        title="Which caption each picture chooses",
    )
    yield step(
        "loss",
        Matrix("of_captions", "weights", readout="plain", corner="softmax", axes="pictures ↓ · captions →"),
        "The other way: each column is a caption that chooses a picture, and two that fit share it. Training makes both choices "
        "right: {hits} of {n} pictures drawn of your captions choose their own. Among these alone, without yours, the loss is "
        "{loss:.3f}; guessing costs ln {n} = {guessing:.2f}.",
        shows=(),
        title="Both ways",
        n=n,
    )


def on_videos(ui: Controls) -> Scene:
    """A scene in motion, noise, and who meets whom."""
    noise = ui.slider("Noise σ", 0.0, 1.0, 0.7, "noise", 0.05, width=140)
    meet = ui.toggle("Blocks of all frames meet", "meet", True)
    frames = ui.among("Frames t", denoising.FRAMES, 2, "t", width=120)
    side = ui.among("Pixels h = w", denoising.SIDES, 4, "side", width=120)
    with ui.more():
        across = ui.slider("Across, pixels a frame", -moving.FASTEST, moving.FASTEST, 1.0, "across", 0.25)
        down = ui.slider("Down", -moving.FASTEST, moving.FASTEST, 0.5, "down", 0.25)
        seed = ui.seed(0)
    with ui.under():
        things = scene_editor.edit(ui.prefix, matching.SCENE)
    settings = denoising.Settings(things, across, down, noise, meet, seed, frames, side)
    result, beside = _denoised(settings)
    names = plain(denoising.names())
    return Scene(
        result,
        trace=denoising.told(result),
        chosen=settings,
        tokens={
            "queries": names,
            "keys": names,
            "blocks": plain(str(at + 1) for at in range(result.n_patches)),
        },
        beside=beside,
        shares=frozenset({"clean_picture", "noisy_picture", "cleaned_picture"}),
        again=call(denoising.shown, settings),
        signature=str(settings),
        origin=f"Real numbers of {denoising.MODELS[meet]}, one block trained for this course on drawn videos",
        evidence=evidence(ui),
        focus=denoising.looked_at(beside),
        code=(ran(Denoiser.forward, x="embedded", block="resid_post"), ran(attend)),
        formulas=gaps.SHORT,
        steps=steps_of_videos,
        opens_at="clean",
        token_strip=False,
    )


def steps_of_videos(scene: Scene) -> Iterator[StepDeclared]:
    chosen, across = scene.chosen, denoising.columns()
    by_itself = partial(Overlay, side=across, plain=True, columns="numbers", rows="keys", scale="signed")
    yield step(
        "video",
        by_itself("patches", picture="clean_picture"),
        "{f} frames of {s} × {s} pixels; you see every second one: the first and third, below them the fifth and "
        "seventh. The grid is where the model cuts, two frames deep.",
        shows=(),
        title="Your drawing in motion",
        f=moving.FRAMES,
        s=moving.SIDE,
    )
    yield step(
        "noise",
        by_itself("patches", picture="noisy_picture"),
        "The same with noise of deviation σ = {sigma:.2f} on every pixel: it is off by {before:.4f} on average, squared.",
        shows=(),
        title="The video in noise",
        sigma=chosen.noise,
    )
    yield step(
        "cut",
        tables(Table("own_cut", "blocks", rows="blocks")),
        "Blocks of {t} × {h} × {h}: ({f}/{t})({s}/{h})({s}/{h}) = {n_patches} tokens of {w} numbers. Put together again, "
        "the video is off by {round_trip:.0f}.",
        shows=(),
        title="Blocks of space and time",
        code=ran(cut_into_blocks, returns="own_cut"),
        t=chosen.frames,
        h=chosen.side,
        f=moving.FRAMES,
        s=moving.SIDE,
        w=scene.result.own_cut.shape[1],
    )
    yield step(
        "A",
        Overlay("weights", "noisy_picture", across, scale="share"),
        "{q} gives {weights[q,k]:.3f} to {k}. "
        + (
            "Of all attention {elsewhere:.0%} goes to other frames."
            if chosen.meet
            else "The mask keeps blocks of other frames apart."
        ),
        operator="softmax",
        title="Where a block looks",
        elsewhere=denoising.other_frames(scene.result),
    )
    yield step(
        "clean",
        by_itself("cleaned", picture="cleaned_picture"),
        "In one go: of the mean squared error that the noise made, {before:.4f}, {after:.4f} is left. The other mask leaves "
        "{after_other:.4f}; to say “nothing is there” leaves {ground:.4f}.",
        title="What is left without noise",
    )
