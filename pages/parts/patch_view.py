"""What the patch explorer is sent: pictures, all heads of a model on them as small maps, and the matrix that is open."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.analysis.patch_attention import SUMMARIES, Chosen, PatchAttention
from pages.parts import figure_file
from pages.parts.payload import pack

ONE_HEAD = SUMMARIES[0]
AS_AT_FIRST: Mapping[str, bool | float | None] = {"turned": False, "coloured": None, "share": 1.0, "seen": False}


@dataclass(frozen=True)
class Shown(Chosen):
    """The matrix that is open, with its words."""

    @property
    def title(self) -> str:
        match self.summary:
            case "one head":
                return f"Layer {self.layer}, head {self.head}"
            case "mean of the layer":
                return f"Layer {self.layer}, mean of its heads"
            case "mean of all":
                return "Mean of all heads"
        return "Attention rollout"

    @property
    def note(self) -> str:
        """What was done to the numbers."""
        if self.summary == "rollout":
            origin = " (Abnar and Zuidema 2020)" if self.fuse == "mean" else "; Abnar and Zuidema 2020 take the mean"
            return (
                f"All layers together: the {self.fuse} of each layer's heads, with {self.residual:.0%} of what a token keeps of "
                f"itself (the residual path), multiplied layer by layer{origin}."
            )
        return ""


@dataclass(frozen=True)
class Look:
    """One picture with what a model makes of it.

    pixels   (height, width, 3) from 0 to 255, as the model saw them; sharp: the same with more of them, where there are.
    """

    patch_attention: PatchAttention
    pixels: np.ndarray
    title: str
    sharp: np.ndarray | None = None


def payload(
    first: Look,
    shown: Shown,
    signature: str,
    caption: str,
    second: Look | None = None,
    look: int | None = None,
    how: Mapping[str, bool | float | None] = AS_AT_FIRST,
    alone: bool = False,
) -> bytes:
    """All of it.

    signature   changes whenever the picture or the model does; then the patch in the middle is looked at again.
    look        the token that is looked at; None = the patch in the middle. how: in which way it is looked at.
    alone       whether it goes into a file, where nobody can be asked: every head comes in full if there is room for that.
    """
    seen = first.patch_attention
    factor = seen.coarseness
    words = {
        "signature": signature,
        "layers": seen.n_layers,
        "heads": seen.n_heads,
        "open": [shown.layer, shown.head],
        "factor": factor,
        "rows": -(-seen.rows // factor),
        "columns": -(-seen.columns // factor),
        "first": _words(first, shown),
        "second": None if second is None else _words(second, shown),
        "caption": caption,
        "focus": seen.middle,
        "look": seen.middle if look is None else look,
        "how": dict(how),
        "exact": shown.summary == ONE_HEAD,
    }
    tensors = {
        "every": seen.small.numpy(),
        "first_weights": seen.matrix(shown).numpy(),
        "first_picture": planes(first.pixels),
    }
    if second is not None:
        tensors |= {
            "second_weights": second.patch_attention.matrix(within(shown, second.patch_attention)).numpy(),
            "second_picture": planes(second.pixels),
        }
    taken, more = sum(each.nbytes for each in tensors.values()), 2 * seen.weights.numel()
    if alone and taken + more <= figure_file.ROOM:
        tensors["full"] = seen.weights.flatten(0, 1).numpy()
        taken += more
    sharp = {
        f"{name}_sharp": planes(each.sharp)
        for name, each in (("first", first), ("second", second))
        if each is not None and each.sharp is not None
    }
    if not alone or taken + sum(each.nbytes for each in sharp.values()) <= figure_file.ROOM:
        tensors |= sharp
    return pack(words, tensors, frozenset({"first_weights", "second_weights", "full"}))


def planes(pixels: np.ndarray) -> np.ndarray:
    """(height, width, 3) as (3, height, width): red, then green, then blue."""
    return pixels.transpose(2, 0, 1)


def within(shown: Shown, seen: PatchAttention) -> Shown:
    """The same matrix of another model, as far as it has such a layer and head."""
    return Shown(
        shown.summary,
        min(shown.layer, seen.n_layers - 1),
        min(shown.head, seen.n_heads - 1),
        shown.residual,
        shown.fuse,
    )


def _words(look: Look, shown: Shown) -> dict:
    seen = look.patch_attention
    return {
        "title": f"{look.title}{within(shown, seen).title}",
        "note": shown.note,
        "names": list(seen.tokens),
        "extra": len(seen.extra),
        "rows": seen.rows,
        "columns": seen.columns,
    }
