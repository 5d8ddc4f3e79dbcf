"""Parallel text: pairs of sentences from a file, cleaned, and split so that no sentence is on both sides."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.sequence.vocabulary import clean

ORIGIN: Final = (
    "English-French sentence pairs of the Tatoeba project (https://tatoeba.org, CC BY 2.0 FR), as collected at "
    "https://www.manythings.org/anki/ (fra-eng.zip, the version of April 2019): a text file with one pair a line, "
    "English, a tab, French"
)
SHA256: Final = "0bb85dbaa1c896844649094d7eaf2e34bee34e84fe362b26ce7e8f2e12aae104"

# of a thousand English sentences, how many are held out
_TEST, _DEV = 20, 10
_NOT_LETTERS = re.compile(r"[^\w\s]")


class CorpusError(ValueError):
    """A file cannot be used as parallel text: one sentence that says why and what to do."""


@dataclass(frozen=True)
class Pair:
    """A sentence and its translation."""

    source: str
    target: str


@dataclass(frozen=True)
class Corpus:
    """Pairs for learning, for choosing settings (dev) and for the last measurement (test); sha256 of the file."""

    train: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    test: tuple[Pair, ...]
    sha256: str

    @property
    def as_published(self) -> bool:
        """Whether this is the very file that the shipped models were trained on."""
        return self.sha256 == SHA256


def read(path: Path) -> Corpus:
    """Read and split a file of pairs. The split looks at the English words alone, so it needs no seed and no order.

    Raises   CorpusError if the file is missing, is no UTF-8 text or holds no pair.
    """
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8").splitlines()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): name the file of {ORIGIN}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"byte {error.start:,} of {path} is no UTF-8 text: save it as UTF-8") from None
    pairs = [Pair(clean(fields[0]), clean(fields[1])) for fields in map(_fields, lines) if len(fields) >= 2]
    if not pairs:
        raise CorpusError(f"{path} holds no line with a tab between two sentences: name the file of {ORIGIN}")
    parts = {"train": [], "dev": [], "test": []}
    for pair in pairs:
        parts[_side(pair.source)].append(pair)
    return Corpus(*(tuple(parts[side]) for side in parts), hashlib.sha256(content).hexdigest())


def references(pairs: tuple[Pair, ...]) -> dict[str, list[str]]:
    """Each different source sentence with all its translations, in the order of the file."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.source, []).append(pair.target)
    return found


def _fields(line: str) -> list[str]:
    return [part for part in line.split("\t") if part.strip()]


def _side(source: str) -> str:
    """The side of a sentence, by its words: "Go." and "Go!" fall on the same one."""
    words = " ".join(_NOT_LETTERS.sub(" ", source.casefold()).split())
    place = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8]) % 1000
    return "test" if place < _TEST else "dev" if place < _TEST + _DEV else "train"
