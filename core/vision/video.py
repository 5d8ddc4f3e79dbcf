"""Small videos as sequences: they are cut into blocks of space and time, each a token, and noise is taken off them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn

from core.attention import masks
from core.attention.masks import Allowed
from core.trace import part, step
from core.transformer.block import Block, BlockTrace
from core.transformer.norms import LayerNorm


def cut_into_blocks(
    videos: Num[Tensor, "batch frames height width channels"], frames: int, side: int
) -> Num[Tensor, "batch patches d_patch"]:
    """Cut videos into blocks of so many frames and so many pixels a side: those of the first frames first, row by row.

    Raises   ValueError if the blocks do not fill the video.
    """
    batch, n_frames, height, width, channels = videos.shape
    if n_frames % frames or height % side or width % side:
        raise ValueError(
            f"blocks of {frames} frames and {side} x {side} pixels do not fill {n_frames} frames of {height} x {width}: "
            "choose divisors"
        )
    grid = videos.reshape(batch, n_frames // frames, frames, height // side, side, width // side, side, channels)
    return grid.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(batch, -1, frames * side * side * channels)


def put_together(
    patches: Num[Tensor, "batch patches d_patch"], shape: tuple[int, int, int, int], frames: int, side: int
) -> Num[Tensor, "batch frames height width channels"]:
    """The way back. shape: frames, height, width and channels of each video."""
    n_frames, height, width, channels = shape
    grid = (len(patches), n_frames // frames, height // side, width // side, frames, side, side, channels)
    return patches.reshape(grid).permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(len(patches), *shape)


@dataclass(frozen=True)
class DenoiserConfig:
    """The sizes of a denoiser. across: whether blocks of different frames attend to each other."""

    across: bool
    n_frames: int = 8
    side: int = 16
    block_frames: int = 2
    block_side: int = 4
    d_model: int = 96
    n_heads: int = 4

    @property
    def at_once(self) -> int:
        """Blocks of the same frames."""
        return (self.side // self.block_side) ** 2

    @property
    def n_patches(self) -> int:
        """Blocks of a video: (T/t)(H/h)(W/w)."""
        return self.n_frames // self.block_frames * self.at_once

    @property
    def d_patch(self) -> int:
        """Numbers of a block."""
        return 3 * self.block_frames * self.block_side**2


@dataclass(frozen=True)
class DenoiserTrace:
    """Every tensor from a noisy video to a clean one, in the order computed."""

    patches: Float[Tensor, "batch patches d_patch"] = step(
        r"\operatorname{cut}\left(\text{video}\right)",
        title="Blocks of space and time, each in one row",
        source="openai2024",
    )
    embedded: Float[Tensor, "batch tokens d_model"] = step(
        "<patches>W_E + b_E + P", title="Tokens", source="peebles2023"
    )
    block: BlockTrace = part(resid_pre="embedded")
    cleaned: Float[Tensor, "batch patches d_patch"] = step(
        r"\operatorname{LN}\left(<resid_post>\right)W_D + b_D", title="What is left without noise", source="peebles2023"
    )


class Denoiser(nn.Module):
    """Noisy videos in, the blocks of clean ones out: one block of a Transformer between two linear maps."""

    Config: ClassVar = DenoiserConfig

    def __init__(self, config: DenoiserConfig):
        super().__init__()
        self.config = config
        self.embed = nn.Linear(config.d_patch, config.d_model)
        self.places = nn.Parameter(0.1 * torch.randn(config.n_patches, config.d_model))
        self.block = Block(config.d_model, config.n_heads, d_ff=4 * config.d_model)
        self.norm = LayerNorm(config.d_model)
        self.clean = nn.Linear(config.d_model, config.d_patch)

    @property
    def allowed(self) -> Allowed:
        """Who may attend to whom: everybody, or those of the same frames."""
        n = self.config.n_patches
        frames = torch.arange(n) // self.config.at_once
        return masks.everything(n, n) if self.config.across else (frames[:, None] == frames)[None, None]

    def forward(self, videos: Float[Tensor, "batch frames height width channels"]) -> DenoiserTrace:
        """Take the noise off videos whose clean pixels run from 0 to 1."""
        patches = cut_into_blocks(videos, self.config.block_frames, self.config.block_side)
        x = self.embed(patches) + self.places
        block = self.block(x, self.allowed.to(x.device))
        return DenoiserTrace(patches, x, block, self.clean(self.norm(block.resid_post)))
