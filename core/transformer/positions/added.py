"""Absolute positions: a vector for every place, added to the vector of the token that stands there."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.transformer.positions.rotary import BASE, angles

Beyond = Literal["refuse", "clip"]


def sinusoidal(places: Int[Tensor, "tokens"], width: int, base: float = BASE) -> Float[Tensor, "tokens d_model"]:
    """The sine and the cosine of every clock hand, side by side: number 2i is a sine and number 2i + 1 its cosine.

    places   which positions; any whole numbers, also those that nobody was trained on.
    base     the slowest hand turns by nearly 1/base of a radian from a place to the next.
    Returns  vectors of length sqrt(width / 2), in double precision.
    Raises   ValueError for an odd width.
    Source   Vaswani et al. 2017, section 3.5.
    """
    turned = angles(places, width, base)
    return torch.stack([turned.sin(), turned.cos()], dim=-1).flatten(-2)


class LearnedPositions(nn.Module):
    """A table with one trained vector for each of so many places, and nothing for a place behind the last.

    Source   Vaswani et al. 2017, Table 3 (E); Devlin et al. 2019 (BERT has 512 of them).
    """

    def __init__(self, n_places: int, width: int):
        super().__init__()
        self.table = nn.Parameter(torch.randn(n_places, width))

    def forward(self, places: Int[Tensor, "tokens"], beyond: Beyond = "refuse") -> Float[Tensor, "tokens d_model"]:
        """The vectors of these places. beyond: what becomes of places behind the last, which "clip" moves to the last.

        Raises   ValueError naming the first place that has no vector, if such are refused.
        """
        last = len(self.table) - 1
        outside = (places < 0) | (places > last)
        if beyond == "refuse" and outside.any():
            place = int(places[outside][0])
            raise ValueError(
                f"there is no vector for place {place}: the table was trained with {last + 1} places, 0 to {last}; "
                "shorten the text, or train a longer table"
            )
        return self.table[places.clamp(0, last)]
