"""Lesson 11: a picture is cut into patches, each a token, and read by a Transformer like a sentence."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

import numpy as np
import torch
from jaxtyping import Float, Num, UInt8
from torch import Tensor

from core.analysis.patch_attention import PatchAttention, grid_names
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.models import device as devices
from core.models.image_reading import OWN, patch_attention_of
from core.picture_files import jpeg
from core.trace import Step, matrices, steps, without
from core.vision.classifier import Answer, Classification, Fit, TrainedClassifier, as_input, fitted
from core.vision.patches import cut_into_patches, joined

Pooling = Literal["class token", "mean of all"]
MODELS: Final[dict[Pooling, str]] = dict(zip(get_args(Pooling), OWN, strict=True))
PATCH_SIZES: Final = (4, 8, 16, 32)
PATCH_SIZE: Final = 8  # what the models were trained with
SHARP: Final = 384  # pixels of a side that is shown
# in place of what the trace declares: nothing is masked, and scores are shown as probabilities, at the temperature that fits
# how often the class is right
FORMULAS: Final = {
    "masked": "<scaled>",
    "x": "<normed>",
    "logits": r"\operatorname{softmax}\left(\frac{<pooled>W_C + b_C}{T}\right)",
}
# what stands before the blocks in the trace of the whole
_BEFORE_BLOCKS: Final = 4
# what a block does between attention and what goes out is taken apart there
_OF_LESSON_9: Final = ("normed_mid", "ff_pre", "ff_out")


@dataclass(frozen=True)
class Settings:
    """What a learner chooses beside the picture.

    patch_size   pixels a side of a patch; the models read those of PATCH_SIZE alone.
    shuffled     the seed of an order in which the patches are put; 0 = as they lie.
    """

    pooling: Pooling = "class token"
    fit: Fit = "squash"
    patch_size: int = PATCH_SIZE
    shuffled: int = 0
    positions: bool = True

    @property
    def whole(self) -> bool:
        """Whether a model reads the picture: they read patches of one size alone."""
        return self.patch_size == PATCH_SIZE


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the model makes of the picture as the learner wants it.

    plain     the picture as a square.
    pixels    what is read: its patches in the order chosen.
    """

    settings: Settings
    plain: UInt8[np.ndarray, "side side 3"]
    pixels: UInt8[np.ndarray, "side side 3"]
    now: Classification

    @cached_property
    def patch_attention(self) -> PatchAttention:
        """The weights of all heads."""
        return patch_attention_of(self.now)

    def steps(self, layer: int) -> list[Step]:
        """Every tensor in the order computed, of the blocks one; with patches that are not read, up to them."""
        whole = [replace(each, tensor=each.tensor.cpu()) for each in steps(self.now.trace)]
        block = without(steps(self.now.of_transformer.blocks[layer]), _OF_LESSON_9)
        block = [replace(each, tensor=each.tensor.cpu()) for each in block]
        every = [*whole[:_BEFORE_BLOCKS], *block, *whole[_BEFORE_BLOCKS:]]
        return every if self.settings.whole else [each for each in every if each.name in ("pixels", "patches")]

    def beside(self, layer: int, head: int) -> Matrices:
        """What figures show beside those steps, or in place of what a step holds of all heads."""
        picture = self.pixels.transpose(2, 0, 1) / np.float32(255)
        if not self.settings.whole:
            return {"picture": picture, "patches": rows_of(self.pixels, self.settings.patch_size)}
        block = self.now.of_transformer.blocks[layer].attention
        of_head = {name: getattr(block, name) for name in ("queries", "keys", "values")}
        of_head |= {each.name: each.tensor for each in steps(block.attention)}
        tensors = {name: tensor[0, head].cpu().numpy() for name, tensor in of_head.items()}
        return tensors | {
            "picture": picture,
            "looks": np.ascontiguousarray(tensors["weights"][:, len(self.patch_attention.extra) :]),
            "answer": self.now.trace.pooled.cpu().numpy(),
            "shares": np.array([[share] for share in self.now.probabilities.values()], dtype=np.float32),
        }

    @property
    def patch_names(self) -> tuple[str, ...]:
        """What its patches are called."""
        across = len(self.pixels) // self.settings.patch_size
        return grid_names(across, across)

    def moved(self, before: Answer) -> float:
        """How far the probabilities are from those of another answer: the largest difference."""
        return max(abs(self.now.probabilities[label] - share) for label, share in before.probabilities.items())


def model(name: str) -> TrainedClassifier:
    """A classifier of the project. Raises ModelError if it cannot be opened."""
    return checkpoints.load_classifier(name)


def device() -> str:
    """On what the classifiers run, for a person."""
    return devices.describe(model("vit").device)


def order(n_patches: int, seed: int) -> list[int]:
    """The order in which patches are put: their own for seed 0, else drawn from the seed."""
    if not seed:
        return list(range(n_patches))
    return torch.randperm(n_patches, generator=torch.Generator().manual_seed(seed)).tolist()


def shuffled(images: Num[Tensor, "batch channels height width"], patch_size: int, seed: int) -> Tensor:
    """Pictures whose patches are put in another order."""
    patches = cut_into_patches(images, patch_size)
    return joined(patches[:, order(patches.shape[1], seed)], patch_size, images.shape[-1] // patch_size)


def rows_of(pixels: UInt8[np.ndarray, "side side 3"], patch_size: int) -> Float[np.ndarray, "patches d_patch"]:
    """The patches of any size, each in one row."""
    return cut_into_patches(as_input(pixels), patch_size)[0].numpy()


def dealt(plain: UInt8[np.ndarray, "side side 3"], settings: Settings) -> UInt8[np.ndarray, "side side 3"]:
    """A square picture as the model reads it, its patches in the order chosen."""
    pixels = torch.from_numpy(plain.copy()).permute(2, 0, 1)[None]
    mixed = shuffled(pixels, settings.patch_size, settings.shuffled)
    return mixed[0].permute(1, 2, 0).contiguous().numpy()


def sharper(
    picture: UInt8[np.ndarray, "height width 3"], side: int, fit: Fit
) -> UInt8[np.ndarray, "side side 3"] | None:
    """A picture as a model of this side is given it, with as many pixels as the screen shows; None where it sees as many."""
    return fitted(picture, SHARP, fit) if side < SHARP and min(picture.shape[:2]) > side else None


def in_full(picture: UInt8[np.ndarray, "height width 3"], settings: Settings) -> Matrices:
    """For the screen: the picture as the model reads it, with SHARP pixels for those that it sees, as the bytes of a file.
    Nothing where the picture has no more than it sees."""
    side = model("vit").side
    larger = sharper(picture, side, settings.fit)
    if larger is None:
        return {}
    cut = replace(settings, patch_size=settings.patch_size * SHARP // side)
    return {"picture_file": np.frombuffer(jpeg(dealt(larger, cut)), np.uint8)}


def shown(picture: UInt8[np.ndarray, "height width 3"], settings: Settings, layer: int, head: int) -> Shown:
    """All that the figures show."""
    result = run(picture, settings)
    tensors = matrices(result.steps(layer)) | result.beside(layer, head)
    tokens = {"queries": [*result.patch_attention.extra, *result.patch_names], "keys": result.patch_names}
    return Shown(tensors, tokens | {"one": ["z"], "classes": list(result.now.probabilities)})


def said(name: str, picture: UInt8[np.ndarray, "height width 3"], fit: Fit, *, positions: bool = True) -> Answer:
    """What a model says of the picture as it was brought."""
    pixels = fitted(picture, model(name).side, fit)
    return Answer(model(name).read(as_input(pixels), positions=positions).probabilities)


def run(picture: UInt8[np.ndarray, "height width 3"], settings: Settings) -> Lesson:
    """Let the model read the picture."""
    plain = fitted(picture, model("vit").side, settings.fit)
    pixels = dealt(plain, settings)
    now = model(MODELS[settings.pooling]).read(as_input(pixels), positions=settings.positions)
    return Lesson(settings, plain, pixels, now)
