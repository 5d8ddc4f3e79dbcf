"""Predict, then check: a question that is graded on the live numbers. Checking performs the experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts import url_state
from pages.parts.progress import visit


@dataclass(frozen=True)
class Question:
    """One question.

    asks      what will happen; our own words, Markdown.
    options   the answers to choose from. Both may be made from what is given.
    grade     computes the right answer, and why, from what is given; called only once the learner has committed.
    perform   sets the controls so that the page shows it; called when the answer is checked.
    """

    name: str
    asks: str | Callable[[Any], str]
    options: Sequence[str] | Callable[[Any], Sequence[str]]
    grade: Callable[[Any], tuple[str, str]]
    perform: Callable[[Any], None] | None = None


def ask(prefix: str, questions: Sequence[Question], given: Any) -> None:
    """Draw the questions, each with its own check. given: what they are asked of."""
    with st.container(key="predict", border=True):
        st.markdown("#### Predict, then check\nCommit to an answer first; checking runs the experiment.")
        for question in questions:
            _ask(prefix, question, given)


def answered(prefix: str, names: Sequence[str]) -> bool:
    """Whether every question of a page has been checked once."""
    return all(st.session_state.get(f"{prefix}_{name}_checked") for name in names)


def forget() -> None:
    """Forget what was answered on any page of this visit."""
    for key in list(st.session_state):
        if str(key).endswith(("_checked", "_guess", "_guessed", "_before", "_told")):
            del st.session_state[key]


def _ask(prefix: str, question: Question, given: Any) -> None:
    asks = question.asks(given) if callable(question.asks) else question.asks
    options = question.options if isinstance(question.options, Sequence) else question.options(given)
    name = f"{prefix}_{question.name}"
    checked, before = f"{name}_checked", f"{name}_before"
    st.markdown(asks)
    # a widget's answer is gone once its page is left
    guessed = f"{name}_guessed"
    if f"{name}_guess" not in st.session_state and st.session_state.get(guessed) in options:
        st.session_state[f"{name}_guess"] = st.session_state[guessed]
    # a row, not columns: every block costs the browser time on each move of a slider
    with st.container(horizontal=True, vertical_alignment="center"):
        guess = st.pills("Your prediction", options, key=f"{name}_guess", label_visibility="collapsed", wrap=True)
        st.session_state[guessed] = guess
        if not st.session_state.get(checked):
            st.button(
                "Check",
                key=f"{name}_check",
                disabled=guess is None,
                type="primary",
                on_click=_check,
                args=(prefix, question, given),
            )
            return
        if before in st.session_state:
            st.button("Put the controls back", key=f"{before}_back", on_click=_put_back, args=(before,))
    answer, because = question.grade(given)
    told = f"{name}_told"
    if told not in st.session_state:  # an answer that is changed once the right one is known is no answer
        st.session_state[told] = True
        visit.note("question", question.name, int(guess == answer))
    if guess == answer:
        st.markdown(f"**✓ Right: {answer}.** {because}")
    else:
        said = "" if guess is None else f"✗ Not this time. You said: {guess}. "
        st.markdown(f"{said}**The answer: {answer}.** {because}")
    if before in st.session_state:
        st.caption("The controls were set so that the figure above shows it.")


def _check(prefix: str, question: Question, given: Any) -> None:
    """Perform the experiment, and remember how the controls stood before."""
    st.session_state[f"{prefix}_{question.name}_checked"] = True
    if not question.perform:
        return
    controls, said = _standing(prefix)
    question.perform(given)
    controls_now, said_now = _standing(prefix)
    moved = {key: value for key, value in controls.items() if controls_now.get(key) != value}
    written = {
        name: said.get(name) for name in said_now | said if said_now.get(name) != said.get(name) and name != "step"
    }
    st.session_state[f"{prefix}_{question.name}_before"] = (moved, written)


def _standing(prefix: str) -> tuple[dict, dict]:
    """The controls of a page as they stand, and what its link says."""
    return {key: st.session_state[key] for key in st.session_state if str(key).startswith(prefix)}, dict(
        st.query_params
    )


def _put_back(key: str) -> None:
    moved, written = st.session_state.pop(key)
    for name, value in moved.items():
        st.session_state[name] = value
    for name, text in written.items():
        url_state.write(name, text or "")
