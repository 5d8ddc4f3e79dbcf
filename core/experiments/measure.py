"""What experiments share: exact copies of the learner's tensors, ways to change them, and distances.

Experiments compute in double precision, so that a difference is a difference and not rounding.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from core.attention import AttentionTrace, Projections, Score, additive

Queries = Float[Tensor, "1 1 queries head_dim"]
Keys = Float[Tensor, "1 1 keys head_dim"]
Values = Float[Tensor, "1 1 keys value_dim"]
Tokens = Float[Tensor, "1 tokens d_model"]

SHOWN = 1e-6  # weights that move by less show nothing
SLACK = 256  # roundings that may add up on the way from token vectors to an output
HIDDEN = 8  # hidden units of the untrained additive score
APART = 1_000_003  # keeps draws apart from tensors that the learner drew from the same seed


def exact(tensor: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """A copy of its own in double precision, free of gradients."""
    return tensor.detach().to("cpu", torch.float64, copy=True).contiguous()


def exact_maps(maps: Projections) -> Projections:
    """The same maps in double precision."""
    return Projections(*(exact(tensor) for tensor in vars(maps).values()))


def largest(tensor: Tensor) -> float:
    """The largest magnitude in a tensor; 0 if it is empty."""
    return tensor.abs().max().item() if tensor.numel() else 0.0


def rounding(attention: AttentionTrace, values: Tensor) -> float:
    """How far rounding alone may move an output: by its precision times the size of scores times the size of values."""
    precision = torch.finfo(attention.scaled.dtype).eps
    return SLACK * precision * (1 + largest(attention.scaled)) * largest(values)


def unevenness(weights: Float[Tensor, "... keys"]) -> float:
    """How far weights are from giving every key the same."""
    return largest(weights - 1 / weights.shape[-1])


def undecided(weights: Float[Tensor, "... keys"]) -> bool:
    """Is any weight strictly between 0 and 1, so that it could still move?"""
    return bool(((weights > 0) & (weights < 1)).any())


def rows_differ(rows: Float[Tensor, "*batch rows width"]) -> bool:
    """Is any row unlike the first?"""
    return bool((rows != rows[..., :1, :]).any())


def edited(rows: Float[Tensor, "*shape width"]) -> Float[Tensor, "*shape width"]:
    """Each vector negated, and ones in place of zeros, so that an edit is always a change."""
    silent = (rows == 0).all(dim=-1, keepdim=True)
    return torch.where(silent, torch.ones_like(rows), -rows)


def redrawn(tensor: Float[Tensor, "*shape"], seed: int) -> Float[Tensor, "*shape"]:
    """Other numbers of the same size: normal draws with the tensor's root mean square, or 1 if that is 0."""
    size = tensor.square().mean().sqrt().item() or 1.0
    return size * normal(*tensor.shape, seed=seed)


def normal(*shape: int, seed: int) -> Float[Tensor, "*shape"]:
    """Standard normal numbers in double precision from their own generator."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + APART), dtype=torch.float64)


def shuffled(number: int, seed: int) -> Int[Tensor, "number"]:
    """The indices 0 .. number - 1 in another order, drawn from a seed."""
    order = torch.randperm(number, generator=torch.Generator().manual_seed(seed))
    return order.roll(1) if torch.equal(order, torch.arange(number)) else order


def some(number: int, at_most: int) -> list[int]:
    """At most so many of the indices 0 .. number - 1, evenly spaced, the first and the last among them."""
    if number <= at_most:
        return list(range(number))
    return [round(index * (number - 1) / (at_most - 1)) for index in range(at_most)]


def untrained_additive(head_dim: int, seed: int, activation: Callable[[Tensor], Tensor] = torch.tanh) -> Score:
    """An additive score with weights drawn from a seed, in double precision."""
    w_query, w_key, v = (normal(rows, HIDDEN, seed=seed + rank) for rank, rows in enumerate((head_dim, head_dim, 1)))
    return additive(w_query * head_dim**-0.5, w_key * head_dim**-0.5, v[0], activation)


def band(n_queries: int, n_keys: int, window: int) -> Bool[Tensor, "1 1 queries keys"]:
    """Each query sees `window` keys to either side of its own place, also in a table which is not square."""
    centre = torch.arange(n_queries) * n_keys // n_queries
    return ((torch.arange(n_keys) - centre[:, None]).abs() <= window)[None, None]


def refusal(call: Callable[..., Any], *arguments: Any) -> str:
    """What a call says when it refuses its arguments; nothing if it accepts them.

    The sizes are to be checked by the function itself and not by a type checker wrapped around it.
    """
    try:
        inspect.unwrap(call)(*arguments)
    except ValueError as refused:
        return str(refused)
    return ""


def entropy(weights: Float[Tensor, "*rows keys"]) -> float:
    """The mean entropy of rows of weights, in nats: 0 for one key alone, ln(keys) for an even share."""
    return torch.special.entr(weights).sum(-1).mean().item()


def standard_error(head_dim: int, n_draws: int) -> float:
    """How far the variance of so many dot products, over head_dim, strays from 1 by chance (one standard deviation)."""
    return math.sqrt((2 + 6 / head_dim) / n_draws)
