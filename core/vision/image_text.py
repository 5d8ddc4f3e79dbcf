"""Two towers, one for pictures and one for captions, that learn to point the same way where the two belong together."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.trace import step
from core.transformer.block import Block, BlockTrace
from core.transformer.norms import LayerNorm

PAD = 0


@dataclass(frozen=True)
class ImageTextConfig:
    """The sizes of both towers. n_words: of the longest caption; d_shared: of the space in which both point."""

    vocab_size: int
    n_words: int
    image_size: int = 32
    d_model: int = 48
    n_heads: int = 2
    d_shared: int = 32

    @property
    def columns(self) -> int:
        """Cells side by side."""
        return self.image_size // 4


@dataclass(frozen=True)
class PairsTrace:
    """Every tensor from pictures and captions to how well each fits each, in the order computed."""

    image_vectors: Float[Tensor, "batch pictures d_shared"] = step(
        r"\operatorname{see}\left(I\right)",
        title="Pictures as arrows of length 1",
        source="radford2021",
    )
    text_vectors: Float[Tensor, "batch captions d_shared"] = step(
        r"\operatorname{read}\left(x\right)",
        title="Captions as arrows of length 1",
        source="radford2021",
    )
    cosines: Float[Tensor, "batch pictures captions"] = step(
        r"<image_vectors><text_vectors>^\top", title="Every picture with every caption", source="radford2021"
    )
    logits: Float[Tensor, "batch pictures captions"] = step(
        r"\text{scale}<cosines>", title="Scores", source="radford2021", also="similarities divided by a temperature"
    )
    of_pictures: Float[Tensor, "batch pictures captions"] = step(
        r"\operatorname{softmax}\left(<logits>\right)", title="Which caption a picture chooses", source="radford2021"
    )


class Tower(nn.Module):
    """Tokens with learned places through a block in which all see all; their mean as an arrow of length 1."""

    def __init__(self, config: ImageTextConfig, n_tokens: int):
        super().__init__()
        width = config.d_model
        self.places = nn.Parameter(0.1 * torch.randn(n_tokens, width))
        self.block = Block(width, config.n_heads, d_ff=2 * width)
        self.norm = LayerNorm(width)
        self.shared = nn.Linear(width, config.d_shared, bias=False)

    def forward(
        self, tokens: Float[Tensor, "batch tokens d_model"], there: Bool[Tensor, "batch tokens"] | None = None
    ) -> "Pointed":
        """there: which tokens are no filling; None = all."""
        block = self.block(tokens + self.places[: tokens.shape[1]], None if there is None else there[:, None, None])
        normed = self.norm(block.resid_post)
        counted = torch.ones_like(normed[..., :1]) if there is None else there[:, :, None].to(normed)
        mean = (normed * counted).sum(1) / counted.sum(1)
        return Pointed(block, mean, nn.functional.normalize(self.shared(mean), dim=-1))


@dataclass(frozen=True)
class Pointed:
    """What a tower made: the trace of its block, the mean of its tokens, and the arrow."""

    block: BlockTrace
    mean: Float[Tensor, "batch d_model"]
    arrow: Float[Tensor, "batch d_shared"]


class ImageText(nn.Module):
    """Pictures and captions in, a score for each pair out. Only what fits together was ever told.

    Source   Radford et al. 2021, section 2.3 to 2.5 and figure 3.
    """

    Config: ClassVar = ImageTextConfig

    def __init__(self, config: ImageTextConfig):
        super().__init__()
        self.config = config
        half = config.d_model // 2
        # cells of four pixels a side, each with what lies around it: squares that are cut learn shapes much more slowly
        self.cells = nn.Sequential(
            nn.Conv2d(3, half, 3, 2, 1), nn.GELU(), nn.Conv2d(half, config.d_model, 3, 2, 1), nn.GELU()
        )
        self.words = nn.Embedding(config.vocab_size, config.d_model)
        self.images = Tower(config, config.columns**2)
        self.texts = Tower(config, config.n_words)
        self.temperature = nn.Parameter(torch.tensor(2.0))  # t: scores are cosines times e to the t

    def see(self, images: Float[Tensor, "batch channels height width"]) -> Pointed:
        """Pictures as arrows; pixels run from 0 to 1."""
        return self.images(self.cells(2 * images - 1).flatten(2).transpose(1, 2))

    def read(self, ids: Int[Tensor, "batch words"]) -> Pointed:
        """Captions as arrows; what is shorter is filled up by PAD."""
        return self.texts(self.words(ids), ids != PAD)

    def forward(
        self, images: Float[Tensor, "pictures channels height width"], ids: Int[Tensor, "captions words"]
    ) -> PairsTrace:
        """Every picture with every caption, as one batch."""
        seen, told = (each.arrow[None] for each in (self.see(images), self.read(ids)))
        cosines = seen @ told.transpose(1, 2)
        logits = self.temperature.exp() * cosines
        return PairsTrace(seen, told, cosines, logits, logits.softmax(-1))
