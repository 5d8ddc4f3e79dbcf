"""The stream of vectors through a stack of blocks: how alike its tokens are, and which of them a part lets meet."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def spread(tokens: Float[Tensor, "*depth tokens d_model"]) -> Float[Tensor, "*depth"]:
    """How far tokens are from being all the same: what is left of them without their mean, in lengths of all of them.

    1 where their mean is 0, 0 where they are equal; 0 also where there is nothing but zeros.
    Source   Dong et al. 2021, section 2 (there in another norm).
    """
    left = tokens - tokens.mean(-2, keepdim=True)
    sizes = torch.linalg.matrix_norm(tokens)
    return torch.linalg.matrix_norm(left) / sizes.clamp(min=torch.finfo(tokens.dtype).tiny)


def cosines(tokens: Float[Tensor, "*depth tokens d_model"]) -> Float[Tensor, "*depth tokens tokens"]:
    """The cosine of every two tokens."""
    unit = torch.nn.functional.normalize(tokens, dim=-1)
    return unit @ unit.mT


def to_others(tokens: Float[Tensor, "*depth tokens d_model"]) -> Float[Tensor, "*depth tokens"]:
    """The mean cosine of each token with all others; 0 for one alone."""
    every = cosines(tokens)
    n_others = max(1, tokens.shape[-2] - 1)
    return (every.sum(-1) - every.diagonal(dim1=-2, dim2=-1)) / n_others


def to_itself(hidden: Float[Tensor, "depth tokens d_model"]) -> Float[Tensor, "depth tokens"]:
    """The cosine of each token with what it was before the first block."""
    return torch.cosine_similarity(hidden, hidden[:1], dim=-1)


def coupling(
    part: Callable[[Tensor], Tensor], x: Float[Tensor, "1 tokens d_model"], direction: Float[Tensor, "d_model"]
) -> Float[Tensor, "tokens tokens"]:
    """How far each token of the output moves (row) for each token of the input that is pushed (column).

    For a push without end small: the length of the Jacobian of the output by that token, times the direction. Exactly 0 where
    the one does not enter the other.
    """
    n_tokens = x.shape[1]
    pushed = torch.zeros(n_tokens, n_tokens, x.shape[-1], dtype=x.dtype)
    pushed[range(n_tokens), range(n_tokens)] = direction.to(x.dtype)
    moved = torch.autograd.functional.jvp(part, x.expand(n_tokens, -1, -1).contiguous(), pushed)[1]
    return moved.norm(dim=-1).T


def drawn_direction(width: int, seed: int) -> Float[Tensor, "d_model"]:
    """A direction of length 1, drawn from a seed."""
    drawn = torch.randn(width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn / drawn.norm()
