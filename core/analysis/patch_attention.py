"""All heads of a model on one picture: which token looks at which patch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, get_args

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.analysis.flow import Fuse, Summary, summarised

SUMMARIES: Final[tuple[Summary, ...]] = get_args(Summary)
LARGEST: Final = 2_500_000  # numbers of all small maps together that one page is sent


def grid_names(rows: int, columns: int) -> tuple[str, ...]:
    """What patches are called: a1 is top left, b1 beside it, a2 below it."""
    letters = [
        chr(97 + place % 26) if place < 26 else f"{chr(96 + place // 26)}{chr(97 + place % 26)}"
        for place in range(columns)
    ]
    return tuple(f"{letters[place % columns]}{place // columns + 1}" for place in range(rows * columns))


@dataclass(frozen=True)
class Chosen:
    """Which matrix is made of all heads, as `core.analysis.flow` says."""

    summary: Summary
    layer: int
    head: int
    residual: float = 0.5
    fuse: Fuse = "mean"


@dataclass(frozen=True, eq=False)
class PatchAttention:
    """The attention weights of a model on a picture.

    weights         tokens that are no patch come first, then the patches row by row.
    extra           the names of those that are no patch: a class token, registers.
    rows, columns   of patches.
    """

    weights: Float[Tensor, "layers heads queries keys"]
    extra: tuple[str, ...]
    rows: int
    columns: int

    @property
    def n_layers(self) -> int:
        return self.weights.shape[0]

    @property
    def n_heads(self) -> int:
        return self.weights.shape[1]

    @cached_property
    def patches(self) -> tuple[str, ...]:
        """The names of the patches."""
        return grid_names(self.rows, self.columns)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The names of all tokens, in their order."""
        return (*self.extra, *self.patches)

    @property
    def middle(self) -> int:
        """The patch in the middle, among all tokens."""
        return len(self.extra) + self.rows // 2 * self.columns + self.columns // 2

    def matrix(self, chosen: Chosen) -> Float[Tensor, "queries keys"]:
        """One matrix: that of a head, a mean, or the rollout over all layers; its rows sum to 1."""
        return summarised(self.weights, chosen.summary, chosen.layer, chosen.head, chosen.residual, chosen.fuse)

    @cached_property
    def coarseness(self) -> int:
        """How many patches a side are one cell of a small map, so that all of them together are not too many."""
        n = len(self.tokens) * self.n_layers * self.n_heads
        for factor in range(1, max(self.rows, self.columns)):
            cells = len(self.extra) + -(-self.rows // factor) * -(-self.columns // factor)
            if n * cells <= LARGEST:
                return factor
        return max(self.rows, self.columns)

    @cached_property
    def small(self) -> UInt8[Tensor, "maps queries cells"]:
        """Every head's map in 256 steps of the root of its weights; neighbouring patches are added where it is coarse."""
        n = len(self.extra)
        flat = self.weights.flatten(0, 1)
        patches = flat[..., n:].unflatten(-1, (self.rows, self.columns))
        factor = self.coarseness
        down, across = -self.rows % factor, -self.columns % factor
        padded = torch.nn.functional.pad(patches, (0, across, 0, down))
        added = padded.unflatten(-1, (-1, factor)).sum(-1).unflatten(-2, (-1, factor)).sum(-2)
        whole = torch.cat([flat[..., :n], added.flatten(-2)], dim=-1)
        return (whole.clamp(0, 1).sqrt() * 255).round().to(torch.uint8)
