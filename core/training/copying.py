"""Stacks of blocks learn to copy: which of two designs still learns when the stack is deep?

This is a toy: eight letters of sixteen, then the same eight again, one after the other and each from those before it. Guessing
gives a loss of ln 16.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention import masks
from core.host import still_wanted
from core.seeded import seeded
from core.transformer.design import Design, build
from core.transformer.experts import Experts, ExpertsTrace
from core.transformer.norms import norm_of
from core.transformer.positions import LearnedPositions, sinusoidal

LETTERS: Final = 16
COPIED: Final = 8
WIDTH: Final = 32
UPDATES: Final = 120
GUESSING: Final = math.log(LETTERS)
LATEST: Final = 5  # losses whose mean says where a training stands
_AT_ONCE: Final = 32
_BALANCE: Final = 0.1
_TOO_LARGE: Final = 10 * GUESSING  # a loss from which nothing comes back


@dataclass(frozen=True)
class Settings:
    """What is trained, and how.

    depth   blocks on top of each other.
    rate    the learning rate; warmup: updates over which it rises to that, in a line.
    seed    of weights and letters.
    """

    design: Design
    depth: int = 16
    rate: float = 3e-3
    warmup: int = 0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Copied:
    """Where a training stands.

    losses      one per update, in nats per letter, on letters that were not seen before.
    gradients   (depth,): the length of the gradient of each block's last map at the first update.
    now         the same at the latest one.
    diverged    the loss left all bounds, or is no number: it stopped there.
    """

    losses: tuple[float, ...]
    gradients: tuple[float, ...]
    now: tuple[float, ...]
    diverged: bool

    @property
    def loss(self) -> float:
        """The mean of the latest ones."""
        latest = self.losses[-LATEST:]
        return sum(latest) / len(latest) if latest else GUESSING


NOT_BEGUN: Final = Copied((), (), (), False)


class CopyModel(nn.Module):
    """Letters and where they stand, a stack of blocks, and a score for each letter."""

    def __init__(self, design: Design, depth: int):
        super().__init__()
        self.design = design
        self.letters = nn.Embedding(LETTERS + 1, WIDTH)  # and the mark that says: now again
        self.table = LearnedPositions(2 * COPIED, WIDTH) if design.places == "learned" else None
        self.blocks = nn.ModuleList(build(design, WIDTH) for _ in range(depth))
        # where norms stand inside the blocks, what leaves the last of them is normalised once
        self.norm = norm_of(design.norm, WIDTH) if design.norm_place == "pre" else nn.Identity()
        self.score = nn.Linear(WIDTH, LETTERS)

    def forward(self, rows: Int[Tensor, "batch tokens"]) -> tuple[Float[Tensor, "batch tokens letters"], Tensor]:
        """Scores of the next letter at every place, and the balance loss of all experts."""
        places = torch.arange(rows.shape[1])
        x = self.letters(rows)
        if self.design.places == "sinusoids":
            x = x + sinusoidal(places, WIDTH).to(x)
        if self.table is not None:
            x = x + self.table(places)
        allowed, balance = masks.causal(len(places)), x.new_zeros(())
        for block in self.blocks:
            made = block(x, allowed)
            x = made.resid_post
            if isinstance(made.feed_forward, ExpertsTrace):
                balance = balance + made.feed_forward.balance_loss / len(self.blocks)
        return self.score(self.norm(x)), balance

    @property
    def last_maps(self) -> list[Float[Tensor, "out into"]]:
        """The last map of every block: that of its network, or of its first expert's."""
        ends = (block.get_submodule("feed_forward") for block in self.blocks)
        return [last_map(end.get_submodule("experts.0") if isinstance(end, Experts) else end) for end in ends]


def last_map(network: nn.Module) -> Float[Tensor, "out into"]:
    """The map that brings a network back to the width of a token."""
    return network.get_submodule("contract").get_parameter("weight")


class Copying:
    """A training that can be taken one update further. The same settings give the same numbers again."""

    def __init__(self, settings: Settings, updates: int = UPDATES):
        self.settings, self.updates = settings, updates
        with seeded(settings.seed):
            self.model = CopyModel(settings.design, settings.depth)
        self._rng = torch.Generator().manual_seed(settings.seed)
        self._optimiser = torch.optim.Adam(self.model.parameters(), lr=settings.rate)
        self._losses: list[float] = []
        self._first: tuple[float, ...] = ()
        self._now: tuple[float, ...] = ()
        self._diverged = False

    @property
    def finished(self) -> bool:
        """Whether there is no update left, or it diverged."""
        return self._diverged or len(self._losses) == self.updates

    def advance(self) -> bool:
        """One update more; False if there is none left."""
        if self.finished:
            return False
        still_wanted()
        done, settings = len(self._losses), self.settings
        rising = min(1.0, (done + 1) / settings.warmup) if settings.warmup else 1.0
        self._optimiser.param_groups[0]["lr"] = settings.rate * rising
        letters = torch.randint(LETTERS, (_AT_ONCE, COPIED), generator=self._rng)
        again = torch.full((_AT_ONCE, 1), LETTERS)
        with torch.enable_grad():
            scores, balance = self.model(torch.cat([letters, again, letters[:, :-1]], dim=1))
            loss = nn.functional.cross_entropy(scores[:, COPIED:].flatten(0, 1), letters.flatten())
            self._optimiser.zero_grad()
            (loss + _BALANCE * balance).backward()
        self._losses.append(loss.item())
        self._diverged = not loss.item() < _TOO_LARGE
        if not self._diverged:
            self._now = tuple(0.0 if w.grad is None else w.grad.norm().item() for w in self.model.last_maps)
            self._first = self._first or self._now
            self._optimiser.step()
        return True

    def stands(self) -> Copied:
        """Where it stands."""
        return Copied(tuple(self._losses), self._first, self._now, self._diverged)


class Race:
    """Two trainings side by side, one update each in turn. Nothing is built before the first of them."""

    def __init__(self, both: tuple[Settings, Settings], updates: int = UPDATES):
        self._asked, self._updates = both, updates
        self._both: tuple[Copying, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether neither has an update left."""
        return bool(self._both) and all(each.finished for each in self._both)

    def advance(self) -> bool:
        """One update more of each that has one left; False if there is none."""
        self._both = self._both or tuple(Copying(each, self._updates) for each in self._asked)
        return any([each.advance() for each in self._both])

    def stands(self) -> tuple[Copied, ...]:
        """Where both stand."""
        return tuple(each.stands() for each in self._both) or (NOT_BEGUN, NOT_BEGUN)
