"""Tokens as a person can read them, and the words of the text that they are pieces of."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from icu4py.breakers import WordBreaker
from transformers import PreTrainedTokenizerBase

from core.models.spelling import SPACE, Piece, Spelling, signs_of, spelling_of
from core.zero_width import JOINERS, takes_room

CONTINUES = "##"
VISIBLE = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}
UNKNOWN = "\ufffc".encode()  # stands for a token without letters where words are looked for: a word of its own
_FRAGMENT = re.compile("[\ud800-\udfff]")  # a byte that is no character, as Python decodes it
_FRAGMENTS = re.compile(f"({_FRAGMENT.pattern}+)")


@dataclass(frozen=True)
class Shown:
    """A token as it is shown.

    text   a piece that continues a word begins with ##, whatever the tokenizer writes.
    word   the number of the word of the text that it belongs to, counted from 0; -1 for special tokens.
    raw    the bytes of the text that it stands for.
    """

    text: str
    word: int
    raw: bytes


def readable(text: str) -> str:
    """A text in which nothing is invisible and nothing moves its neighbours.

    Spaces and ends of lines get a sign when they stand alone, control and direction characters are named by their
    number, and an accent without a letter sits on a dotted circle.
    """
    if not text.strip():
        text = "".join(VISIBLE.get(char, char) for char in text)
    shown = "".join(_named(char) if _unseen(char) else char for char in text)
    return f"◌{shown}" if text and unicodedata.category(text[0]).startswith("M") else shown


def _unseen(char: str) -> bool:
    return (
        char not in JOINERS and char != " " and unicodedata.category(char) in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp", "Zs")
    )


def _named(char: str) -> str:
    return f"U+{ord(char):04X}"


def together(raws: Iterable[bytes]) -> str:
    """What pieces that stand side by side say. Bytes that make no character are told in hexadecimal."""
    whole = b"".join(raws)
    text = (whole.removeprefix(SPACE) or whole).decode("utf-8", "surrogateescape")
    return "".join(
        f"‹{part.encode('utf-8', 'surrogateescape').hex(' ').upper()}›" if _FRAGMENT.match(part) else readable(part)
        for part in _FRAGMENTS.split(text)
        if part
    )


def pieces(
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[int],
    special: Sequence[bool],
    words: Sequence[int | None],
    gaps: Sequence[bool] | None = None,
    *,
    source: bool = True,
) -> list[Shown]:
    """What to show for each token, and which word it belongs to.

    Words are those of the text, the same under every tokenizer: parted by spaces, punctuation, and in scripts without
    spaces by ICU's dictionaries. A tokenizer that says nothing of words, such as one of residues, has one in each token.

    words    the words as the tokenizer counts them, None where it does not.
    source   whether it is a text that is read, not one that a translator writes.
    gaps     whether the text has a space before a token; None = not known, and then the tokenizer's signs tell.
    """
    spelling, unknown = spelling_of(tokenizer), tokenizer.unk_token_id
    signs = signs_of(tokenizer, ids, source=source)
    shown: list[Shown] = []
    word = -1
    for is_special, run in groupby(range(len(ids)), key=special.__getitem__):
        places = list(run)
        if is_special:
            shown += [Shown(readable(signs[place]), -1, signs[place].encode("utf-8", "replace")) for place in places]
            continue
        known = [None if ids[place] == unknown else signs[place] for place in places]
        spaces = None if gaps is None else [gaps[place] for place in places]
        tokens = list(_read(spelling, known, [words[place] for place in places], spaces))
        for place, token, begins in zip(places, tokens, _begin(tokens), strict=True):
            raw = token.raw if ids[place] != unknown else signs[place].encode("utf-8", "replace")
            word += begins
            shown.append(Shown(("" if begins or token.marked else CONTINUES) + together([raw]), word, raw))
    return shown


@dataclass(frozen=True)
class _Token:
    """A token in its text: its bytes, whether the tokenizer says that a word begins, whether a space stands before."""

    raw: bytes
    marked: bool
    spaced: bool


def _read(
    spelling: Spelling, signs: Sequence[str | None], words: Sequence[int | None], gaps: Sequence[bool] | None
) -> Iterator[_Token]:
    before: int | None = None
    apart = True
    for place, (sign, count) in enumerate(zip(signs, words, strict=True)):
        piece = Piece(UNKNOWN) if sign is None else spelling.read(sign)
        marked = piece.begins or apart or count != before
        told = spelling.way == "none" or gaps is None or gaps[place]
        yield _Token(piece.raw, marked, marked and told and spelling.way != "space")
        before, apart = count, piece.ends


def _begin(tokens: Sequence[_Token]) -> Iterator[bool]:
    """Whether each token begins a word of the text that they make together.

    A token that reaches over the end of a word belongs to the word in which it begins. A space that is a token of its own
    belongs to what follows.
    """
    text, starts = b"", []
    for token in tokens:
        text += SPACE if token.spaced and not token.raw.startswith(SPACE) else b""
        blank = len(token.raw) - len(token.raw.lstrip())
        starts.append(len(text) + (blank if blank < len(token.raw) else 0))
        text += token.raw
    borders = set(_borders(text))
    lone = False
    for token, start in zip(tokens, starts, strict=True):
        yield start in borders and not (lone and token.raw.lstrip() == token.raw)
        lone = token.raw == SPACE


def _borders(raw: bytes) -> Iterator[int]:
    """Where words begin in a text, counted in bytes. A byte that is no character counts as a word.

    Signs that take no room belong to the word before them, with the spaces before them, or to the first one.
    """
    text = raw.decode("utf-8", "surrogateescape")
    at = place = 0
    begun = led = False  # whether there was a word, and whether such signs have led to the first
    spaces: list[int] = []  # that came since
    for word in WordBreaker(_FRAGMENT.sub("\ufffd", text), "en"):
        room = takes_room(word)
        if word.isspace():
            spaces.append(place)
        else:
            if not led and (room or not begun):
                yield from (*spaces, place)
            begun, led = begun or room, not begun and not room
            spaces.clear()
        begins, at = at, at + len(word)
        place += len(text[begins:at].encode("utf-8", "surrogateescape"))
    yield from spaces
