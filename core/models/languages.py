"""The languages of a translator that knows several: which there are, and how it is told from which to which."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from transformers import PreTrainedTokenizerBase

from core.models.errors import ModelError

# how a language stands in a vocabulary: en_XX and eng_Latn of mBART and NLLB, __en__ of M2M100 and Seamless
_CODE: Final = re.compile(r"[a-z]{2,3}_[A-Z]\w{1,3}|__[a-z]{2,3}__|__[a-z]{3}_[A-Z][a-z]{3}__")
# and where it is written before the sentence: >>fra<< of Marian, <2fr> of MADLAD
_BEFORE: Final = re.compile(r">>[a-z]{2,3}(?:_\w+)?<<|<2[a-z]{2,3}(?:_\w+)?>")


@dataclass(frozen=True)
class Languages:
    """From which language to which. source: None where a translator sees that by itself."""

    source: str | None
    target: str


@dataclass(frozen=True)
class Known:
    """The languages that a translator knows, by its own codes, and the token that stands for each.

    before   whether the language of the translation is written before the sentence, and that of the sentence not told.
    """

    tokens: Mapping[str, str]
    before: bool

    def usual(self) -> Languages:
        """English to French, or what is nearest to it."""
        codes = list(self.tokens)
        english = next((code for code in codes if code.startswith("en")), codes[0])
        french = (code for code in codes if code.startswith("fr"))
        target = next(french, next((code for code in codes if code != english), english))
        return Languages(None if self.before else english, target)

    def lead(self, languages: Languages) -> str:
        """What stands before a sentence; empty where the tokenizer puts it there by itself."""
        return self.tokens[languages.target] if self.before else ""


@lru_cache(maxsize=8)
def known_to(tokenizer: PreTrainedTokenizerBase) -> Known | None:
    """The languages of a translator; None for one that knows a single pair."""
    told: Any = tokenizer
    if hasattr(tokenizer, "src_lang"):
        tokens = getattr(tokenizer, "lang_code_to_token", None)
        if tokens is None:
            marks = sorted({*tokenizer.all_special_tokens, *tokenizer.get_vocab()})
            tokens = {mark.strip("_"): mark for mark in marks if _CODE.fullmatch(mark)}
        return Known(dict(tokens), before=False) if tokens else None
    marks = getattr(told, "supported_language_codes", None) or sorted(tokenizer.get_vocab())
    tokens = {mark.strip("<>").removeprefix("2"): mark for mark in marks if _BEFORE.fullmatch(mark)}
    return Known(tokens, before=True) if tokens else None


def speak(name: str, tokenizer: PreTrainedTokenizerBase, languages: Languages | None) -> None:
    """Set a tokenizer to two languages, or to the usual ones; nobody else may use it meanwhile.

    Raises   ModelError for a language that it does not know.
    """
    known = known_to(tokenizer) if hasattr(tokenizer, "src_lang") else None
    if known is None:
        return
    chosen = languages or known.usual()
    for code in (chosen.source, chosen.target):
        if code not in known.tokens:
            raise ModelError(f"{name} does not know the language {code}: choose one of its {len(known.tokens)}")
    told: Any = tokenizer
    told.src_lang, told.tgt_lang = chosen.source, chosen.target


def number_of(tokenizer: PreTrainedTokenizerBase, languages: Languages | None) -> int | None:
    """The number of the token of the language that is written; None where that is not told by a token of its own."""
    known = known_to(tokenizer) if hasattr(tokenizer, "src_lang") else None
    if known is None:
        return None
    number = tokenizer.convert_tokens_to_ids(known.tokens[(languages or known.usual()).target])
    return number if isinstance(number, int) else None
