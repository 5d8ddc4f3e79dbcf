"""A figure of the notes: where it stood, what it shows, what it is drawn from, and the step of the course that makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from core import picture_files
from core.atlas import making, making_steps
from core.atlas.making import Picture
from core.experiments import ledger
from core.lessons.self_attention import swapped
from core.lessons.shown import Shown, call

# the notes that refer to figures, as the claims call them
NOTES: Final = {
    note: ledger.NOTES[number]
    for note, number in {"cs5242": "S0", "day71": "S1", "cards": "S3", "cs231n": "S4"}.items()
}


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference between the numbers of two tables."""
    return float(np.abs(one - other).max())


def _nothing(made: Shown) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Figure:
    """One reference of a note to a figure that the note does not hold, or a further step drawn by itself.

    note, line   which of NOTES refers to it, and where; "" and 0 for a step to which none does.
    says         what there is to see, with names in braces as in a lesson; tells: makes those of numbers that no cell holds.
    made         what it is drawn from; takes: whether that is a sentence; written: makes the call that a program of it is
                 made of, where that is another one.
    lesson       the lesson that makes it, and there the step of this label, with these controls set; ordered: whether the
                 order of the words is one of them.
    focus        what is looked at first, where that is not a telling word and what it gives most to.
    number       among all figures.
    """

    note: str
    line: int
    title: str
    says: str
    made: Callable[..., Shown]
    lesson: str
    step: str
    takes: bool = True
    sets: Mapping[str, str] = field(default_factory=dict)
    tells: Callable[[Shown], dict[str, Any]] = _nothing
    focus: Mapping[str, int] = field(default_factory=dict)
    ordered: bool = False
    written: "Callable[[], partial[Shown]] | None" = None
    number: int = 0

    @property
    def where(self) -> str:
        """Its note and line, or its step, for a person."""
        return f"Notes: {NOTES[self.note]}, line {self.line}" if self.note else f"Step {self.step}"

    @property
    def origin(self) -> str:
        """Where its numbers come from."""
        return (making.ORIGINS | making_steps.ORIGINS)[self.made]

    @property
    def sees(self) -> bool:
        """Whether what it is drawn from may be of another picture."""
        return self.made in making.OF_A_PICTURE

    def make(self, text: str, picture: Picture | None = None) -> Shown:
        """What it is drawn from, of this sentence where it takes one, of this picture where it sees one."""
        if picture is not None and self.sees:
            return self.made(picture)
        return self.made(text) if self.takes else self.made()

    def again(self, text: str, picture: Picture | None = None) -> "partial[Shown]":
        """The call that makes it once more."""
        if self.written:
            return self.written()
        if picture is not None and self.sees:
            return partial(self.made, call(picture_files.opened_png, picture_files.png(picture)))
        return partial(self.made, text) if self.takes else partial(self.made)

    def controls(self, made: Shown) -> dict[str, str]:
        """The controls of the lesson, as they must stand to show it as it was made here."""
        order = swapped(len(made.tokens["queries"]))
        return dict(self.sets) | ({"order": ",".join(map(str, order))} if self.ordered else {})

    def speaks_of(self, words: str) -> bool:
        """Whether it holds all of these words, or what begins with them, however they are written."""
        text = " ".join((self.title, self.says, self.where, self.lesson.replace("_", " "), self.step)).casefold()
        return all(word in text for word in words.casefold().split())
