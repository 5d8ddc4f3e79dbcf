"""The figures of attention to which the notes on CS231n refer: slides of lecture 8 of 2025."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.atlas import making
from core.atlas.figure import Figure, apart
from core.lessons.cost.bill import LENGTHS, in_bytes
from core.lessons.self_attention import swapped
from core.lessons.shown import Shown


def _sizes(made: Shown) -> dict[str, int]:
    """How many ask, how many are asked, how many numbers each has outside and inside of attention."""
    tensors = made.tensors
    x = tensors["x"] if "x" in tensors else tensors["x_queries"]
    return {
        "n_asking": len(made.tokens["queries"]),
        "n_asked": len(made.tokens["keys"]),
        "d_model": x.shape[-1],
        "n_heads": tensors["queries"].shape[0] if tensors["queries"].ndim == 3 else 1,
        "head_dim": tensors["queries"].shape[-1],
        "value_dim": tensors["values"].shape[-1],
    }


def _one_vector(made: Shown) -> dict[str, int]:
    embedded = made.tensors["embedded"]
    return {"inside": embedded.size, "n_read": len(embedded), "wide": made.tensors["context"].shape[-1]}


def _step_of_decoder(name: str) -> Callable[[Shown], dict[str, Any]]:
    """What is said of one step of the decoder that looks back."""

    def told(made: Shown) -> dict[str, Any]:
        weights = made.tensors[f"{name}_weights"][0]
        return {
            "written": made.tokens[name][0],
            "most": weights.max(),
            "on": made.tokens["keys"][int(weights.argmax())],
            "moved": apart(made.tensors["second_contexts"], made.tensors["first_contexts"]),
        }

    return told


def _turned(made: Shown) -> dict[str, int]:
    at = made.tensors["weights"].argmax(1)
    return {"back": int((np.diff(at) < 0).sum()), "steps": max(0, len(at) - 1)}


def _moved_along(made: Shown) -> dict[str, float]:
    typed, now = made.tensors["typed_output"], made.tensors["output"]
    return {"off": apart(now, typed[list(swapped(len(typed)))]) if len(typed) > 2 else 0.0}


def _memory(made: Shown) -> dict[str, Any]:
    (every, tiled), last = made.tensors["memory"], LENGTHS.index(2**16)
    return {
        "n": LENGTHS[last],
        "stored": in_bytes(int(every[last])),
        "streamed": in_bytes(int(tiled[last])),
        "growth": every[last] / every[last - 1],
    }


ATTENTION = (
    Figure(
        "cs231n",
        3,
        "A set of vectors goes in, a set comes out",
        "{n_asked} vectors go in and as many come out, each mixed from all of them. This one operation replaces what recurrent "
        "networks do one step after the other.",
        making.one_head,
        "self_attention",
        "X",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        13,
        "One vector for the whole sentence",
        "The word vectors of {n_read} pieces are {inside:,} numbers. The decoder is given c, {wide} numbers, and would be given "
        "as many for a book.",
        making.one_vector,
        "bottleneck",
        "c",
        tells=_one_vector,
    ),
    Figure(
        "cs231n",
        29,
        "The first step of attention",
        "Before “{written}” is written, each state of the source gets a score, the softmax makes weights of the scores, and "
        "the mix of all states is the context. The largest weight, {most:.2f}, goes to “{on}”.",
        making.looking,
        "looking_back",
        "scores",
        tells=_step_of_decoder("first"),
    ),
    Figure(
        "cs231n",
        35,
        "The second step asks anew",
        "A new state asks once more, before “{written}”: new scores, new weights, {most:.2f} of them on “{on}”, and a new "
        "context, which differs from the first by up to {moved:.2f}.",
        making.looking,
        "looking_back",
        "scores",
        tells=_step_of_decoder("second"),
    ),
    Figure(
        "cs231n",
        43,
        "A context for every step",
        "The context of {q} is a mixture of all states that were read, {weights[q,k]:.0%} of it {v}. It is made anew for every "
        "piece, so that no one vector must hold all.",
        making.looking,
        "looking_back",
        "c",
    ),
    Figure(
        "cs231n",
        49,
        "Where a translator looks",
        "To write {q} the translator gives {weights[q,k]:.2f} to {k}. Where French turns words around, the largest "
        "weight goes back to the left: here in {back} of {steps} steps.",
        making.looking,
        "looking_back",
        "weights",
        tells=_turned,
    ),
    Figure(
        "cs231n",
        60,
        "The operator behind it",
        "{n_asking} vectors ask, {n_asked} vectors of the data are asked, and out come {n_asking} vectors, each a summary of the "
        "data for the one that asked.",
        making.decoder_asks,
        "attention",
        "X",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        65,
        "How alike: a scaled dot product",
        "In place of a small network a score is a dot product, here divided by √{head_dim}: {scaled[q,k]:.2f} for {q} and {k}.",
        making.decoder_asks,
        "attention",
        "scaled",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        75,
        "Keys to be found by, values to hand over",
        "{query|A query} asks, {key|a key} is what it is compared with, {value|a value} is what it gets. In this translator keys "
        "have {head_dim} numbers, and a value is what was read, all {value_dim} of it.",
        making.decoder_asks,
        "attention",
        "Q, K, V",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        80,
        "Cross-attention",
        "What is written asks, what was read is asked: {n_asking} rows, {n_asked} columns. Each row sums to 1; {q} gives {k} "
        "{weights[q,k]:.2f} of it.",
        making.decoder_asks,
        "attention",
        "weights",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        88,
        "Self-attention with one wide product",
        "One product with three matrices side by side makes query, key and value of a token, 3 × {head_dim} numbers in a row. "
        "Three products make the same, to {off:.0e}.",
        making.fused,
        "self_attention",
        "Q, K, V",
        sets={"fused": "true"},
        tells=lambda made: _sizes(made) | {"off": apart(made.tensors["projected"], made.tensors["separate"])},
    ),
    Figure(
        "cs231n",
        97,
        "Swap two words, and their rows swap",
        "Two words have changed places. Their rows of the output moved along and no row changed: the largest difference is "
        "{off:.0e}. The operator does not know an order.",
        making.shuffled,
        "self_attention",
        "shuffled",
        tells=_moved_along,
        ordered=True,
    ),
    Figure(
        "cs231n",
        110,
        "No look ahead",
        "{q} may look at {allowed[q]} tokens, itself and those before it. Scores of later ones are −∞, so that their weights "
        "are {later:.0f}; among the others {weights[q,k]:.2f} goes to {k}.",
        making.causal,
        "masks",
        "weights",
        tells=lambda made: {"later": float(np.triu(made.tensors["weights"], 1).max())},
    ),
    Figure(
        "cs231n",
        117,
        "All heads of a layer",
        "{n_heads} heads run side by side, each with a table of weights of its own. In head {head} {q} gives {weights[q,k]:.2f} "
        "to {k}.",
        making.all_heads,
        "multi_head",
        "weights",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        126,
        "Heads as one more axis",
        "{n_asking} × {d_model} numbers are read as {n_heads} × {n_asking} × {head_dim}: as many as before, so that one batched "
        "product serves all heads.",
        making.all_heads,
        "multi_head",
        "stacked",
        tells=_sizes,
    ),
    Figure(
        "cs231n",
        132,
        "What the weights take",
        "Twice the tokens, {growth:.0f} times the memory of all weights: for {n:,} tokens {stored}. Tile by tile the same "
        "outputs need {streamed}; operations still grow with the square.",
        making.costs,
        "cost",
        "A",
        takes=False,
        sets={"part": "the bill"},
        tells=_memory,
        focus={"query": 0, "key": 0, "length": 4},
    ),
)
