"""Sizes that are distinct primes, so that a swapped axis cannot pass, and numbers drawn from a seed."""

import torch
from torch import Tensor

BATCH, HEADS, QUERIES, KEYS, HEAD_DIM, VALUE_DIM = 2, 3, 5, 7, 11, 13


def normal(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Standard normal numbers from their own generator."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def operands(seed: int = 0, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of unequal sizes."""
    return (
        normal(BATCH, HEADS, QUERIES, HEAD_DIM, seed=seed, dtype=dtype),
        normal(BATCH, HEADS, KEYS, HEAD_DIM, seed=seed + 1, dtype=dtype),
        normal(BATCH, HEADS, KEYS, VALUE_DIM, seed=seed + 2, dtype=dtype),
    )
