"""The picture that a captioner of the writing lab looks at: drawn as a scene, a photograph, or the visitor's own."""

import numpy as np
import streamlit as st

from core.lessons.captioning import SCENE
from core.lessons.writing_lab import pictures
from core.memory import kept
from core.models import offline
from core.models.loaded import LoadedModel
from core.models.picture_source import PictureSource, see
from core.vision.classifier import FITS, Fit
from core.vision.scenes import Scene, Thing
from pages.parts import own_picture, scene_editor
from pages.parts.controls import Controls

DRAWN, BROUGHT = "drawn scene", "photograph or your own"
OTHER_SCENE: Scene = (Thing("green", "triangle", 21.0, 5.0), Thing("yellow", "circle", 11.0, 27.0))


def is_drawn(ui: Controls, loaded: LoadedModel) -> bool:
    """Whether the picture is a drawn scene, as it is at first for the captioner that learned from nothing else."""
    own = loaded.name in offline.SCENE_CAPTIONERS
    name, first = ("scene_or_not", DRAWN) if own else ("photograph_or_not", BROUGHT)
    return ui.one_of("Picture", [DRAWN, BROUGHT], name, first) == DRAWN


def fit_of(ui: Controls) -> Fit:
    """How a picture is made a square."""
    return ui.one_of("Make it square", FITS, "fit")


def source_of(ui: Controls, loaded: LoadedModel, fit: Fit, *, drawn: bool, second: bool = False) -> PictureSource:
    """The picture as the model saw it; asked for here. What was last seen is not looked at again.

    Raises   ModelError where the model cannot look at it.
    """
    picture = _picture(ui, loaded, drawn, second)
    return _seen(loaded, own_picture.digest(picture), fit, picture)


@kept
def _seen(loaded: LoadedModel, digest: str, fit: Fit, _picture: np.ndarray) -> PictureSource:
    with st.spinner("Looking …", show_time=True):
        return see(loaded, _picture, fit)


def _picture(ui: Controls, loaded: LoadedModel, drawn: bool, second: bool) -> np.ndarray:
    if drawn:
        scene = scene_editor.edit(ui.key("other"), OTHER_SCENE) if second else scene_editor.edit(ui.prefix, SCENE)
        if loaded.name in offline.SCENE_CAPTIONERS:
            scene_editor.say_of_world(scene)
        return pictures.drawn(scene)
    if second:
        return own_picture.choose(ui.prefix, "other_picture", "The other picture", "a rocket")[1]
    return own_picture.choose(ui.prefix)[1]


def say_of_world(loaded: LoadedModel, source: PictureSource) -> None:
    """What must be known of a model and a picture that do not belong together, and of how pixels are made ready."""
    if loaded.name in offline.SCENE_CAPTIONERS and (known := pictures.familiar(source)) < pictures.FAMILIAR:
        st.caption(
            f"This picture is outside its world: only {known:.0%} of its pixels have a colour that it knows. It cannot say so "
            "itself: it has no other words, and what it writes here need not be right."
        )
    if not source.preprocessing.known:
        st.caption(
            "No file of the model says how its pixels are normalised: the usual mean and deviation of 0.5 are taken."
        )
