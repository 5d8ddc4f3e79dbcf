"""A task that one head cannot do: copy two tokens at once, the previous one and the first. Trained in a second.

This is a toy. Scores depend on positions alone: what is learned is where to look, and how to arrange what is found.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.attention import attend, merge_heads, split_heads
from core.experiments.measure import largest
from core.host import still_wanted, trained_once
from core.seeded import seeded

N_TOKENS, TOKEN_WIDTH, HEAD_DIM = 8, 4, 8
BATCH = 64
FIRST_QUERY = 2  # before it, the previous token and the first are the same or missing
LEARNING_RATE = 0.05
STEPS, EVERY = 200, 20
LETTERS, LETTERS_WIDTH, LETTERS_HIDDEN, LETTERS_RATE = 6, 16, 64, 0.02


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
    n_heads: int, seed: int, steps: int = STEPS, every: int = EVERY, identical: bool = False, same_output: bool = True
) -> Iterator[Progress]:
    """Train 1, 2 or more heads of the same total width to copy [previous token, first token], and report on the way.

    n_heads       a divisor of 8, the width of the two tokens together.
    identical     start all heads from the same numbers: their difference stays what it was, exactly 0.
    same_output   whether heads that are identical have the same rows of W_O, too; without that they part.
    Yields        the start, every so many steps, and the end.
    """
    model, rng = CopyModel(n_heads, seed, identical, same_output), torch.Generator().manual_seed(seed + 1)
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
def trained_to_copy(n_heads: int, seed: int, identical: bool = False, same_output: bool = True) -> list[Progress]:
    """The whole of `copy_task`."""
    with torch.enable_grad():
        return list(copy_task(n_heads, seed, STEPS, identical=identical, same_output=same_output))


class CopyModel:
    """Attention by position: a learned query and key per position and head, learned maps for values and output."""

    def __init__(self, n_heads: int, seed: int, identical: bool, same_output: bool = True) -> None:
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
        copies = repeat if same_output else 1
        self.w_output = draw(width // copies, width).repeat(copies, 1) * width**-0.5
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


@trained_once(16)
def letters_copied(n_heads: int, network: bool, seed: int) -> float:
    """Learn to name the previous letter and the first, of LETTERS: the share of new rows in which both are right.

    network   read by a network of one hidden layer what the heads hand over; else by one linear map.
    """
    model, rng = LetterModel(n_heads, network, seed), torch.Generator().manual_seed(seed + 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=LETTERS_RATE)
    with torch.enable_grad():
        for _ in range(STEPS):
            still_wanted()
            rows = torch.randint(LETTERS, (BATCH, N_TOKENS), generator=rng)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(rows).flatten(0, 2), letters_wanted(rows).flatten()).backward()
            optimizer.step()
    rows = torch.randint(LETTERS, (1000, N_TOKENS), generator=rng)
    with torch.no_grad():
        return (model(rows).argmax(-1) == letters_wanted(rows)).all(-1).float().mean().item()


def letters_wanted(rows: Int[Tensor, "batch tokens"]) -> Int[Tensor, "batch queries 2"]:
    """For each place from FIRST_QUERY on, the previous letter and the first."""
    return torch.stack([rows.roll(1, dims=1), rows[:, :1].expand_as(rows)], dim=-1)[:, FIRST_QUERY:]


class LetterModel(torch.nn.Module):
    """Attention by position over letters, whose output is read by one linear map or by a network of one hidden layer."""

    def __init__(self, n_heads: int, network: bool, seed: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        with seeded(seed):
            self.queries, self.keys = (
                torch.nn.Parameter(torch.randn(1, n_heads, N_TOKENS, HEAD_DIM)) for _ in range(2)
            )
            self.values = torch.nn.Embedding(LETTERS, LETTERS_WIDTH)
            linear = torch.nn.Linear(LETTERS_HIDDEN if network else LETTERS_WIDTH, 2 * LETTERS)
            hidden = [torch.nn.Linear(LETTERS_WIDTH, LETTERS_HIDDEN), torch.nn.ReLU()] if network else []
            self.read = torch.nn.Sequential(*hidden, linear)

    def forward(self, rows: Int[Tensor, "batch tokens"]) -> Float[Tensor, "batch queries 2 letters"]:
        values = split_heads(self.values(rows), self.n_heads)
        queries, keys = (each.expand(len(rows), -1, -1, -1) for each in (self.queries, self.keys))
        merged = merge_heads(attend(queries, keys, values).output)
        return self.read(merged[:, FIRST_QUERY:]).unflatten(-1, (2, LETTERS))


def wanted(x: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens 2*width"]:
    """For each position, the previous token and the first, side by side."""
    return torch.cat([x.roll(1, dims=1), x[:, :1].expand_as(x)], dim=-1)
