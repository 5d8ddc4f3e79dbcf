"""Word pieces of two languages in one vocabulary, and the words they belong to."""

import bisect
import itertools
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from core.zero_width import words_of

PAD, START, END = "<pad>", "<s>", "</s>"
MARKS: Final = (PAD, START, END)
_SPACE: Final = "▁"
# English keeps don't and it's whole; French cuts after l' and qu'
_WORD: Final = r"\w+'(?:t|s|re|ve|ll|d|m)(?!\w)|\w+'(?=\w)|\w+|[^\w\s▁]"
_NO_SPACE_BEFORE: Final = (".", ",", ")")
_NO_SPACE_AFTER: Final = ("(", "'")
_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>")
_LETTER: Final = "x"
_SCRIPTS: Final = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


@dataclass(frozen=True)
class Pieces:
    """A text as the model reads it: the ids of its pieces, its words, and for every piece the word it belongs to."""

    ids: tuple[int, ...]
    words: tuple[str, ...]
    word_of: tuple[int, ...]


def clean(text: str) -> str:
    """One spelling for what looks the same: composed accents, straight apostrophes, plain spaces, no signs without width."""
    return " ".join(words_of(unicodedata.normalize("NFC", text).replace("’", "'")))


def foreign(text: str) -> tuple[str, str] | None:
    """The first word of a text in letters that are not Latin, and what script they are; None where there is none."""
    for word in clean(text).split():
        for letter in filter(str.isalpha, word):
            script = unicodedata.name(letter, "unknown").split()[0]
            if script not in ("LATIN", "FEMININE", "MASCULINE", "MICRO", "MODIFIER"):
                return word, _SCRIPTS.get(script, script.capitalize())
    return None


def as_written(piece: str) -> str:
    """A piece that could come next: ## where it would go on with the word before. Marks of punctuation never do."""
    if piece in MARKS or not piece[0].isalnum():
        return _without_space(piece)
    return f"##{piece}"


def _without_space(piece: str) -> str:
    return piece.removeprefix(_SPACE) or "␣"


class Vocabulary:
    """Byte pairs learned from text. What no piece covers is spelled in bytes, so nothing is unknown."""

    def __init__(self, tokenizer: Tokenizer):
        self._tokenizer = tokenizer
        # what a visitor types is text, also where it looks like a mark
        tokenizer.encode_special_tokens = True
        self.pad, self.start, self.end = (self._mark(token) for token in MARKS)

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> "Vocabulary":
        """Byte-pair encoding (Sennrich et al. 2016) of the texts, with `size` pieces."""
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token=None))
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Prepend(_SPACE), normalizers.Replace(" ", _SPACE)]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(f"{_SPACE}?(?:{_WORD})|{_SPACE}"), "isolated")
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[PAD, START, END, *(f"<0x{byte:02X}>" for byte in range(256))],
            limit_alphabet=200,
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        as_json = json.loads(tokenizer.to_str())
        # bytes are pieces like any other: a mark would be left out of the text
        as_json["added_tokens"] = as_json["added_tokens"][:3]
        return cls(Tokenizer.from_str(json.dumps(as_json)))

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def as_json(self) -> str:
        """The vocabulary in the format of the tokenizers library."""
        return self._tokenizer.to_str()

    def piece(self, id_: int) -> str:
        """How a piece is written, with ▁ where a word begins after a space. Raises ValueError if there is none."""
        piece = self._tokenizer.id_to_token(id_)
        if piece is None:
            raise ValueError(f"there is no piece {id_}: this vocabulary has {len(self)}, counted from 0")
        return piece

    def shown(self, pieces: Pieces) -> list[str]:
        """Pieces as a person reads them: what goes on with a word begins with ##."""
        found = []
        for place, piece in enumerate(map(self.piece, pieces.ids)):
            begins = piece in MARKS or place == 0 or pieces.word_of[place] != pieces.word_of[place - 1]
            found.append(("" if begins else "##") + _without_space(piece))
        return found

    def text(self, ids: Sequence[int]) -> str:
        """The text that pieces spell; marks are left out."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def read(self, text: str) -> Pieces:
        """The pieces of a text and its words."""
        return self.group(self._ids(clean(text)))

    def group(self, ids: Sequence[int]) -> Pieces:
        """The words that pieces spell, in order; a character spelled in bytes counts as a letter."""
        written = [_LETTER if _BYTE.fullmatch(piece) else piece for piece in map(self.piece, ids)]
        cut = self._tokenizer.pre_tokenizer.pre_tokenize_str("".join(written))
        ends = [end for _, (_, end) in cut]
        begins = [0, *itertools.accumulate(map(len, written))][: len(ids)]
        cut_of = [bisect.bisect_right(ends, begin) for begin in begins]
        # a piece that spans two cuts belongs to the first; words are counted without gaps
        words = [
            [id_ for id_, _ in group]
            for _, group in itertools.groupby(zip(ids, cut_of, strict=True), key=lambda pair: pair[1])
        ]
        word_of = [place for place, word in enumerate(words) for _ in word]
        return Pieces(tuple(ids), tuple(self.text(word).strip() for word in words), tuple(word_of))

    def ended(self, pieces: Pieces) -> Pieces:
        """With the mark of the end, a word by itself."""
        return Pieces((*pieces.ids, self.end), (*pieces.words, END), (*pieces.word_of, len(pieces.words)))

    def spell(self, word: str) -> tuple[int, ...]:
        """The pieces of a word that somebody wants written. Raises ValueError if it has no letter."""
        ids = self.read(word).ids
        if not ids:
            raise ValueError("no word is there: type one, such as maison")
        return ids

    def of_words(self, given: Sequence[str]) -> Pieces:
        """Words that are cut already, as in files of alignments: each keeps its own pieces."""
        ids, word_of = [], []
        for place, word in enumerate(map(clean, given)):
            before = ""
            if place and given[place - 1].endswith(_NO_SPACE_AFTER):
                before = "d'"
            elif place and word in _NO_SPACE_BEFORE:
                before = "a"
            encoded = self._tokenizer.encode(before + word, add_special_tokens=False)
            pieces = [id_ for id_, (_, end) in zip(encoded.ids, encoded.offsets, strict=True) if end > len(before)]
            ids += pieces
            word_of += [place] * len(pieces)
        return Pieces(tuple(ids), tuple(given), tuple(word_of))

    def _mark(self, token: str) -> int:
        id_ = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise ValueError(f"this vocabulary has no piece {token}: it is none of this project's")
        return id_

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids
