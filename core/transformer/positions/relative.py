"""Positions as a bias on the scores, by how far a key stands from a query: nothing is added to any vector."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def alibi_slopes(n_heads: int) -> Float[Tensor, "heads"]:
    """How steeply each head prefers near keys: 2^(-8/n), 2^(-16/n), ... for n heads.

    For a number of heads that is no power of two: those of the power below, then every other one of the power above.

    Source   Press et al. 2022, section 3, and their code.
    """
    power = 2 ** (n_heads.bit_length() - 1)
    own = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    between = [2 ** (-4 * (head + 1) / power) for head in range(0, 2 * power, 2)]
    return torch.tensor([*own, *between][:n_heads])


def alibi(n_heads: int, n_queries: int, n_keys: int) -> Float[Tensor, "1 heads queries keys"]:
    """A bias that falls in a line with the distance: -slope * |query - key|, for `attend(..., bias=)`.

    It tells how far and not to which side: without a causal mask, a text and its mirror image look alike.
    """
    return -alibi_slopes(n_heads)[None, :, None, None] * offsets(n_queries, n_keys).abs()


def offsets(n_queries: int, n_keys: int) -> Int[Tensor, "queries keys"]:
    """Place of the key minus place of the query: negative for keys before it."""
    return torch.arange(n_keys) - torch.arange(n_queries)[:, None]


def relative_buckets(
    offsets: Int[Tensor, "queries keys"], n_buckets: int = 32, max_distance: int = 128, bidirectional: bool = True
) -> Int[Tensor, "queries keys"]:
    """The number of the bucket of each offset (key minus query): near ones have one each, far ones share.

    bidirectional   half of the buckets for keys behind the query; otherwise all of those share bucket 0.
    Returns  0 .. n_buckets - 1; from max_distance on, everything lies in the last bucket of its side.
    Source   Raffel et al. 2020, section 2.1, and their code.
    """
    if bidirectional:
        n_buckets //= 2
        first = n_buckets * (offsets > 0)
        distance = offsets.abs()
    else:
        first = torch.zeros_like(offsets)
        distance = (-offsets).clamp(min=0)
    n_exact = n_buckets // 2
    # from here on, each bucket is wider than the one before by the same factor
    wide = torch.log(distance.clamp(min=1).float() / n_exact) / math.log(max_distance / n_exact)
    shared = (n_exact + (wide * (n_buckets - n_exact)).long()).clamp(max=n_buckets - 1)
    return first + torch.where(distance < n_exact, distance, shared)


class BucketBias(nn.Module):
    """T5's positions: one trained number per bucket and head, added to the scores.

    Source   Raffel et al. 2020, section 2.1.
    """

    def __init__(self, n_heads: int, n_buckets: int = 32, max_distance: int = 128, bidirectional: bool = True):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(n_buckets, n_heads))
        self.max_distance = max_distance
        self.bidirectional = bidirectional

    def forward(self, n_queries: int, n_keys: int) -> Float[Tensor, "1 heads queries keys"]:
        """The bias of every pair, for `attend(..., bias=)`."""
        apart = offsets(n_queries, n_keys)
        buckets = relative_buckets(apart, len(self.table), self.max_distance, self.bidirectional)
        return self.table[buckets].permute(2, 0, 1)[None]
