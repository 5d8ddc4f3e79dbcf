"""Lesson 7 beside its layer: a model that guesses the next word, with its mask and without."""

import streamlit as st

from core.lessons.next_word import NextWord, next_word
from core.memory import kept
from pages.parts import messages
from pages.parts.lesson import Scene
from pages.server import run_queue

TITLE = "What the mask is for: guess the next word, with it and without"
SAYS = (
    "story-gpt, a language model of short stories, reads the sentence twice: under the causal mask with which it was trained, "
    "and with the mask lifted, so that every token sees every other one. Trained without it, a model would not learn to guess: "
    "the answer stands there to be looked at."
)
MOST = 24  # tokens in the table


@kept
def _read(text: str) -> NextWord:
    return next_word(text)


def reason(scene: Scene) -> None:
    """The panel; what it shows is computed once it is opened."""
    _, asked = scene.given
    if asked is not None:
        _panel(asked.text)


@run_queue.fragment
def _panel(text: str) -> None:
    panel = st.expander(TITLE, key="masks_reason", bind="query-params", on_change="rerun")
    if not panel.open:
        return
    with panel:
        st.markdown(SAYS)
        try:
            found = _read(text)
        except ValueError as error:
            st.caption(f"{messages.begun(str(error))}.")
            return
        st.markdown("\n".join(table(found)))
        for words in told(found):
            st.markdown(words)


def table(found: NextWord) -> list[str]:
    """A row for each token: what is expected behind it under the mask, and without."""
    rows = ["| behind | masked | lifted |", "|" + "---|" * 3]
    pairs = list(zip(found.masked, found.lifted, strict=True))
    for one, other in pairs[-MOST:]:
        cells = [messages.literal(one.token.name)]
        for each in (one, other):
            right = "" if each.right is None else f" · {each.right:.2f}"
            cells.append(f"{messages.literal(each.best.name)} {each.share:.2f}{right}")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def told(found: NextWord) -> list[str]:
    """What there is to see in it."""
    one, other = found.masked[-1], found.lifted[-1]
    expected, instead = messages.literal(one.best.name), messages.literal(other.best.name)
    words = [
        "In each cell: the likeliest token and its probability · the probability of the one that comes, in the next row."
    ]
    if len(found.masked) > MOST:
        words.append(f"The table has the last {MOST} of {len(found.masked)} tokens.")
    words.append(
        f"Behind the whole sentence it expects {expected} ({one.share:.2f}); with the mask lifted {instead} "
        f"({other.share:.2f}). The last token sees all others in both: what differs are these others, which without a mask "
        "have looked at what comes after them."
    )
    if found.moved is not None:
        (under, without), last, new = found.moved, messages.literal(found.word), messages.literal(found.other)
        words.append(
            f"Another last word, {new} for {last}: under the mask the guesses before it move by at most {under:.2g}, with the "
            f"mask lifted by up to {without:.2f}. Only a guess that does not move was made without knowing."
        )
    return words
