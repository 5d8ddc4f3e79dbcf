"""How a tokenizer writes its tokens: each has signs of its own for bytes, for spaces, and for a word that goes on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, cast

from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

# how words are told apart: by a space in the token, by a mark at the pieces that go on or end, or not at all
Way = Literal["space", "goes on", "to be continued", "ends", "none"]

SPACE: Final = b" "
_GPT2: Final = "\u0120"  # GPT-2's sign for a space before the word
_SENTENCEPIECE: Final = "\u2581"  # SentencePiece's
_GOES_ON: Final = "##"  # before a piece that continues a word, as BERT writes
_TO_BE_CONTINUED: Final = "@@"  # behind a piece that is continued, as subword-nmt writes
_ENDS: Final = "</w>"  # behind a piece that ends a word, as the first GPT and CLIP write
_BYTES: Final = {sign: byte for byte, sign in bytes_to_unicode().items()}
_LATIN: Final = {chr(byte): byte for byte in range(256)}


@dataclass(frozen=True)
class Piece:
    """A token as it stands in the text.

    raw            its bytes, with the space before it where the tokenizer puts that into the token.
    begins, ends   whether its signs say that a word begins with it, or ends.
    """

    raw: bytes
    begins: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Spelling:
    """The signs of a tokenizer.

    bytes_of   the byte that each sign stands for, where its tokens are made of bytes; else None.
    splits     whether it counts the words into which it has split the text.
    """

    way: Way
    bytes_of: Mapping[str, int] | None
    splits: bool

    def read(self, token: str) -> Piece:
        """What a token stands for."""
        match self.way:
            case "space":
                raw = self._raw(token)
                return Piece(raw, begins=raw.startswith(SPACE))
            case "goes on":
                return Piece(self._raw(token.removeprefix(_GOES_ON)))
            case "to be continued":
                raw = self._raw(token.removesuffix(_TO_BE_CONTINUED))
                return Piece(raw, ends=not token.endswith(_TO_BE_CONTINUED))
            case "ends":
                return Piece(self._raw(token.removesuffix(_ENDS)), ends=token.endswith(_ENDS))
        return Piece(self._raw(token), begins=not self.splits)

    def _raw(self, token: str) -> bytes:
        if self.bytes_of is not None and all(sign in self.bytes_of for sign in token):
            return bytes(self.bytes_of[sign] for sign in token)
        if len(token) == 6 and token.startswith("<0x"):
            return bytes.fromhex(token[3:5])
        return token.replace(_SENTENCEPIECE, " ").encode("utf-8", "replace")


@lru_cache(maxsize=8)
def spelling_of(tokenizer: PreTrainedTokenizerBase) -> Spelling:
    """How a tokenizer writes, by the marks in its vocabulary, or without one, by what it makes of a few letters."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None and " " in (said := _letters(tokenizer)):
        return Spelling("space", _LATIN if said[:2] == ["\u00c3", "\u00a9"] else None, splits=False)
    marks = Counter(mark for token in tokenizer.get_vocab() if (mark := _mark(token)) is not None)
    way, sign = marks.most_common(1)[0][0] if marks else ("none", "")
    decoder, splitter = getattr(backend, "decoder", None), getattr(backend, "pre_tokenizer", None)
    in_bytes = any(b"ByteLevel" in part.__getstate__() for part in (decoder, splitter) if part is not None)
    return Spelling(way, _BYTES if in_bytes or sign == _GPT2 else None, splits=splitter is not None)


def signs_of(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], *, source: bool) -> list[str]:
    """The tokens of these numbers; source: of a text that a translator reads, not of one that it writes.

    A few translators have a vocabulary for each, and the library's tokenizers look both up in that of the target.
    """
    if source and has_two_vocabularies(tokenizer):
        known = {number: sign for sign, number in cast("Any", tokenizer).encoder.items()}
        return [known.get(number, str(tokenizer.unk_token)) for number in ids]
    # some models begin with a number that their tokenizer has no token for
    signs = zip(tokenizer.convert_ids_to_tokens(list(ids)), ids, strict=True)
    return [f"<{number}>" if sign is None else str(sign) for sign, number in signs]


def has_two_vocabularies(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether a tokenizer writes source and target with another vocabulary: Marian's may, FSMT's does."""
    return bool(getattr(tokenizer, "separate_vocabs", False)) or hasattr(tokenizer, "tgt_vocab_size")


@contextmanager
def writing_target(tokenizer: PreTrainedTokenizerBase) -> Iterator[None]:
    """In this block a text is cut with the vocabulary of the target; nobody else may use the tokenizer meanwhile.

    The library sees to that itself, but for FSMT's tokenizer, which knows the vocabulary of the source alone.
    """
    told: Any = tokenizer
    if not hasattr(tokenizer, "tgt_vocab_size"):
        yield
        return
    source = told.encoder
    told.encoder = {sign: number for number, sign in told.decoder.items()}
    try:
        yield
    finally:
        told.encoder = source


def _letters(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """A letter of two bytes, a space and a letter, as a tokenizer written in Python cuts them; empty where it cannot."""
    try:
        return list(tokenizer.tokenize("\u00e9 a"))
    except (ValueError, KeyError, IndexError, TypeError):
        return []


def _mark(token: str) -> tuple[Way, str] | None:
    if token.startswith((_GPT2, _SENTENCEPIECE, " ")):
        return "space", token[0]
    if token.startswith(_GOES_ON) and token != _GOES_ON:
        return "goes on", _GOES_ON
    for way, sign in (("to be continued", _TO_BE_CONTINUED), ("ends", _ENDS)):
        if token.endswith(sign) and token != sign:
            return way, sign
    return None
