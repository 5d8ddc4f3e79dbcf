"""A passage twice: the head that looks behind the last occurrence, and what the second half costs without it."""

from collections.abc import Iterator
from functools import partial

import streamlit as st

from core.lessons.writing_lab import induction, mean_bits
from core.lessons.writing_lab.induction import LOOKS, Induction
from core.memory import kept
from core.models import loading
from core.models.errors import ModelError
from pages.parts import charts, messages
from pages.parts.controls import Controls
from pages.server import run_queue

TITLE = "The same passage twice: does a head look it up?"
SAYS = (
    "The passage is read two times in a row. The second time a model could look up how it went on: find where the token that "
    "it has just read stood before, and look at the place behind it. A head that does so is called an induction head (Olsson "
    "et al. 2022)."
)
PASSAGE = "Mia saw a blue fish in the old boat. It sang to seven cold apples and a sleepy king."


@kept
def _twice(name: str, on: str, text: str) -> Induction:
    with st.spinner("Reading the passage twice …"):
        return induction.twice(loading.load(name, on), text)


@run_queue.fragment
def show(prefix: str, name: str, on: str) -> None:
    """The panel; what it shows is computed once it is opened."""
    panel = st.expander(TITLE, key=f"{prefix}_twice", bind="query-params", on_change="rerun")
    if not panel.open:
        return
    with panel:
        text = Controls(prefix).sentence(PASSAGE, "Passage", "passage")
        st.caption(SAYS)
        try:
            found = _twice(name, on, text.strip())
        except (ModelError, ValueError) as error:
            messages.problem(f"{prefix}_passage", "This passage cannot be read twice.", f"{error}.", (PASSAGE,))
            return
        for words in told(found, name):
            st.markdown(words)
        names = [f"{place}" for place in range(len(found.tokens))]
        curves = {"first time": found.first, "second time": found.second}
        if found.silenced is not None:
            curves[f"second time, without layer {found.layer}, head {found.head}"] = found.silenced
        places = list(range(len(names)))
        lines = {key: (places, bits) for key, bits in curves.items()}
        figure = partial(charts.curves, lines, "token of the passage", "bits")
        charts.show(figure, f"{prefix}_twice_chart", alt(found), TITLE, f"Real numbers of {name} on this passage")


def told(found: Induction, name: str) -> Iterator[str]:
    """What was found."""
    first, second = mean_bits(list(found.first)), mean_bits(list(found.second))
    yield (
        f"The first time the passage costs **{first:.2f}** bits a token, the second time **{second:.2f}**: "
        + ("having read it helps." if second < first - 0.05 else "having read it hardly helps.")
    )
    best = f"layer {found.layer}, head {found.head}"
    if found.looks:
        yield (
            f"**{best.capitalize()}** spends **{found.share:.2f}** of its attention behind the last occurrence of what it has "
            f"read (a head that looks evenly: {found.even:.2f}). It looks up how the passage went on."
        )
    else:
        yield (
            f"**No head of {messages.literal(name)} looks it up here**: {best} spends the most of its attention there, "
            f"**{found.share:.2f}** (a head that looks evenly: {found.even:.2f}; from {LOOKS:g} on this page calls it an "
            "induction head)."
        )
    if found.cost is not None and found.first_silenced is not None:
        others = ""
        if found.others_cost is not None:
            others = f" Another head of its layer costs there {found.others_cost:+.2f} (the middle one of {len(found.others)})."
        yield (
            f"Without that head the second half costs **{found.cost:+.2f}** bits a token, the first half "
            f"{found.first_silenced - first:+.2f}.{others}"
        )


def alt(found: Induction) -> str:
    """The chart in words."""
    rows = {"first time": found.first, "second time": found.second, "without the head": found.silenced or ()}
    return "; ".join(f"{name}: {', '.join(f'{bits:.1f}' for bits in each)} bits" for name, each in rows.items() if each)
