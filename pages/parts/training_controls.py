"""The switches of the training lab: what a network is made of, and how it learns."""

from dataclasses import replace
from typing import Final

from core.training_lab import networks
from core.training_lab.networks import Sizes
from core.training_lab.run import OPTIMISERS, Learning
from core.transformer.block import PARTS
from pages.parts.controls import Controls

LAYERS, WIDTHS, HEADS = (1, 2, 3, 4, 6), (8, 16, 24, 32, 48, 64, 96, 128), (1, 2, 3, 4, 6, 8)
RATES: Final = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
FIRST: Final = Sizes()
SAYS: Final = {
    "kind": "RNN, GRU, LSTM: one state goes from token to token (lesson 1). Transformer: blocks of attention (lesson 9).",
    "looks": "How a recurrent network looks back at the states of what it read (lesson 2): not at all, by a small network that "
    "scores each of them, or by products of vectors.",
    "positions": "How tokens are told where they stand (lesson 6).",
    "mask": "Who sees whom (lesson 7). causal: what came before; prefix: the source is seen whole; window: the last few before; "
    "all: everything, also what is to be written, so that it is right while the answer is given, and lost when it writes.",
    "norm_place": "Before each half of a block, behind each sum, as in lesson 13.",
    "taken_out": "Parts of every block that are left out, to see what they are for (lesson 9).",
    "clip": "The gradient of all weights together is made no longer than that; 0 leaves it as it is.",
    "warmup": "Updates over which the rate rises from nothing.",
}


def kind_row(ui: Controls) -> Sizes:
    """The switches that stand above the figure: which network, and how large."""
    kind = ui.one_of("Network", networks.KINDS_OF, "kind", "Transformer", SAYS["kind"])
    n_layers = ui.among("Layers", LAYERS, FIRST.n_layers if kind == "Transformer" else 1, layers_of(kind), width=90)
    d_model = ui.among("Width", WIDTHS, FIRST.d_model, "width", width=110)
    if kind != "Transformer":
        looks = ui.one_of("Attention", networks.LOOKS, "looks", "none", SAYS["looks"])
        return Sizes(kind=kind, n_layers=n_layers, d_model=d_model, looks=looks)
    return Sizes(kind=kind, n_layers=n_layers, d_model=d_model, n_heads=ui.among("Heads", HEADS, 4, "heads", width=90))


def layers_of(kind: str) -> str:
    """Under which name a link holds how many layers there are: a stack of blocks begins with another number than cells."""
    return "layers" if kind == "Transformer" else "cells"


def block_row(ui: Controls, sizes: Sizes) -> Sizes:
    """The switches of a block."""
    if sizes.kind != "Transformer":
        return sizes
    positions = ui.select("Positions", networks.POSITIONS, "positions", 1, help=SAYS["positions"], width=130)
    mask = ui.select("Mask", networks.MASKS, "mask", help=SAYS["mask"], width=110)
    window = ui.slider("Window", 0, 16, 4, "window", width=100) if mask == "window" else FIRST.window
    norm_place = ui.one_of("Norm", ("pre", "post"), "place", says=SAYS["norm_place"])
    norm = ui.one_of("Its kind", ("layer", "rms"), "norm")
    network = ui.select("MLP", networks.NETWORKS, "mlp", width=110)
    n_experts, n_active = FIRST.n_experts, FIRST.n_active
    if network == "experts":
        n_experts = ui.slider("Experts", 2, networks.MOST_EXPERTS, 4, "experts", width=100)
        n_active = ui.slider("Asked by a token", 1, 4, 1, "active", width=110)
    shared = ui.select("Key-value heads", (0, *HEADS), "kv", format_func=_as_many, width=130)
    taken_out = ui.any_of("Taken out", PARTS, "without")
    return replace(
        sizes,
        positions=positions,
        mask=mask,
        window=window,
        norm_place=norm_place,
        norm=norm,
        network=network,
        n_experts=n_experts,
        n_active=n_active,
        n_kv_heads=shared,
        taken_out=taken_out,
    )


def _as_many(count: int) -> str:
    return "as many" if count == 0 else str(count)


def learning_row(ui: Controls) -> Learning:
    """How it learns."""
    return Learning(
        optimiser=ui.select("Optimiser", OPTIMISERS, "optimiser", width=120),
        rate=ui.among("Learning rate", RATES, 3e-3, "rate", width=150),
        warmup=ui.slider("Warm-up, updates", 0, 200, 20, "warmup", 10, help=SAYS["warmup"], width=130),
        at_once=ui.among("Examples at once", (4, 8, 16, 32, 64), 32, "batch", width=130),
        clip=ui.among("Gradient clipped at", (0.0, 0.1, 1.0, 10.0), 1.0, "clip", help=SAYS["clip"], width=160),
    )
