"""Tokens as a person can read them: every tokenizer has its own way to write where a word begins."""

import unicodedata
from collections.abc import Iterator, Sequence

from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

CONTINUES = "##"
WORD_BEGINS = ("\u0120", "\u2581")  # GPT-2's and SentencePiece's sign for a space before the word
WORD_ENDS = "</w>"
VISIBLE = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}
JOINERS = ("\u200c", "\u200d")  # they shape letters of Persian or Hindi and hold emoji together

_BYTES = {sign: byte for byte, sign in bytes_to_unicode().items()}


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


def pieces(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], special: Sequence[bool], words: Sequence[int | None]
) -> list[tuple[str, int]]:
    """What to show for each token, and the number of the word it belongs to, counted from 0; -1 for special tokens.

    A piece that continues a word begins with ##, whatever the tokenizer writes.
    words   the words as the tokenizer counts them, None where it does not.
    """
    shown, word = [], -1
    before: int | None = None
    apart = True
    for token, is_special, count in zip(_signs(tokenizer, ids), special, words, strict=True):
        text, begins, ends = token
        if is_special:
            shown.append((text, -1))
            apart = True
            continue
        begins = begins or apart or count != before
        word += begins
        shown.append((text if begins else CONTINUES + text, word))
        before, apart = count, ends
    return shown


def _signs(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> Iterator[tuple[str, bool, bool]]:
    """For each token its readable text, whether it says that a word begins, and whether it says that one ends."""
    bytes_are_signs, known = _writes_bytes(tokenizer), set(tokenizer.all_special_ids)
    for number, token in zip(ids, tokenizer.convert_ids_to_tokens(list(ids)), strict=True):
        if number in known:
            yield token, True, True
            continue
        ends = token.endswith(WORD_ENDS)
        token = token.removesuffix(WORD_ENDS).removeprefix(CONTINUES)
        begins = token.startswith(WORD_BEGINS)
        if bytes_are_signs and all(sign in _BYTES for sign in token):
            text = _text(bytes(_BYTES[sign] for sign in token))
        elif len(token) == 6 and token.startswith("<0x"):
            text = _text(bytes.fromhex(token[3:5]))
        else:
            text = token.replace("\u2581", " ")
        yield readable(text.removeprefix(" ") or text), begins, ends


def _text(raw: bytes) -> str:
    """The text of some bytes, or the bytes in hexadecimal where they are a fragment of a character."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"‹{raw.removeprefix(b' ').hex(' ').upper()}›"


def _writes_bytes(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer writes each byte of a text as one sign, as GPT-2 began to."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    parts = (getattr(backend, "decoder", None), getattr(backend, "pre_tokenizer", None))
    return any(b"ByteLevel" in part.__getstate__() for part in parts if part is not None)
