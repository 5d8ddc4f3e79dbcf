"""The figures of whole models to which the notes on CS231n refer: slides of lectures 8 and 9 of 2025."""

from typing import Any

import numpy as np

from core.atlas import making
from core.atlas.figure import Figure, apart
from core.lessons.cost.bill import LENGTHS
from core.lessons.cost.paths import Settings as Ways
from core.lessons.model_family import writing
from core.lessons.shown import Shown


def _steps_between(made: Shown) -> dict[str, Any]:
    at, found = LENGTHS.index(Ways().n_tokens), made.tensors["paths"]
    steps = dict(zip(made.tokens["kinds"], found[:, at], strict=True))
    return {"n": LENGTHS[at], "one_by_one": found[0, at], "deep": found[1, at], "attention": steps["attention"]}


def _sure(made: Shown) -> dict[str, Any]:
    shares = made.tensors["shares"][:, 0]
    return {"label": made.tokens["classes"][int(shares.argmax())], "sure": shares.max(), "n": len(made.tokens["keys"])}


def _next_token(made: Shown) -> dict[str, Any]:
    chances = made.tensors["plain"]
    return {
        "n": len(made.tokens["queries"]),
        "blocks": writing.N_LAYERS,
        "tokens": writing.LARGEST,
        "behind": made.tokens["queries"][5],
        "left": 1 - float(chances[5].sum()),
    }


def _norms(made: Shown) -> dict[str, float]:
    tensors = made.tensors
    return {
        "by_layer": apart(tensors["layered"], tensors["layered_before"]),
        "by_root": apart(tensors["rooted"], tensors["rooted_before"]),
        "square": float(np.square(tensors["rooted"][0]).mean()),
    }


def _experts(made: Shown) -> dict[str, int]:
    gates = made.tensors["gates"]
    return {
        "experts": gates.shape[1],
        "active": int((gates > 0).sum(1).max()),
        "idle": int((made.tensors["load"] == 0).sum()),
    }


TRANSFORMERS = (
    Figure(
        "cs231n",
        141,
        "Three ways to read a sequence",
        "From the first of {n:,} tokens to the last it is {one_by_one:,.0f} steps in a recurrent network, {deep:,.0f} layers of "
        "convolutions, and {attention:.0f} of attention, however far apart they are.",
        making.three_ways,
        "cost",
        "path",
        takes=False,
        sets={"part": "paths"},
        tells=_steps_between,
        focus={"query": 0, "key": 0, "length": 4},
    ),
    Figure(
        "cs231n",
        144,
        "A block of the Transformer",
        "What attention brings is added to what came in and normalised; then the same with what a network makes of each token "
        "alone. What goes out is as large as what came in: {n} × {d} numbers.",
        making.one_block,
        "block",
        "add",
        tells=lambda made: dict(zip("nd", made.tensors["resid_post"].shape, strict=True)),
    ),
    Figure(
        "cs231n",
        147,
        "Blocks on top of each other",
        "{layers} blocks, one on the other: how far attention, and then the network, moves each token in each of them. Depth "
        "serves only because of the skips: without them all tokens would become the same (lesson 9).",
        making.all_blocks,
        "block",
        "stream",
        tells=lambda made: {"layers": len(made.tokens["layers"])},
    ),
    Figure(
        "cs231n",
        149,
        "A language model: a table first, chances last",
        "A table makes a vector of each of {n} tokens, {blocks} masked blocks mix them, and a chance for each of {tokens:,} "
        "tokens comes last. Each row shows the five likeliest: behind “{behind}” {left:.0%} are left for all others.",
        making.language_model,
        "model_family",
        "p",
        takes=False,
        sets={"system": "GPT", "begun": making.BEGUN},
        tells=_next_token,
        written=making.language_model_by_itself,
        focus={"query": 5, "key": 0},
    ),
    Figure(
        "cs231n",
        157,
        "Patches, and a token for the class",
        "{n} squares of a picture are the tokens. One more, learned, stands before them, and the answer is read from it: "
        "{label}, {sure:.0%} sure. In this head {q} gives {looks[q,k]:.3f} of its attention to {k}.",
        making.class_token,
        "vision_transformer",
        "A",
        takes=False,
        sets={"layer": "3"},
        tells=_sure,
        focus={"query": 0, "classes": 0},
    ),
    Figure(
        "cs231n",
        161,
        "The mean of all patches in place of that token",
        "No token of its own, and no mask: the {n} vectors that leave the last block are averaged, and the answer is read from "
        "their mean: {label}, {sure:.0%} sure.",
        making.mean_of_all,
        "vision_transformer",
        "class",
        takes=False,
        sets={"pooling": "mean of all"},
        tells=_sure,
        focus={"query": 0, "key": 0, "classes": 0},
    ),
    Figure(
        "cs231n",
        170,
        "The norm outside the skip",
        "Post-norm, as in 2017: the sum itself is normalised. Even where the block adds nothing, F = 0, what comes out differs "
        "from X by up to {off:.2f}: it cannot pass X through as it is.",
        making.modern,
        "since_2017",
        "place",
        takes=False,
        tells=lambda made: {"off": apart(made.tensors["post"], made.tensors["x"])},
        focus={"query": 0, "key": 0},
    ),
    Figure(
        "cs231n",
        174,
        "The norm inside the skip",
        "Pre-norm, as today: only what the block reads is normalised. Where it adds nothing, F = 0, X passes through: what comes "
        "out differs by {off:.0f}.",
        making.modern,
        "since_2017",
        "place",
        takes=False,
        tells=lambda made: {"off": apart(made.tensors["pre"], made.tensors["x"])},
        focus={"query": 0, "key": 0},
    ),
    Figure(
        "cs231n",
        180,
        "RMSNorm",
        "It divides each row by the root of its mean square, which is {square:.2f} afterwards. All numbers were doubled and 1 "
        "was added: LayerNorm's rows move by {by_layer:.0e}, RMSNorm's by up to {by_root:.2f}, since it takes no mean away.",
        making.modern,
        "since_2017",
        "norms",
        takes=False,
        tells=_norms,
        focus={"query": 0, "key": 0},
    ),
    Figure(
        "cs231n",
        185,
        "SwiGLU: a network with a gate",
        "Two maps of the same token are multiplied number by number, and a third matrix brings the {hidden} products back to "
        "{wide} numbers. The network of 2017 bends one map; here one map multiplies the other.",
        making.modern,
        "since_2017",
        "gate",
        takes=False,
        tells=lambda made: {"hidden": made.tensors["gated"].shape[1], "wide": made.tensors["down"].shape[1]},
        focus={"query": 0, "key": 0},
    ),
    Figure(
        "cs231n",
        197,
        "Experts behind a router",
        "{experts} networks in place of one, and a router that nobody trained yet: each token asks {active} of them. All must be "
        "in memory, and {idle} of them are asked by no token here.",
        making.modern,
        "since_2017",
        "experts",
        takes=False,
        tells=_experts,
        focus={"query": 0, "key": 0},
    ),
)
