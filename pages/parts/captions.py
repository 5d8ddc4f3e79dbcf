"""What the captioners write of a picture, each beside the right words where there are any."""

import streamlit as st

from core.lessons.captioning import Lesson
from core.numerals import how_many
from pages.parts import scene_editor


def show(result: Lesson) -> None:
    """The captions: with a look per word, and with the mean of all cells."""
    rows = [("A look per word", result.now)]
    if result.changed:
        rows = [("With your changes", result.now), ("A look per word, by itself", result.free)]
    for name, caption in (*rows, ("The mean of all cells", result.mean)):
        mark = " ✓" if caption.text == result.right else " ✗"
        st.caption(name + (mark if result.fair else ""))
        limit = "" if caption.ended else f" … (stopped after {len(caption.words)} words, its limit)"
        st.text((caption.text or "(nothing is written)") + limit)
    if not result.settings.own:
        scene_editor.say_of_world(result.settings.scene)
    if result.outside:
        st.caption(
            f"This picture is outside its world: only {result.familiar:.0%} of its pixels have a colour that it knows. "
            "It cannot say so itself: it has no other words, and what it writes here need not be right."
        )


def of_looks(result: Lesson) -> str:
    """Where the words of the shown caption look, and of which of them it can be said."""
    if result.looks is None:
        why = (
            "which things are in this picture" if not result.right else "which thing each word of a wrong caption means"
        )
        return f"A small picture for each word. Nobody knows {why}, so that nobody can say where it should look."
    (at, named), (there, places) = result.looks["named"], result.looks["places"]
    if not named + places:
        no_thing = "No word is about a thing, so that none has one to look at."
        forced = "Every word that is about a thing looks where you forced it to."
        return f"A small picture for each word. {forced if result.settings.scene else no_thing}"
    others = "the other" if result.settings.forced_cells else "the"
    return (
        f"Of {others} {how_many(named, 'word')} for a colour or a shape {at} gave most to a cell that their thing reaches into, "
        f"of {others} {how_many(places, 'word')} for a place {there}. Whether they need the look is put to the test below."
    )


def of_mean(result: Lesson) -> str:
    """What the mean of all cells loses of the shown picture."""
    same = "Every row is the same: the mean of all {c} cells."
    if result.lost is None:
        if not result.fair:
            return f"{same} What it loses here nobody can say: the right caption of such a picture is not known."
        return f"{same} With it, another number of words is written than the right caption has."
    lost = [f"{wrong} of {how_many(of, kind[:-1])}" for kind, (wrong, of) in result.lost.items() if wrong]
    told = (
        f"Wrong among the words written with it: {', '.join(lost)}" if lost else "All words written with it are right"
    )
    return f"{same} {told}. Over many scenes, put to the test below, it loses shapes most."
