"""What French words mean: a small dictionary that was learned by counting, from the sentences of the translators."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.models import checkpoints
from core.models.errors import ModelError

NAME: Final = "lexicon"
UNKNOWN: Final = "–"


@dataclass(frozen=True)
class Lexicon:
    """What each French word, written small, means in English, as "wife / woman"; and how that was made and measured."""

    meanings: dict[str, str]
    figures: dict[str, Any]

    def of(self, words: Sequence[str]) -> list[str]:
        """What each word means by itself, whatever stands around it; UNKNOWN where it has no one counterpart.
        What is no word, such as a comma, stands for itself."""
        return [self.meanings.get(word.casefold(), UNKNOWN) if any(map(str.isalpha, word)) else word for word in words]


@cache
def load() -> Lexicon:
    """The dictionary that comes with the project. Raises ModelError if it cannot be read."""
    return read(checkpoints.FOLDER / f"{NAME}.json")


def read(path: Path) -> Lexicon:
    """A dictionary from its file. Raises ModelError if it cannot be read."""
    try:
        figures = json.loads(path.read_text("utf-8"))
        return Lexicon(figures.pop("meanings"), figures)
    except (OSError, ValueError, KeyError):
        again = f"fetch it again, or make it: python -m core.training {NAME}"
        raise ModelError(f"{path.name} cannot be read: {again}") from None
