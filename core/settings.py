"""The limits and settings of the program, each in this one place.

An environment variable ATTENTION_LAB_<NAME> overrides the setting of that name. It is read once, at the start.
"""

import os
from typing import Final

PREFIX: Final = "ATTENTION_LAB_"


def _text(name: str, default: str) -> str:
    return os.environ.get(PREFIX + name, default).strip()


def _count(name: str, default: int) -> int:
    """A whole number of at least 1."""
    said = _text(name, str(default))
    if not (said.isascii() and said.isdigit() and int(said) > 0):
        raise ValueError(f"{PREFIX}{name} is {said!r}: a whole number from 1 on is accepted, for example {default}")
    return int(said)


def _names(name: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in _text(name, "").split(",") if word.strip())


# how many characters a text box accepts
MAX_TEXT: Final = _count("MAX_TEXT", 5000)
# how many tokens of a text are read at once, where the model can read that many
MAX_TOKENS: Final = _count("MAX_TOKENS", 512)
# how many word pieces of a text the project's own translators read at once
MAX_TRANSLATED: Final = _count("MAX_TRANSLATED", 120)
# how many sentences of a file or a text box are translated
MAX_SENTENCES: Final = _count("MAX_SENTENCES", 50)
# how many live trainings of all visitors run at once; more wait in a queue
TRAININGS: Final = _count("TRAININGS", 2)
# how many models are kept in memory; one more, and the one that was asked for longest ago goes
MODELS_LOADED: Final = _count("MODELS_LOADED", 3)
# how large a file may be, in bytes; the server lets in no more than maxUploadSize of .streamlit/config.toml
MAX_UPLOAD_BYTES: Final = 1_000_000
# how large a picture file, or a zip of pictures, may be, in bytes
MAX_PICTURE_BYTES: Final = _count("MAX_PICTURE_BYTES", 20_000_000)
# how many pixels a picture may have: one that has more is not decoded
MAX_PIXELS: Final = _count("MAX_PIXELS", 40_000_000)
# how many pictures of a zip are read
MAX_PICTURES: Final = _count("MAX_PICTURES", 24)
# where models run: cpu, cuda, cuda:1, mps; empty = the best there is
DEVICE: Final = _text("DEVICE", "")
# the models, beside the offline one, of a server that others can reach: hub names or folders between commas
MODELS: Final = _names("MODELS")
