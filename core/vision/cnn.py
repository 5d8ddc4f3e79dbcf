"""A convolutional net that names pictures: what a Vision Transformer of the same size is compared with."""

import itertools
import json
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class ConvConfig:
    """The sizes of a convolutional net. widths: channels of its stages, each half as many pixels a side as the last."""

    classes: tuple[str, ...]
    image_size: int = 64
    widths: tuple[int, ...] = (32, 96, 192, 384)

    def as_json(self) -> str:
        """For the header of a file of weights."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class ConvTrace:
    """What a convolutional net makes of pictures. grid: numbers per cell; logits: scores of the classes."""

    grid: Float[Tensor, "batch d_model rows columns"]
    pooled: Float[Tensor, "batch d_model"]
    logits: Float[Tensor, "batch classes"]


class ResidualStage(nn.Module):
    """Two convolutions that halve the picture, added to what came in, which is halved by one more.

    Source: He et al. 2016, section 4.2 (option B).
    """

    def __init__(self, received: int, made: int):
        super().__init__()
        self.first = nn.Conv2d(received, made, 3, stride=2, padding=1, bias=False)
        self.norm_first = nn.BatchNorm2d(made)
        self.second = nn.Conv2d(made, made, 3, padding=1, bias=False)
        self.norm_second = nn.BatchNorm2d(made)
        self.short = nn.Conv2d(received, made, 1, stride=2, bias=False)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch made rows columns"]:
        inside = torch.relu(self.norm_first(self.first(x)))
        return torch.relu(self.norm_second(self.second(inside)) + self.short(x))


class ConvNet(nn.Module):
    """Pictures in, scores of classes out, by convolutions and the mean of all cells."""

    def __init__(self, config: ConvConfig):
        super().__init__()
        self.config = config
        widths = (3, *config.widths)
        self.stages = nn.Sequential(*(ResidualStage(received, made) for received, made in itertools.pairwise(widths)))
        self.head = nn.Linear(widths[-1], len(config.classes))

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> ConvTrace:
        """Name pictures whose pixels run from -1 to 1."""
        grid = self.stages(images)
        pooled = grid.mean(dim=(2, 3))
        return ConvTrace(grid, pooled, self.head(pooled))
