"""Attention tile by tile: equal to `attend`, and never a table of all queries and keys in memory.

What each query keeps on its way is three things: the largest score so far, the sum of e to the power of all scores so far,
and the mix of values so far, both relative to that largest score. A tile of scores joins them and is forgotten.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from core.attention.attend import check_sizes
from core.attention.scores import SCALED_DOT

# who may attend to whom, as a function of positions: (queries, 1) and (1, keys) become what broadcasts to a tile of scores
AllowedAt = Callable[[Int[Tensor, "queries 1"], Int[Tensor, "1 keys"]], Bool[Tensor, "*tile"]]
BLOCK = 256  # queries, and keys, of a tile


def causal(queries: Int[Tensor, "queries 1"], keys: Int[Tensor, "1 keys"]) -> Bool[Tensor, "queries keys"]:
    """No query sees a later key."""
    return keys <= queries


def band(window: int) -> AllowedAt:
    """Each query sees `window` keys to either side of its own place."""
    return partial(_near, window=window)


def _near(queries: Tensor, keys: Tensor, window: int) -> Bool[Tensor, "queries keys"]:
    return (keys - queries).abs() <= window


def beginning_at(allowed: AllowedAt | None, first: int) -> AllowedAt | None:
    """The same for a part of the queries, whose own places are counted from this one on; keys keep theirs."""
    return None if allowed is None else partial(_moved, allowed=allowed, first=first)


def _moved(queries: Tensor, keys: Tensor, allowed: AllowedAt, first: int) -> Tensor:
    return allowed(queries + first, keys)


@dataclass(frozen=True)
class Running:
    """What is kept of each query after the keys that it has met.

    maximum   the largest score so far; −∞ before any.
    total     the sum of e^(score − maximum).
    mixed     the values, each times e^(score − maximum), added up.
    """

    maximum: Float[Tensor, "batch heads queries"]
    total: Float[Tensor, "batch heads queries"]
    mixed: Float[Tensor, "batch heads queries value_dim"]

    @property
    def output(self) -> Float[Tensor, "batch heads queries value_dim"]:
        """The mean of the values met so far, weighted as attention does; not a number where none was met."""
        return self.mixed / self.total[..., None]


def nothing_met(
    queries: Float[Tensor, "batch heads queries head_dim"], values: Float[Tensor, "batch heads keys value_dim"]
) -> Running:
    """Before the first tile."""
    none = queries.new_zeros(queries.shape[:-1])
    return Running(none - torch.inf, none, values.new_zeros(*none.shape, values.shape[-1]))


def meet(
    so_far: Running,
    scores: Float[Tensor, "batch heads queries keys"],
    values: Float[Tensor, "batch heads keys value_dim"],
) -> Running:
    """Let each query meet the keys of one more tile.

    scores    scaled; −∞ where a query may not attend.
    Source    Milakov and Gimelshein 2018, algorithm 3; Dao et al. 2022, algorithm 1.
    """
    maximum = torch.maximum(so_far.maximum, scores.amax(dim=-1))
    reference = maximum.masked_fill(maximum == -torch.inf, 0.0)  # −∞ − (−∞) is no number
    faded = (so_far.maximum - reference).exp()
    shares = (scores - reference[..., None]).exp()
    total = so_far.total * faded + shares.sum(dim=-1)
    mixed = so_far.mixed * faded[..., None] + shares @ values
    return Running(maximum, total, mixed)


@dataclass(frozen=True)
class Weights:
    """The weights of any pairs of queries and keys, computed when they are asked for.

    log_sum   the logarithm of the sum of e^score over all keys, of every query: a weight is e^(score − log_sum).
    """

    log_sum: Float[Tensor, "batch heads queries"]
    queries: Float[Tensor, "batch heads queries head_dim"]
    keys: Float[Tensor, "batch heads keys head_dim"]
    scale: float
    allowed: AllowedAt | None = None

    def tile(self, rows: slice, columns: slice) -> Float[Tensor, "batch heads rows columns"]:
        """The weights of a rectangle of queries and keys, computed now."""
        asking, asked = self.queries[..., rows, :], self.keys[..., columns, :]
        seen = None if self.allowed is None else self.allowed(*_places(self.queries, self.keys, rows, columns))
        if seen is not None and not seen.any():  # nor does a tile that nobody may see cost anything here
            return asking.new_zeros(*asking.shape[:-1], asked.shape[-2])
        scores = scores_of(asking, asked, self.scale)
        if seen is not None:
            scores = torch.where(seen, scores, -torch.inf)
        return (scores - self.log_sum[..., rows, None]).exp().to(self.queries.dtype)


@dataclass(frozen=True)
class Streamed(Weights):
    """The same with the output of attention, equal to that of `attend`."""

    output: Float[Tensor, "batch heads queries value_dim"] = field(kw_only=True)


def scores_of(
    queries: Float[Tensor, "batch heads queries head_dim"],
    keys: Float[Tensor, "batch heads keys head_dim"],
    scale: float,
) -> Float[Tensor, "batch heads queries keys"]:
    """The scaled scores of one tile."""
    return _precise(queries) @ _precise(keys).mT * scale


def walk(
    queries: Float[Tensor, "batch heads queries head_dim"],
    keys: Float[Tensor, "batch heads keys head_dim"],
    values: Float[Tensor, "batch heads keys value_dim"],
    rows: slice,
    allowed: AllowedAt | None,
    scale: float,
    block: int,
) -> Iterator[Running]:
    """What the queries of some rows keep: before any key, and after each block of keys."""
    asking = queries[..., rows, :]
    so_far = nothing_met(_precise(asking), _precise(values))
    yield so_far
    for first in range(0, keys.shape[-2], block):
        columns = slice(first, first + block)
        seen = None if allowed is None else allowed(*_places(queries, keys, rows, columns))
        if seen is None or seen.any():  # a tile that nobody may see costs nothing
            scores = scores_of(asking, keys[..., columns, :], scale)
            visible = scores if seen is None else torch.where(seen, scores, -torch.inf)
            so_far = meet(so_far, visible, _precise(values[..., columns, :]))
        yield so_far


def stream(
    queries: Float[Tensor, "batch heads queries head_dim"],
    keys: Float[Tensor, "batch heads keys head_dim"],
    values: Float[Tensor, "batch heads keys value_dim"],
    allowed: AllowedAt | None = None,
    *,
    scale: float | None = None,
    block: int = BLOCK,
) -> Streamed:
    """What `attend` gives, with no more than one tile of block × block scores in memory at a time.

    allowed   True = may attend, as a function of positions such as `causal` or `band(2)`; None = every key.
    scale     what scores are multiplied by; None = 1/sqrt(head_dim).
    block     how many queries and how many keys make a tile.
    Returns   the output, and the weights of any rectangle on demand.
    Raises    ValueError naming the first query that may attend to no key, the sizes that do not fit, or a block below 1.
    Source    Dao et al. 2022, algorithm 1.
    """
    check_sizes(queries, keys, values)
    if block < 1:
        raise ValueError(f"a tile of {block} by {block} holds no score: choose a block of 1 or more")
    factor = SCALED_DOT.scale(queries.shape[-1]) if scale is None else scale
    output = values.new_empty(*queries.shape[:-1], values.shape[-1])
    log_sum = _precise(queries.new_empty(queries.shape[:-1]))
    for first in range(0, queries.shape[-2], block):
        rows = slice(first, first + block)
        (met,) = deque(walk(queries, keys, values, rows, allowed, factor, block), maxlen=1)  # the last
        _check_somebody_was_met(met.maximum, first)
        output[..., rows, :] = met.output
        log_sum[..., rows] = met.maximum + met.total.log()
    return Streamed(log_sum, queries, keys, factor, allowed, output=output)


def _places(queries: Tensor, keys: Tensor, rows: slice, columns: slice) -> tuple[Tensor, Tensor]:
    """The positions of the queries of some rows, one below the other, and of the keys of some columns, side by side."""
    asking, asked = (
        torch.arange(*some.indices(operand.shape[-2]), device=operand.device)
        for operand, some in ((queries, rows), (keys, columns))
    )
    return asking[:, None], asked[None]


def _precise(tensor: Tensor) -> Tensor:
    """In single precision at least: sums of many small shares in half of it would be lost."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def _check_somebody_was_met(maximum: Float[Tensor, "batch heads queries"], first: int) -> None:
    alone = maximum == -torch.inf
    if alone.any():
        batch, head, query = alone.nonzero()[0].tolist()
        raise ValueError(
            f"query {first + query} (batch {batch}, head {head}) may attend to no key: its softmax is 0/0; "
            "allow at least one key"
        )
