"""The image lab: one matrix of all heads of a model on a picture."""

import numpy as np
from jaxtyping import UInt8

from core.analysis.patch_attention import Chosen, PatchAttention
from core.export import doors
from core.lessons.shown import Shown
from core.models import checkpoints, image_attention
from core.models.image_reading import patch_attention_of
from core.models.preprocessing import Preprocessing
from core.vision.classifier import as_input

Pixels = UInt8[np.ndarray, "side side 3"]


def shown(model: str, pixels: Pixels, chosen: Chosen) -> Shown:
    """All that the figure shows of one of the project's own models."""
    seen = patch_attention_of(checkpoints.load_classifier(model).read(as_input(pixels)))
    return drawn(seen, pixels, chosen)


def shown_of_library(
    model: str,
    architecture: str,
    stretched: bool,
    extra: tuple[str, ...],
    pixels: Pixels,
    preprocessing: Preprocessing,
    chosen: Chosen,
) -> Shown:
    """All that the figure shows of a model of the library; architecture, stretched: as in `doors.heads_of_image`.

    extra   the names of its tokens that are no patch.
    """
    images = image_attention.as_input(pixels, preprocessing)
    weights = doors.heads_of_image(model, architecture, images, stretched)
    across = preprocessing.across
    return drawn(PatchAttention(weights, extra, across, across), image_attention.as_seen(pixels, preprocessing), chosen)


def drawn(seen: PatchAttention, pixels: Pixels, chosen: Chosen) -> Shown:
    """The matrix, what of it lies on patches, and the picture below."""
    weights = seen.matrix(chosen).numpy()
    looks = np.ascontiguousarray(weights[:, len(seen.extra) :])
    picture = pixels.transpose(2, 0, 1) / np.float32(255)
    return Shown(
        {"looks": looks, "weights": weights, "picture": picture}, {"queries": seen.tokens, "keys": seen.patches}
    )
