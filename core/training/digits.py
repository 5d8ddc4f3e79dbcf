"""A toy task that strains one fixed vector: write a row of digits backwards. Trained on rows of 2 to 12 digits."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PAD, START, END = "·", "<s>", "</s>"
DIGITS: Final = tuple("0123456789")
VOCABULARY: Final = (PAD, START, END, *DIGITS)
_ID: Final = {word: place for place, word in enumerate(VOCABULARY)}
SHORTEST_TRAINED: Final = 2
LONGEST_TRAINED: Final = 12
LONGEST: Final = 30


@dataclass(frozen=True)
class Row:
    """A row of digits with its translation; gold[t] is the place of the digit that target digit t repeats."""

    source: tuple[str, ...]

    @property
    def target(self) -> tuple[str, ...]:
        return self.source[::-1]

    @property
    def gold(self) -> tuple[int, ...]:
        return tuple(reversed(range(len(self.source))))

    @property
    def content(self) -> list[int]:
        """The places that count for alignment: all."""
        return list(range(len(self.source)))

    def ids(self) -> tuple[list[int], list[int]]:
        """Source and target as places of VOCABULARY, with the mark of the end."""
        return [*(_ID[word] for word in self.source), _ID[END]], [*(_ID[word] for word in self.target), _ID[END]]


def parse(text: str) -> Row:
    """Digits that somebody typed. Raises ValueError naming what is no digit, or how many there are."""
    letters = "".join(text.split())
    strange = next((letter for letter in letters if letter not in DIGITS), None)
    if strange is not None:
        raise ValueError(f"“{strange}” is no digit: type 1 to {LONGEST} digits, such as 3 1 4 1 5")
    if not 1 <= len(letters) <= LONGEST:
        raise ValueError(f"{len(letters)} digits were typed: 1 to {LONGEST} of them are read, such as 3 1 4 1 5")
    return Row(tuple(letters))


def draw(rng: random.Random, lengths: Sequence[int] = range(SHORTEST_TRAINED, LONGEST_TRAINED + 1)) -> Row:
    """A random row of one of these lengths."""
    return Row(tuple(rng.choices(DIGITS, k=rng.choice(lengths))))
