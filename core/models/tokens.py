"""From a text to the tokens that a model reads."""

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from core import settings
from core.analysis.head_statistics import Words
from core.models.errors import ModelError, told_as
from core.models.languages import Languages, number_of, speak
from core.models.loaded import LoadedModel
from core.models.pieces import pieces, together
from core.models.spelling import writing_target

# a tokenizer is shared by all visitors and is set anew for source and target: one text after the other
tokenizing = threading.Lock()


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text, one entry of each tuple per token.

    pieces    what to show; a piece that continues a word begins with ##.
    ids       the numbers the model reads.
    special   whether it stands for no text, such as [CLS], be it added by the tokenizer or typed.
    word      the number of the word of the whole text it belongs to, -1 for special tokens.
    raw       the bytes of the text that it stands for, with the space before it where the tokenizer puts it into a token.
    total     how many tokens the text has, those that the tokenizer adds not counted.
    start     the first token of the text that is used.
    used      how many are used: fewer than `total` when the model cannot read so many.
    """

    pieces: tuple[str, ...]
    ids: tuple[int, ...]
    special: tuple[bool, ...]
    word: tuple[int, ...]
    raw: tuple[bytes, ...]
    total: int
    start: int
    used: int


def words_of(tokens: Tokens) -> Words:
    """What statistics and grouping need to know of the tokens of a text."""
    return Words(tokens.pieces, tokens.special, tokens.word)


def text_of(tokens: Tokens, group: tuple[int, ...]) -> str:
    """What a group of pieces says: characters that were cut into bytes are whole again."""
    return tokens.pieces[group[0]] if len(group) == 1 else together(tokens.raw[place] for place in group)


def tokenize(
    loaded: LoadedModel, text: str, second: str | None = None, start: int = 0, at_most: int | None = None
) -> Tokens:
    """Cut a text into the tokens that a model reads.

    second   another text, read together with the first; of an encoder-decoder, it is read by the decoder (`read`).
    start    where to begin in a text of more tokens than are used at once.
    at_most  how many tokens to use at once, special ones included; never more than the model and the setting MAX_TOKENS
             let in, None = as many.
    Raises   ValueError for a text without tokens, one that is too long, or a start outside it; ModelError for a model
             that reads no text.
    """
    return encode(loaded, text, second, start, at_most)[0]


def encode(
    loaded: LoadedModel,
    text: str,
    second: str | None = None,
    start: int = 0,
    at_most: int | None = None,
    languages: Languages | None = None,
) -> tuple[Tokens, dict[str, Tensor]]:
    """The tokens of a text, as `tokenize`, and what the model is called with, (1, tokens) each.

    languages   of a translator that knows several; None = the usual ones.
    """
    if loaded.kind == "encoder-decoder":
        second = None
    if second is not None and loaded.kind == "decoder":
        raise ValueError(f"{loaded.name} reads one text: leave the second one empty")
    texts = [text] if second is None else [text, second]
    encoding = _call(loaded, texts, {"text": text, "text_pair": second}, languages)
    tokens, kept = _window(loaded, texts, encoding, start, at_most)
    accepted = [name for name in ("input_ids", "token_type_ids") if name in encoding]
    inputs = {name: _row([encoding[name][index] for index in kept], loaded) for name in accepted}
    return tokens, inputs | {"attention_mask": torch.ones_like(inputs["input_ids"])}


def encode_target(
    loaded: LoadedModel, text: str | None, languages: Languages | None = None
) -> tuple[Tokens, dict[str, Tensor]]:
    """What the decoder of an encoder-decoder reads: its start token, then the text without the token that ends it."""
    begin, _ = beginning(loaded, languages)
    if begin is None:
        raise ModelError(f"{loaded.name} does not say with which token its decoder begins: choose another model")
    tokens = Tokens((), (), (), (), (), 0, 0, 0)
    if text is not None:
        tokens, _ = _window(
            loaded, [text], _call(loaded, [text], {"text_target": text}, languages), 0, None, source=False
        )
    end = -1 if tokens.special[-1:] == (True,) else None
    (sign,) = loaded.text_tokenizer.convert_ids_to_tokens([begin])
    tokens = replace(
        tokens,
        pieces=(sign, *tokens.pieces[:end]),
        ids=(begin, *tokens.ids[:end]),
        special=(True, *tokens.special[:end]),
        word=(-1, *tokens.word[:end]),
        raw=(sign.encode(), *tokens.raw[:end]),
    )
    return tokens, {"decoder_input_ids": _row(tokens.ids, loaded)}


def beginning(loaded: LoadedModel, languages: Languages | None) -> tuple[int | None, int | None]:
    """The tokens with which a decoder begins: its start token, and behind it that of the language that it writes.

    The first mBART begins with the language itself; its tokenizer writes it at the end, from where it is moved.
    """
    language = number_of(loaded.text_tokenizer, languages)
    if language is not None:
        written = _call(loaded, ["a"], {"text_target": "a"}, languages)["input_ids"]
        if written[-1] == language:
            return language, None
    # what a model writes with is told beside its weights in newer folders
    places = (loaded.model.config, getattr(loaded.model, "generation_config", None))
    names = ("decoder_start_token_id", "bos_token_id")
    numbers = (getattr(place, name, None) for name in names for place in places)
    return next((number for number in numbers if isinstance(number, int)), None), language


def _call(loaded: LoadedModel, texts: list[str], arguments: dict[str, Any], languages: Languages | None = None) -> Any:
    """The library's encoding of whole texts, special tokens included."""
    tokenizer = loaded.text_tokenizer
    for place, text in enumerate(texts):
        check_text(text, "the second text" if place else "the text")
    with (
        told_as(f"the tokenizer of {loaded.name} cannot read this text: change it or choose another model"),
        tokenizing,
    ):
        speak(loaded.name, tokenizer, languages)
        with writing_target(tokenizer) if "text_target" in arguments else nullcontext():
            return tokenizer(
                **arguments,
                return_special_tokens_mask=True,
                return_offsets_mapping=tokenizer.is_fast,
                truncation=False,
                verbose=False,
            )


def check_text(text: str, name: str) -> None:
    if len(text) > settings.MAX_TEXT:
        raise ValueError(f"{name} has {len(text)} characters: at most {settings.MAX_TEXT} are accepted; shorten it")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError(f"{name} holds half of a character (a lone surrogate): delete it")


def _window(
    loaded: LoadedModel, texts: Sequence[str], encoding: Any, start: int, at_most: int | None, *, source: bool = True
) -> tuple[Tokens, list[int]]:
    """The tokens that are used, and where they are in the encoding: all that were added, and as many others as fit."""
    tokenizer = loaded.text_tokenizer
    ids, added = encoding["input_ids"], [bool(mark) for mark in encoding["special_tokens_mask"]]
    content = [index for index, mark in enumerate(added) if not mark]
    limits = (loaded.max_tokens, settings.MAX_TOKENS, at_most)
    limit = min(limit for limit in limits if limit is not None)
    room = limit - (len(ids) - len(content))
    if not content:
        raise ValueError("the text is empty, or holds nothing this model has a token for: type at least one word")
    if room < 1:
        raise ModelError(f"{limit} tokens are too few for the special ones of {loaded.name}: allow more of them")
    if len(content) <= room:
        start = 0
    if not 0 <= start < len(content):
        raise ValueError(f"the text has {len(content)} tokens: begin at 0 to {len(content) - 1}, not at {start}")
    used = content[start : start + room]
    kept = sorted({index for index, mark in enumerate(added) if mark} | set(used))
    marks = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    special = [mark or number in marks for number, mark in zip(ids, added, strict=True)]
    words = encoding.word_ids() if encoding.is_fast else [None] * len(ids)
    gaps = _gaps(texts, encoding) if encoding.is_fast else None
    shown = pieces(tokenizer, ids, special, words, gaps, source=source)
    tokens = Tokens(
        pieces=tuple(shown[index].text for index in kept),
        ids=tuple(ids[index] for index in kept),
        special=tuple(special[index] for index in kept),
        word=tuple(shown[index].word for index in kept),
        raw=tuple(shown[index].raw for index in kept),
        total=len(content),
        start=start,
        used=len(used),
    )
    return tokens, kept


def _gaps(texts: Sequence[str], encoding: Any) -> list[bool]:
    """For each token whether its text has a space between it and the token before it."""
    gaps, behind, text = [], 0, None
    for (begin, end), of in zip(encoding["offset_mapping"], encoding.sequence_ids(), strict=True):
        if of is not None and of != text:
            behind, text = 0, of
        gaps.append(of is not None and any(char.isspace() for char in texts[of][behind:begin]))
        behind = max(behind, end)
    return gaps


def _row(numbers: Any, loaded: LoadedModel) -> Tensor:
    return torch.tensor([list(numbers)], device=loaded.device)
