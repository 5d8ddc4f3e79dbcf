"""A convolutional net and Vision Transformers learn from few pictures and from many, while the visitor waits and looks."""

import streamlit as st

from core.training import shapes
from core.training.shapes import KINDS, SIZES, Learned
from pages.parts import charts, controls
from pages.server import run_queue

_DONE = "learning_curve_done"  # what this visitor has trained, by seed


def show(prefix: str) -> None:
    """The experiment with its button; what was trained stays until another seed is asked for."""
    with st.container(key=f"{prefix}_curve", border=True):
        st.markdown(
            "#### Few pictures, or many\n"
            f"{len(shapes.SHAPES)} drawn shapes at random places, {shapes.SIDE} × {shapes.SIDE} pixels, {shapes.UPDATES} updates "
            f"each, tested on {shapes.TESTED} new ones. Small nets of the same kinds, trained here and now: a "
            "convolutional net (CNN) and two Vision Transformers (ViT), each "
            "anew for every number of pictures."
        )
        with controls.control_row(f"{prefix}_curve_control_row"):
            seed = controls.seed(f"{prefix}_curve", 0)
            asked = st.button("Train them", key=f"{prefix}_curve_train", icon=":material/play_arrow:")
        found: dict[int, list[Learned]] = st.session_state.setdefault(_DONE, {})
        place = st.empty()
        if asked:
            _train(place, seed, found)
        elif found.get(seed):
            _draw(place, found[seed])


def _train(place, seed: int, found: dict[int, list[Learned]]) -> None:
    """Train one net after the other; moving a control or leaving the page ends it after the net that is under way."""
    total = len(KINDS) * len(SIZES)
    note = st.empty()
    done: list[Learned] = []
    with run_queue.training(
        waits=lambda before, _: note.caption(f"Waiting for a free place: {before} before you. It starts by itself.")
    ):
        note.caption(f"Training net 1 of {total} …")
        for learned in shapes.curve(seed):
            done.append(learned)
            note.caption(f"Training net {min(len(done) + 1, total)} of {total} …")
            _draw(place, done)
    note.empty()
    found.clear()
    found[seed] = done


def _draw(place, done: list[Learned]) -> None:
    named = {kind: [each for each in done if each.kind == kind] for kind in KINDS}
    named = {kind: each for kind, each in named.items() if each}
    labels = {kind: f"{kind} ({each[0].parameters:,} numbers)" for kind, each in named.items()}
    figure = charts.curves(
        {
            labels[kind]: ([one.pictures for one in each], [round(one.accuracy, 3) for one in each])
            for kind, each in named.items()
        },
        "training pictures",
        "right on new pictures",
    )
    figure.update_traces(mode="lines+markers")
    figure.update_xaxes(type="log", tickvals=list(SIZES))
    figure.update_yaxes(range=[0, 1.05])
    alt = "; ".join(
        f"{kind}: " + ", ".join(f"{one.accuracy:.2f} from {one.pictures}" for one in each)
        for kind, each in named.items()
    )
    place.plotly_chart(figure, key=f"learning_curve_{len(done)}", config=charts.QUIET, alt=alt)
