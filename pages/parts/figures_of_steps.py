"""How each figure of a further step is drawn, by its lesson and step: as the lesson draws it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.lessons.cost import bill
from core.lessons.model_family import denoising, family
from core.lessons.shown import Shown
from core.vision import scenes
from pages.parts.figures import (
    Cube,
    Curves,
    Dial,
    Matrix,
    Overlay,
    Patches,
    Plans,
    Points,
    Table,
    View,
    dials,
    mixture,
    next_words,
    pair_matrix,
    tables,
    weights_matrix,
)

ACROSS: Final = 8  # patches side by side of the photograph
CELLS: Final[dict[str, Any]] = {"picture": "picture", "side": scenes.CELLS, "grows": True}
BY_LENGTH: Final[dict[str, Any]] = {"axis": "length", "places": bill.LENGTHS}
PUSHED: Final[dict[str, Any]] = {"columns": "keys", "scale": "share", "axes": "moved ↓ · pushed →"}
KNOWN: Final[dict[str, Any]] = {"labelled": True, "hidden": "known", "hiddenWord": "nothing met"}
PASSES: Final[dict[str, Any]] = {
    "rows": "passes",
    "columns": "pieces",
    "scale": "weights",
    "limit": 1,
    "axes": "pass ↓ · piece →",
}
ONE_PASS: Final[dict[str, Any]] = PASSES | {"rows": "one"}
GRID: Final[dict[str, Any]] = {"rows": "first", "axes": "a ↓ · b, from −2 to 2 →"}
HIDDEN: Final[dict[str, Any]] = {"hidden": "allowed", "hiddenWord": "−∞", "margin": "visible"}

# drawn alike whatever the numbers are
STANDING: Final[Mapping[tuple[str, str], View]] = {
    ("looking_back", "h"): tables(Table("encoder_states", "h", "key", rows="keys")),
    ("captioning", "z"): tables(Table("grid", "z", "key", rows="keys")),
    ("captioning", "scores"): Overlay("energies", scale="signed", columns="keys", rows="queries", **CELLS),
    ("captioning", "weights"): Overlay("weights", scale="weights", columns="keys", rows="queries", **CELLS),
    ("captioning", "c"): tables(Table("contexts", "c", "output", grows=True)),
    ("attention", "scores"): pair_matrix("scores", "scores", "Q · Kᵀ"),
    ("attention", "output"): mixture(),
    ("attention", "hull"): Points("plane_values", "plane_outputs", note="● values  ◆ outputs  ‑ ‑ hull", rows="keys"),
    ("positions", "E + P"): tables(
        Table("embedded", "E[x]"), Table("positions", "P"), Table("summed", "E[x] + P + E_A")
    ),
    ("positions", "shift"): dials(
        Dial("codes", "place", rows="places"),
        Dial("shifted", "moved", turned="codes", rows="places", dashed=True),
        clock=True,
    ),
    ("positions", "RoPE"): dials(
        Dial("rotated_queries", "", "query", turned="queries"),
        Dial("rotated_keys", "", "key", rows="keys", turned="keys", dashed=True),
    ),
    ("positions", "added"): tables(
        Table("x", "X", rows="tokens", labelled=True),
        Table("positions", "P", rows="tokens"),
        Table("mapped", "[X; P]W", rows="tokens"),
        Table("added", "XW_x + PW_p", rows="tokens"),
    ),
    ("positions", "weights"): weights_matrix(),
    ("positions", "moved"): tables(
        Table(
            "moved",
            "moved by",
            rows="depth",
            columns="keys",
            scale="share",
            labelled=True,
            axes="layers ↓ · tokens →",
        ),
        readout="plain",
    ),
    ("masks", "mask M"): Matrix(
        "mask", "signed", limit=1, corner="M", cornerNote="0 or −∞", readout="pair", chain="masked", **HIDDEN
    ),
    ("masks", "masked"): pair_matrix("masked", "masked", "+ M", **HIDDEN),
    ("masks", "reach"): Matrix(
        "layers_needed",
        "share",
        limit=2.0,
        corner="reach",
        cornerNote="2 layers",
        hidden="reached",
        hiddenWord="not reached",
        whole=True,
        readout="plain",
    ),
    ("multi_head", "X·W_Q"): tables(Table("projected", "XW_Q", "query")),
    ("multi_head", "merged"): Cube("merged_slots", "cut", "flat", "output"),
    ("multi_head", "one head"): weights_matrix(),
    ("block", "norm"): tables(
        Table("entering", "in"), Table("standard", "(X − μ) ∕ σ"), Table("scaled_norm", "× γ + β")
    ),
    ("block", "wide"): tables(Table("ff_pre", "hidden")),
    ("block", "add 2"): tables(
        Table("normed_mid", "stream"), Table("ff_out", "MLP", "output"), Table("resid_sum", "sum")
    ),
    ("block", "alike"): Matrix(
        "alike", "signed", limit=1, corner="cosine", readout="plain", axes="tokens ↓ · tokens →"
    ),
    ("block", "taken out"): Curves("spreads", "variants", "behind how many layers", "spread"),
    ("block", "coupling"): tables(
        Table("coupling_norm", "norm", **PUSHED),
        Table("coupling_mlp", "MLP", **PUSHED),
        Table("coupling_attention", "attention", **PUSHED),
        readout="plain",
    ),
    ("encoder_decoder", "word vectors"): tables(Table("embedded", "x", "key", rows="keys")),
    ("encoder_decoder", "cache"): tables(Table("cached_keys", "K", "key", rows="given", grows=True)),
    ("encoder_decoder", "passes"): tables(
        Table("one_pass", "training", **ONE_PASS),
        Table("passes_without", "without cache", **PASSES),
        Table("passes_with", "with cache", **PASSES, labelled=True),
        readout="plain",
    ),
    ("vision_transformer", "patches"): Patches("patches", "picture", ACROSS),
    ("vision_transformer", "rows"): tables(Table("patches", "x", "key", rows="keys")),
    ("vision_transformer", "xW_E"): tables(Table("patch_embeddings", "xW_E", "key", rows="keys")),
    ("vision_transformer", "+ P"): tables(Table("tokens", "tokens", "query")),
    ("vision_transformer", "pooled"): tables(Table("answer", "z", "output", rows="one", labelled=True)),
    ("cost", "FLOPs"): Curves("flops", "parts", "tokens N", "operations of a block", **BY_LENGTH),
    ("cost", "ability"): Curves(
        "losses", "losses", "weights", "loss, nats per token", axis="growth", places=bill.GROWTH
    ),
    ("cost", "work"): Curves("work", "working", "tokens N", "operations of a layer", **BY_LENGTH),
    ("cost", "tile"): Matrix(
        "tile_scores", "signed", hidden="in_tile", hiddenWord="not in memory", readout="plain", corner="S"
    ),
    ("cost", "m and l"): tables(Table("running_max", "m", **KNOWN), Table("running_sum", "l", scale="share", **KNOWN)),
    ("cost", "output"): tables(Table("so_far", "o / l", "output", **KNOWN), Table("attended", "attend", "output")),
    ("since_2017", "product"): tables(
        Table("product", "a · b", labelled=True, **GRID),
        Table("by_gate", "SwiGLU", **GRID),
        Table("by_relu", "ReLU", **GRID),
        readout="plain",
    ),
    ("model_family", "prefix"): tables(Table("entered", "X", "key", rows="keys", labelled=True)),
    ("model_family", "scores"): Matrix(
        "of_pictures", "weights", readout="plain", corner="softmax", margin="sum", axes="pictures ↓ · captions →"
    ),
    ("model_family", "cut"): tables(Table("own_cut", "blocks", rows="blocks")),
}


def _felt(made: Shown) -> View:
    most = float(made.tensors["felt"].max()) or 1.0
    return tables(Table("felt", "‖∂c/∂x_t‖", scale="share", limit=most))


def _codes(made: Shown) -> View:
    axes = "places ↓ · numbers, places →"
    return tables(
        Table("codes", "P", rows="places", labelled=True, limit=1, axes=axes),
        Table("similarity", "PPᵀ", rows="places", limit=made.tensors["codes"].shape[1] // 2),
    )


def _tree(made: Shown) -> View:
    axes = "models ↓ · attention, MLP, tables, norms and rest →"
    words = [list(row) for row in made.words]
    return Matrix(
        "tree", "share", rows="models", columns="numbers", words=words, readout="plain", fixed=True, axes=axes
    )


def _cleaned(made: Shown) -> View:
    return Overlay(
        "cleaned", "cleaned_picture", denoising.columns(), plain=True, columns="numbers", rows="keys", scale="signed"
    )


# and those whose words or parts come with the numbers
MADE: Final[Mapping[tuple[str, str], Callable[[Shown], View]]] = {
    ("bottleneck", "felt"): _felt,
    ("looking_back", "next"): lambda made: next_words("choices", [list(row) for row in made.words]),
    ("positions", "P"): _codes,
    ("model_family", "block"): lambda made: Plans(
        "sizes", family.PLANS, family.boxes(), note="Filled: not as in BERT's block."
    ),
    ("model_family", "tree"): _tree,
    ("model_family", "clean"): _cleaned,
}


def view_of(lesson: str, step: str, made: Shown) -> View:
    """The view of the figure of a step."""
    standing = STANDING.get((lesson, step))
    return MADE[lesson, step](made) if standing is None else standing
