"""Rotary positions: each pair of numbers of a query or a key is a clock hand that turns with its place."""

from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

# which numbers make a pair: neighbours (Su et al. 2021, GPT-J), or number i and number i + d/2 (Llama, GPT-NeoX)
Pairing = Literal["interleaved", "halves"]
BASE: Final = 10_000.0


def angles(places: Int[Tensor, "tokens"], width: int, base: float = BASE) -> Float[Tensor, "tokens pairs"]:
    """How far each of width / 2 hands has turned at each place, in radians: place * base^(-2i / width) for hand i.

    Returns  double precision, so that place 100,000 still tells its neighbours apart.
    Raises   ValueError for an odd width, which leaves a number without a partner.
    """
    if width % 2:
        raise ValueError(f"{width} numbers do not make pairs: choose an even width")
    speeds = base ** (-torch.arange(0, width, 2, dtype=torch.float64, device=places.device) / width)
    return places[:, None] * speeds


def rotate(
    vectors: Float[Tensor, "*batch tokens head_dim"],
    places: Int[Tensor, "tokens"],
    base: float = BASE,
    pairing: Pairing = "interleaved",
) -> Float[Tensor, "*batch tokens head_dim"]:
    """Turn every pair of numbers of the vector at a place by the angle of that place, counter-clockwise.

    Queries and keys are turned, values are not. Lengths stay, and the product of a query and a key then depends on how
    far they stand apart alone. `sinusoidal` codes of a place t, turned by -k, are those of t + k.

    Source   Su et al. 2021, section 3.2.2.
    """
    turned = angles(places, vectors.shape[-1], base)
    cosine, sine = turned.cos().to(vectors.dtype), turned.sin().to(vectors.dtype)
    first, second = as_pairs(vectors, pairing).unbind(-1)
    return from_pairs(torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1), pairing)


def rotation(offset: int, width: int, base: float = BASE) -> Float[Tensor, "d_model d_model"]:
    """The matrix R with `sinusoidal(t) @ R == sinusoidal(t + offset)` for every t: one and the same linear map.

    A block of two rows and columns for each hand; all other numbers are 0.
    """
    # a row of the unit matrix is turned as any other vector would be
    return rotate(torch.eye(width, dtype=torch.float64), torch.full((width,), -offset), base)


def as_pairs(
    vectors: Float[Tensor, "*batch head_dim"], pairing: Pairing = "interleaved"
) -> Float[Tensor, "*batch pairs 2"]:
    """The numbers of each vector, two by two."""
    if pairing == "halves":
        return torch.stack(vectors.chunk(2, dim=-1), dim=-1)
    return vectors.unflatten(-1, (-1, 2))


def from_pairs(
    pairs: Float[Tensor, "*batch pairs 2"], pairing: Pairing = "interleaved"
) -> Float[Tensor, "*batch head_dim"]:
    """The way back from `as_pairs`."""
    if pairing == "halves":
        return torch.cat(pairs.unbind(-1), dim=-1)
    return pairs.flatten(-2)
