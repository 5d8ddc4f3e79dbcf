"""What a captioner looks back at while it writes: a picture that the half that sees has seen, once for all steps."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.models.errors import ModelError, told_as
from core.models.halves import READ, halves_of, stretched
from core.models.image_attention import as_input, as_seen, extra_names, merging, preprocessing_of
from core.models.loaded import LoadedModel
from core.models.preprocessing import Preprocessing
from core.vision.classifier import Fit, fitted


@dataclass(frozen=True, eq=False)
class PictureSource:
    """A picture that was seen. It belongs to one visitor.

    pixels, seen    as the model is given them, and what it sees of them.
    preprocessing   how they were made ready.
    inputs          with what the half that sees was called.
    start           the tokens with which the half that writes begins.
    given           with what it is called at each step, beside what was written, which is called `asks`; `vectors` is what
                    its output calls the vectors of that.
    extra           names of what it looks back at that is no patch; columns: patches side by side, and below each other.
    """

    pixels: UInt8[np.ndarray, "side side 3"]
    seen: UInt8[np.ndarray, "covered covered 3"]
    preprocessing: Preprocessing
    inputs: dict[str, Tensor]
    start: tuple[int, ...]
    given: dict[str, Any]
    extra: tuple[str, ...]
    columns: int
    asks: Literal["input_ids"] = "input_ids"
    vectors: Literal["hidden_states"] = "hidden_states"

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that is looked back at: what is no patch, then the patches row by row."""
        return (*self.extra, *grid_names(self.columns, self.columns))


def see(loaded: LoadedModel, picture: UInt8[np.ndarray, "height width 3"], fit: Fit) -> PictureSource:
    """Let the half of a captioner that sees look at a picture, which is made a square.

    Raises   ModelError for a model that is no captioner, or whose patches make no grid.
    """
    halves = halves_of(loaded.model)
    if loaded.kind != "captioner" or halves is None:
        raise ModelError(f"{loaded.name} does not write of pictures ({loaded.kind}): choose {READ}")
    if halves.start is None:
        raise ModelError(f"{loaded.name} does not say with which token its decoder begins: choose another model")
    preprocessing = preprocessing_of(loaded, heads=False)
    pixels = fitted(picture, preprocessing.side, fit)
    images = as_input(pixels, preprocessing).to(loaded.device)
    with told_as(f"{loaded.name} cannot look at this picture: try another model"), torch.inference_mode():
        states = halves.look(images, **stretched(halves.sees))
    columns = preprocessing.across // merging(loaded)
    more = states.shape[1] - columns**2
    if more < 0:
        raise ModelError(
            f"{loaded.name} looks back at {states.shape[1]} vectors that are no grid of patches: choose another"
        )
    return PictureSource(
        pixels,
        as_seen(pixels, preprocessing),
        preprocessing,
        {"pixel_values": images},
        (halves.start,),
        {"encoder_hidden_states": states},
        extra_names(loaded, more),
        columns,
    )
