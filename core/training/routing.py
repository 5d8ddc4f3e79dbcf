"""A router and its experts learn together: which kind of token goes where is nobody's choice but theirs.

This is a toy: tokens of several kinds, each a point with noise around it, and each kind has its own linear map to learn.
"""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.seeded import seeded
from core.training.loop import Schedule, Training
from core.transformer.experts import Experts

UPDATES: Final = 300
KINDS: Final = 8
DEAD: Final = 0.001  # an expert that gets a smaller share of all choices is dead
_WIDTH, _HIDDEN, _NOISE = 16, 32, 0.3
_AT_ONCE, _TESTED, _RATE = 128, 1024, 1e-2
# the seed of the tokens that a router is measured on; those it learns from are drawn from the learner's
_TEST_SEED: Final = 1_000_003


@dataclass(frozen=True)
class Settings:
    """What is trained.

    experts   how many there are; active: how many each token asks.
    balance   how much of the balance loss is added.
    """

    experts: int = 8
    active: int = 1
    balance: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Routed:
    """Where tokens go.

    flow     (kinds, experts): the share of the choices of each kind that fell on each expert; rows sum to 1.
    load     (experts,): the share of all choices.
    error    mean squared error on tokens that were never learned from.
    losses   one per update, without the balance loss.
    kept     numbers of the router and all experts, which must be in memory; used: those of them that one token meets.
    """

    flow: Float[Tensor, "kinds experts"]
    load: Float[Tensor, "experts"]
    error: float
    losses: tuple[float, ...]
    kept: int
    used: int

    @property
    def dead(self) -> int:
        """Experts that get less than a share of DEAD."""
        return int((self.load < DEAD).sum())

    @property
    def says(self) -> str:
        """Where it stands, in words."""
        little = f"less than {DEAD:.1%} of all choices"
        dead = {
            0: f"None of {len(self.load)} experts is dead: each gets at least {DEAD:.1%} of all choices",
            1: f"1 of {len(self.load)} experts is dead: it gets {little}, so it learns next to nothing",
        }.get(
            self.dead,
            f"{self.dead} of {len(self.load)} experts are dead: each gets {little}, so they learn next to nothing",
        )
        return (
            f"{dead}. Mean squared error on new tokens: {self.error:.3f}. Of {self.kept:,} numbers in memory a token uses "
            f"{self.used:,}."
        )


class Routing:
    """A training that can be taken one update further. Raises ValueError where more experts are asked than there are."""

    def __init__(self, settings: Settings, updates: int = UPDATES):
        self.settings, self.updates = settings, updates
        with seeded(settings.seed):
            self.centres = torch.randn(KINDS, _WIDTH)
            self.maps = torch.randn(KINDS, _WIDTH, _WIDTH) * _WIDTH**-0.5
            self.model = Experts(_WIDTH, _HIDDEN, settings.experts, settings.active, "relu")
            nn.init.normal_(self.model.router.weight, std=_WIDTH**-0.5)
        self.errors: list[float] = []
        rng = torch.Generator().manual_seed(settings.seed)
        training = Training(self.model, Schedule(updates, _RATE), weight_decay=0.0)
        self._run = training.run((self._draw(_AT_ONCE, rng) for _ in range(updates)), self._loss)

    @property
    def finished(self) -> bool:
        """Whether there is no update left."""
        return len(self.errors) == self.updates

    def advance(self) -> bool:
        """One update more; False if there is none left."""
        return next(self._run, None) is not None

    def _draw(self, n: int, rng: torch.Generator) -> tuple[Int[Tensor, "n"], Tensor, Tensor]:
        """Kinds, tokens and what is to be made of them."""
        kinds = torch.randint(KINDS, (n,), generator=rng)
        x = self.centres[kinds] + _NOISE * torch.randn(n, _WIDTH, generator=rng)
        return kinds, x, torch.einsum("nd,nde->ne", x, self.maps[kinds])

    def _loss(self, drawn: tuple[Tensor, Tensor, Tensor]) -> Float[Tensor, ""]:
        _, x, wanted = drawn
        made = self.model(x[None])
        error = (made.ff_out[0] - wanted).square().mean()
        self.errors.append(error.item())
        return error + self.settings.balance * made.balance_loss

    def measure(self) -> Routed:
        """Where it stands, on tokens that it never saw."""
        kinds, x, wanted = self._draw(_TESTED, torch.Generator().manual_seed(_TEST_SEED))
        with torch.no_grad():
            made = self.model(x[None])
        chosen = (made.gates[0] > 0).float()
        flow = torch.stack([chosen[kinds == kind].mean(0) for kind in range(KINDS)]) / self.settings.active
        error = (made.ff_out[0] - wanted).square().mean().item()
        kept, one = (sum(w.numel() for w in each.parameters()) for each in (self.model, self.model.experts[0]))
        idle = (self.settings.experts - self.settings.active) * one
        return Routed(flow, made.load, error, tuple(self.errors), kept, kept - idle)
