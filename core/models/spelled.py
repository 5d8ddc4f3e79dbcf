"""Tokens as they stand in a running text, and as names: what the vocabulary writes for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models.loaded import LoadedModel
from core.models.pieces import readable, together
from core.models.spelling import SPACE, signs_of, spelling_of

_SPACE_SIGN = "␣"


@dataclass(frozen=True)
class Spelled:
    """A token. text: what it adds to the text; name: the same where it stands alone, a space before it as a sign."""

    text: str
    name: str
    special: bool
    broken: bool  # whether it is a part of a letter that was cut into bytes, or stands for what has no token


def spelled(loaded: LoadedModel, ids: Sequence[int], *, source: bool = True) -> list[Spelled]:
    """What each of these tokens says. source: whether an encoder-decoder reads them, or writes them."""
    tokenizer = loaded.text_tokenizer
    spelling, unknown = spelling_of(tokenizer), tokenizer.unk_token_id
    special = {*tokenizer.all_special_ids, *(number for number in ids if number >= len(tokenizer))}
    found = []
    for number, sign in zip(ids, signs_of(tokenizer, ids, source=source), strict=True):
        if number in special:
            found.append(Spelled(readable(sign), readable(sign), True, number == unknown))
            continue
        piece = spelling.read(sign)
        raw = piece.raw
        if spelling.way == "goes on" and not sign.startswith("##"):
            raw = SPACE + raw
        text = raw.decode("utf-8", "replace")
        broken = "\ufffd" in text
        text = together([raw]) if broken else text
        begins = text.startswith(" ") and text.strip()
        name = _SPACE_SIGN + readable(text[1:]) if begins else readable(text)
        found.append(Spelled(text + (" " if piece.ends else ""), name, False, broken))
    return found
