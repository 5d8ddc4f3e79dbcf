"""An encoder-decoder that captions drawn scenes: blocks read cells or patches of a picture, others write of them."""

from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.transformer.encoder_decoder import UNCHANGED, Changes, EncoderDecoder, EncoderDecoderConfig, Read
from core.transformer.norms import LayerNorm
from core.vision import scenes
from core.vision.patches import cut_into_patches

# what the encoder is given of a picture: cells that a convolutional net made of it, or squares as they are cut out
Eyes = Literal["CNN grid", "raw patches"]
COLUMNS: Final[dict[Eyes, int]] = {"CNN grid": scenes.CELLS, "raw patches": 2 * scenes.CELLS}
# of the convolutions: how many pixels a side each sees, and how many of them become one. The first keeps every pixel, without
# which circles and small squares stay alike for long. The last reaches over the edge of the picture from all rows and columns of
# cells but one, from each by another number, and so tells them apart
KERNELS: Final = (3, 3, 3, 7)
STRIDES: Final = (1, 2, 2, 2)


@dataclass(frozen=True)
class SceneCaptionerConfig:
    """The sizes of such a captioner; those that are named as in EncoderDecoderConfig mean the same."""

    eyes: Eyes
    d_model: int = 96
    n_heads: int = 4
    n_encoder: int = 2
    n_decoder: int = 2
    d_ff: int = 192
    context: int = 16

    @property
    def columns(self) -> int:
        """Cells or patches side by side."""
        return COLUMNS[self.eyes]


class ConvBlock(nn.Module):
    """What a cell and its neighbours make of it, added to it: a small network with a convolution of each number by itself inside.

    Source   Xie et al. 2021, section 3.1, equation 3 (Mix-FFN).
    """

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.norm = LayerNorm(width)
        self.expand, self.contract = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.around = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)

    def forward(self, x: Float[Tensor, "batch cells width"], columns: int) -> Float[Tensor, "batch cells width"]:
        """columns: cells side by side."""
        hidden = self.expand(self.norm(x)).transpose(1, 2).unflatten(2, (-1, columns))
        return x + self.contract(nn.functional.gelu(self.around(hidden)).flatten(2).transpose(1, 2))


class ConvStage(nn.Module):
    """A convolution, of whose cells each is normalised, and a block behind it where it is not the last. All convolutions see
    zeros around the picture.

    Source   Xie et al. 2021, section 3.1 (overlapped patch merging).
    """

    def __init__(self, received: int, made: int, kernel: int, stride: int, hidden: int | None):
        super().__init__()
        self.convolution = nn.Conv2d(received, made, kernel, stride, padding=kernel // 2)
        self.norm = LayerNorm(made)
        self.block = None if hidden is None else ConvBlock(made, hidden)
        self.norm_out = None if hidden is None else LayerNorm(made)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch made rows columns"]:
        grid = self.convolution(x)
        cells = self.norm(grid.flatten(2).transpose(1, 2))
        if self.block is not None and self.norm_out is not None:
            cells = self.norm_out(self.block(cells, grid.shape[-1]))
        return cells.transpose(1, 2).unflatten(2, grid.shape[2:])


class SceneCaptioner(nn.Module):
    """Pictures in, scores of each next word out, by the encoder-decoder that also translates.

    Over raw patches a learned vector says which place each of them has. A cell of the grid knows it from the zeros around the
    picture (Islam et al. 2020).

    Raises   ValueError over the grid for a d_ff that is not some times d_model: the blocks of the net are as much wider.
    Source   Liu et al. 2021, whose encoder reads raw patches; for the grid of a convolutional net, Xu et al. 2015.
    """

    def __init__(self, config: SceneCaptionerConfig):
        super().__init__()
        self.config = config
        self.side = scenes.SIDE // config.columns
        width = config.d_model
        self.eyes: nn.Module
        if config.eyes == "CNN grid":
            times, rest = divmod(config.d_ff, width)
            if rest:
                raise ValueError(f"over a CNN grid networks are some times {width} wide: {config.d_ff} is not")
            widths = (3, width // 4, width // 2, width, width)
            hidden = (*(times * each for each in widths[1:-1]), None)
            sizes = zip(widths, widths[1:], KERNELS, STRIDES, hidden, strict=False)
            self.eyes = nn.Sequential(*(ConvStage(*each) for each in sizes))
        else:
            self.eyes = nn.Linear(3 * self.side**2, width)
            self.cells = nn.Parameter(0.5 * torch.randn(config.columns**2, width))
        self.transformer = EncoderDecoder(
            EncoderDecoderConfig(
                len(scenes.WORDS),
                width,
                config.n_heads,
                config.n_encoder,
                config.n_decoder,
                config.d_ff,
                dropout=0.0,
                context=config.context,
                encoder_norm="pre",
                biased=False,
            )
        )

    @property
    def bias(self) -> Tensor:
        """What is added to the scores of the words: nothing."""
        return self.transformer.bias

    def see(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch source d_model"]:
        """Pictures, from 0 to 1, as rows of numbers that hold what is there, and which place it has."""
        seen = pictures * 2 - 1
        if isinstance(self.eyes, nn.Linear):
            return self.eyes(cut_into_patches(seen, self.side)) + self.cells
        return self.eyes(seen).flatten(2).transpose(1, 2)

    def look(self, pictures: Float[Tensor, "batch channels height width"], changes: Changes = UNCHANGED) -> Read:
        """Read whole pictures."""
        return self.transformer.read_vectors(self.see(pictures), changes=changes)

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"], target: Int[Tensor, "batch target"]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "layers batch heads target source"]]:
        """Teacher forcing: all of the captions in one pass. Returns the logits, and the weights of every head."""
        wrote = self.transformer.write(target, self.look(pictures).memory)
        return wrote.logits, torch.stack([block.cross.cross_weights for block in wrote.blocks])
