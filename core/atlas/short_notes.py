"""The figures to which three short notes refer: on CS5242, on a lecture's fifth part, and cards to learn by."""

import numpy as np

from core.atlas import making
from core.atlas.figure import Figure, apart
from core.lessons.shown import Shown


def _learned(made: Shown) -> dict[str, float]:
    sizes = made.tensors["sizes"]
    reads, writes = sizes.sum(0).tolist()
    return {"reads": reads, "writes": writes, "share": float(sizes[4, 0]) / reads}


def _read_and_written(made: Shown) -> dict[str, int]:
    return {"n_read": len(made.tokens["keys"]), "n_written": len(made.tokens["queries"])}


def _sizes(made: Shown) -> dict[str, int]:
    """How many tokens there are, and how many numbers each has outside and inside of attention."""
    n_heads = made.tensors["queries"].shape[0] if made.tensors["queries"].ndim == 3 else 1
    return {
        "n": len(made.tokens["queries"]),
        "pairs": len(made.tokens["queries"]) ** 2,
        "n_heads": n_heads,
        "d_model": made.tensors["x"].shape[-1],
        "head_dim": made.tensors["queries"].shape[-1],
    }


CS5242 = (
    Figure(
        "cs5242",
        17,
        "An LSTM and its gates",
        "An LSTM that nobody trained reads {n} pieces. Three gates between 0 and 1 say what of its memory is forgotten, what "
        "enters and what is shown as the state of {d} numbers. Each state waits for the one before.",
        making.lstm,
        "bottleneck",
        "states",
        sets={"network": "LSTM"},
        tells=lambda made: dict(zip("nd", made.tensors["states"].shape, strict=True)),
    ),
    Figure(
        "cs5242",
        23,
        "Queries, keys and values of one sentence",
        "Each of {n} tokens is read three ways: {query|what do I look for}, {key|what can I be found by}, {value|what do I pass "
        "on}, {head_dim} numbers each. Each way has a matrix of its own, so that values are no keys: they differ by up to "
        "{apart:.2f}.",
        making.one_head,
        "self_attention",
        "Q, K, V",
        tells=lambda made: _sizes(made) | {"apart": apart(made.tensors["keys"], made.tensors["values"])},
    ),
    Figure(
        "cs5242",
        33,
        "The output of one token",
        "The new {q} is a sum of all values, each times its weight: {weights[q,k]:.0%} of it is the value of {v}. All {n} rows "
        "are made at once, and none waits for another.",
        making.one_head,
        "self_attention",
        "output",
        tells=_sizes,
    ),
    Figure(
        "cs5242",
        41,
        "Two heads",
        "Two heads of one layer read the same tokens, each with queries and keys of its own, and do not hear of each other. For "
        "one pair of tokens their weights differ by {apart:.2f}.",
        making.all_heads,
        "multi_head",
        "weights",
        tells=lambda made: {"apart": apart(*made.tensors["two_heads"])},
    ),
    Figure(
        "cs5242",
        48,
        "The Transformer of 2017",
        "The blocks of the Transformer that translates in lesson 10, part by part. One that reads has learned {reads:,.0f} "
        "numbers, one that writes {writes:,.0f}, since it also looks back at what was read.",
        making.plans,
        "encoder_decoder",
        "cross-attention",
        takes=False,
        tells=_learned,
    ),
    Figure(
        "cs5242",
        53,
        "The encoder",
        "{n} pieces enter the encoder, {d} numbers each, and {n} rows of {d} numbers leave it: as many, but each now holds "
        "something of the others.",
        making.transformer,
        "encoder_decoder",
        "encoder output",
        tells=lambda made: dict(zip("nd", made.tensors["encoder_states"].shape, strict=True)),
    ),
    Figure(
        "cs5242",
        57,
        "LayerNorm beside BatchNorm",
        "Another sentence joins the batch. LayerNorm looks at each row alone: no number here moves by more than {by_layer:.0e}. "
        "BatchNorm takes its mean over all rows: its numbers move by up to {by_batch:.2f}.",
        making.one_block,
        "block",
        "batch",
        tells=lambda made: {
            "by_layer": float(np.abs(made.tensors["under_layer_norm"]).max()),
            "by_batch": float(np.abs(made.tensors["under_batch_norm"]).max()),
        },
    ),
    Figure(
        "cs5242",
        60,
        "The decoder looks at what it wrote",
        "Before {q} is written, the decoder looks at what was given so far. Row by row one piece more may be seen, and what "
        "comes later gets {later:.0f}.",
        making.transformer,
        "encoder_decoder",
        "self-attention",
        tells=lambda made: {"later": float(np.triu(made.tensors["own_weights"], 1).max())},
    ),
)

DAY71 = (
    Figure(
        "day71",
        14,
        "A spotlight on the other words",
        "While {q} is read it spends a budget of 1 on all words, {weights[q,k]:.2f} of it on {k}. Look at another row, and the "
        "light falls elsewhere: in {n} rows {strongest} different words get most.",
        making.one_head,
        "self_attention",
        "weights",
        tells=lambda made: _sizes(made) | {"strongest": len(set(made.tensors["weights"].argmax(1).tolist()))},
    ),
    Figure(
        "day71",
        33,
        "One layer of the encoder, one of the decoder",
        "A layer that reads has two parts, self-attention and a network for each token alone, which holds {share:.0%} of what "
        "it has learned. A layer that writes has one part between them: it looks back at what was read.",
        making.plans,
        "encoder_decoder",
        "encoder output",
        takes=False,
        tells=_learned,
    ),
    Figure(
        "day71",
        49,
        "Self-attention, step by step",
        "From X with {n} rows of {d_model} numbers to queries, keys and values of {head_dim}, and back to {n} rows of output. "
        "How many tokens there are stands in no matrix that is learned.",
        making.one_head,
        "self_attention",
        "X",
        tells=_sizes,
    ),
)

CARDS = (
    Figure(
        "cards",
        26,
        "A recurrent encoder",
        "One cell is called for piece after piece, in either direction: {n_read} pieces, {n_read} states, each made from the "
        "piece and from the state before it.",
        making.one_vector,
        "bottleneck",
        "h",
        tells=_read_and_written,
    ),
    Figure(
        "cards",
        27,
        "A recurrent decoder",
        "Before each of {n_written} pieces the decoder makes a new state from its last one, from the piece it wrote last, and "
        "always from the same c of {wide} numbers.",
        making.one_vector,
        "bottleneck",
        "s",
        tells=lambda made: _read_and_written(made) | {"wide": made.tensors["context"].shape[-1]},
    ),
    Figure(
        "cards",
        60,
        "Which words go together",
        "Weights have a direction: {q} gives {k} {weights[q,k]:.2f} and gets {weights[k,q]:.2f} back. A correlation, on the "
        "right, has none: {beside[q,k]:.2f} both ways.",
        making.one_head,
        "self_attention",
        "and back",
        sets={"beside": "correlation"},
    ),
    Figure(
        "cards",
        70,
        "Where to look, and what to get",
        "The weights A say where to look, the values V what is taken from there. {q} looks at {k} with {weights[q,k]:.2f}, and "
        "so much of that row of V comes into its output.",
        making.one_head,
        "self_attention",
        "output",
    ),
    Figure(
        "cards",
        73,
        "Scaled dot product attention: the scores",
        "Every query times every key, {pairs} products in one: {q} and {k} have {scores[q,k]:.2f}. A product is large where "
        "both vectors point the same way and are long.",
        making.one_head,
        "self_attention",
        "scores",
        tells=_sizes,
    ),
    Figure(
        "cards",
        74,
        "Scaled dot product attention: why √d",
        "Products of random vectors of 64 numbers spread with a variance of {raw:.1f}. Divided by √64 = 8 it is {scaled:.2f}, "
        "about as much as that of a single product of two numbers.",
        making.random_products,
        "attention",
        "why √d",
        takes=False,
        tells=lambda made: dict(zip(("raw", "scaled"), made.tensors["variances"][0], strict=True)),
    ),
    Figure(
        "cards",
        75,
        "Scaled dot product attention: weights times values",
        "The softmax makes shares of 1 of each row of scores, and these weigh the values: {weights[q,k]:.0%} of the output of "
        "{q} is the value of {v}.",
        making.one_head,
        "self_attention",
        "output",
    ),
    Figure(
        "cards",
        91,
        "Global and local attention",
        "On the left every token sees all: {all} pairs. On the right a window of two to either side: {near} pairs are computed, "
        "and each row still sums to 1.",
        making.window,
        "masks",
        "weights",
        sets={"kind": "band"},
        tells=lambda made: {"all": made.tensors["allowed"].size, "near": int(made.tensors["allowed"].sum())},
    ),
    Figure(
        "cards",
        104,
        "Many heads, written as one",
        "The outputs of {n_heads} heads of {head_dim} numbers side by side are {d_model} numbers a token again. Times W_O they "
        "are mixed: only there do heads meet.",
        making.all_heads,
        "multi_head",
        "mixed",
        tells=_sizes,
    ),
    Figure(
        "cards",
        107,
        "What is cut into heads",
        "One product makes {d_model} numbers to ask with of all {d_model} numbers of a token. These are cut into {n_heads} "
        "groups of {head_dim}, one for each head; the token itself is not cut.",
        making.all_heads,
        "multi_head",
        "cut",
        tells=_sizes,
    ),
    Figure(
        "cards",
        112,
        "From one sequence to another",
        "{n_read} pieces of English go in, {n_written} pieces of French come out: the lengths need not agree. Each row shows "
        "the likeliest pieces of a step; the first is written.",
        making.one_vector,
        "bottleneck",
        "next",
        tells=_read_and_written,
    ),
)
