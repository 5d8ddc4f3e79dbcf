"""Local attention without the N × N table: each query meets only the keys of its window."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import AttentionTrace, attend

Rows = Float[Tensor, "1 1 tokens head_dim"]


def attend_banded(
    queries: Rows, keys: Rows, values: Float[Tensor, "1 1 tokens value_dim"], window: int
) -> AttentionTrace:
    """Let each token attend to `window` tokens on either side and to itself, and score no other pair.

    Returns   a trace whose batch axis ranges over the queries: its weights are (tokens, 1, 1, 2 * window + 1), and 0
              where the window hangs over an end of the sequence.
    Source    Beltagy et al. 2020, section 3.1.
    """
    n_tokens = queries.shape[2]
    neighbours = torch.arange(n_tokens)[:, None] + torch.arange(-window, window + 1)
    inside = (neighbours >= 0) & (neighbours < n_tokens)
    neighbours = neighbours.clamp(0, n_tokens - 1)
    return attend(
        queries[0].transpose(0, 1)[:, None],
        keys[0, 0, neighbours][:, None],
        values[0, 0, neighbours][:, None],
        inside[:, None, None],
    )
