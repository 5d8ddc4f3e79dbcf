"""Lesson 4 without a model: points that are dragged, random vectors, and how far one key can stand out among many."""

from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st

from core.experiments.attention.statistics import DRAWS, DotProductStatistics, dot_product_statistics
from core.lessons import attention
from core.lessons.attention import N_KEYS, points
from core.lessons.attention.points import Points, Regression
from core.listing import ran
from pages.parts import charts, url_state
from pages.parts.controls import Controls
from pages.parts.figures import Histogram, Scatter
from pages.parts.lesson import StepDeclared, step
from pages.parts.step_viewer import Computation

PLACES = ((-2.6, -1.2), (-1.9, -1.5), (-1.1, -0.3), (-0.3, 0.9), (0.4, 1.5), (1.2, 0.7), (1.9, 0.1), (2.6, 1.1))


def dragged(ui: Controls) -> Points:
    """The points of the link, and the query of its slider."""
    left, right, _, _ = points.WINDOW
    query = ui.slider("Query q, for “points” alone", left, right, 0.0, "query", 0.1)
    return Points(url_state.table(ui.key("points"), PLACES), query)


def on_drag(ui: Controls, now: Points) -> Callable[[int, float, float], None]:
    """What puts a dragged point into the link."""
    left, right, low, high = points.WINDOW

    def drag(number: int, across: float, up: float) -> None:
        rows = list(now.places)
        if 0 <= number < len(rows):
            rows[number] = (round(max(left, min(right, across)), 2), round(max(low, min(high, up)), 2))
            url_state.write_table(ui.key("points"), tuple(rows), PLACES)

    return drag


def regression(result: Regression, temperature: float) -> Iterator[StepDeclared]:
    """Kernel regression on the learner's points: the first attention, and the oldest."""
    share, value = result.nearest
    yield step(
        "points",
        Scatter("points", "point_weights", "point_curve", "point_asked", points.WINDOW, "key k", "value v"),
        "Drag the points. Each is a key k with a value v, and the curve is attention: a query q weighs every point by how near "
        "it is, and predicts the mean of all v, weighted. At q = {q:.1f} that is {predicted:.2f}. The temperature T = {t:.1f} "
        "makes a bandwidth of √T = {bandwidth:.2f}: the nearest point gets {share:.2f} of the weight. With T near 0 it alone "
        "would count, and the prediction be its v, {value:.2f}; with T without end all would alike: their mean, {mean:.2f}.",
        shows=("scores", "scaled", "weights", "output"),
        title="Points that you drag",
        instead=Computation(
            points.told(result), "output", (ran(points.regress, returns="output"),), formulas=points.FORMULAS
        ),
        counted=False,
        q=result.asked[0, 0].item(),
        predicted=result.predicted,
        t=temperature,
        bandwidth=result.bandwidth,
        share=share,
        value=value,
        mean=result.mean,
    )


def random_vectors(random: DotProductStatistics) -> Iterator[StepDeclared]:
    """How dot products grow with the width, and what the softmax makes of them."""
    yield step(
        "why √d",
        Histogram("spread", attention.series(random)),
        "{n} products of random vectors of {d} numbers: their variance (mean square) is {raw:.1f}, scaled {scaled:.2f}. Of "
        "{keys} keys the strongest gets {top:.2f} of the weight unscaled, {fair:.2f} scaled.",
        title="Why divide by √d",
        code=ran(dot_product_statistics),
        sizes={"d": random.head_dim},
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
            figure = partial(charts.curve, list(range(1, most + 1)), found, "number of keys", "weight of the key")
            alt = f"Weight of the outstanding key, from {found[0]:.3f} for one key to {found[-1]:.3f} for {most}"
            origin = f"The softmax of one score that is {gap:g} above all others"
            charts.show(figure, ui.key("dilution"), alt, "How far can one key stand out?", origin)
