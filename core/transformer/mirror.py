"""Rows of letters that are mirrored in their middle: only what stands on the right tells what is hidden on the left."""

from typing import Final

import torch
from jaxtyping import Int
from torch import Tensor

from core.zero_width import words_of

LETTERS: Final = "abcdefghij"
HALF: Final = 5
LENGTH: Final = 2 * HALF
GAP: Final = len(LETTERS)  # the id of what hides a letter, and of what stands before a row that is written
FIRST: Final = "dcafb"  # what pages begin with
SHOWN: Final = (*LETTERS, "▢")


def mirrored(first: Int[Tensor, "batch half"]) -> Int[Tensor, "batch letters"]:
    """The whole rows of these first halves."""
    return torch.cat([first, first.flip(1)], dim=1)


def drawn(n: int, rng: torch.Generator) -> Int[Tensor, "n letters"]:
    """So many rows."""
    return mirrored(torch.randint(len(LETTERS), (n, HALF), generator=rng))


def read(text: str, most: int = LENGTH) -> list[int]:
    """The letters of a text as ids, spaces left out.

    Raises   ValueError in words for another letter, or for too many.
    """
    letters = "".join(words_of(text.lower()))
    if strange := next((letter for letter in letters if letter not in LETTERS), None):
        raise ValueError(f"“{strange}” is none of its letters: it knows {LETTERS[0]} to {LETTERS[-1]}")
    if len(letters) > most:
        raise ValueError(f"there are {len(letters)} letters, and at most {most} are read: take some away")
    return [LETTERS.index(letter) for letter in letters]
