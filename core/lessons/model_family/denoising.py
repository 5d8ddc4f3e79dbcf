"""Sora's part of lesson 14: a drawn video is cut into blocks of space and time, and noise is taken off it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.analysis.patch_attention import grid_names
from core.lessons.model_family.gaps import LEFT_OUT
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.trace import Step, matrices, steps, without
from core.vision import moving, scenes
from core.vision.pairs import SCENE
from core.vision.scenes import Scene
from core.vision.video import Denoiser, DenoiserTrace, cut_into_blocks, put_together

MODELS: Final = {True: "video-denoiser", False: "video-denoiser-by-frame"}
FRAMES: Final = (1, 2, 4, 8)  # of a block, as it can be cut
SIDES: Final = (2, 4, 8, 16)
_ACROSS: Final = 2  # groups of frames side by side in the picture that shows them all


@dataclass(frozen=True)
class Settings:
    """What a learner chooses.

    across, down   pixels that all things of the scene go from a frame to the next.
    noise          its deviation; seed: of it.
    meet           whether blocks of different frames attend to each other.
    frames, side   how the video is cut beside the way the model cuts it.
    """

    scene: Scene = SCENE
    across: float = 1.0
    down: float = 0.5
    noise: float = 0.7
    meet: bool = True
    seed: int = 0
    frames: int = 2
    side: int = 4


@dataclass(frozen=True, eq=False)
class Lesson:
    """A video, clean, noisy and cleaned, as rows of blocks."""

    settings: Settings
    video: Float[Tensor, "frames height width channels"]
    noisy: Float[Tensor, "frames height width channels"]
    trace: DenoiserTrace
    alone: DenoiserTrace

    @cached_property
    def clean(self) -> Float[Tensor, "patches d_patch"]:
        """The blocks without noise, cut as the model does."""
        return cut_into_blocks(self.video[None], *_cut())[0]

    @property
    def before(self) -> float:
        """The mean square of the noise."""
        return nn.functional.mse_loss(self.trace.patches[0], self.clean).item()

    @property
    def after(self) -> float:
        """The same of what is left of it."""
        return nn.functional.mse_loss(self.trace.cleaned[0], self.clean).item()

    @property
    def after_other(self) -> float:
        """The same of the model whose mask is the other one."""
        return nn.functional.mse_loss(self.alone.cleaned[0], self.clean).item()

    @property
    def ground(self) -> float:
        """The same of one who always says: nothing is there."""
        return (self.clean - scenes.GROUND).square().mean().item()

    @property
    def n_patches(self) -> int:
        """Blocks of the video as the learner cuts it: (T/t)(H/h)(W/w)."""
        return len(self.own_cut)

    @cached_property
    def own_cut(self) -> Float[Tensor, "patches d_patch"]:
        """The noisy video as the learner cuts it."""
        return cut_into_blocks(self.noisy[None], self.settings.frames, self.settings.side)[0]

    @property
    def round_trip(self) -> float:
        """How far the video is from itself, cut and put together again."""
        shape = (moving.FRAMES, moving.SIDE, moving.SIDE, 3)
        again = put_together(self.own_cut[None], shape, self.settings.frames, self.settings.side)
        return (again[0] - self.noisy).abs().max().item()


def model(meet: bool) -> Denoiser:
    """The model whose blocks meet across frames, or the other one. Raises ModelError if it cannot be opened."""
    return checkpoints.load_small(MODELS[meet], Denoiser)


def _cut() -> tuple[int, int]:
    config = model(True).config
    return config.block_frames, config.block_side


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """Film the scene, put noise on it and take it off."""
    video = moving.filmed([(settings.scene, settings.across, settings.down)])
    noisy = video + settings.noise * moving.noise(video.shape, settings.seed)
    return Lesson(settings, video[0], noisy[0], model(settings.meet)(noisy), model(not settings.meet)(noisy))


def order() -> list[int]:
    """The blocks as they lie in the picture that shows them all: four groups of frames in a square, row by row."""
    frames, side = _cut()
    columns = moving.SIDE // side
    numbers = torch.arange(moving.FRAMES // frames * columns**2).view(-1, columns, columns)
    rows = [torch.cat(list(numbers[at : at + _ACROSS]), dim=1) for at in range(0, len(numbers), _ACROSS)]
    return torch.cat(rows).flatten().tolist()


def names() -> tuple[str, ...]:
    """What the blocks are called, in that order, by their place in the picture that shows them all."""
    return grid_names(columns(), columns())


def picture(blocks: Float[Tensor, "patches d_patch"]) -> Float[Tensor, "channels height width"]:
    """The first frame of every group of frames, in a square: from 0 to 1, and what lies outside cut off."""
    shape = (moving.FRAMES, moving.SIDE, moving.SIDE, 3)
    first = put_together(blocks[None], shape, *_cut())[0, :: _cut()[0]].permute(0, 3, 1, 2)
    rows = [torch.cat(list(first[at : at + _ACROSS]), dim=2) for at in range(0, len(first), _ACROSS)]
    return torch.cat(rows, dim=1).clamp(0, 1)


def columns() -> int:
    """Blocks side by side in that picture."""
    return _ACROSS * moving.SIDE // _cut()[1]


def head(result: Lesson) -> int:
    """The head whose blocks look least at themselves."""
    weights = result.trace.block.attention.attention.weights[0]
    return int(weights.diagonal(dim1=1, dim2=2).mean(-1).argmin())


def other_frames(result: Lesson) -> float:
    """The share of the attention of all heads that goes to blocks of other frames."""
    group = torch.arange(len(result.clean)) // model(True).config.at_once
    elsewhere = group[:, None] != group
    return (result.trace.block.attention.attention.weights[0] * elsewhere).sum(-1).mean().item()


def told(result: Lesson) -> list[Step]:
    """The steps of the trace that the lesson shows."""
    return without(steps(result.trace), (*LEFT_OUT, "scores", "scaled", "masked", "output"))


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace; its own tables in the order of the picture."""
    there, one = order(), head(result)
    found = {}
    for each in told(result):
        rows = each.tensor[0, one] if each.axes[1] == "heads" else each.tensor[0]
        rows = rows[there][:, there] if each.name == "weights" else rows[there]
        found[each.name] = rows.numpy()
    return found | {
        "clean_picture": picture(result.clean).numpy(),
        "noisy_picture": picture(result.trace.patches[0]).numpy(),
        "cleaned_picture": picture(result.trace.cleaned[0]).numpy(),
        "own_cut": result.own_cut.numpy(),
    }


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    blocks = names()
    own = [str(at) for at in range(result.n_patches)]
    return Shown(matrices(told(result)) | beside(result), {"queries": blocks, "keys": blocks, "blocks": own})


def looked_at(matrices_of: Matrices) -> dict[str, int]:
    """The block in which most changes, and the one that it looks at most."""
    query = int(np.abs(matrices_of["cleaned"] - matrices_of["patches"]).mean(1).argmax())
    return {"query": query, "key": int(matrices_of["weights"][query].argmax())}
