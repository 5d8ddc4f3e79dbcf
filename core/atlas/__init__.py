"""The atlas: every figure to which the notes refer and which they do not hold, drawn from what the lessons compute."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.atlas.cs231n_attention import ATTENTION
from core.atlas.cs231n_transformers import TRANSFORMERS
from core.atlas.figure import NOTES, Figure
from core.atlas.further_steps import STEPS
from core.atlas.short_notes import CARDS, CS5242, DAY71

__all__ = ["FIGURES", "NOTES", "Figure", "at_step", "first_alike", "found", "numbered"]

FIGURES: Final = tuple(
    replace(figure, number=number)
    for number, figure in enumerate((*CS5242, *DAY71, *CARDS, *ATTENTION, *TRANSFORMERS), start=1)
)
_EVERY: Final = (*FIGURES, *(replace(step, number=number) for number, step in enumerate(STEPS, start=len(FIGURES) + 1)))


def numbered(number: int) -> Figure:
    """The figure of a number: of the notes up to 49, of further steps from there on."""
    return _EVERY[number - 1]


def first_alike(figure: Figure) -> Figure:
    """The first figure that is drawn from the same call: what is made for one serves all."""
    return next(each for each in _EVERY if each.made is figure.made)


def at_step(lesson: str, step: str, sets: Mapping[str, str]) -> Figure | None:
    """The figure of a step of a lesson, with these controls set where there are several; None where it has none."""
    there = [each for each in _EVERY if each.lesson == lesson and each.step == step]
    return next((each for each in there if each.sets == sets), there[0] if there else None)


def found(note: str = "", lesson: str = "", words: str = "") -> Sequence[Figure]:
    """The figures of a note, made by a lesson, that speak of some words; "" asks for nothing."""
    return [
        each
        for each in FIGURES
        if each.note == (note or each.note) and each.lesson == (lesson or each.lesson) and each.speaks_of(words)
    ]
