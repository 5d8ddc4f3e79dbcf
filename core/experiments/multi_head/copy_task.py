"""A task that one head cannot do: copy two tokens at once, the previous one and the first. Trained in a second.

This is a toy. Scores depend on positions alone: what is learned is where to look, and how to arrange what is found.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import attend, merge_heads, split_heads
from core.experiments.measure import largest
from core.training.host import still_wanted, trained_once

N_TOKENS, TOKEN_WIDTH, HEAD_DIM = 8, 4, 8
BATCH = 64
FIRST_QUERY = 2  # before it, the previous token and the first are the same or missing
LEARNING_RATE = 0.05
STEPS, EVERY = 200, 20


class Progress(NamedTuple):
    """Where a training run stands.

    step         parameter updates so far.
    loss         mean squared error expected on random sequences: 1 = nothing copied, 0 = both tokens copied.
    weights      what each head looks at.
    difference   the largest difference between the weights of head 0 and those of the last head.
    """

    step: int
    loss: float
    weights: Float[Tensor, "heads queries keys"]
    difference: float


def copy_task(
    n_heads: int, seed: int, steps: int = STEPS, every: int = EVERY, identical: bool = False
) -> Iterator[Progress]:
    """Train 1, 2 or more heads of the same total width to copy [previous token, first token], and report on the way.

    n_heads     a divisor of 8, the width of the two tokens together.
    identical   start all heads from the same numbers: their difference stays what it was, exactly 0.
    Yields      the start, every so many steps, and the end.
    """
    model, rng = CopyModel(n_heads, seed, identical), torch.Generator().manual_seed(seed + 1)
    optimizer = torch.optim.Adam(model.parameters, lr=LEARNING_RATE)
    yield model.progress(0)
    for step in range(1, steps + 1):
        still_wanted()
        batch = torch.randn(BATCH, N_TOKENS, TOKEN_WIDTH, generator=rng)
        optimizer.zero_grad()
        model.loss(batch).backward()
        optimizer.step()
        if step % every == 0 or step == steps:
            yield model.progress(step)


@trained_once(16)
def trained_to_copy(n_heads: int, seed: int, identical: bool = False) -> list[Progress]:
    """The whole of `copy_task`."""
    with torch.enable_grad():
        return list(copy_task(n_heads, seed, identical=identical))


class CopyModel:
    """Attention by position: a learned query and key per position and head, learned maps for values and output."""

    def __init__(self, n_heads: int, seed: int, identical: bool) -> None:
        rng = torch.Generator().manual_seed(seed)
        width = 2 * TOKEN_WIDTH
        self.n_heads = n_heads
        different = 1 if identical else n_heads  # heads that are drawn; the others repeat them

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=rng)

        repeat = n_heads // different
        self.queries = draw(1, different, N_TOKENS, HEAD_DIM).repeat(1, repeat, 1, 1)
        self.keys = draw(1, different, N_TOKENS, HEAD_DIM).repeat(1, repeat, 1, 1)
        self.w_value = draw(TOKEN_WIDTH, width // repeat).repeat(1, repeat) * TOKEN_WIDTH**-0.5
        self.w_output = draw(width // repeat, width).repeat(repeat, 1) * width**-0.5
        self.parameters = [self.queries, self.keys, self.w_value, self.w_output]
        for parameter in self.parameters:
            parameter.requires_grad_()

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        values = split_heads(x @ self.w_value, self.n_heads)
        queries, keys = (rows.expand(len(x), -1, -1, -1) for rows in (self.queries, self.keys))
        trace = attend(queries, keys, values)
        return merge_heads(trace.output) @ self.w_output, trace.weights

    def loss(self, x: Tensor) -> Tensor:
        """Mean squared error against the previous and the first token."""
        copies, _ = self(x)
        return (copies - wanted(x))[:, FIRST_QUERY:].square().mean()

    def progress(self, step: int) -> Progress:
        """Where training stands. Copies are linear in the tokens, so one sequence per number gives the exact loss."""
        n_numbers = N_TOKENS * TOKEN_WIDTH
        basis = n_numbers**0.5 * torch.eye(n_numbers).reshape(n_numbers, N_TOKENS, TOKEN_WIDTH)
        with torch.no_grad():
            weights = self(basis[:1])[1][0]
            return Progress(step, self.loss(basis).item(), weights, largest(weights[0] - weights[-1]))


def wanted(x: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens 2*width"]:
    """For each position, the previous token and the first, side by side."""
    return torch.cat([x.roll(1, dims=1), x[:, :1].expand_as(x)], dim=-1)
