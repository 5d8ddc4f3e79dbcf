"""An encoder-decoder that captions drawn scenes: blocks read cells or patches of a picture, others write of them."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.transformer.encoder_decoder import UNCHANGED, Changes, EncoderDecoder, EncoderDecoderConfig, Read
from core.vision import scenes
from core.vision.patches import cut_into_patches

# what the encoder is given of a picture: cells that a convolutional net made of it, or squares as they are cut out
Eyes = Literal["CNN grid", "raw patches"]
COLUMNS: Final[dict[Eyes, int]] = {"CNN grid": scenes.CELLS, "raw patches": 2 * scenes.CELLS}


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

    def as_json(self) -> str:
        """For the header of a file of weights."""
        return json.dumps(asdict(self))


class SceneCaptioner(nn.Module):
    """Pictures in, scores of each next word out, by the encoder-decoder that also translates.

    Source   Liu et al. 2021, whose encoder reads raw patches; for the grid of a convolutional net, Xu et al. 2015.
    """

    def __init__(self, config: SceneCaptionerConfig):
        super().__init__()
        self.config = config
        self.side = scenes.SIDE // config.columns
        width = config.d_model

        def layer(received: int, made: int) -> list[nn.Module]:
            return [nn.Conv2d(received, made, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]

        self.eyes: nn.Module = (
            nn.Sequential(*layer(3, width // 2), *layer(width // 2, width), *layer(width, width))
            if config.eyes == "CNN grid"
            else nn.Linear(3 * self.side**2, width)
        )
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
                encoder_norm="post" if config.eyes == "CNN grid" else "pre",
                biased=config.eyes == "CNN grid",
            )
        )

    @property
    def bias(self) -> Tensor:
        """What is added to the scores of the words; over raw patches nothing is."""
        return self.transformer.bias

    def see(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch source d_model"]:
        """Pictures, from 0 to 1, as rows of numbers: what is there, and which place it has, added up."""
        seen = pictures * 2 - 1
        if isinstance(self.eyes, nn.Linear):
            return self.eyes(cut_into_patches(seen, self.side)) + self.cells
        return self.eyes(seen).flatten(2).transpose(1, 2) + self.cells

    def look(self, pictures: Float[Tensor, "batch channels height width"], changes: Changes = UNCHANGED) -> Read:
        """Read whole pictures."""
        return self.transformer.read_vectors(self.see(pictures), changes=changes)

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"], target: Int[Tensor, "batch target"]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "layers batch heads target source"]]:
        """Teacher forcing: all of the captions in one pass. Returns the logits, and the weights of every head."""
        wrote = self.transformer.write(target, self.look(pictures).memory)
        return wrote.logits, torch.stack([block.cross.cross_weights for block in wrote.blocks])
