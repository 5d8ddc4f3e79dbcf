"""What the writing lab goes on from: how a text or a caption begins, and the source of an encoder-decoder."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import streamlit as st

from core.lessons import writing_lab
from core.lessons.writing_lab import Beginning, Part, pictures
from core.memory import kept
from core.models.among import mark_of
from core.models.errors import ModelError
from core.models.languages import Languages
from core.models.loaded import LoadedModel
from core.models.picture_source import PictureSource
from core.models.source import Source
from core.models.writer import limit
from pages.parts import controls, messages, url_state
from pages.parts.controls import Controls

LookedBack = tuple[Source, Beginning]
Seen = tuple[PictureSource, Beginning]
NAME: Final = "beginning"  # of the one box for a text and for a caption
FORMER: Final = "caption"  # what links of 1.0.0 call it for a caption
BEGINNING: Final = "Once upon a time there was a little girl named Lily. She"
OTHER: Final = BEGINNING.replace("girl named Lily. She", "boy named Tom. He")
EXAMPLES: Final = (BEGINNING, "One day, Tom and his dog Max went to the park. Max saw a big")
TO_READ: Final = "She poured water from the jug into the cup until it was full."
SOURCES: Final = (TO_READ, "The cat sat on the mat because it was warm.")
R = TypeVar("R")
A = TypeVar("A")


def box(ui: Controls, *, caption: bool, mark: str | None = None) -> str:
    """How a text or a caption begins. It is one box, so that a link says it in one way; as long as nobody typed into it, it
    holds what its kind begins with: a caption begins with nothing. mark: what stands for the picture in a prompt."""
    key, default = ui.key(NAME), "" if caption else BEGINNING
    if caption and (text := url_state.read(ui.key(FORMER))) and key not in st.query_params:
        st.session_state[key] = st.query_params[key] = text
        url_state.write(ui.key(FORMER), "")
    before = st.session_state.get(f"{key}_default", default)
    if before != default and st.session_state.get(key) == before:
        st.session_state[key] = default
    st.session_state[f"{key}_default"] = default
    label = "Beginning of the caption" if caption else "Beginning"
    return ui.sentence(default, label if mark is None else f"Prompt: {mark} is the picture", NAME)


def of_text(loaded: LoadedModel, text: str, ui: Controls, name: str, *, marked: bool) -> Beginning | None:
    """The tokens of a beginning; None after saying why there are none. What was last read from this box stays."""
    key = ui.key(name)
    if not text.strip() and (writing_lab.start_mark(loaded) is None or not marked):
        messages.empty("Type how the text begins, or start from one of these", key, EXAMPLES)
        return None
    part = _part(ui, name)

    def read(asked: str) -> Beginning:
        return writing_lab.begin(loaded, asked, marked=marked, part=part)

    found = _read_or_last(key, loaded, text.strip(), read, "beginning", EXAMPLES)
    if found is None:
        return None
    if found.used < found.total:
        _choose_part(ui, name, "beginning", loaded, found, part)
    _say_what_is_broken(found)
    return found


def of_prompt(loaded: LoadedModel, source: PictureSource, text: str, ui: Controls) -> Seen | None:
    """The picture in what is asked of it, and the tokens of that; of a prompt that cannot be read, the last that could."""

    def read(asked: str) -> Seen:
        return _prompted(loaded, source, asked)

    found = _read_or_last(ui.key(NAME), loaded, text.strip(), read, "prompt", instead="")
    if found is None:
        return None
    mark = mark_of(loaded)
    if mark is not None and text.strip() and mark not in text:
        st.caption(
            f"Nothing in this prompt stands for the picture, so it is read first: write {messages.literal(mark)} where it is to "
            "stand. A model that was trained to answer expects its questions in the form that its makers name."
        )
    _say_what_is_broken(found[1])
    return found


@kept
def _prompted(loaded: LoadedModel, source: PictureSource, text: str) -> Seen:
    return pictures.prompt(loaded, source, text)


def in_the_same_prompt(loaded: LoadedModel, source: PictureSource, as_asked: PictureSource) -> PictureSource:
    """Another picture in the prompt of the first; one that stands in no prompt as it is."""
    if as_asked.among is None or not as_asked.prompted:
        return source
    return _prompted(loaded, source, as_asked.among.prompt)[0]


def of_caption(loaded: LoadedModel, source: PictureSource, text: str, ui: Controls) -> Beginning | None:
    """The tokens with which a caption begins, behind its mark; of one that cannot be read, the last that could."""

    def read(asked: str) -> Beginning:
        return pictures.begin(loaded, source, asked)

    found = _read_or_last(ui.key(NAME), loaded, text.strip(), read, "beginning", instead="")
    if found is None:
        return None
    if found.used < found.total:
        st.caption(
            f"The beginning has {found.total} tokens: the first {found.used} are read, and there is room to write."
        )
    _say_what_is_broken(found)
    return found


def source_of(
    loaded: LoadedModel, text: str, ui: Controls, name: str, languages: Languages | None
) -> LookedBack | None:
    """What an encoder-decoder looks back at; None after saying why there is nothing. What was last read here stays."""
    key = ui.key(name)
    if not text.strip():
        messages.empty("Type a text that is to be read, or start from one of these", key, SOURCES)
        return None
    part = _part(ui, name)

    def read(asked: tuple[str, Part, Languages | None]) -> LookedBack:
        return _looked_back(loaded, *asked)

    both = _read_or_last(key, loaded, (text.strip(), part, languages), read, "source", SOURCES)
    if both is not None and both[1].used < both[1].total:
        _choose_part(ui, name, "source", loaded, both[1], part)
    return both


@kept
def _looked_back(loaded: LoadedModel, text: str, part: Part, languages: Languages | None) -> LookedBack:
    return writing_lab.look_back(loaded, text, part=part, languages=languages)


def _read_or_last(
    key: str,
    loaded: LoadedModel,
    asked: A,
    read: Callable[[A], R],
    what: str,
    examples: Sequence[str] = (),
    *,
    instead: A | None = None,
) -> R | None:
    """What a model reads of what is asked; of what it cannot read, after saying why, what it last could; None without one.

    key       of the box; what: the name of what is read.
    instead   what is read where there is no last; None = nothing is.
    Raises    ModelError where a model that has read nothing here says that it cannot.
    """
    last = f"{key}_kept"
    try:
        found = read(asked)
    except ValueError as error:
        by, before = st.session_state.get(last, ("", instead))
        stays = by == loaded.name and before != instead
        below = f" Below is your last {what}." if stays else " Below is what is written without one."
        given = before if stays else instead
        if given is None and isinstance(error, ModelError):
            raise  # it never read anything here: it may be no fault of the words
        messages.problem(key, f"This {what} cannot be read.", f"{error}.{'' if given is None else below}", examples)
        return None if given is None else read(given)
    st.session_state[last] = (loaded.name, asked)
    return found


def _part(ui: Controls, name: str) -> Part:
    """Which part is read of a text that is too long, before its widget is drawn: it stands there where a text is that long."""
    key = ui.key(f"{name}_part")
    chosen = str(st.session_state.get(key) or url_state.read(key) or "")
    return next((each for each in writing_lab.PARTS if each == chosen), writing_lab.PARTS[0])


def _choose_part(ui: Controls, name: str, what: str, loaded: LoadedModel, found: Beginning, part: Part) -> None:
    with controls.row(f"{ui.key(name)}_part_row"):
        ui.one_of(f"Of this long {what}, read", writing_lab.PARTS, f"{name}_part")
    which = "last" if part == writing_lab.PARTS[0] else "first"
    st.caption(
        f"The {what} has {found.total} tokens. {messages.literal(loaded.name)} reads {limit(loaded)} at once here, so the "
        f"{which} {found.used} are read."
    )


def _say_what_is_broken(found: Beginning) -> None:
    if found.broken:
        st.caption(
            "For some of these letters the vocabulary has no token of their own. Tokens that are single bytes of a letter, or "
            f"stand for what is not known: {found.broken} of {len(found.ids)}. What a model makes of letters that it never "
            "learned is noise."
        )
