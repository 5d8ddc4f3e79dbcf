"""Lesson 4 without a model: random vectors, and how far one key can stand out among many."""

from collections.abc import Iterator

import streamlit as st

from core.experiments.attention.statistics import DRAWS, DotProductStatistics, dot_product_statistics
from core.lessons import attention
from core.lessons.attention import N_KEYS
from core.listing import ran
from pages.parts import charts
from pages.parts.controls import Controls
from pages.parts.figures import Histogram
from pages.parts.lesson import StepDeclared, step


def random_vectors(random: DotProductStatistics) -> Iterator[StepDeclared]:
    """How dot products grow with the width, and what the softmax makes of them."""
    yield step(
        "why √d",
        Histogram("spread", attention.series(random)),
        "{n} products of random vectors of {d} numbers: their variance (mean square) is {raw:.1f}, scaled {scaled:.2f}. Of "
        "{keys} keys the strongest gets {top:.2f} of the weight unscaled, {fair:.2f} scaled.",
        title="Why divide by √d",
        code=ran(dot_product_statistics),
        n=DRAWS,
        d=random.head_dim,
        raw=random.raw.variance,
        scaled=random.scaled.variance,
        keys=N_KEYS,
        top=random.raw.top_weight,
        fair=random.scaled.top_weight,
    )


def dilution(ui: Controls) -> None:
    """The weight of one outstanding key, by the number of keys."""
    with st.container(key="aside", border=True):
        st.markdown("#### How far can one key stand out?")
        left, right = st.columns([1, 1.6], gap="medium", vertical_alignment="center")
        with left:
            gap = ui.slider("Its score is above all others by", 0.0, 10.0, 5.0, "gap", 0.5, width="stretch")
            most = ui.slider("Number of keys, at most", 1, 64, 64, "keys", width="stretch")
            found = attention.dilution(gap, most)
            st.markdown(
                f"Among {most} {'key' if most == 1 else 'keys'} it gets **{found[-1]:.3f}** of the weight. A softmax over more "
                "keys shares out the same 1: for a fixed gap, attention dilutes."
            )
        with right:
            figure = charts.curve(list(range(1, most + 1)), found, "number of keys", "weight of the key")
            alt = f"Weight of the outstanding key, from {found[0]:.3f} for one key to {found[-1]:.3f} for {most}"
            charts.show(figure, ui.key("dilution"), alt)
