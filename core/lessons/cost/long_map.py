"""A map of one head on a long text: what lies in each square of it, and any part of it down to the cell, never the whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention.streaming import AllowedAt, Weights, beginning_at, stream
from core.host import still_wanted
from core.lessons.cost.long_text import MOST

TABLE: Final = 4 * MOST**2  # bytes of all weights of one head
SQUARES: Final = 512  # of the overview, on each side: a screen shows no more
CELLS: Final = 128  # of a part that is looked at closely, on each side
ROWS, KEYS = 512, 4096  # queries, and keys of some of them, that are computed at once


@dataclass(frozen=True, eq=False)
class Overview:
    """The largest and the mean weight in each square of a table of all pairs; side: how many tokens a square has."""

    largest: Float[Tensor, "rows columns"]
    mean: Float[Tensor, "rows columns"]
    side: int


def look(
    queries: Float[Tensor, "1 1 tokens head_dim"],
    keys: Float[Tensor, "1 1 tokens head_dim"],
    values: Float[Tensor, "1 1 tokens head_dim"],
    allowed: AllowedAt | None = None,
    squares: int = SQUARES,
) -> Iterator[tuple[float, Weights, Overview]]:
    """The map, row of squares by row of squares, with what share of it is done; the last one is whole.

    What is yielded before is the same map with zeros where nothing was computed yet. In a square that a query may see in part,
    what it may not see counts as 0.
    """
    n_tokens = queries.shape[2]
    side = -(-n_tokens // squares)
    across = -(-n_tokens // side)
    shares = Overview(torch.zeros(across, across), torch.zeros(across, across), side)
    log_sum = queries.new_zeros(queries.shape[:3])
    step = max(1, ROWS // side) * side
    for first in range(0, n_tokens, step):
        rows = slice(first, min(first + step, n_tokens))
        part = stream(queries[..., rows, :], keys, values, beginning_at(allowed, first))
        log_sum[..., rows] = part.log_sum
        made = squares_of(part, Place(0, 0, rows.stop - first, n_tokens), side)
        band = slice(first // side, first // side + len(made.largest))
        shares.largest[band], shares.mean[band] = made.largest, made.mean
        yield rows.stop / n_tokens, Weights(log_sum, queries, keys, part.scale, allowed), shares


class Place(NamedTuple):
    """A part of a map: its first query and its first key, and how many of each."""

    top: int
    left: int
    n_queries: int
    n_keys: int


def near(
    whole: Weights, overview_side: int, top: int, left: int, span: int, cells: int = CELLS
) -> tuple[Place, Overview] | None:
    """A square part of a map as it is looked at closely, in so many cells a side; of few tokens, each pair by itself.

    None where its squares would be no smaller than those of the overview, which shows all of it already.
    """
    n_tokens = whole.queries.shape[2]
    span = min(max(1, span), n_tokens)
    side = -(-span // cells)
    if side >= overview_side:
        return None
    top, left = (min(max(0, at), n_tokens - span) // side * side for at in (top, left))
    place = Place(top, left, min(span + side, n_tokens - top), min(span + side, n_tokens - left))
    return place, squares_of(whole, place, side)


def squares_of(weights: Weights, place: Place, side: int) -> Overview:
    """The largest and the mean weight of each square of a part, some squares of one row in memory at a time."""
    below, beyond = place.top + place.n_queries, place.left + place.n_keys
    step = max(1, KEYS // side) * side
    largest, mean = [], []
    for top in range(place.top, below, side):
        still_wanted()
        rows = slice(top, min(top + side, below))
        found = []
        for left in range(place.left, beyond, step):
            tile = weights.tile(rows, slice(left, min(left + step, beyond)))[0, 0]
            found.append((by_square(tile.amax(0), side).amax(1), by_square(tile.mean(0), side).sum(1)))
        for all_rows, row in zip((largest, mean), zip(*found, strict=True), strict=True):
            all_rows.append(torch.cat(row))
    counts = by_square(torch.ones(place.n_keys), side).sum(1)
    return Overview(torch.stack(largest), torch.stack(mean) / counts, side)


def by_square(row: Float[Tensor, "tokens"], side: int) -> Float[Tensor, "squares side"]:
    """A row of numbers cut into squares; what is missing in the last is 0."""
    return torch.nn.functional.pad(row, (0, -len(row) % side)).reshape(-1, side)
