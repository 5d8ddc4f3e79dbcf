"""The image lab: all heads of a vision model on the visitor's own pictures."""

from collections.abc import Iterator

import numpy as np
import streamlit as st

from core import picture_files
from core.analysis.patch_attention import Chosen, PatchAttention
from core.lessons import image_lab
from core.lessons.shown import call
from core.lessons.vision_transformer import sharper
from core.memory import kept_for_all_if
from core.models import image_attention, image_reading
from core.models.errors import ModelError
from core.models.image_reading import OWN, ImageReading
from core.models.loaded import LoadedModel
from core.numerals import layers_of_heads
from core.vision.classifier import FITS, Fit
from core.vision.samples import SAMPLES
from pages.parts import (
    answers,
    claims,
    controls,
    downloads,
    messages,
    models,
    ours,
    own_picture,
    patch_explorer,
    url_state,
)
from pages.parts.figure_file import Alone
from pages.parts.figures import Overlay
from pages.parts.patch_view import Look, Shown, planes, within
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.words import Token
from pages.server import run_queue, settings

PREFIX = "img"
NOTHING, OTHER_PICTURE, OTHER_MODEL = "nothing", "another picture", "another model"
EXAMPLE = "facebook/dinov2-small"


@kept_for_all_if(
    lambda model, on, name, digest, _picture, fit, _loaded: _loaded is None and name in SAMPLES and ours.picture(digest)
)
def looked(
    model: str, on: str, name: str, digest: str, _picture: np.ndarray, fit: Fit, _loaded: LoadedModel | None
) -> ImageReading:
    return image_reading.read_image(model if _loaded is None else _loaded, name, _picture, fit, on)


@kept_for_all_if(lambda digest, fit, side, _picture: ours.picture(digest))
def sharp(digest: str, fit: Fit, side: int, _picture: np.ndarray) -> np.ndarray | None:
    return sharper(_picture, side, fit)


def choose_model(prefix: str, control_row, on: str, offered: tuple[str, ...]) -> tuple[str, LoadedModel | None]:
    """The model that is asked for, opened where it is one of the library; one of ours after saying why it cannot be."""
    with control_row:
        name = models.choose(prefix, offered, EXAMPLE)
    if name in OWN:
        return name, None
    loaded = models.open_or(prefix, name, on, None, f"{OWN[0]} is shown")
    return (OWN[0], None) if loaded is None else (name, loaded)


def look_at(
    prefix: str, chosen: tuple[str, LoadedModel | None], on: str, name: str, picture: np.ndarray, fit: Fit
) -> ImageReading | None:
    """What a model makes of a picture; None after saying why it cannot."""
    model, loaded = chosen
    try:
        with st.spinner("Looking …", show_time=True):
            return looked(model, on, name, own_picture.digest(picture), picture, fit, loaded)
    except ModelError as error:
        messages.problem(f"{prefix}_look", "This model cannot show where it looks.", f"{error}.")
        return None


def place_of_link(seen: PatchAttention) -> tuple[int, int]:
    """The layer and the head that the link opens; else a head in the middle."""
    return url_state.layer_and_head(f"{PREFIX}_head", seen.n_layers, seen.n_heads) or (seen.n_layers // 2, 0)


def opened(layer: int, head: int) -> None:
    url_state.write(f"{PREFIX}_head", f"{layer},{head}")


@run_queue.fragment
def lab() -> None:
    above, figure, below = controls.around_a_figure()
    with above:
        name, picture = own_picture.choose(PREFIX)
    control_row = controls.row(place=above)
    with control_row:
        on = models.choose_device(PREFIX)
    chosen = choose_model(PREFIX, control_row, on, (*OWN, *settings.MODELS))
    with control_row:
        fit = controls.Controls(PREFIX).one_of("Make it square", FITS, "fit")
        compare = st.selectbox(
            "Compare with",
            [NOTHING, OTHER_PICTURE, OTHER_MODEL],
            key=f"{PREFIX}_compare",
            bind="query-params",
            width=170,
        )
    first = look_at(PREFIX, chosen, on, name, picture, fit)
    if first is None:
        return
    second, second_title, beside_it = None, "", picture
    if compare == OTHER_PICTURE:
        other_name, other = own_picture.choose(PREFIX, "other", "The other picture", "a rocket")
        second, second_title = look_at(f"{PREFIX}_second", chosen, on, other_name, other, fit), other_name
        beside_it = other
    elif compare == OTHER_MODEL:
        beside = choose_model(
            f"{PREFIX}_second", controls.row("control_row_second"), on, (OWN[1], OWN[0], *settings.MODELS)
        )
        second, second_title = look_at(f"{PREFIX}_second", beside, on, name, picture, fit), beside[0]
    with figure:  # what is said of the link stands above it
        place = place_of_link(first.patch_attention)
    with below, controls.row("control_row_more"):
        shown = patch_explorer.choose(PREFIX, first.patch_attention, *place)
    with figure:
        titles = (name if compare == OTHER_PICTURE else chosen[0], second_title)
        alone = draw(first, second, shown, chosen, titles, (picture, beside_it), fit)
        take_away(first, shown, chosen, fit, on, alone)


def draw(
    first: ImageReading,
    second: ImageReading | None,
    shown: Shown,
    chosen: tuple[str, LoadedModel | None],
    titles: tuple[str, str],
    pictures: tuple[np.ndarray, np.ndarray],
    fit: Fit,
) -> Alone:
    """The pictures with all heads, and what the project's own models say that they show; returned is the figure for a file."""
    seen = first.patch_attention
    extra = f"{', '.join(seen.extra)} and " if seen.extra else ""
    caption = (
        f"{layers_of_heads(seen.n_layers, seen.n_heads)}: {extra}{seen.rows} × {seen.columns} "
        f"patches of a picture of {len(first.pixels)} × {len(first.pixels)} pixels. Point at a "
        "head to preview it, click or tap to open it."
    )
    if seen.coarseness > 1:
        caption += f" On the small pictures {seen.coarseness} × {seen.coarseness} patches are one cell, added up."
    digest = own_picture.digest(first.pixels)
    in_full, other_in_full = (
        None if made is None else sharp(own_picture.digest(picture), fit, len(made.pixels), picture)
        for made, picture in zip((first, second), pictures, strict=True)
    )
    one = Look(seen, first.pixels, f"{titles[0]}: " if second else "", in_full)
    other = Look(second.patch_attention, second.pixels, f"{titles[1]}: ", other_in_full) if second else None
    alone = patch_explorer.show(PREFIX, one, shown, f"{chosen[0]}|{digest}", caption, opened, other)
    answered = [
        (title if second else each.name, each.answer)
        for title, each in zip(titles, (first, second), strict=True)
        if each is not None and each.answer is not None
    ]
    for title, answer in answered:
        st.text(f"{title}: {answers.told(answer)}")
    if answered:
        st.caption(answers.world(answered[0][1]))
    loaded = chosen[1]
    if loaded is not None and (told := " ".join(how_it_sees(loaded))):
        st.caption(told)
    return alone


def how_it_sees(loaded: LoadedModel) -> Iterator[str]:
    """What one must know of a model of the library beside its weights."""
    reads = image_attention.preprocessing_of(loaded)
    if not loaded.recorded:
        yield "This family brings its own attention, so the weights are those that the library returns."
    if not reads.known:
        yield "No file of the model says how its pixels are normalised: the usual mean and deviation of 0.5 are taken."
    if reads.channels == 1:
        yield "The model sees no colours: the picture is made grey."
    if reads.covered < reads.side:
        yield (
            f"The model is given {reads.side} × {reads.side} pixels, which is no multiple of its patches of {reads.patch}: "
            f"it sees the first {reads.covered} × {reads.covered}."
        )


def take_away(
    first: ImageReading, shown: Shown, chosen: tuple[str, LoadedModel | None], fit: Fit, on: str, alone: Alone
) -> None:
    """The overlay as a figure, the map as numbers, the look as a program; of several pictures, a row for each."""
    seen = first.patch_attention
    with url_state.silent():  # it was told above the figure
        at = patch_explorer.token_of_link(PREFIX, seen)
    n = len(seen.extra)
    matrix = seen.matrix(shown).numpy()
    view = Overlay("looks", "picture", seen.columns, scale="share")
    scene = StepViewer(
        lesson="image_lab",
        signature="",
        steps=[],
        views=[StepView(shown.title, (), view, [], title=shown.title)],
        opens_at=shown.title,
        tokens={
            "queries": [Token(each, at < n) for at, each in enumerate(seen.tokens)],
            "keys": [Token(each) for each in seen.patches],
        },
        focus={"query": at, "key": 0},
        tensors={
            "looks": np.ascontiguousarray(matrix[:, n:]),
            "weights": matrix,
            "picture": planes(first.pixels) / np.float32(255),
        },
    )
    model, loaded = chosen

    pixels = call(picture_files.opened_png, picture_files.png(first.given))
    asked = Chosen(**vars(shown))
    if loaded is None:
        again = call(image_lab.shown, model, pixels, asked)
    else:
        how = (type(loaded.model).__name__, image_attention.stretches(loaded), seen.extra)
        preprocessing = image_attention.preprocessing_of(loaded)
        again = call(image_lab.shown_of_library, loaded.name, *how, pixels, preprocessing, asked)
    where = f"Real weights of {model} on {first.name}, {shown.title.lower()}"
    downloads.offer(scene, where, again, lambda: {"weights_of_all_heads": seen.weights.numpy()}, alone)
    every_picture(shown, chosen, fit, on)


def every_picture(shown: Shown, chosen: tuple[str, LoadedModel | None], fit: Fit, on: str) -> None:
    """Of the visitor's own pictures, if there are several: a row for each."""
    own = own_picture.brought()
    if len(own) < 2:
        return
    asked = (shown, chosen[0], fit, on, tuple(id(entry) for entry in own))
    kept = f"{PREFIX}_maps"
    with st.container(key=f"{PREFIX}_every", border=True):
        st.caption(
            f"All {len(own)} pictures, a row for each: what the class token looks at (without one, all patches on the average), "
            f"{shown.title.lower()}. As a table to download."
        )
        if st.button("Look at all of them", key=f"{PREFIX}_all"):
            st.session_state[kept] = (asked, all_maps(shown, chosen, fit, on))
        known, maps = st.session_state.get(kept, (None, []))
        if known == asked and maps:
            with st.container(horizontal=True):
                for label, make, kind in (
                    ("CSV", image_reading.as_csv, "text/csv"),
                    ("NPZ", image_reading.as_npz, downloads.NPZ),
                ):
                    st.download_button(
                        label,
                        make(maps),
                        f"attention-lab-pictures.{label.lower()}",
                        kind,
                        key=f"{PREFIX}_{label.lower()}",
                        on_click="ignore",
                    )


def all_maps(shown: Shown, chosen: tuple[str, LoadedModel | None], fit: Fit, on: str) -> list[image_reading.PatchMap]:
    """One map for each of the visitor's pictures; what cannot be looked at is told."""
    model, loaded = chosen
    own = own_picture.brought()
    maps = []
    bar = st.progress(0.0)
    try:
        for at, entry in enumerate(own):
            found = image_reading.read_image(
                model if loaded is None else loaded, entry.name, entry.taken.pixels, fit, on
            )
            maps.append(image_reading.map_of(found, within(shown, found.patch_attention)))
            bar.progress((at + 1) / len(own))
    except ModelError as error:
        messages.problem(f"{PREFIX}_every_look", "This model cannot show where it looks.", f"{error}.")
    bar.empty()
    return maps


lab()
claims.show_sources("image_lab", ("dosovitskiy2021", "abnar2020", "darcet2024", "chefer2021"))
