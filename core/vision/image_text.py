"""CLIP: two towers, one for pictures and one for captions, that learn to point the same way where the two belong together."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention.masks import Allowed, causal
from core.trace import step
from core.transformer.block import Block, BlockTrace
from core.transformer.norms import LayerNorm
from core.vision.pairs import END
from core.vision.patches import cut_into_patches


@dataclass(frozen=True)
class ImageTextConfig:
    """The sizes of both towers.

    context   tokens of the longest caption, its end among them.
    d_shared  numbers of an arrow in the space in which both point.
    """

    vocab_size: int
    context: int
    image_size: int = 32
    patch_size: int = 4
    d_model: int = 64
    n_heads: int = 4
    n_layers: int = 2
    d_ff: int = 128
    d_shared: int = 32

    @property
    def columns(self) -> int:
        """Squares side by side; as many lie below each other."""
        return self.image_size // self.patch_size


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


@dataclass(frozen=True)
class Pointed:
    """What a tower made: the traces of its blocks, what its last norm left of the token that is read, and the arrow."""

    blocks: tuple[BlockTrace, ...]
    pooled: Float[Tensor, "batch d_model"]
    arrow: Float[Tensor, "batch d_shared"]


class Tower(nn.Module):
    """Tokens through blocks; one of them, normalised, as an arrow of length 1."""

    def __init__(self, config: ImageTextConfig, n_tokens: int):
        super().__init__()
        width = config.d_model
        self.places = nn.Parameter(0.1 * torch.randn(n_tokens, width))
        self.blocks = nn.ModuleList(Block(width, config.n_heads, d_ff=config.d_ff) for _ in range(config.n_layers))
        self.norm = LayerNorm(width)
        self.shared = nn.Linear(width, config.d_shared, bias=False)

    def forward(
        self,
        tokens: Float[Tensor, "batch tokens d_model"],
        at: Int[Tensor, "batch"],
        allowed: Allowed | None = None,
    ) -> Pointed:
        """at: which token of each row is read at the end; allowed: who may attend to whom, None = all to all."""
        here, blocks = tokens, []
        for block in self.blocks:
            blocks.append(block(here, allowed))
            here = blocks[-1].resid_post
        read = here[torch.arange(len(here)), at]
        pooled = self.norm(read[:, None])[:, 0]
        return Pointed(tuple(blocks), pooled, nn.functional.normalize(self.shared(pooled), dim=-1))


class ImageText(nn.Module):
    """Pictures and captions in, a score for each pair out. Only what fits together was ever told.

    Source   Radford et al. 2021, section 2.3 to 2.5 and figure 3.
    """

    def __init__(self, config: ImageTextConfig):
        super().__init__()
        self.config = config
        width = config.d_model
        self.embed = nn.Linear(3 * config.patch_size**2, width, bias=False)
        self.class_token = nn.Parameter(0.1 * torch.randn(width))
        self.norm_first = LayerNorm(width)
        self.images = Tower(config, config.columns**2 + 1)
        self.words = nn.Embedding(config.vocab_size, width)
        self.texts = Tower(config, config.context)
        self.temperature = nn.Parameter(torch.tensor(2.0))  # t: scores are cosines times e to the t

    def see(self, images: Float[Tensor, "batch channels height width"]) -> Pointed:
        """Pictures as arrows; pixels run from 0 to 1. The class token, which stands before the squares, is read."""
        squares = self.embed(cut_into_patches(2 * images - 1, self.config.patch_size))
        tokens = torch.cat([self.class_token.expand(len(images), 1, -1), squares], dim=1) + self.images.places
        return self.images(self.norm_first(tokens), torch.zeros(len(images), dtype=torch.long))

    def read(self, ids: Int[Tensor, "batch tokens"]) -> Pointed:
        """Captions as arrows. No word sees those behind it, so that what fills up behind the end token counts for nothing:
        the end token is read, which alone sees the whole caption."""
        tokens = self.words(ids) + self.texts.places[: ids.shape[1]]
        return self.texts(tokens, (ids == END).int().argmax(1), causal(ids.shape[1]))

    def forward(
        self, images: Float[Tensor, "pictures channels height width"], ids: Int[Tensor, "captions tokens"]
    ) -> PairsTrace:
        """Every picture with every caption, as one batch."""
        seen, told = (each.arrow[None] for each in (self.see(images), self.read(ids)))
        cosines = seen @ told.transpose(1, 2)
        logits = self.temperature.exp() * cosines
        return PairsTrace(seen, told, cosines, logits, logits.softmax(-1))
