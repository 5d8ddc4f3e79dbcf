"""Small models learn one task, one after the other, while the visitor waits and looks."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.training.comparison import Comparison
from pages.parts import charts, controls
from pages.server import run_queue

_DONE = "learning_curve_done"  # what this visitor has trained, by what is compared and by seed


def show(prefix: str, comparison: Comparison) -> None:
    """The experiment with its button; what was trained stays until another seed is asked for."""
    with st.container(key=f"{prefix}_curve", border=True):
        st.markdown(f"#### {comparison.title}\n{comparison.says}")
        with controls.row(f"{prefix}_curve_control_row"):
            seed = controls.Controls(f"{prefix}_curve").seed(0)
            asked = st.button("Train them", key=f"{prefix}_curve_train", icon=":material/play_arrow:")
        found: dict[tuple[str, int], list[Any]] = st.session_state.setdefault(_DONE, {})
        place = st.empty()
        if asked:
            _train(place, comparison, seed, found)
        if done := found.get((comparison.title, seed)):
            figure, alt = _drawn(comparison, done)
            if not asked:
                _show(place, figure, alt, len(done))
            origin = f"Trained here from seed {seed}, {comparison.one} after {comparison.one}"
            charts.take_away(lambda: figure, f"{prefix}_curve_chart", alt, comparison.title, origin)


def _train(place, comparison: Comparison, seed: int, found: dict[tuple[str, int], list[Any]]) -> None:
    """Train one after the other; moving a control or leaving the page ends it after the one that is under way."""
    one, total = comparison.one, comparison.total
    note = st.empty()
    done: list[Any] = []
    with run_queue.training(
        waits=lambda before, _: note.caption(f"Waiting for a free place: {before} before you. It starts by itself.")
    ):
        note.caption(f"Training {one} 1 of {total} …")
        for learned in comparison.curve(seed):
            done.append(learned)
            note.caption(f"Training {one} {min(len(done) + 1, total)} of {total} …")
            _show(place, *_drawn(comparison, done), len(done))
    note.empty()
    found.clear()
    found[comparison.title, seed] = done


def _drawn(comparison: Comparison, done: list[Any]) -> tuple[go.Figure, str]:
    """The chart of those that are done, and it in words."""
    lines = comparison.lines(done)
    rounded = {name: (places, [round(share, 3) for share in shares]) for name, (places, shares) in lines.items()}
    if comparison.as_table:
        figure = charts.shares(rounded, comparison.across, comparison.up)
    else:
        figure = charts.curves(rounded, comparison.across, comparison.up)
        figure.update_traces(mode="lines+markers")
        figure.update_xaxes(type="log" if comparison.logarithmic else "linear", tickvals=list(comparison.places))
        figure.update_yaxes(range=[0, 1.05])
    alt = "; ".join(
        f"{name}: " + ", ".join(f"{share:.2f} at {at}" for at, share in zip(places, shares, strict=True))
        for name, (places, shares) in rounded.items()
    )
    return figure, alt


def _show(place, figure: go.Figure, alt: str, done: int) -> None:
    place.plotly_chart(figure, key=f"learning_curve_{done}", config=charts.QUIET, alt=alt)
