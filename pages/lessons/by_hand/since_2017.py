"""Lesson 13 beside its steps: two stacks of blocks that learn side by side, and a router that learns where tokens go."""

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.lessons.since_2017.words import stands
from core.training import copying
from core.training.copying import Copied
from core.training.live import Measured, Player
from core.training.routing import KINDS, UPDATES, Routed, Routing
from core.training.routing import Settings as RoutingSettings
from core.transformer.design import NOW, THEN, Design
from pages.parts import charts, player
from pages.parts.controls import Controls, row
from pages.parts.figures import Table, limit
from pages.parts.lesson import Scene
from pages.server import run_queue

# what each of the five switches chooses
SAYS = {
    "place": "Where vectors are normalised: behind each sum (post-norm, 2017), or before each half (pre-norm, today).",
    "norm": "LayerNorm takes a token's mean away and divides by its deviation; RMSNorm only divides by its root mean square.",
    "network": "What follows attention. ReLU and GELU bend one map of each token; SwiGLU multiplies two maps; experts are "
    "several such networks, of which each token asks two.",
    "positions": "How tokens are told where they stand (lesson 6): waves or a learned table added once, turned queries and keys "
    "(RoPE), or scores that fall with the distance (ALiBi).",
    "kv_heads": "There are four heads of queries. Fewer heads of keys and values are shared among them (lesson 12).",
}
NORMED = (
    ("x", "X"),
    ("moved", "moved"),
    ("layered_before", "LN of X"),
    ("layered", "LN now"),
    ("rooted_before", "RMS of X"),
    ("rooted", "RMS now"),
)
RIVALS = {"2017": THEN, "today": NOW}
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 1.0)
OFTEN = 10  # updates between two looks


def memory_table(scene: Scene, name: str, label: str) -> Table:
    """What is kept of pairs, on a scale of its own: one rule keeps far smaller numbers than the other."""
    axes = "numbers of a key ↓ · of a value →"
    return Table(name, label, rows="head_dim", axes=axes, limit=limit(scene.tensors[name]))


def race(ui: Controls, design: Design) -> None:
    """The block of the switches, stacked, beside another one."""
    run_queue.fragment(_race)(ui.part("race"), design)


def _race(ui: Controls, design: Design) -> None:
    with st.container(key=ui.key("card"), border=True):
        st.markdown(
            "#### Stack it, and let it learn\nA toy: two stacks read eight letters of sixteen and a mark, then write the eight "
            f"again, each letter from those before it. {copying.UPDATES} updates each, in turn, trained here and now: the block "
            "of your switches, and another one. Guessing gives a loss of ln 16 = 2.77."
        )
        with row(ui.key("control_row")):
            rival = ui.one_of("Beside yours", list(RIVALS), "rival")
            depth = ui.slider("Blocks", 2, 24, 16, "depth")
            rate = ui.among("Learning rate", RATES, 3e-3, "rate")
            warmup = ui.slider("Warm-up, updates", 0, 100, 0, "warmup", 5)
            seed = ui.seed(0)
        other, yours = (copying.Settings(each, depth, rate, warmup, seed) for each in (RIVALS[rival], design))
        asked = (other, yours)
        names = (rival, "Yours")
        player.show(ui, (asked, names), partial(_racing, asked), partial(_draw_race, ui, names), partial(_said, names))


def _racing(asked: tuple[copying.Settings, copying.Settings]) -> Player[copying.Race]:
    return Measured(copying.Race(asked), copying.Race.stands, run_queue.training_slot(), OFTEN)


def _said(names: tuple[str, str], race: Player[copying.Race]) -> str:
    """What became of both."""
    return " ".join(stands(name, each) for name, each in zip(names, race.look()[-1], strict=True))


def _draw_race(ui: Controls, names: tuple[str, str], race: Player[copying.Race]) -> None:
    """Both losses, and how long the gradient of each block's last map is."""
    both: tuple[Copied, ...] = race.look()[-1]
    pairs = list(zip(names, both, strict=True))
    losses = {name: (list(range(1, len(each.losses) + 1)), list(each.losses)) for name, each in pairs}
    sizes = {
        f"{name}, {when}": (list(range(len(found))), list(found))
        for name, each in pairs
        for when, found in (("at first", each.gradients), ("now", each.now))
    }
    if not both[0].losses:
        return
    left, right = st.columns(2)
    curves = charts.curves(losses, "update", "loss, nats per letter")
    lengths = charts.curves(sizes, "block, from the first", "length of its gradient")
    lengths.update_yaxes(type="log", exponentformat="power")
    beside = partial(_beside, ui, race, "Two stacks of blocks, trained side by side while one looked")
    beside(left, "losses", curves, _ends(losses, "loss"), "The loss of both")
    beside(right, "sizes", lengths, _ends(sizes, "gradient"), "The gradient of each block")


def _beside(
    ui: Controls, trained: Player[Any], origin: str, place: Any, name: str, figure: go.Figure, alt: str, called: str
) -> None:
    """A chart of a training, in its place; while the training rests, with what can be taken away."""
    with place:
        st.plotly_chart(figure, key=ui.key(name), config=charts.QUIET, alt=alt)
        if trained.state not in player.GOING:
            charts.take_away(lambda: figure, ui.key(name), alt, called, origin)


def _ends(lines: dict[str, tuple[list[int], list[float]]], of: str) -> str:
    """The chart in words."""
    return "; ".join(
        f"{name}: {of} from {values[0]:.3g} to {values[-1]:.3g}" for name, (_, values) in lines.items() if values
    )


def routing(ui: Controls) -> None:
    """A router and its experts, trained while one looks."""
    ui = ui.part("routing")
    with st.container(key=ui.key("card"), border=True):
        st.markdown(
            f"#### Who gets which token?\nA toy: tokens of {KINDS} kinds, each with a linear map of its own to be learned. A "
            "router and its experts learn together, and nobody says which expert is for what. The balance loss is 1 where "
            "all experts get equally much, and following its slope makes those that get more than others less likely."
        )
        with row(ui.key("control_row")):
            experts = ui.slider("Experts", 2, 16, 8, "experts")
            active = ui.slider("Asked by a token", 1, 4, 1, "active")
            balance = ui.slider("Balance loss times", 0.0, 0.3, 0.0, "balance", 0.01)
            seed = ui.seed(0)
        if active > experts:
            st.caption(f"There are {experts} experts: each token asks all of them.")
        asked = RoutingSettings(experts, min(active, experts), balance, seed)
        player.show(ui, asked, partial(_routing, asked), partial(_draw_routes, ui), _routed)


def _routing(asked: RoutingSettings) -> Player[Routing]:
    return Measured(Routing(asked), Routing.measure, run_queue.training_slot(), 2 * OFTEN)


def _routed(router: Player[Routing]) -> str:
    """Where the router stands."""
    found: Routed = router.look()[-1]
    return f"{len(found.losses)} of {UPDATES} updates. {found.says}"


def _draw_routes(ui: Controls, router: Player[Routing]) -> None:
    """Kinds of tokens to experts as a flow, and what each expert gets."""
    found: Routed = router.look()[-1]
    if not found.losses:
        return
    n_experts = len(found.load)
    names = [f"kind {kind}" for kind in range(KINDS)], [f"expert {number}" for number in range(n_experts)]
    flow = go.Figure(
        go.Sankey(
            node={"label": [*names[0], *names[1]], "pad": 6, "thickness": 10, "color": "#8886a0"},
            link={
                "source": [kind for kind in range(KINDS) for _ in range(n_experts)],
                "target": [KINDS + number for _ in range(KINDS) for number in range(n_experts)],
                "value": found.flow.flatten().tolist(),
                "color": "rgba(136, 134, 160, 0.4)",
            },
        )
    )
    flow.update_layout(height=340, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    shares = {"load": [100 * share for share in found.load.tolist()]}
    load = charts.by_group(shares, [str(number) for number in range(n_experts)], "expert", "% of all choices")
    load.update_xaxes(type="category")
    told = ", ".join(f"{name} {share:.0%}" for name, share in zip(names[1], found.load.tolist(), strict=True))
    left, right = st.columns([1.2, 1])
    beside = partial(_beside, ui, router, "A router and its experts, trained while one looked")
    beside(left, "flow", flow, f"From kinds of tokens to experts: {told}", "Which expert gets which kind")
    beside(right, "load", load, f"Load: {told}", "What each expert gets")
