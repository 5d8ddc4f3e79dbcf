"""The limits of what is read, and where it is computed: the settings of core, each in this one place; and the release.

Those of the server are in `pages.server.settings`, made with the same functions. An environment variable
ATTENTION_LAB_<NAME> overrides the setting of that name. It is read once, at the start.
"""

import os
from typing import Final, NamedTuple

from core import machine

VERSION: Final = "1.0.0"
PREFIX: Final = "ATTENTION_LAB_"


class Setting(NamedTuple):
    """A setting as the README tells it. default: what holds without the variable; limit: of a visitor, who is told it."""

    value: str
    default: str
    meaning: str
    limit: bool


TOLD: Final[dict[str, Setting]] = {}


def text(name: str, default: str, meaning: str, shown: str = "", limit: bool = False) -> str:
    """A setting in words. shown: how a default that differs from machine to machine is told."""
    said = os.environ.get(PREFIX + name, default).strip()
    TOLD[name] = Setting(said, shown or default, meaning, limit)
    return said


def count(name: str, default: int, meaning: str, least: int = 1, shown: str = "") -> int:
    """A whole number that is not too small. shown: as of `text`."""
    said = text(name, str(default), meaning, shown, limit=True)
    if not (said.isascii() and said.isdigit() and int(said) >= least):
        raise ValueError(
            f"{PREFIX}{name} is {said!r}: a whole number from {least} on is accepted, for example {default}"
        )
    return int(said)


def yes_or_no(name: str, shown: str, meaning: str) -> bool | None:
    """A choice; None where nothing is said. shown: how it is then decided."""
    said = text(name, "", meaning, shown=shown)
    if said not in ("", "yes", "no"):
        raise ValueError(f"{PREFIX}{name} is {said!r}: yes or no is accepted")
    return None if said == "" else said == "yes"


def names(name: str, meaning: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in text(name, "", meaning).split(",") if word.strip())


MAX_TEXT: Final = count("MAX_TEXT", 5000, "characters of a text that are accepted")
MAX_TOKENS: Final = count(
    "MAX_TOKENS", 512, "tokens of a text that are read at once, where the model can read that many"
)
MAX_TRANSLATED: Final = count(
    "MAX_TRANSLATED", 120, "word pieces of a text that the project's own translators read at once"
)
MAX_SENTENCES: Final = count("MAX_SENTENCES", 50, "sentences of a file or box that are translated")
MAX_UPLOAD_BYTES: Final = count("MAX_UPLOAD_BYTES", 1_000_000, "bytes of a text file that are accepted")
MAX_LONG_TEXT_BYTES: Final = count(
    "MAX_LONG_TEXT_BYTES", 5_000_000, "bytes of a text file of which a map is made; its first 32,768 tokens are read"
)
MAX_PICTURE_BYTES: Final = count(
    "MAX_PICTURE_BYTES", 20_000_000, "bytes of a picture file, or of a zip of pictures, that are accepted"
)
MAX_PIXELS: Final = count("MAX_PIXELS", 40_000_000, "pixels of a picture that is decoded")
MAX_PICTURES: Final = count("MAX_PICTURES", 24, "pictures of a visitor, or of a zip, that are kept at once")
MAX_CARDS: Final = count("MAX_CARDS", 10_000, "cards of a visitor's own")
MAX_CARD_TEXT: Final = count("MAX_CARD_TEXT", 5000, "characters of each side of a card")
MAX_DECK_BYTES: Final = count("MAX_DECK_BYTES", 5_000_000, "bytes of a file of cards")
MAX_UPDATES: Final = count("MAX_UPDATES", 300, "steps of a training that a visitor plays")
MAX_LAB_UPDATES: Final = count("MAX_LAB_UPDATES", 3000, "steps of a training in the training lab")
MEMORY_BYTES: Final = count(
    "MEMORY_BYTES",
    machine.memory() // 2,
    "bytes of memory that the whole server takes; what fills them and was looked at longest ago goes, and is computed again",
    shown="half of the memory of the machine or container",
)
DEVICE: Final = text("DEVICE", "", "where models run: cpu, cuda, cuda:1, mps; without it the best there is")
