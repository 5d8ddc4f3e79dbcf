"""What a model makes of a picture: one of the project's own, or one of the library; alone, or a row for each of many."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core import tables
from core.analysis.patch_attention import Chosen, PatchAttention, grid_names
from core.models import checkpoints, image_attention
from core.models.loaded import LoadedModel
from core.vision.classifier import Classification, Fit, fitted

OWN: Final = ("vit", "vit-mean-pool")
CLASS_TOKEN: Final = "[CLS]"


@dataclass(frozen=True, eq=False)
class ImageReading:
    """A picture as a model saw it, the weights of all its heads, and what it says the picture shows, if it says it.

    pixels   what it saw; given: what it was given, which may have colours or an edge that it does not see.
    """

    name: str
    pixels: UInt8[np.ndarray, "side side 3"]
    patch_attention: PatchAttention
    answer: Classification | None
    given: UInt8[np.ndarray, "given given 3"]


def patch_attention_of(answer: Classification) -> PatchAttention:
    """The weights of one of the project's own Vision Transformers."""
    side = round(answer.of_transformer.patches.shape[1] ** 0.5)
    weights = torch.stack(answer.layers).cpu()
    extra = (CLASS_TOKEN,) if weights.shape[-1] > side**2 else ()
    return PatchAttention(weights, extra, side, side)


def read_image(
    model: str | LoadedModel,
    name: str,
    picture: UInt8[np.ndarray, "height width 3"],
    fit: Fit,
    device: str | None = None,
) -> ImageReading:
    """Let a model look at a picture that is made a square.

    model    the name of one of OWN, or a vision model of the library.
    device   where one of OWN runs, as `core.models.device.pick`; a model of the library is on its own.
    Raises   ModelError where it cannot.
    """
    if isinstance(model, str):
        classifier = checkpoints.load_classifier(model, device)
        pixels = fitted(picture, classifier.side, fit)
        answer = classifier.classify(pixels)
        return ImageReading(name, pixels, patch_attention_of(answer), answer, pixels)
    preprocessing = image_attention.preprocessing_of(model)
    pixels = fitted(picture, preprocessing.side, fit)
    seen = image_attention.as_seen(pixels, preprocessing)
    return ImageReading(name, seen, image_attention.attention_of(model, pixels, preprocessing), None, pixels)


@dataclass(frozen=True)
class PatchMap:
    """One map of a picture: what its class token looks at, or without one, what all patches look at on the average."""

    name: str
    values: Float[Tensor, "rows columns"]
    label: str
    probability: float | None


def map_of(reading: ImageReading, chosen: Chosen) -> PatchMap:
    """The map of a picture; what goes to tokens that are no patch is left out, and the rest sums to 1."""
    patch_attention = reading.patch_attention
    matrix = patch_attention.matrix(chosen)
    n = len(patch_attention.extra)
    row = matrix[0, n:] if n else matrix.mean(dim=0)
    values = (row / row.sum()).unflatten(0, (patch_attention.rows, patch_attention.columns))
    if reading.answer is None:
        return PatchMap(reading.name, values, "", None)
    return PatchMap(reading.name, values, reading.answer.label, reading.answer.probabilities[reading.answer.label])


def as_csv(maps: Sequence[PatchMap]) -> bytes:
    """A row for each picture: its name, its class, and its map, patch by patch."""
    rows = [
        (
            each.name,
            each.label,
            "" if each.probability is None else f"{each.probability:.4f}",
            *(f"{x:.6g}" for x in each.values.flatten().tolist()),
        )
        for each in maps
    ]
    return tables.as_csv([("picture", "class", "probability", *grid_names(*maps[0].values.shape)), *rows])


def as_npz(maps: Sequence[PatchMap]) -> bytes:
    """The maps of all pictures, (pictures, rows, columns), and their names."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        maps=torch.stack([each.values for each in maps]).numpy(),
        names=np.array([each.name for each in maps]),
        classes=np.array([each.label for each in maps]),
    )
    return out.getvalue()
