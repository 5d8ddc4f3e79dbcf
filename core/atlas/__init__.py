"""The atlas: every figure to which the notes refer and which they do not hold, drawn from what the lessons compute."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.atlas.cs231n_attention import ATTENTION
from core.atlas.cs231n_transformers import TRANSFORMERS
from core.atlas.figure import NOTES, Figure
from core.atlas.short_notes import CARDS, CS5242, DAY71

__all__ = ["FIGURES", "NOTES", "Figure", "found"]

FIGURES: Final = tuple(
    replace(figure, number=number)
    for number, figure in enumerate((*CS5242, *DAY71, *CARDS, *ATTENTION, *TRANSFORMERS), start=1)
)


def found(note: str = "", lesson: str = "", words: str = "") -> Sequence[Figure]:
    """The figures of a note, made by a lesson, that speak of some words; "" asks for nothing."""
    return [
        each
        for each in FIGURES
        if each.note == (note or each.note) and each.lesson == (lesson or each.lesson) and each.speaks_of(words)
    ]
