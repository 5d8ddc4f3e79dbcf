"""Predict, then check: a question that is graded on the live numbers. Checking performs the experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts import link


@dataclass(frozen=True)
class Question:
    """One question.

    asks      what will happen; our own words, Markdown.
    options   the answers to choose from.
    grade     computes the right answer, and why, from the live numbers; called only once the learner has committed.
    perform   sets the controls so that the page shows it; called when the answer is checked.
    """

    name: str
    asks: str
    options: Sequence[str]
    grade: Callable[[], tuple[str, str]]
    perform: Callable[[], None] | None = None


def ask(prefix: str, questions: Sequence[Question]) -> None:
    """Draw the questions, each with its own check."""
    with st.container(key="predict", border=True):
        st.markdown("#### Predict, then check")
        for question in questions:
            _ask(prefix, question)


def answered(prefix: str, names: Sequence[str]) -> bool:
    """Whether every question of a page has been checked once."""
    return all(st.session_state.get(f"{prefix}_{name}_checked") for name in names)


def _ask(prefix: str, question: Question) -> None:
    guess_key, checked_key = f"{prefix}_{question.name}_guess", f"{prefix}_{question.name}_checked"
    left, right = st.columns([1.12, 1], gap="medium", vertical_alignment="center")
    with left:
        st.markdown(question.asks)
        guess = st.pills("Your prediction", question.options, key=guess_key, label_visibility="collapsed", wrap=True)
    with right:
        if not st.session_state.get(checked_key):
            st.markdown("Commit to an answer first; checking runs the experiment on your numbers.")
            st.button(
                "Check",
                key=f"{prefix}_{question.name}_check",
                disabled=guess is None,
                type="primary",
                on_click=_check,
                args=(prefix, question),
            )
            return
        answer, because = question.grade()
        if guess == answer:
            st.markdown(f"**✓ Right: {answer}.** {because}")
        else:
            said = "" if guess is None else f"✗ Not this time. You said: {guess}. "
            st.markdown(f"{said}**The answer: {answer}.** {because}")
        before_key = f"{prefix}_{question.name}_before"
        if before_key in st.session_state:
            st.caption("The controls were set so that the figure above shows it.")
            st.button("Put them back", key=f"{before_key}_back", on_click=_put_back, args=(before_key,))


def _check(prefix: str, question: Question) -> None:
    """Perform the experiment, and remember how the controls stood before."""
    st.session_state[f"{prefix}_{question.name}_checked"] = True
    if not question.perform:
        return
    controls, link = _standing(prefix)
    question.perform()
    now, link_now = _standing(prefix)
    moved = {key: value for key, value in controls.items() if now.get(key) != value}
    written = {
        name: link.get(name) for name in link_now | link if link_now.get(name) != link.get(name) and name != "step"
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
        link.write(name, text or "")
