"""The map: a live sentence, the course drawn as an attention matrix, and the labs."""

import contextlib

import numpy as np
import streamlit as st

from core.memory import kept_for_all
from pages.course.catalogue import BY_SLUG, LABS, LESSONS, PAGES, Page
from pages.parts import assets, controls, page_layout
from pages.parts.payload import pack
from pages.parts.progress import panel
from pages.parts.progress.panel import Summary
from pages.server import preload, run_queue

PREFIX = "map"
LAYER, HEAD = 3, 1  # a head whose pronouns look for what they stand for
POSTER = ((0, 2), (0, 5), (1, 1), (1, 8), (2, 8), (2, 11), (3, 1), (4, 9), (5, 11))  # heads on the lab's card


def open_page(key: str) -> None:
    """Go where the visitor clicked."""
    slug = assets.told(key, "open")
    page = BY_SLUG.get(slug) if isinstance(slug, str) else None
    if page and page.built:
        st.session_state["map_goes_to"] = page.slug


def where(page: Page) -> str:
    """The place of a page's code, by which Streamlit knows it."""
    return page.path.relative_to(PAGES.parent).as_posix()


def row(lesson: Page, came: str) -> dict:
    return {
        "number": lesson.number,
        "slug": lesson.slug,
        "title": lesson.title,
        "question": lesson.question,
        "section": lesson.section,
        "minutes": lesson.minutes,
        "built": lesson.built,
        "progress": came,
        "buildsOn": [lesson.builds_on.get(earlier.slug, 0) for earlier in LESSONS[: LESSONS.index(lesson)]],
    }


def course(summary: Summary) -> None:
    """The course as an attention matrix: each lesson attends to those it builds on, the diagonal is the way."""
    assets.component("map")(
        key="map_course",
        data=pack({"lessons": [row(lesson, summary.came(lesson.slug)) for lesson in LESSONS]}, {}),
        on_open_change=lambda: open_page("map_course"),
    )


@run_queue.fragment
def sentence(ready: bool) -> None:
    """One head of a real model on the visitor's own sentence."""
    text = controls.Controls(PREFIX).sentence(label="A sentence of your own")
    words, tensors = {"source": "Reading the language model from disk, once: a few seconds", "tokens": []}, {}
    if ready:
        # these import torch, which the first picture of the map does not wait for
        from core.lessons import material
        from pages.parts import sentences
        from pages.parts.words import interesting

        read = sentences.read(text, PREFIX)
        if read is None:
            return
        tokens = sentences.shown(read)
        words = {
            "source": f"all-MiniLM-L6-v2, a model that reads text in {controls.N_LAYERS} layers, one after the other, each with "
            f"{controls.N_HEADS} heads that look side by side: layer {LAYER}, head {HEAD}, counted from 0. Real weights, "
            f"computed while you type. {controls.MARKS}.",
            "tokens": [token._asdict() for token in tokens],
            "focus": interesting(tokens),
            "which": f"one head, chosen out of {controls.N_LAYERS * controls.N_HEADS}",
        }
        tensors = {"weights": material.weights(read, LAYER)[HEAD].numpy()}
    assets.component("sentence")(key="map_sentence", data=pack(words, tensors, frozenset({"weights"})))


@kept_for_all
def poster() -> np.ndarray:
    """A few heads on the lab's own sentence, (heads, queries, keys)."""
    from core.lessons import material

    encoded = material.encode(controls.SENTENCE)
    return np.stack([material.weights(encoded, layer)[head].numpy() for layer, head in POSTER])


@kept_for_all
def alignment() -> np.ndarray:
    """What belongs together in the translation lab's first sentence, (1, target words, source words)."""
    from core.lessons import translation
    from pages.parts.translations import SENTENCE

    return translation.translate("additive", SENTENCE, knowing=False).with_attention.numpy()[None]


def labs(ready: bool) -> None:
    """Where visitors bring what is theirs."""
    tensors = {}
    if ready:
        from core.models.errors import ModelError

        # without its model a card has no picture; the sentence above, or the lab, says what is missing
        for slug, picture in (("sentence_lab", poster), ("translation_lab", alignment)):
            with contextlib.suppress(ModelError):
                tensors[slug] = picture()
    cards = [{"slug": lab.slug, "title": lab.title, "question": lab.question} for lab in LABS if lab.built]
    assets.component("labs")(
        key="map_labs",
        data=pack({"labs": cards}, tensors, frozenset(tensors)),
        on_open_change=lambda: open_page("map_labs"),
    )


ready = preload.ready()
page_layout.front(
    "Watch attention happen",
    f"{len(LESSONS)} lessons, from a translator that reads word by word to the transformers of today, networks in which words "
    "look at one another: attention. What the figures show is computed while you watch, on your own words.",
)
sentence(ready)
summary = panel.show({page.slug: (page.name, where(page)) for page in LESSONS if page.built})
left, right = st.columns([2.35, 1], gap="medium")
with left:
    course(summary)
with right:
    labs(ready)
if goes_to := st.session_state.pop("map_goes_to", None):
    st.switch_page(where(BY_SLUG[goes_to]), query_params={})
if not ready:
    with run_queue.RUNS.released():
        preload.wait()
    st.rerun()
