"""Gates: what a product of two maps can do that no sum of bent ones can."""

import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import exact
from core.experiments.since_2017.given import Given
from core.host import still_wanted, trained_once
from core.seeded import seeded
from core.transformer.design import hidden_width
from core.transformer.feed_forward import FeedForward, FeedForwardKind

UPDATES: Final = 300
GATED_UNITS, PLAIN_UNITS = 20, 24  # 80 and 72 numbers to learn
_AT_ONCE, _RATE, _REACH = 256, 2e-2, 2.0
_TESTED: Final = 1000


def by_two_units(a: Float[Tensor, "*grid"], b: Float[Tensor, "*grid"]) -> Float[Tensor, "*grid"]:
    """a · b by two units of SwiGLU: SiLU(a) b + SiLU(-a) (-b), since the two sigmoids add up to 1."""
    return silu(a) * b + silu(-a) * (-b)


def relu_directions(
    n_units: int, a: Float[Tensor, "first second"], b: Float[Tensor, "first second"]
) -> tuple[Float[Tensor, "2 units"], Float[Tensor, "units 1"]]:
    """A ReLU network without biases whose units look evenly all around, and the last map that comes nearest to a · b."""
    turned = torch.arange(n_units, dtype=a.dtype) * 2 * math.pi / n_units
    w_1 = torch.stack([turned.cos(), turned.sin()])
    hidden = (torch.stack([a, b], dim=-1).flatten(0, 1) @ w_1).relu()
    w_2 = torch.linalg.lstsq(hidden, (a * b).flatten()[:, None], driver="gelsd").solution
    return w_1, w_2


def drawn_gate(width: int, seed: int) -> FeedForward:
    """A SwiGLU network that nobody trained, as large as a ReLU network of four times the width."""
    with seeded(seed):
        return FeedForward(width, hidden_width("SwiGLU", width), "swiglu")


def growth(network: FeedForward, x: Float[Tensor, "batch tokens d_model"]) -> float:
    """How many times longer what comes out is when all that goes in is doubled; 0 where nothing comes out."""
    out = network(x).ff_out.norm().item()
    return network(2 * x).ff_out.norm().item() / out if out else 0.0


@trained_once(16)
def product_error(kind: FeedForwardKind, units: int, seed: int, updates: int = UPDATES) -> float:
    """Train a network without biases to multiply two numbers: its mean squared error on new ones."""
    with seeded(seed):
        network = Multiplier(kind, units)
    rng = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
    with torch.enable_grad():
        for update in range(updates):
            still_wanted()
            optimiser.param_groups[0]["lr"] = _RATE * (1 - update / updates)
            optimiser.zero_grad()
            network.loss(2 * _REACH * torch.rand(_AT_ONCE, 2, generator=rng) - _REACH).backward()
            optimiser.step()
    with torch.no_grad():
        return network.loss(2 * _REACH * torch.rand(_TESTED, 2, generator=rng) - _REACH).item()


class Multiplier(nn.Module):
    """Two numbers in, one out."""

    def __init__(self, kind: FeedForwardKind, units: int):
        super().__init__()
        self.bent = nn.Linear(2, units, bias=False)
        self.gated = nn.Linear(2, units, bias=False) if kind == "swiglu" else None
        self.out = nn.Linear(units, 1, bias=False)

    def loss(self, pairs: Float[Tensor, "batch 2"]) -> Float[Tensor, ""]:
        """The mean squared error."""
        bent = self.bent(pairs)
        hidden = bent.relu() if self.gated is None else silu(bent) * self.gated(pairs)
        return (self.out(hidden)[:, 0] - pairs.prod(-1)).square().mean()


@claim(
    said="SwiGLU adds a third matrix and with it more non-linearity.",
    verdict="imprecise",
    instead="ReLU is no more linear. What is new is a gate: numbers are multiplied, at 8D/3 hidden ones for the same size.",
    sources=("shazeer2020",),
)
def more_nonlinear(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """Double your tokens and see what comes out grow, in both; then train both, without biases, to multiply two numbers."""
    x = exact(given.x)[None]
    gated = drawn_gate(x.shape[-1], given.seed).double()
    with seeded(given.seed):
        plain = FeedForward(x.shape[-1], 4 * x.shape[-1], "relu", bias=False).double()
    relu, swiglu = growth(plain, x), growth(gated, x)
    learned = product_error("swiglu", GATED_UNITS, seed, updates), product_error("relu", PLAIN_UNITS, seed, updates)
    numbers = (
        Number("ReLU: what comes out of twice your tokens, over what comes out of them", relu, ".5f"),
        Number("SwiGLU: what comes out of twice your tokens, over what comes out of them", swiglu),
        Number(f"squared error of a · b, SwiGLU of {4 * GATED_UNITS} numbers", learned[0], ".1e"),
        Number(f"squared error of a · b, ReLU of {3 * PLAIN_UNITS} numbers", learned[1]),
    )
    doubled = (
        f"Of your tokens doubled, a ReLU network without biases makes {relu:.3f} times as much and SwiGLU {swiglu:.3f} times"
        if relu and swiglu
        else "Of your tokens, doubled or not, one of the two makes nothing at all"
    )
    return Finding(
        numbers,
        holds=abs(relu - 2) < 1e-6 and abs(swiglu - 2) > 0.1 and learned[0] < 0.01 < 0.05 < learned[1],
        says=f"{doubled}; trained to multiply, they end with an error of {numbers[3].text} and {numbers[2].text}.",
    )
