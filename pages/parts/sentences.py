"""From a sentence in a text box to the vectors that a real model has for it, and words for all that can go wrong."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import streamlit as st

from core.lessons.material import Encoded, encode
from core.memory import kept_for_all_if
from core.models.errors import ModelError
from core.models.tokens import Tokens
from pages.parts import controls, messages, ours
from pages.parts.words import Token


class Understood(Protocol):
    """What a model makes of a text: at least its tokens."""

    @property
    def tokens(self) -> Tokens: ...


R = TypeVar("R", bound=Understood)


@kept_for_all_if(lambda text, start, at_most: ours.text(text))
def _encoded(text: str, start: int, at_most: int | None) -> Encoded:
    return encode(text, start, at_most)


def read(text: str, prefix: str, name: str = "text", at_most: int | None = None) -> Encoded | None:
    """What the offline model makes of a sentence; None after saying why there is nothing.

    at_most   how many tokens the page can use, if fewer than the model.
    """
    key = f"{prefix}_{name}"
    try:
        return understand(text, key, lambda text, start: _encoded(text, start, at_most))
    except ModelError as error:
        messages.problem(key, "The real model cannot be used.", f"{error}. The numbers by hand work without it.")
        return None


def understand(
    text: str, key: str, read_from: Callable[..., R], model: str = "", beside: tuple[str | None, ...] = ()
) -> R | None:
    """A text as a model reads it; None after saying why there is nothing.

    A text that cannot be read is refused in words, and what was last read from this box stays on the screen.
    key         of the box.
    read_from   reads a text from its n-th token on, with what is beside it; it is asked again on every run, so it should
                remember.
    model       what reads it: what another one read does not stay.
    beside      texts that are read together with it.
    """
    if controls.say_if_empty(text, key):
        return None
    kept = f"{key}_kept"
    start = 0
    try:
        found = read_from(text, start, *beside)
        if found.tokens.used < found.tokens.total:
            start = _first_token(found.tokens, key)
            found = read_from(text, start, *beside)
    except ModelError:
        raise
    except ValueError as error:
        by, *last = st.session_state.get(kept, ("",))
        stays = by == model and last
        more = " Below is your last sentence." if stays else ""
        messages.problem(key, "This text cannot be read.", f"{error}.{more}", controls.EXAMPLES)
        return read_from(*last) if stays else None
    st.session_state[kept] = (model, text, start, *beside)
    return found


def _first_token(tokens: Tokens, key: str) -> int:
    """Which part of a text that is too long for the model is used: the learner chooses."""
    return st.slider(
        f"The text has {tokens.total} tokens, {tokens.used} are used. First token:",
        0,
        tokens.total - tokens.used,
        0,
        key=f"{key}_start",
        bind="query-params",
    )


def shown(encoded: Encoded) -> list[Token]:
    """The tokens as they stand on the screen."""
    return [Token(piece, special) for piece, special in zip(encoded.tokens.pieces, encoded.tokens.special, strict=True)]
