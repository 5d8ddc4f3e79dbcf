"""A Vision Transformer: patches, each a token, read by blocks; a class token, or the mean of all, names the picture."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.trace import step, unshown
from core.transformer.block import Block, BlockTrace
from core.vision.patches import cut_into_patches

Pooling = Literal["class", "mean"]


@dataclass(frozen=True)
class ViTConfig:
    """The sizes of a Vision Transformer, and what it answers from: a class token, or the mean of all patches."""

    classes: tuple[str, ...]
    pooling: Pooling = "class"
    image_size: int = 64
    patch_size: int = 8
    d_model: int = 192
    n_heads: int = 6
    n_layers: int = 6
    drop_path_rate: float = 0.1

    @property
    def columns(self) -> int:
        """Patches side by side; as many lie below each other."""
        return self.image_size // self.patch_size

    @property
    def n_patches(self) -> int:
        """Patches of a picture."""
        return self.columns**2

    def as_json(self) -> str:
        """For the header of a file of weights."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class ViTTrace:
    """Every tensor from the picture to the class, in the order computed, with the blocks beside them."""

    pixels: Float[Tensor, "batch channels height width"] = step("I", title="The picture", source="dosovitskiy2021")
    patches: Float[Tensor, "batch patches d_patch"] = step(
        r"\operatorname{cut}\left(<pixels>\right)", title="Patches, each in one row", source="dosovitskiy2021"
    )
    patch_embeddings: Float[Tensor, "batch patches d_model"] = step(
        "<patches>W_E + b_E", title="Patch embeddings", source="dosovitskiy2021", also="tokens without positions"
    )
    tokens: Float[Tensor, "batch tokens d_model"] = step(
        r"\left[x_{\mathrm{class}};\,<patch_embeddings>\right] + P",
        title="Class token and positions",
        source="dosovitskiy2021",
    )
    blocks: tuple[BlockTrace, ...] = unshown()
    pooled: Float[Tensor, "batch d_model"] = step(
        r"\operatorname{LN}\left(Z\right)_{\mathrm{class}}", title="What is answered from", source="dosovitskiy2021"
    )
    logits: Float[Tensor, "batch classes"] = step(
        "<pooled>W_C + b_C", title="Scores of the classes", source="dosovitskiy2021"
    )


@dataclass(frozen=True)
class MeanPooledTrace(ViTTrace):
    """The same without a class token: what is answered from is the mean of all tokens."""

    tokens: Float[Tensor, "batch tokens d_model"] = step(
        r"<patch_embeddings> + P", title="Positions added", source="dosovitskiy2021"
    )
    pooled: Float[Tensor, "batch d_model"] = step(
        r"\operatorname{mean}\left(\operatorname{LN}\left(Z\right)\right)",
        title="The mean of all tokens",
        source="dosovitskiy2021",
    )


class VisionTransformer(nn.Module):
    """Pictures in, scores of classes out.

    Source: Dosovitskiy et al. 2021, section 3.1; positions are learned, one per place.
    """

    def __init__(self, config: ViTConfig):
        super().__init__()
        self.config = config
        extra = 1 if config.pooling == "class" else 0
        self.embed = nn.Linear(3 * config.patch_size**2, config.d_model)
        self.positions = nn.Parameter(0.02 * torch.randn(config.n_patches + extra, config.d_model))
        if extra:
            self.class_token = nn.Parameter(torch.zeros(config.d_model))
        # deeper blocks are passed by more often
        rates = torch.linspace(0, config.drop_path_rate, config.n_layers).tolist()
        self.blocks = nn.ModuleList(
            Block(config.d_model, config.n_heads, d_ff=4 * config.d_model, drop_path_rate=rate) for rate in rates
        )
        self.norm = nn.LayerNorm(config.d_model)
        self.head = nn.Linear(config.d_model, len(config.classes))

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        kept: Int[Tensor, "batch kept"] | None = None,
        positions: bool = True,
    ) -> ViTTrace:
        """Name pictures whose pixels run from -1 to 1.

        kept       the places of the patches that are read; None = all.
        positions  False: no position is added, so that the order of the patches cannot matter.
        """
        patches = cut_into_patches(images, self.config.patch_size)
        patch_embeddings = self.embed(patches)
        places = self.positions if positions else torch.zeros_like(self.positions)
        tokens = patch_embeddings + places[-self.config.n_patches :]
        if kept is not None:
            tokens = tokens.gather(1, kept[:, :, None].expand(-1, -1, tokens.shape[-1]))
        if self.config.pooling == "class":
            first = (self.class_token + places[0]).expand(len(images), 1, -1)
            tokens = torch.cat([first, tokens], dim=1)
        here, blocks = tokens, []
        for block in self.blocks:
            blocks.append(block(here))
            here = blocks[-1].resid_post
        normed = self.norm(here)
        pooled = normed[:, 0] if self.config.pooling == "class" else normed.mean(dim=1)
        logits = self.head(pooled)
        made = ViTTrace if self.config.pooling == "class" else MeanPooledTrace
        return made(images, patches, patch_embeddings, tokens, tuple(blocks), pooled, logits)
