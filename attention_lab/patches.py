"""All heads of a vision model on a picture, in a notebook."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from PIL import Image

from attention_lab.widget import OpenHead, check_head, module, named
from core.models import image_attention, image_reading, loading
from core.models.errors import ModelError
from core.models.image_reading import ImageReading
from core.models.loaded import LoadedModel
from core.models.preprocessing import Preprocessing, Values
from core.vision.classifier import Picture, fitted
from pages.parts.patch_view import ONE_HEAD, Look, Shown, payload


class Patches(OpenHead):
    """All heads of a model on a picture; one of them is open.

    layer, head   of the open one, counted from 0; set them to open another.
    token         the place of the token that was kept by a click, the last time.
    """

    _esm = module("patch_explorer")
    token = traitlets.Int(0)

    def __init__(self, name: str, made: ImageReading, layer: int, head: int) -> None:
        seen = made.patch_attention
        self._look, self._seen = Look(seen, made.pixels, ""), seen
        heads = f"{seen.n_layers} layers × {seen.n_heads} heads of {name}"
        self._caption = f"{heads}: point at a head to preview it, click or tap to open it."
        super().__init__(seen, layer, head, token=seen.middle)

    @property
    def weights(self) -> np.ndarray:
        """Of the open head: a row for each token that asks, a column for each that is asked."""
        return self._seen.weights[self.layer, self.head].numpy()

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the tokens are called, in their order: those that are no patch, then the patches row by row."""
        return self._seen.tokens

    def _packed(self, layer: int, head: int) -> bytes:
        return payload(self._look, Shown(ONE_HEAD, layer, head, 0.5, "mean"), "", self._caption)

    def hear(self, name: str, value: Any) -> None:
        if name == "opened":
            if opened := self.named_head(value):
                self.open_head(*opened)
        elif name == "kept" and isinstance(value, int) and 0 <= value < len(self._seen.tokens):
            self.token = value


def patches(model: Any, picture: Picture, processor: Any = None, *, layer: int = 0, head: int = 0) -> Patches:
    """All heads of a model on a picture, which is drawn together to a square.

    model       "vit" or "vit-mean-pool" of this project, or a ViT, DeiT, DINOv2, CLIP or SigLIP of the transformers library.
    picture     as Pillow opens it, or (height, width, 3) from 0 to 255.
    processor   the model's image processor, which says how pixels are made ready; None = as its files say.
    Raises      ValueError in words for what is no picture, a model that cannot be shown, a head that there is not.
    """
    pixels = _pixels(picture)
    if isinstance(model, str):
        if model not in image_reading.OWN:
            raise ModelError(
                f"“{model}” is no Vision Transformer of this project: choose from {', '.join(image_reading.OWN)}, or give a model"
            )
        name, made = model, image_reading.read_image(model, "", pixels, "squash")
    else:
        with loading.borrowed(model, None) as loaded:
            name = named(loaded).name
            preprocessing = _preprocessing(loaded, processor)
            square = fitted(pixels, preprocessing.side)
            found = image_attention.attention_of(loaded, square, preprocessing)
            made = ImageReading("", image_attention.as_seen(square, preprocessing), found, None, square)
    check_head(name, made.patch_attention, layer, head)
    return Patches(name, made, layer, head)


def _pixels(picture: Any) -> np.ndarray:
    if isinstance(picture, Image.Image):
        return np.asarray(picture.convert("RGB"))
    if isinstance(picture, np.ndarray) and picture.ndim == 3 and picture.shape[-1] == 3 and picture.size:
        if picture.dtype == np.uint8:
            return picture
        raise ValueError(f"the picture holds {picture.dtype}: give whole numbers from 0 to 255, as uint8")
    got = f"an array of shape {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
    raise ValueError(f"this is no picture but {got}: give what PIL.Image.open returns, or (height, width, 3)")


def _preprocessing(loaded: LoadedModel, processor: Any) -> Preprocessing:
    """What a model reads, as its image processor says, or else its files."""
    if processor is not None:
        return image_attention.preprocessing_of(loaded, _values(processor))
    try:
        return image_attention.preprocessing_of(loaded)
    except ModelError as error:
        if loaded.kind not in ("vision", "image-text", "captioner"):
            raise
        raise ModelError(f"{error}. Or give the model's image processor behind the picture") from error


def _values(processor: Any) -> Values:
    """What an image processor of the library does to the values of pixels."""
    mean, std = getattr(processor, "image_mean", None), getattr(processor, "image_std", None)
    if not isinstance(mean, Sequence) or not isinstance(std, Sequence):
        raise ModelError(
            f"{type(processor).__name__} names no mean and deviation: give what AutoImageProcessor.from_pretrained opened"
        )
    return Values(float(getattr(processor, "rescale_factor", 1 / 255)), tuple(mean), tuple(std), True)
