"""Plans of blocks: part by part from top to bottom, and how large the parts are."""

from typing import Final

import numpy as np

from core.lessons.shown import Box
from core.transformer.block import NormPlace
from core.transformer.design import ACTIVE, EXPERTS, HEADS, Cost, Design, hidden_width
from core.transformer.norms import NormKind

PARTS: Final = ("attention", "network", "norms", "all", "met by a token", "kept of a token")
PLACES: Final[dict[str, NormPlace]] = {"post-norm": "post", "pre-norm": "pre"}
NAMED: Final[dict[str, NormKind]] = {"LayerNorm": "layer", "RMSNorm": "rms"}
NORMS: Final[dict[NormKind, str]] = {kind: name for name, kind in NAMED.items()}
NORM_SAYS: Final = {"layer": "mean 0, deviation 1", "rms": "mean square 1, no biases"}
ADDED: Final = {"sinusoids": "sinusoids were added once", "learned": "a learned table was added once"}
SUMS: Final = ("tokens + attention", "tokens + network")


def boxes(designs: tuple[Design, ...], d_model: int) -> list[Box]:
    """The parts of all plans; what the first one has otherwise is marked in all others."""
    return [
        box for number, design in enumerate(designs) for box in plan(design, number, designs[0].unlike(design), d_model)
    ]


def plan(design: Design, number: int, unlike: frozenset[str], d_model: int) -> list[Box]:
    """One plan from top to bottom."""
    norm = (NORMS[design.norm], NORM_SAYS[design.norm], bool(unlike & {"norm", "norm_place"}))
    added = design.in_attention is None
    entering = ("tokens enter", ADDED.get(design.places, "nothing is added"), "places" in unlike)
    in_attention = ("attention", attends(design), "n_kv_heads" in unlike or ("places" in unlike and not added))
    network = (f"{design.network} network" if design.network != "experts" else "experts", widens(design, d_model))
    networked = (*network, "network" in unlike)
    halves = []
    for part, added_to in ((in_attention, SUMS[0]), (networked, SUMS[1])):
        summed = (added_to, "", False)
        halves += [norm, part, summed] if design.norm_place == "pre" else [part, summed, norm]
    told: list[Box] = []
    for row, (word, says, differs) in enumerate([entering, *halves]):
        # the path around a half begins above its first part, which in a pre-norm block is the norm
        around = (2 if design.norm_place == "pre" else 1) if word in SUMS else None
        told.append(
            Box(
                plan=number,
                row=row,
                word=word,
                told=says,
                differs=differs,
                skips=None if around is None else row - around,
            )
        )
    return told


def attends(design: Design) -> str:
    """What there is to know of a block's attention."""
    shared = f"{HEADS} heads" if design.n_kv_heads == HEADS else f"{HEADS} heads, {design.n_kv_heads} of K and V"
    return shared if design.in_attention is None else f"{shared}; {design.places}"


def widens(design: Design, d_model: int) -> str:
    """What there is to know of its network."""
    hidden = f"{hidden_width(design.network, d_model):,}"
    if design.network == "experts":
        return f"{ACTIVE} of {EXPERTS} SwiGLU of {hidden}"
    return f"{d_model:,} → {hidden} → {d_model:,}"


def sizes(costs: tuple[Cost, ...]) -> np.ndarray:
    """A row for each of PARTS, a column for each plan."""
    rows = [[c.attention, c.network, c.norms, c.parameters, c.used, c.cached] for c in costs]
    return np.array(rows, dtype=np.float32).T
