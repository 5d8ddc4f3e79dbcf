"""Predict, then check: a question that is graded on the live numbers. Checking performs the experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts import url_state
from pages.parts.progress import visit

_SET = "_set_by_a_question"  # which question set the controls of a page last, and how they stood before


@dataclass(frozen=True)
class Question:
    """One question.

    asks      what will happen; our own words, Markdown.
    options   the answers to choose from. Both may be made from what is given.
    grade     computes the right answer, and why, from what is given; called only once the learner has committed.
    perform   makes of what is given what sets the controls so that the page shows it, which is called when the answer is
              checked. What is given does not wait for that: it would be kept for every visitor who has not checked yet.
    """

    name: str
    asks: str | Callable[[Any], str]
    options: Sequence[str] | Callable[[Any], Sequence[str]]
    grade: Callable[[Any], tuple[str, str]]
    perform: Callable[[Any], Callable[[], None]] | None = None


def ask(prefix: str, questions: Sequence[Question], given: Any) -> None:
    """Draw the questions, each with its own check. given: what they are asked of."""
    with st.container(key="predict", border=True):
        st.markdown("#### Predict, then check\nCommit to an answer first; checking runs the experiment.")
        for question in questions:
            _ask(prefix, question, given)
    # here: checking an answer need not draw the figure anew, which notes it as well
    if questions and answered(prefix, [question.name for question in questions]):
        visit.note("answered")


def answered(prefix: str, names: Sequence[str]) -> bool:
    """Whether every question of a page has been checked once, now or on an earlier visit."""
    return all(
        st.session_state.get(f"{prefix}_{name}_checked") or visit.value("question", name) is not None for name in names
    )


def forget() -> None:
    """Forget what was answered on any page of this visit."""
    for key in list(st.session_state):
        if str(key).endswith(("_checked", "_guess", "_guessed", "_told", _SET)):
            del st.session_state[key]


def _ask(prefix: str, question: Question, given: Any) -> None:
    asks = question.asks(given) if callable(question.asks) else question.asks
    options = question.options if isinstance(question.options, Sequence) else question.options(given)
    name = f"{prefix}_{question.name}"
    checked, set_by = f"{name}_checked", prefix + _SET
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
                args=(prefix, question.name, question.perform and question.perform(given)),
            )
            if (known := visit.value("question", question.name)) is not None:
                st.caption(f"You checked it before, and were {'right' if known else 'wrong'}.")
            return
        shows = set_by in st.session_state and st.session_state[set_by][0] == question.name
        if shows:
            st.button("Put the controls back", key=f"{name}_back", on_click=_put_back, args=(set_by,))
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
    if shows:
        st.caption("The controls were set so that the figure above shows it.")


def _check(prefix: str, name: str, perform: Callable[[], None] | None) -> None:
    """Perform the experiment, and remember how the controls stood before the first question that set them."""
    st.session_state[f"{prefix}_{name}_checked"] = True
    if perform is None:
        return
    before = _standing(prefix)
    perform()
    after = _standing(prefix)
    _, *former = st.session_state.get(prefix + _SET, ("", {}, {}))
    moved, written = (_moved(*each) for each in zip(before, after, former, strict=True))
    written.pop("step", None)
    st.session_state[prefix + _SET] = (name, moved, written)


def _moved(before: dict, after: dict, former: dict) -> dict[str, tuple[Any, Any]]:
    """What was set: how it stood and how it stands; what an earlier question set and nobody moved since stands as before that."""
    now = {name: (before.get(name), after.get(name)) for name in before | after if before.get(name) != after.get(name)}
    return now | {name: (old, after.get(name)) for name, (old, new) in former.items() if before.get(name) == new}


def _standing(prefix: str) -> tuple[dict, dict]:
    """The controls of a page as they stand, and what its link says."""
    return {key: st.session_state[key] for key in st.session_state if str(key).startswith(prefix)}, dict(
        st.query_params
    )


def _put_back(key: str) -> None:
    _, moved, written = st.session_state.pop(key)
    for name, (value, _) in moved.items():
        if value is not None:  # what stood nowhere then is in the link alone
            st.session_state[name] = value
    for name, (text, _) in written.items():
        url_state.write(name, text or "")
