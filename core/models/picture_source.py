"""What a captioner looks at while it writes: a picture that the half that sees has seen, once for all steps."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.models.among import Among, Looked, asked, look
from core.models.errors import ModelError, told_as
from core.models.halves import READ, Halves, as_batch, config_that_sees, halves_of, stretched
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
    start           the tokens with which the half that writes begins; where the picture stands in a prompt, all of that.
    given           with what it is called at each step, beside what was written, which is called `asks`; `vectors` is what
                    its output calls the vectors of that.
    extra           names of what it looks at that is no patch; columns: patches side by side, and below each other.
    cells           whether these are the cells of a convolutional net, and no patches.
    among           where the picture stands, if that is among the tokens of the text; looked: what was made of it.
    """

    pixels: UInt8[np.ndarray, "side side 3"]
    seen: UInt8[np.ndarray, "covered covered 3"]
    preprocessing: Preprocessing
    inputs: dict[str, Tensor]
    start: tuple[int, ...]
    given: dict[str, Any]
    extra: tuple[str, ...]
    columns: int
    cells: bool = False
    among: Among | None = None
    looked: Looked | None = None
    asks: Literal["input_ids"] = "input_ids"
    vectors: Literal["hidden_states"] = "hidden_states"

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that is looked at: what is no patch, then the patches row by row."""
        return (*self.extra, *grid_names(self.columns, self.columns))

    @property
    def parts(self) -> tuple[str, str]:
        """What the picture was cut into: one of them, and several."""
        return ("cell", "cells") if self.cells else ("patch", "patches")

    @property
    def prompted(self) -> bool:
        """Whether the picture stands in a prompt, by a token of its own."""
        return self.among is not None and self.among.at is not None


def see(loaded: LoadedModel, picture: UInt8[np.ndarray, "height width 3"], fit: Fit) -> PictureSource:
    """Let the half of a captioner that sees look at a picture, which is made a square. Of a prompt it knows nothing yet.

    Raises   ModelError for a model that is no captioner, or whose patches make no grid.
    """
    halves = halves_of(loaded.model)
    if loaded.kind != "captioner" or halves is None:
        raise ModelError(f"{loaded.name} does not write of pictures ({loaded.kind}): choose {READ}")
    if halves.start is None and halves.token is None:
        raise ModelError(f"{loaded.name} does not say with which token its decoder begins: choose another model")
    preprocessing = preprocessing_of(loaded, heads=False)
    pixels = fitted(picture, preprocessing.side, fit)
    images = as_input(pixels, preprocessing).to(loaded.device)
    with told_as(f"{loaded.name} cannot look at this picture: try another model"), torch.inference_mode():
        if halves.among:
            return _among(loaded, halves, pixels, preprocessing, as_batch(loaded.model, images))
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
        () if halves.start is None else (halves.start,),
        {"encoder_hidden_states": states},
        extra_names(loaded, more),
        columns,
        hasattr(config_that_sees(loaded.model.config), "patch_sizes"),
    )


def _among(
    loaded: LoadedModel,
    halves: Halves,
    pixels: UInt8[np.ndarray, "side side 3"],
    preprocessing: Preprocessing,
    images: Tensor,
) -> PictureSource:
    """A picture for a model in which it stands among the tokens of the text, with nothing asked of it."""
    looked = look(loaded.model, images)
    count = len(looked.vectors)
    # some lay patches together that are neighbours, so many a side
    sides = [
        preprocessing.across // each for each in range(1, preprocessing.across + 1) if preprocessing.across % each == 0
    ]
    columns = next((side for side in sides if 0 <= count - side**2 <= 1), None)
    if columns is None:
        raise ModelError(
            f"{loaded.name} makes {count} vectors of {preprocessing.across} by {preprocessing.across} patches, which are no "
            f"grid of them: choose {READ}"
        )
    source = PictureSource(
        pixels,
        as_seen(pixels, preprocessing),
        preprocessing,
        {"pixel_values": images},
        () if halves.start is None else (halves.start,),
        {},
        extra_names(loaded, count - columns**2),
        columns,
        among=Among(None, count, looked.given),
        looked=looked,
    )
    return source if halves.token is None else ask(loaded, source, "")


def ask(loaded: LoadedModel, source: PictureSource, prompt: str) -> PictureSource:
    """The same picture in a prompt. Raises as `among.asked`."""
    assert source.looked is not None
    among, start = asked(loaded, source.pixels, source.looked, prompt)
    return replace(source, among=among, start=start)


def tried(loaded: LoadedModel) -> None:
    """Look at a picture of nothing. Raises ModelError where the model cannot: said when it is opened."""
    see(loaded, np.zeros((8, 8, 3), np.uint8), "squash")
