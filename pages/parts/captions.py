"""What the captioners write of a picture, each beside the right words where there are any."""

import streamlit as st

from core.lessons.captioning import Lesson
from core.vision import scenes


def show(result: Lesson) -> None:
    """The captions: with a look per word, and with the mean of all cells."""
    settings = result.settings
    # what is covered, or hidden by another thing, nobody could name
    fair = result.right and settings.covered is None and scenes.apart(settings.scene)
    rows = [("A look per word", result.now)]
    if result.changed:
        rows = [("With your changes", result.now), ("A look per word, by itself", result.free)]
    for name, caption in (*rows, ("The mean of all cells", result.mean)):
        mark = " ✓" if caption.text == result.right else " ✗"
        st.caption(name + (mark if fair else ""))
        limit = "" if caption.ended else f" … (stopped after {len(caption.words)} words, its limit)"
        st.text((caption.text or "(nothing is written)") + limit)
    if result.outside:
        st.caption(
            f"This picture is outside its world: only {result.familiar:.0%} of its pixels have a colour that it knows. "
            "It cannot say so itself: it has no other words, and what it writes here need not be right."
        )
