"""Dot products of random vectors: how they grow with the width, and what the softmax makes of them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend
from core.experiments.measure import entropy

DRAWS = 4000  # independent pairs of a query and a key
KEY_SETS, QUERIES_PER_SET = 20, 20  # 400 rows of weights


@dataclass(frozen=True)
class Spread:
    """Dot products at one scale: their histogram, their variance, and how sharp the weights are that they lead to.

    counts       draws in each bin; together DRAWS.
    edges        of the bins, without unit.
    variance     of the draws.
    top_weight   mean over queries of the largest weight.
    entropy      mean over queries of the entropy of the weights, in nats: from 0 (one key) to ln(n_keys) (all alike).
    """

    counts: Float[Tensor, "bins"]
    edges: Float[Tensor, "bins+1"]
    variance: float
    top_weight: float
    entropy: float


@dataclass(frozen=True)
class DotProductStatistics:
    """What DRAWS random dot products and 400 softmaxes look like, as they are and divided by sqrt(head_dim)."""

    head_dim: int
    n_keys: int
    raw: Spread
    scaled: Spread


def dot_product_statistics(head_dim: int, n_keys: int, seed: int, n_bins: int = 60) -> DotProductStatistics:
    """Draw queries and keys with independent standard normal entries and describe their dot products.

    head_dim   numbers in a query and in a key.
    n_keys     keys that share one unit of attention.
    Source     Vaswani et al. 2017, footnote 4.
    """
    products = dot_products(head_dim, DRAWS, seed)
    queries, keys = random_sets(head_dim, n_keys, seed + 1)

    def spread(scale: float) -> Spread:
        counts, edges = torch.histogram(scale * products, bins=n_bins)
        weights = attend(queries, keys, keys, scale=scale).weights
        return Spread(
            counts,
            edges,
            variance=(scale * products).var().item(),
            top_weight=weights.amax(-1).mean().item(),
            entropy=entropy(weights),
        )

    return DotProductStatistics(head_dim, n_keys, raw=spread(1.0), scaled=spread(head_dim**-0.5))


def dot_products(head_dim: int, n_draws: int, seed: int) -> Float[Tensor, "draws"]:
    """Dot products of independent pairs of vectors with independent standard normal entries."""
    rng = torch.Generator().manual_seed(seed)
    queries, keys = (torch.randn(n_draws, head_dim, generator=rng) for _ in range(2))
    return (queries * keys).sum(-1)


def random_sets(
    head_dim: int, n_keys: int, seed: int
) -> tuple[Float[Tensor, "sets 1 queries head_dim"], Float[Tensor, "sets 1 keys head_dim"]]:
    """Sets of random keys, and random queries to ask them."""
    rng = torch.Generator().manual_seed(seed)
    queries = torch.randn(KEY_SETS, 1, QUERIES_PER_SET, head_dim, generator=rng)
    keys = torch.randn(KEY_SETS, 1, n_keys, head_dim, generator=rng)
    return queries, keys
