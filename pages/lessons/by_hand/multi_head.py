"""Lesson 8 beside the heads of a model: toys with one head and with two, and the products that a head is made of."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import streamlit as st

from core.attention import MultiHeadAttention
from core.experiments import multi_head as experiments
from core.lessons.multi_head import circuits
from core.lessons.multi_head.circuits import by_products
from core.listing import ran
from core.memory import kept
from core.trace import steps
from pages.parts import charts
from pages.parts.controls import Controls
from pages.parts.figures import Curves, Matrix, Table, View, limit, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.step_viewer import Computation


@kept
def spectra(_layer: MultiHeadAttention, n_heads: int, of: str) -> circuits.Spectra:
    """The singular values of the products of so many heads, which no token changes: kept while the learner goes on.

    of   what says where the layer comes from.
    """
    return circuits.spectra(replace(_layer, n_heads=n_heads))


def products(scene: Scene) -> Iterator[StepDeclared]:
    """Two products for each head, the bias that cancels, and the sum of the heads."""
    found, tensors = scene.result.circuits, scene.tensors
    heads = "queries ↓ · heads →"

    def shown(label: str, view: View, notice: str, of: str, title: str, operator: str = "") -> StepDeclared:
        instead = Computation(steps(found.trace), of, (ran(by_products),))
        numbers = found.told | {"h": scene.chosen.n_heads, "d": scene.result.built.queries.shape[-1]}
        return step(
            label,
            view,
            notice,
            of,
            operator,
            title,
            instead=instead,
            counted=False,
            wide=scene.given.x.shape[-1],
            **numbers,
        )

    def alone(name: str, label: str) -> Table:
        return Table(name, label, limit=limit(tensors[name], 100), axes=heads)

    yield shown(
        "where",
        Matrix("where", "signed", columns="keys", corner="one matrix", readout="plain"),
        "Head {head} scores {q} and {k} by one matrix, W_Q W_K⊤ of {wide} × {wide}: {where[q,k]:.2f}. With b_Q it alone decides "
        "where the head looks: the weights that follow are those above, to within {weights_error:.0e}.",
        "where",
        "Where a head looks",
        operator="again",
    )
    yield shown(
        "rank",
        Curves("singular", rows="circuits", across="singular value, the largest first", up="its size", start=1),
        "What head {head} brings is decided by another product, W_V W_O. Both are {wide} × {wide} and pass through {d} numbers: "
        "their ranks, as computed over all heads, are {looks} and {brings}."
        + (" Every further singular value is 0, to within rounding." if scene.chosen.n_heads > 1 else ""),
        "brought",
        "What a head brings",
    )
    yield shown(
        "key bias",
        tables(alone("bias_scores", "scores move"), alone("bias_weights", "weights move")),
        "Add one vector, drawn at random, to all keys of a head: all scores of {q} in head {head} move by the same "
        "{bias_scores[q,head]:.1f}, which the softmax takes out again. No weight moves by more than {bias_most:.0e}, so training "
        "never hears of b_K; the layer's own moves scores by {own_bias:.2f} at most.",
        "looked",
        "A bias of the keys cancels",
    )
    yield shown(
        "sum",
        tables(alone("lengths", "‖head‖"), Table("summed", "Σ + b_O", "output"), Table("mixed", "O·W_O", "output")),
        "Side by side and then times W_O is a sum: each head times its own rows of W_O. Head {head} adds a vector of length "
        "{lengths[q,head]:.2f} to {q}. All of them and b_O together are the output above, to within {sum_error:.0e}.",
        "summed",
        "Heads add up",
    )


def training(ui: Controls, seed_at_first: int) -> None:
    """Toys that copy two things at once."""
    with st.container(key="aside", border=True):
        st.markdown("#### Copy two things at once")
        left, right = st.columns([1, 1.6], gap="medium", vertical_alignment="center")
        with left:
            st.markdown(
                "A toy task: at each place, copy the previous token and the first. Scores depend on positions alone. One head "
                "has a single row of weights for it."
            )
            seed = ui.seed(seed_at_first)
            started = st.button("Train one head, two heads and twins", type="primary", key=ui.key("train"))
        if not (started or st.session_state.get(ui.key("trained"))):
            return
        st.session_state[ui.key("trained")] = True
        with left, st.spinner("200 steps each …", show_time=True):
            train = experiments.trained_to_copy
            runs = {"one head": train(1, seed), "two heads": train(2, seed), "twins": train(2, seed, identical=True)}
            ends = {name: run[-1] for name, run in runs.items()}
            st.markdown(
                f"After 200 steps the error is **{ends['one head'].loss:.3f}** with one head, "
                f"**{ends['two heads'].loss:.4f}** with two, and **{ends['twins'].loss:.3f}** with twins: two heads that "
                f"start equal, W_O included, get equal gradients for ever. Their weights differ by {ends['twins'].difference:g}."
            )
        with right:
            named = {name: ([p.step for p in run], [p.loss for p in run]) for name, run in runs.items()}
            alt = "; ".join(f"{name}: error {run[-1].loss:.3f} at the end" for name, run in runs.items())
            figure = partial(charts.curves, named, "training step", "mean squared error")
            charts.show(figure, ui.key("curves"), alt, "Copy two things at once", f"Toys, trained from seed {seed}")
