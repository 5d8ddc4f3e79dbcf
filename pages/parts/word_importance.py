"""What attention is not: each word taken out in turn, beside what attention says of it."""

from functools import partial
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from core.memory import kept
from core.models import loading, word_importance
from core.models.errors import ModelError
from core.models.tokens import Tokens
from core.models.word_importance import STEPS, WordImportance
from core.numerals import written
from pages.parts import charts, downloads
from pages.parts.figures import Matrix
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.words import Token, plain
from pages.server import run_queue

NAMES = {
    "moved": "taken out",
    "received": "attention",
    "rollout": "rollout",
    "delivered": "× ‖v W<sub>O</sub>‖",
    "gradients": "gradients",
}
TITLE = "What attention is not: take a word out"
SAYS = f"""**taken out**: the tokens of the word are deleted and the rest is read again; how far the sentence's vector (the mean
of its last token vectors) moves, 1 − cosine. **attention**: what the word receives, the mean over layers, heads and queries.
**rollout**: the mean over its rows. **× ‖v $W_O$‖**: weight times how long what is delivered is. **gradients**: integrated
gradients of the cosine to the sentence's vector, in {STEPS} steps from zeros in place of the word vectors."""
ROW, AROUND = 19, 84  # pixels
COLOURS = ("#000001", "#000002")  # Streamlit puts the first two of the theme's in their place


@kept
def _measured(name: str, on: str, text: str, start: int) -> WordImportance:
    with st.spinner("Reading the sentence without each of its words …"):
        return word_importance.word_importance(loading.load(name, on), text, start)


@run_queue.fragment
def show(prefix: str, name: str, on: str, text: str, second: str | None, tokens: Tokens) -> None:
    """The panel; what it shows is computed once it is opened. tokens: of the text as it was read."""
    panel = st.expander(TITLE, key=f"{prefix}_words", bind="query-params", on_change="rerun")
    if not panel.open:
        return
    with panel:
        if reason := word_importance.why_not(loading.load(name, on), tokens, second):
            st.caption(reason)
            return
        try:
            measured = _measured(name, on, text, tokens.start)
        except ModelError as error:
            st.caption(f"{error}.")
            return
        _draw(prefix, name, measured)


def _draw(prefix: str, name: str, measured: WordImportance) -> None:
    st.markdown(agreement_said(measured))
    charts.show(partial(bars, measured), f"{prefix}_words_chart", alt(measured))
    st.caption(SAYS)
    origin = f"Real numbers of {name}: five measures of each word, bars to the largest of each"
    chart = charts.alone(partial(bars, measured), alt(measured))
    downloads.offer(viewer(measured), origin, None, alone=chart)


def typeset(measure: str) -> str:
    """The name of a measure for Markdown."""
    return NAMES[measure].replace("W<sub>O</sub>", "$W_O$")


def spoken(measure: str) -> str:
    """The name of a measure in plain letters."""
    return NAMES[measure].replace("<sub>", "_").replace("</sub>", "")


def agreement_said(measured: WordImportance) -> str:
    """How well each measure puts words into the order of taking them out."""
    said = [
        f"{typeset(measure)} **{'none' if number is None else written(number, '.2f')}**"
        for measure, number in measured.agreement.items()
    ]
    return (
        f"How well each puts the {len(measured.words)} words into the order of the first column (Spearman's rank correlation: "
        f"1 is the same order): {', '.join(said)}."
    )


def bars(measured: WordImportance) -> go.Figure:
    """A column of bars for each measure, a row for each word."""
    found = measured.measures
    rows = list(range(len(measured.words)))
    figure = make_subplots(
        1, len(found), shared_yaxes=True, subplot_titles=list(map(NAMES.get, found)), horizontal_spacing=0.02
    )
    for column, numbers in enumerate(found.values(), 1):
        figure.add_bar(
            y=rows,
            x=numbers,
            orientation="h",
            marker_color=COLOURS[min(column - 1, 1)],
            showlegend=False,
            row=1,
            col=column,
        )
    # words stand as they were typed: never as markup
    figure.update_yaxes(tickvals=rows, ticktext=[escape(word) for word in measured.words], autorange="reversed")
    figure.update_xaxes(showticklabels=False)
    figure.update_annotations(font_size=12)
    figure.update_layout(height=AROUND + ROW * len(rows), margin={"l": 10, "r": 10, "t": 30, "b": 10}, bargap=0.25)
    return figure


def alt(measured: WordImportance) -> str:
    """The chart in words."""
    return "; ".join(
        f"{spoken(measure)}: "
        + ", ".join(f"{word} {written(number, '.3f')}" for word, number in zip(measured.words, numbers, strict=True))
        for measure, numbers in measured.measures.items()
    )


def viewer(measured: WordImportance) -> StepViewer:
    """The numbers as a figure and tables to take away, each measure as shares of its largest."""
    found = measured.measures
    numbers = np.array(list(found.values()), dtype=np.float32).T
    written_out = [[written(float(number), ".3f") for number in row] for row in numbers]
    view = Matrix("shares", "signed", words=written_out, limit=1.0, axes="words ↓ · measures →")
    return StepViewer(
        lesson="sentence_lab_words",
        signature="",
        steps=[],
        views=[StepView("words", (), view, [], title="What a word is worth, as shares of the largest")],
        opens_at="words",
        tokens={"queries": plain(measured.words), "keys": [Token(spoken(name)) for name in found]},
        focus={"query": 0, "key": 0},
        tensors={"shares": numbers / np.maximum(np.abs(numbers).max(0), 1e-12), "measured": numbers},
    )
