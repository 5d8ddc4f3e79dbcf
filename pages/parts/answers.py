"""What a classifier says that a picture shows, in words that do not hide how sure it is."""

import numpy as np
import streamlit as st

from core.lessons import vision_transformer
from core.lessons.vision_transformer import MODELS, Lesson
from core.memory import kept_for_all_if
from core.vision.classifier import Answer, Fit
from pages.parts import ours

TOLD = 3
NAMES = {"vit": "class token", "vit-mean-pool": "mean of all", "cnn": "convolutional net"}


def world(found: Answer) -> str:
    """What it can say at all."""
    return (
        f"It knows {', '.join(sorted(found.probabilities))}. Of anything else, such as a drawing, it names what comes nearest, "
        "at times with a high percentage."
    )


def told(found: Answer) -> str:
    """The likeliest classes."""
    best = [f"{label} {share:.0%}" for label, share in list(found.probabilities.items())[:TOLD]]
    return ("" if found.sure else "not sure: ") + ", ".join(best)


@kept_for_all_if(lambda name, digest, *how: ours.picture(digest))
def _of(name: str, digest: str, _picture: np.ndarray, fit: Fit, positions: bool) -> Answer:
    return vision_transformer.said(name, _picture, fit, positions=positions)


def compare(prefix: str, result: Lesson, digest: str, picture: np.ndarray) -> None:
    """What each of the project's own models says of a picture: the one that is looked at first, as it reads it now."""
    chosen, own = result.settings, MODELS[result.settings.pooling]
    before = _of(own, digest, picture, chosen.fit, chosen.positions)
    name = NAMES[own] + ("" if chosen.positions else ", without positions")
    rows: list[tuple[str, Answer]] = [(f"{name}, patches shuffled", result.now)] if chosen.shuffled else []
    rows.append((name, before))
    rows += [(NAMES[each], _of(each, digest, picture, chosen.fit, True)) for each in NAMES if each != own]
    with st.container(key=f"{prefix}_answers", border=True):
        st.markdown("\n\n".join(f":small[{label.capitalize()}]  \n{told(found)}" for label, found in rows))
        moved = (
            f"Shuffling moved a probability by at most {result.moved(before):.3f}; the others read the picture as it is.\n\n"
            if chosen.shuffled
            else ""
        )
        st.caption(moved + world(before))
