"""Figures of steps to which a card of the course leads and no note refers, as steps.toml beside this file has them."""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from core.atlas import making, making_steps
from core.atlas.figure import Figure
from core.lessons.shown import Matrices, Shown

_NOBODY: Final[Mapping[str, int]] = {"query": 0, "key": 0}
_SIZE: Final[Mapping[tuple[str, str], str]] = {
    ("looking_back", "h"): "encoder_states",
    ("captioning", "z"): "grid",
    ("captioning", "c"): "contexts",
    ("multi_head", "X·W_Q"): "projected",
    ("multi_head", "merged"): "merged_slots",
    ("block", "wide"): "ff_pre",
    ("encoder_decoder", "word vectors"): "embedded",
    ("encoder_decoder", "passes"): "passes_with",
    ("vision_transformer", "patches"): "patches",
    ("vision_transformer", "rows"): "patches",
    ("vision_transformer", "xW_E"): "patch_embeddings",
    ("vision_transformer", "+ P"): "patches",
    ("vision_transformer", "pooled"): "answer",
    ("model_family", "cut"): "own_cut",
    ("bottleneck", "felt"): "felt",
}  # the tensor of which a sentence tells how many there are (n) and how wide each is (wide)


def _measured(tensors: Matrices) -> dict[str, float]:
    """What sentences tell beside sizes, of the tensors that they tell it of."""
    found = {}
    if "contexts" in tensors:
        found["apart"] = float(abs(tensors["contexts"] - tensors["contexts"][:1]).max())
    if "mapped" in tensors:
        found["off"] = float(abs(tensors["mapped"] - tensors["added"]).max())
    if "felt" in tensors:
        found |= {"first": float(tensors["felt"][0, 0]), "last": float(tensors["felt"][-1, 0])}
    return found


def _tells(tensor: str) -> Callable[[Shown], dict[str, Any]]:
    def told(made: Shown) -> dict[str, Any]:
        sizes = {"n": made.tensors[tensor].shape[-2], "wide": made.tensors[tensor].shape[-1]} if tensor else {}
        if tensor == "merged_slots":
            sizes["heads"] = len(made.tensors[tensor])
        return sizes | _measured(made.tensors)

    return told


def _figure(row: Mapping[str, Any]) -> Figure:
    made = getattr(making_steps, row["made"], None) or getattr(making, row["made"])
    takes = "text" in inspect.signature(made).parameters
    return Figure(
        "",
        0,
        row["title"],
        row["says"],
        made,
        row["lesson"],
        row["step"],
        takes,
        row.get("sets", {}),
        _tells(_SIZE.get((row["lesson"], row["step"]), "")),
        {} if takes or row["lesson"] == "captioning" else _NOBODY | row.get("at", {}),
    )


STEPS: Final = tuple(
    _figure(row) for row in tomllib.loads(Path(__file__).with_name("steps.toml").read_text("utf-8"))["figure"]
)
