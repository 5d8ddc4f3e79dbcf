"""What a learner may bring: made-up numbers, real-sized ones, and numbers that show nothing."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.attention import MultiHeadAttention, Projections
from core.experiments import attention, masks, multi_head, self_attention
from core.experiments.claim import Claim
from tests.core.shapes import normal

PACKAGES = {"attention": attention, "self_attention": self_attention, "masks": masks, "multi_head": multi_head}
TRAINED = {"one_wide_head", "part_ways"}  # claims that train a toy; they do not look at the learner's numbers


def claims(package: str) -> list[Claim]:
    """The claims of a package that look at the learner's numbers."""
    return [claim for claim in PACKAGES[package].CLAIMS if claim.name not in TRAINED]


def zeros(*shape: int, seed: int) -> Tensor:
    return torch.zeros(*shape)


def equal_rows(*shape: int, seed: int) -> Tensor:
    return normal(*shape, seed=seed)[..., :1, :].expand(*shape).clone()


def tiny(*shape: int, seed: int) -> Tensor:
    return 1e-6 * normal(*shape, seed=seed)


def huge(*shape: int, seed: int) -> Tensor:
    return 1e4 * normal(*shape, seed=seed)


def small_integers(*shape: int, seed: int) -> Tensor:
    return torch.randint(-2, 3, shape, generator=torch.Generator().manual_seed(seed)).float()


Draw = Callable[..., Tensor]


def operands(
    seed: int, draw: Draw = normal, n_queries: int = 5, n_keys: int = 7, head_dim: int = 3, value_dim: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of one head."""
    return (
        draw(1, 1, n_queries, head_dim, seed=seed),
        draw(1, 1, n_keys, head_dim, seed=seed + 1),
        draw(1, 1, n_keys, value_dim, seed=seed + 2),
    )


def tokens_and_maps(
    seed: int, draw: Draw = normal, n_tokens: int = 7, d_model: int = 5, width: int = 3
) -> tuple[Tensor, Projections]:
    """Token vectors and the maps of one head."""
    return draw(1, n_tokens, d_model, seed=seed), Projections.random(d_model, width, seed)


def tokens_and_layer(
    seed: int, draw: Draw = normal, n_tokens: int = 7, n_heads: int = 3, head_dim: int = 2
) -> tuple[Tensor, MultiHeadAttention]:
    """Token vectors and a layer as wide as they are."""
    d_model = n_heads * head_dim
    return draw(1, n_tokens, d_model, seed=seed), MultiHeadAttention.random(d_model, n_heads, seed)


BRINGS: dict[str, Callable[..., tuple]] = {
    "attention": operands,
    "self_attention": tokens_and_maps,
    "masks": tokens_and_maps,
    "multi_head": tokens_and_layer,
}
SINGLE: dict[str, dict[str, int]] = {
    "attention": {"n_queries": 1, "n_keys": 1},
    "self_attention": {"n_tokens": 1},
    "masks": {"n_tokens": 1},
    "multi_head": {"n_tokens": 1},
}
