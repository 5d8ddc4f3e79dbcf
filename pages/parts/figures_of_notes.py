"""How each figure of the notes is drawn: the view of what it is made from, by its note and line."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from core.atlas import making
from core.lessons.cost.bill import LENGTHS
from core.lessons.shown import Shown
from pages.parts.figures import (
    Cube,
    Curves,
    Heads,
    Histogram,
    Matrix,
    Overlay,
    Plans,
    Table,
    View,
    limit,
    mixture,
    next_words,
    pair_matrix,
    queries_keys_values,
    shares,
    tables,
    weights_matrix,
)

ACROSS: Final = 8  # patches side by side of the photograph
WRITTEN = "what is written ↓ · what is looked at →"
SHARE: Final[dict[str, Any]] = {"scale": "weights", "limit": 1}
PAIRS: Final[dict[str, Any]] = {"columns": "keys", **SHARE}
BY_LENGTH: Final[dict[str, Any]] = {"axis": "length", "places": LENGTHS}
LAYERS: Final[dict[str, Any]] = {"rows": "layers", "columns": "keys", "scale": "share", "labelled": True}

# drawn alike whatever the numbers are
STANDING: Final[Mapping[tuple[str, int], View]] = {
    ("cs5242", 17): tables(
        Table("forget", "forget", **SHARE),
        Table("input_gate", "enter", **SHARE),
        Table("output_gate", "show", **SHARE),
        Table("states", "state"),
    ),
    ("cs5242", 23): queries_keys_values(),
    ("cs5242", 33): mixture(),
    ("cs5242", 41): Heads("two_heads"),
    ("cs5242", 53): tables(Table("embedded", "in", rows="keys"), Table("encoder_states", "out", rows="keys")),
    ("cs5242", 57): tables(Table("under_layer_norm", "LayerNorm"), Table("under_batch_norm", "BatchNorm")),
    ("cs5242", 60): Matrix(
        "own_weights",
        "weights",
        columns="given",
        hidden="seen",
        hiddenWord="not written yet",
        axes="what is written ↓ · what was given before →",
    ),
    ("day71", 14): weights_matrix(),
    ("day71", 49): tables(
        Table("x", "X"),
        Table("queries", "Q", "query"),
        Table("keys", "K", "key"),
        Table("values", "V", "value"),
        Table("output", "out", "output"),
    ),
    ("cards", 26): tables(Table("embedded", "pieces", rows="keys"), Table("encoder_states", "states", rows="keys")),
    ("cards", 27): tables(Table("decoder_states", "s", "query"), Table("context", "c", rows="one", labelled=True)),
    ("cards", 60): tables(
        Table("weights", "A", **PAIRS), Table("beside", "correlation", columns="keys", limit=1), readout="plain"
    ),
    ("cards", 70): tables(Table("weights", "A: where", **PAIRS), Table("values", "V: what", "value", rows="keys")),
    ("cards", 73): pair_matrix("scores", "scores", "Q · Kᵀ"),
    ("cards", 75): mixture(),
    ("cards", 91): tables(
        Table("early", "global", **PAIRS), Table("weights", "local", hidden="allowed", hiddenWord="not seen", **PAIRS)
    ),
    ("cards", 104): tables(Table("merged", "heads side by side", "output"), Table("mixed", "times W_O", "output")),
    ("cards", 107): Cube("cut", "flat", "cut", "query"),
    ("cs231n", 3): tables(Table("x", "in"), Table("output", "out", "output")),
    ("cs231n", 13): tables(Table("encoder_states", "h", rows="keys"), Table("context", "c", rows="one", labelled=True)),
    ("cs231n", 43): mixture("contexts", "A", "h"),
    ("cs231n", 49): Matrix("weights", "weights", margin="sum", axes=WRITTEN),
    ("cs231n", 60): tables(
        Table("x_queries", "who asks", "query"),
        Table("x_keys", "the data", "key", rows="keys"),
        Table("output", "out", "output", labelled=True),
    ),
    ("cs231n", 65): pair_matrix("scaled", "scaled", "÷ √d"),
    ("cs231n", 75): queries_keys_values("keys", "keys"),
    ("cs231n", 80): weights_matrix(),
    ("cs231n", 88): tables(Table("projected", "[Q K V]")),
    ("cs231n", 97): tables(
        Table("typed_output", "as typed", "output", rows="typed"), Table("output", "swapped", "output", labelled=True)
    ),
    ("cs231n", 110): weights_matrix(hidden="allowed"),
    ("cs231n", 117): Heads("weights"),
    ("cs231n", 126): Cube("queries", "cut", "stacked", "query"),
    ("cs231n", 132): Curves("memory", "stored", "tokens N", "bytes", **BY_LENGTH),
    ("cs231n", 141): Curves("paths", "kinds", "tokens N", "steps from the first to the last", **BY_LENGTH),
    ("cs231n", 144): tables(
        Table("resid_pre", "in"),
        Table("mixed", "attention", "output"),
        Table("ff_out", "network", "output"),
        Table("resid_post", "out"),
    ),
    ("cs231n", 157): Overlay("looks", "picture", ACROSS, scale="share"),
    ("cs231n", 161): tables(Table("answer", "mean", rows="one", labelled=True), shares("shares", "p", "classes")),
    ("cs231n", 170): tables(Table("x", "X"), Table("post", "post-norm"), Table("again", "once more")),
    ("cs231n", 174): tables(Table("x", "X"), Table("pre", "pre-norm")),
    ("cs231n", 180): tables(
        Table("rooted_before", "RMS of X"),
        Table("rooted", "RMS now"),
        Table("layered_before", "LN of X"),
        Table("layered", "LN now"),
    ),
    ("cs231n", 185): tables(
        Table("gate", "gate"), Table("up", "up"), Table("gated", "product"), Table("down", "out", "output")
    ),
    ("cs231n", 197): tables(
        Table("routed", "router", axes="tokens ↓ · experts →", **SHARE),
        Table("gates", "asked", axes="tokens ↓ · experts →", **SHARE),
        Table("load", "load", rows="all", labelled=True, axes="experts →", **SHARE),
    ),
}


def _plans(made: Shown) -> View:
    note = "Filled: not in the other. Lines: what is added."
    return Plans("sizes", list(making.PLANS), making.boxes(made.tensors["sizes"]), note=note)


def _added(made: Shown) -> View:
    # a few vectors are so long that all others would be pale beside them
    most = max(limit(made.tensors[name], 90) for name in ("attention_adds", "mlp_adds"))
    attention, network = (
        Table(name, label, limit=most, **LAYERS)
        for name, label in (("attention_adds", "attention"), ("mlp_adds", "network"))
    )
    return tables(attention, network, readout="plain")


def _one_step(name: str, made: Shown) -> View:
    """Scores, weights and context of one step of a decoder, each on a scale of its own."""
    row: dict[str, Any] = {"rows": name, "columns": "keys"}
    scores, context = f"{name}_energies", f"{name}_contexts"
    return tables(
        Table(scores, "scores", **row, limit=limit(made.tensors[scores], 100)),
        Table(f"{name}_weights", "weights", **row, **SHARE),
        Table(context, "context", "output", rows=name, limit=limit(made.tensors[context])),
    )


# and those whose words or parts come with the numbers
MADE: Final[Mapping[tuple[str, int], Callable[[Shown], View]]] = {
    ("cs5242", 48): _plans,
    ("day71", 33): _plans,
    ("cards", 74): lambda made: Histogram("spread", made.series),
    ("cards", 112): lambda made: next_words("choices", [list(row) for row in made.words]),
    ("cs231n", 29): partial(_one_step, "first"),
    ("cs231n", 147): _added,
    ("cs231n", 149): lambda made: next_words("plain", [list(row) for row in made.words]),
    ("cs231n", 35): partial(_one_step, "second"),
}


def view_of(note: str, line: int, made: Shown) -> View:
    """The view of a figure of the notes."""
    standing = STANDING.get((note, line))
    return MADE[note, line](made) if standing is None else standing
