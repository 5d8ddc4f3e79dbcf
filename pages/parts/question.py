"""Predict, then check: a question that is graded on the live numbers. Checking performs the experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st


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
                args=(checked_key, question.perform),
            )
            return
        answer, because = question.grade()
        verdict = "✓ Right" if guess == answer else "The answer" if guess is None else "○ Not this time"
        st.markdown(f"**{verdict}: {answer}.** {because}")


def _check(checked_key: str, perform: Callable[[], None] | None) -> None:
    st.session_state[checked_key] = True
    if perform:
        perform()
