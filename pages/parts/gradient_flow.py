"""How much of each input the end of a recurrent network still feels: the controls, and a curve for each kind of cell."""

from functools import partial

import streamlit as st
from torch import Tensor

from core.experiments import bottleneck as experiments
from core.experiments.bottleneck import GradientFlow
from core.memory import kept_for_all
from core.numerals import written
from pages.parts import charts
from pages.parts.controls import Controls, row


def show(ui: Controls, words: str) -> GradientFlow:
    """The curves under some words of the page. Returns what the controls ask for."""
    with st.container(key=ui.key("distance"), border=True):
        st.markdown(words)
        with row("reach_control_row"):
            asked = GradientFlow(
                length=ui.slider("Inputs", 2, 60, 30, "inputs", 1),
                gain=ui.slider("Gain γ", 0.8, 1.2, 0.9, "gain", 0.05),
                d_hidden=ui.slider("Numbers in a state", 8, 64, 32, "states", 8),
                forget_bias=ui.slider("LSTM forget bias", 0.0, 2.0, 0.0, "forget", 0.5),
                seed=ui.seed(0),
            )
        found = _curves(asked)
        ends = ", ".join(f"{cell} {written(experiments.ratio(each), '.1e')}" for cell, each in found.items())
        alt = f"First input over last input: {ends}"
        curves = {cell: each.tolist() for cell, each in found.items()}
        figure = partial(charts.fading, curves, "input", "gradient of the end")
        origin = f"Untrained networks, drawn from seed {asked.seed}, over random inputs"
        charts.show(figure, ui.key("gradients"), alt, "How far back does the end feel?", origin)
        st.caption(f"The first input's gradient over the last one's: {ends}.")
    return asked


@kept_for_all
def _curves(asked: GradientFlow) -> dict[str, Tensor]:
    """How long the gradient of the end is at each input, for each kind of cell."""
    return {cell: experiments.by_position(cell, asked) for cell in experiments.CELLS}
