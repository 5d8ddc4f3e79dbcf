"""A captioner: a convolutional net makes a grid of a picture, and a decoder looks at its cells, word by word."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.sequence.decoder import Decoder, DecoderConfig, Source


class Captioner(Decoder):
    """Pictures in, scores of the next word out: the decoder of the translators over the cells of a grid.

    Source: Xu et al. 2015, section 3.1; without attention, the mean of all cells takes the place of a look.
    """

    def build_encoder(self, config: DecoderConfig) -> None:
        def layer(received: int, made: int) -> list[nn.Module]:
            return [nn.Conv2d(received, made, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]

        width = config.d_hidden
        self.encoder = nn.Sequential(*layer(3, width // 2), *layer(width // 2, width), *layer(width, width))
        self.positions = nn.Parameter(0.5 * torch.randn(16, config.d_embedded))
        self.bridge = nn.Linear(config.d_annotation, config.d_hidden)

    def encode(self, pictures: Float[Tensor, "batch channels height width"]) -> Source:
        """Read pictures, from 0 to 1: a row of numbers per cell, beside the row that says which cell it is."""
        return self.laid_out(self.features(pictures), self.positions)

    def features(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch source d_hidden"]:
        """What the convolutional net sees in each cell and around it, before the cell is told its place."""
        features = self.encoder(pictures * 2 - 1).flatten(2).transpose(1, 2)
        return features

    def laid_out(
        self, features: Float[Tensor, "batch source d_hidden"], positions: Float[Tensor, "source d_embedded"]
    ) -> Source:
        """The grid as the decoder finds it on the table, each cell beside the row that says which one it is."""
        grid = torch.cat([features, positions.expand(len(features), -1, -1)], dim=-1)
        mean = grid.mean(dim=1)
        fixed = self.config.attention == "none"
        first_state = torch.tanh(self.bridge(mean))
        return Source(
            encoder_states=grid,
            keys=None if fixed else self.w_key(grid),
            allowed=torch.ones(grid.shape[:2], dtype=torch.bool, device=grid.device),
            summary=mean if fixed else None,
            first_state=first_state,
        )

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"], target: Int[Tensor, "batch target"]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "batch target source"] | None]:
        """Teacher forcing. Returns the logits and the weights."""
        return self.teacher_forced(self.encode(pictures), target)
