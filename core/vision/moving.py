"""Drawn videos: a scene whose things all move the same way, a little every frame."""

import random
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.vision import scenes
from core.vision.scenes import Scene, Thing

FRAMES: Final = 8
SIDE: Final = scenes.SIDE // 2
FASTEST: Final = 2.0  # pixels of the scene from a frame to the next
_MIDDLE: Final = (FRAMES - 1) / 2  # the frame in which things lie where they are drawn, between two


def filmed(drawn: list[tuple[Scene, float, float]]) -> Float[Tensor, "videos frames height width channels"]:
    """Scenes in motion, each with how far its things go across and down from a frame to the next."""
    frames = [
        tuple(Thing(one.colour, one.shape, one.x + across * since, one.y + down * since) for one in scene)
        for scene, across, down in drawn
        for since in (frame - _MIDDLE for frame in range(FRAMES))
    ]
    pictures = nn.functional.avg_pool2d(scenes.painted(frames), scenes.SIDE // SIDE)
    return pictures.permute(0, 2, 3, 1).unflatten(0, (len(drawn), FRAMES))


def draw(rng: random.Random) -> tuple[Scene, float, float]:
    """A scene and a way to move."""
    return scenes.draw(rng), rng.uniform(-FASTEST, FASTEST), rng.uniform(-FASTEST, FASTEST)


def noise(shape: torch.Size, seed: int) -> Tensor:
    """Noise of deviation 1, from a seed."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))
