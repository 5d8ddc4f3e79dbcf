"""Masks: which query may attend to which key. True = may attend, everywhere in this project.

Other libraries say it differently: `scaled_dot_product_attention` agrees, `nn.MultiheadAttention` means the opposite.
All masks broadcast to (batch, heads, queries, keys) and combine with `&`.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Allowed = Bool[Tensor, "#batch #heads #queries keys"]


def everything(n_queries: int, n_keys: int) -> Bool[Tensor, "1 1 queries keys"]:
    """Every query may attend to every key."""
    return torch.ones(1, 1, n_queries, n_keys, dtype=torch.bool)


def causal(n_tokens: int) -> Bool[Tensor, "1 1 queries keys"]:
    """allowed[q, k] is True when key k is not after query q."""
    return everything(n_tokens, n_tokens).tril()


def local(n_tokens: int, window: int) -> Bool[Tensor, "1 1 queries keys"]:
    """A band: allowed[q, k] is True when |q - k| <= window. 0 leaves each token only itself."""
    return everything(n_tokens, n_tokens).tril(window).triu(-window)


def padding(lengths: Int[Tensor, "batch"], n_keys: int) -> Bool[Tensor, "batch 1 1 keys"]:
    """allowed[b, k] is True when key k is a token of sequence b and not filling."""
    return (torch.arange(n_keys) < lengths[:, None])[:, None, None, :]


def unattending(allowed: Bool[Tensor, "batch heads queries keys"]) -> list[int] | None:
    """The index [batch, head, query] of the first query that may attend to nothing, or None."""
    dead = ~allowed.any(dim=-1)
    return dead.nonzero()[0].tolist() if dead.any() else None


def kept(allowed: Bool[Tensor, "*shape"]) -> int:
    """How many query-key pairs stay."""
    return int(allowed.sum())


def receptive_field(allowed: Bool[Tensor, "queries keys"], n_layers: int) -> Bool[Tensor, "depth queries keys"]:
    """What can have flowed from input k to output q through 0, 1, ... n_layers layers with this mask."""
    reached = [torch.eye(len(allowed), dtype=torch.bool)]
    step: Float[Tensor, "queries keys"] = allowed.float()
    for _ in range(n_layers):
        reached.append(step @ reached[-1].float() > 0)
    return torch.stack(reached)
