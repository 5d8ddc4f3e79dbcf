"""A trained classifier of pictures: a picture in, a class, how sure it is, and every attention weight on the way out."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from core.analysis.flow import rollout
from core.vision.cnn import ConvNet, ConvTrace
from core.vision.vit import VisionTransformer, ViTTrace

Fit = Literal["squash", "crop", "pad"]
FITS: Final[tuple[Fit, ...]] = ("squash", "crop", "pad")
SURE: Final = 0.5  # below it a class is a guess
GREY: Final = 128  # what a padded picture is padded with
HALF_OF_A_COLOUR: Final = 127.5  # what is taken from a colour, from 0 to 255, and what the rest is divided by

Classifier = VisionTransformer | ConvNet
Picture = Image.Image | UInt8[np.ndarray, "height width 3"]


def fitted(picture: Picture, side: int, fit: Fit = "squash") -> UInt8[np.ndarray, "side side 3"]:
    """A picture of any shape as a square of `side` pixels.

    fit   "squash": drawn together in one direction; "crop": its middle; "pad": whole, with grey beside it.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image = image.convert("RGB")
    width, height = image.size
    if fit == "crop":
        short = min(width, height)
        left, top = (width - short) // 2, (height - short) // 2
        image = image.crop((left, top, left + short, top + short))
    elif fit == "pad":
        long = max(width, height)
        square = Image.new("RGB", (long, long), (GREY, GREY, GREY))
        square.paste(image, ((long - width) // 2, (long - height) // 2))
        image = square
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))


def as_input(pixels: UInt8[np.ndarray, "height width 3"]) -> Float[Tensor, "1 channels height width"]:
    """Pixels as a model sees them: from -1 to 1."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / HALF_OF_A_COLOUR - 1


@dataclass(frozen=True, eq=False)
class Answer:
    """What a classifier says that a picture shows.

    probabilities   of every class, the likeliest first, at the temperature that fits how often it is right.
    """

    probabilities: dict[str, float]

    @property
    def label(self) -> str:
        """The likeliest class."""
        return next(iter(self.probabilities))

    @property
    def sure(self) -> bool:
        """Whether the likeliest class is more than a guess."""
        return self.probabilities[self.label] >= SURE


@dataclass(frozen=True, eq=False)
class Classification(Answer):
    """What a classifier made of a picture.

    trace   every tensor on the way; of a convolutional net there are no layers of attention in it.
    """

    trace: ViTTrace | ConvTrace

    @property
    def of_transformer(self) -> ViTTrace:
        """The trace of a Vision Transformer. Raises ValueError for a convolutional net, which has no weights."""
        if isinstance(self.trace, ConvTrace):
            raise ValueError("a convolutional net has no attention weights: classify by vit or vit-mean-pool")
        return self.trace

    @property
    def layers(self) -> tuple[Float[Tensor, "heads queries keys"], ...]:
        """The attention weights of every layer; with a class token it is query and key 0, the patches follow."""
        if isinstance(self.trace, ConvTrace):
            return ()
        return tuple(block.attention.attention.weights[0] for block in self.trace.blocks)

    @cached_property
    def saliency(self) -> Float[Tensor, "rows columns"]:
        """How much of what the answer is read from came from each patch, as far as weights tell; sums to 1.

        The row of the class token in the attention rollout, of each layer the largest weight over the heads; without a
        class token, the mean of all rows. Of the maps that weights and gradients give, this one agreed best with where
        the objects are, on photographs that are not held out.
        Raises   ValueError for a convolutional net, which has no weights.
        """
        patches = self.of_transformer.patches.shape[1]
        flow = rollout(torch.stack(self.layers), fuse="max")
        row = flow[0, 1:] if flow.shape[0] > patches else flow.mean(dim=0)
        side = round(patches**0.5)
        return (row / row.sum()).unflatten(0, (side, side))


class TrainedClassifier:
    """A classifier in `eval()` mode. It is shared: never change it.

    temperature   what logits are divided by, so that probabilities fit how often it is right.
    figures       what was measured of it after training, as the model card tells it.
    """

    def __init__(self, name: str, model: Classifier, temperature: float, figures: dict | None = None):
        self.name = name
        self.model = model.eval()
        self.temperature = temperature
        self.figures = figures or {}

    @property
    def classes(self) -> tuple[str, ...]:
        return self.model.config.classes

    @property
    def side(self) -> int:
        """Pixels a side of the pictures it reads."""
        return self.model.config.image_size

    @property
    def device(self) -> torch.device:
        return self.model.head.weight.device

    def classify(self, picture: Picture, fit: Fit = "squash") -> Classification:
        """Name what a picture shows.

        picture   of any size: a PIL image, or red, green and blue from 0 to 255 (height, width, 3).
        fit       how it is made a square.
        """
        return self.read(as_input(fitted(picture, self.side, fit)))

    @torch.inference_mode()
    def read(self, pixels: Float[Tensor, "1 channels height width"], *, positions: bool = True) -> Classification:
        """Name a picture of `side` pixels a side, from -1 to 1. positions: whether patches are told their places."""
        images = pixels.to(self.device)
        trace = self.model(images) if isinstance(self.model, ConvNet) else self.model(images, positions=positions)
        shares = (trace.logits[0] / self.temperature).softmax(-1).cpu()
        order = shares.argsort(descending=True).tolist()
        return Classification({self.classes[at]: shares[at].item() for at in order}, trace)
