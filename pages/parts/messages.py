"""What a page says when it has nothing to draw: empty, wrong, waiting. No traceback, and nothing typed is lost."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from core.direction import isolated

MISTAKE = "This page made a mistake."
_KEPT = "message_to_tell"


def empty(words: str, key: str, examples: Sequence[str]) -> None:
    """Nothing to compute yet: what to do, and sentences to start from. `key` is the widget that they fill."""
    with st.container(key=f"empty_{key}", border=True):
        st.markdown(f"#### {words}")
        _examples(key, examples)


def problem(key: str, what: str, why: str, examples: Sequence[str] = ()) -> None:
    """Something cannot be computed: what, why, and ways on. Both may hold a visitor's words, so they are plain text.

    key        of the widget that can mend it.
    examples   words that would do, each a button that fills it.
    """
    with st.container(key=f"problem_{key}", border=True):
        st.text(what)
        st.text(begun(why))
        if examples:
            _examples(key, examples)


def tell(words: str) -> None:
    """Say something once the part that a callback belongs to is drawn again.

    What a callback draws itself takes the place of what the page drew first, its style sheet.
    """
    st.session_state[_KEPT] = words


def told() -> None:
    """Say now what a callback had to say."""
    if words := st.session_state.pop(_KEPT, ""):
        st.toast(words)


def begun(why: str) -> str:
    """What was raised begins in lower case, a sentence does not; the name of a file stays as it is."""
    return why[:1].upper() + why[1:] if why.partition(" ")[0].isalpha() else why


def literal(text: str) -> str:
    """A visitor's words, such as the name of a file, for a place where Markdown is read: every sign stands for itself."""
    # addresses are made links after signs were taken as themselves: a mark that takes no room keeps them apart
    unlinked = re.sub(r"(?i)(?<=http)(?=s?:)|(?<=www)(?=\.)|(?=@)", "\u2060", text)
    return isolated(re.sub(r"([\\`*_{}\[\]()#+\-.!|$:<>~&])", r"\\\1", unlinked))


def unexpected(identifier: str) -> None:
    """A mistake of ours. identifier: of what the log says about it."""
    why = "Your input is still in the controls. Change it, or reload the page."
    problem("page", MISTAKE, f"{why} Whoever runs this server finds it in the log under {identifier}.")


def _examples(key: str, examples: Sequence[str]) -> None:
    with st.container(horizontal=True, gap="small"):
        for i, example in enumerate(examples):
            st.button(example, key=f"{key}_example_{i}", on_click=_fill, args=(key, example))


def _fill(key: str, text: str) -> None:
    st.session_state[key] = text


@contextmanager
def loading(words: str) -> Iterator[None]:
    """The shape of the figure to come while something is loaded, so that nothing jumps when it arrives."""
    place = st.empty()
    chips = "".join(f'<i style="width:{width}px;height:26px"></i>' for width in (48, 38, 62, 34, 34, 54, 34, 58, 70))
    step_views = "".join(f'<i style="width:{width}px;height:44px"></i>' for width in (44, 96, 98, 44, 44, 44, 44, 52))
    place.html(
        f'<div class="skeleton" role="status"><div>{chips}<p>{words}</p></div><div>{step_views}</div>'
        '<div><i style="width:400px;height:400px"></i><i style="flex:1;height:120px"></i></div></div>'
    )
    yield
    place.empty()
