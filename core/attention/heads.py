"""One reshape makes many heads, another brings them back."""

from jaxtyping import Float
from torch import Tensor


def split_heads(
    projected: Float[Tensor, "batch tokens merged_dim"], n_heads: int
) -> Float[Tensor, "batch heads tokens head_dim"]:
    """Cut the last axis into heads, then bring the heads in front of the tokens."""
    batch, n_tokens, width = projected.shape
    if width % n_heads:
        raise ValueError(f"{width} numbers cannot be shared by {n_heads} heads: choose a divisor of {width}")
    return projected.reshape(batch, n_tokens, n_heads, width // n_heads).transpose(1, 2)


def merge_heads(
    head_outputs: Float[Tensor, "batch heads tokens head_dim"],
) -> Float[Tensor, "batch tokens merged_dim"]:
    """The way back: tokens in front of the heads again, then all heads of a token in one row."""
    batch, n_heads, n_tokens, head_dim = head_outputs.shape
    return head_outputs.transpose(1, 2).reshape(batch, n_tokens, n_heads * head_dim)


def split_without_transpose(
    projected: Float[Tensor, "batch tokens merged_dim"], n_heads: int
) -> Float[Tensor, "batch heads tokens head_dim"]:
    """A classic bug: the shape is right, but each head gets pieces of a few tokens in place of a piece of each."""
    batch, n_tokens, width = projected.shape
    return projected.reshape(batch, n_heads, n_tokens, width // n_heads)


def merge_without_transpose(
    head_outputs: Float[Tensor, "batch heads tokens head_dim"],
) -> Float[Tensor, "batch tokens merged_dim"]:
    """The other classic bug: a row of the result holds several tokens of one head in place of one token of all."""
    batch, n_heads, n_tokens, head_dim = head_outputs.shape
    return head_outputs.reshape(batch, n_tokens, n_heads * head_dim)
