"""One run of the lab: every update, what is measured of it, what is changed in it, and where it ends."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core.host import still_wanted
from core.training_lab import networks
from core.training_lab.changes import Change, What, checked
from core.training_lab.networks import Sizes
from core.training_lab.tasks import END, Batch, Example, Rows, Task, asked, batch

Optimiser = Literal["SGD", "momentum", "Adam", "AdamW"]
OPTIMISERS: Final[tuple[Optimiser, ...]] = ("Adam", "AdamW", "momentum", "SGD")
_BALANCE: Final = 0.1  # how much of the experts' balance loss is added


@dataclass(frozen=True)
class Learning:
    """How it is learned.

    rate    the learning rate; warmup: updates over which it rises to that, in a line.
    clip    the length that the gradient of all weights together has at most; 0 = any.
    """

    optimiser: Optimiser = "Adam"
    rate: float = 3e-3
    warmup: int = 20
    at_once: int = 32
    clip: float = 1.0


@dataclass(frozen=True)
class Settings:
    """One run: what is trained, and how."""

    sizes: Sizes
    learning: Learning


@dataclass(frozen=True, eq=False)
class Written:
    """What a network writes of a source by itself, beside what it should; nothing where nobody knows that."""

    source: tuple[str, ...]
    written: tuple[str, ...]
    wanted: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Stand:
    """Where a run stands.

    right       share of the tokens it never learned from that it writes right, given the true ones before.
    exact       share of those examples that are right to their end.
    by_length   the same share as `right`, by the tokens of the source.
    heads       of each map, its layer and its number; maps: its weights on the example that is watched;
                allowed: who may attend to whom there.
    written     that example first, then some that it never learned from.
    """

    update: int
    right: float
    exact: float
    by_length: dict[int, float]
    heads: tuple[tuple[int, int], ...]
    maps: Float[Tensor, "maps queries keys"]
    allowed: Bool[Tensor, "queries keys"]
    written: tuple[Written, ...]


@dataclass(frozen=True, eq=False)
class Watched:
    """The example that is watched, as a network reads it. tokens: what stands at each place; wanted: what should follow."""

    example: Example
    rows: Rows
    tokens: tuple[str, ...]
    wanted: tuple[str, ...]


def watched(task: Task, example: Example) -> Watched:
    """With the true tokens in it, as far as somebody knows them."""
    if not example.target:
        tokens = (*example.source, *(() if task.prose else (task.vocabulary[1],)))
        return Watched(example, asked(task, [example], 0), tokens, ("",) * len(tokens))
    made = batch(task, [example])
    mark = () if task.prose else (task.vocabulary[1],)
    tokens = (*example.source, *mark, *example.target, *([END] * task.ends))[:-1]
    wanted = tuple("" if number == 0 else task.vocabulary[number] for number in made.wanted[0].tolist())
    return Watched(example, made.rows, tokens, wanted)


class Learner:
    """A network on its way. The same settings, task and seed give the same numbers again.

    diverged   why it stopped before its end: the loss or the gradient was no number. The weights are those before.
    changes    what is changed in it on its way; what does not fit the network changes nothing.
    Raises     ValueError for a network that cannot be built.
    """

    def __init__(self, settings: Settings, task: Task, seed: int, updates: int, changes: Sequence[Change] = ()):
        self.settings, self.task, self.updates = settings, task, updates
        self.network = networks.build(settings.sizes, task, seed)
        self.losses: list[float] = []
        self.gradients: list[tuple[float, ...]] = []
        self.diverged = ""
        self.silent: frozenset[tuple[int, int]] = frozenset()
        self._rng = random.Random(seed)
        self._optimiser = _optimiser(settings.learning, self.network)
        self._parts = networks.parts_of(self.network)
        self._test = batch(task, task.tests)
        self._changes = changes
        self._change_now()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts whose gradients are measured."""
        return tuple(self._parts)

    @property
    def finished(self) -> bool:
        """Whether there is no update left, or it diverged."""
        return bool(self.diverged) or len(self.losses) == self.updates

    def advance(self) -> bool:
        """One update more; False if there is none left."""
        if self.finished:
            return False
        still_wanted()
        learning, done = self.settings.learning, len(self.losses)
        rising = min(1.0, (done + 1) / learning.warmup) if learning.warmup else 1.0
        self._optimiser.param_groups[0]["lr"] = learning.rate * rising
        drawn = batch(self.task, [self.task.draw(self._rng) for _ in range(learning.at_once)])
        self.network.train()
        with torch.enable_grad():
            loss, balance = self._loss(drawn)
            self._optimiser.zero_grad()
            (loss + _BALANCE * balance).backward()
        lengths = self._lengths()
        total = sum(length**2 for length in lengths) ** 0.5
        value = loss.item()
        if not (value < float("inf") and total < float("inf")):
            what = "gradient" if value < float("inf") else "loss"
            self.diverged = f"the {what} of update {done + 1} is no finite number"
            return False
        if learning.clip and total > learning.clip:
            for weight in self.network.parameters():
                if weight.grad is not None:
                    weight.grad *= learning.clip / total
        self._optimiser.step()
        self.losses.append(value)
        self.gradients.append(lengths)
        self._change_now()
        return True

    @property
    def matrices(self) -> dict[str, Tensor]:
        """All its weights by their names, each as rows of numbers."""
        return {name: weight.detach().reshape(-1, weight.shape[-1]) for name, weight in self.network.named_parameters()}

    def change(self, what: What, where: tuple[int, ...], value: float = 0.0) -> None:
        """Silence a head or let it speak again, or set weights. Raises ValueError for what this network has not."""
        if what in ("silent", "heard"):
            if where not in networks.heads_of(self.settings.sizes):
                raise ValueError(f"there is no head {where[1]} in layer {where[0]}: choose one that is shown")
            head = frozenset({(where[0], where[1])})
            self.silent = self.silent | head if what == "silent" else self.silent - head
            return
        matrices = list(self.matrices.values())
        if where[0] >= len(matrices):
            raise ValueError(f"there is no matrix {where[0]}: they are counted from 0 to {len(matrices) - 1}")
        matrix = matrices[where[0]]
        if what == "zero":
            matrix.zero_()
            return
        if where[1] >= matrix.shape[0] or where[2] >= matrix.shape[1]:
            rows, columns = matrix.shape
            raise ValueError(
                f"there is no number {where[1:]}: the matrix has {rows} rows and {columns} columns, from 0 on"
            )
        matrix[where[1], where[2]] = checked(value)

    def _change_now(self) -> None:
        for each in self._changes:
            if each.at == len(self.losses):
                with suppress(ValueError):
                    self.change(each.what, each.where, each.value)

    def _loss(self, drawn: Batch) -> tuple[Tensor, Tensor]:
        """Nats per token that is asked for, and the balance loss."""
        seen = self.network(drawn.rows, self.silent)
        return nn.functional.cross_entropy(
            seen.logits.flatten(0, 1), drawn.wanted.flatten(), ignore_index=0
        ), seen.balance

    def _lengths(self) -> tuple[float, ...]:
        """How long the gradient of each part is."""
        of_parts = [[w.grad.flatten() for w in weights if w.grad is not None] for weights in self._parts.values()]
        lengths = torch.stack([torch.cat(each).norm() if each else torch.zeros(()) for each in of_parts])
        return tuple(lengths.tolist())

    @torch.inference_mode()
    def stands(self, watch: Watched) -> Stand:
        """Where it stands, on examples that it never learned from and on the one that is watched."""
        self.network.eval()
        wanted = self._test.wanted
        real = wanted > 0
        hit = (self.network(self._test.rows, self.silent).logits.argmax(-1) == wanted) & real
        lengths: dict[int, list[float]] = {}
        for example, hits, asked_for in zip(self.task.tests, hit.sum(1).tolist(), real.sum(1).tolist(), strict=True):
            found = lengths.setdefault(len(example.source), [0, 0])
            found[0] += hits
            found[1] += asked_for
        seen = self.network(watch.rows, self.silent)
        maps = [each[0] for each in seen.weights]
        n_tokens = len(watch.tokens)
        return Stand(
            len(self.losses),
            hit.sum().item() / int(real.sum()),
            (hit == real).all(1).float().mean().item(),
            {length: hits / all_ for length, (hits, all_) in sorted(lengths.items())},
            tuple(networks.heads_of(self.settings.sizes)),
            torch.cat(maps).clone() if maps else torch.zeros(0, n_tokens, n_tokens),
            seen.allowed[0, 0].clone(),
            self.write(self.task.shown(watch.example)),
        )

    @torch.inference_mode()
    def write(self, examples: Sequence[Example]) -> tuple[Written, ...]:
        """What it writes of some sources by itself, the likeliest token at every step."""
        self.network.eval()
        task, most = self.task, self.task.most
        rows = asked(task, list(examples), most)
        ids, lengths = rows.ids, rows.lengths.clone()
        before = 0 if rows.patches is None else rows.patches.shape[1]
        every = torch.arange(len(examples))
        made: list[Tensor] = []
        steps = most if task.ends or task.prose else 1
        for _ in range(steps):
            seen = self.network(Rows(ids, rows.patches, rows.begins, lengths), self.silent)
            # no mark is ever what should be written but that of the end
            scores = seen.logits[every, lengths - 1]
            scores[:, : 3 - task.ends] = -torch.inf
            made.append(scores.argmax(-1))
            ids[every, (lengths - before).clamp(max=ids.shape[1] - 1)] = made[-1]
            lengths = lengths + 1
        written = torch.stack(made, dim=1).tolist()
        return tuple(
            Written(each.source, _until_end(task, row), each.target)
            for each, row in zip(examples, written, strict=True)
        )


def _until_end(task: Task, row: list[int]) -> tuple[str, ...]:
    words = [task.vocabulary[number] for number in row]
    return tuple(words[: words.index(END)] if END in words else words)


def _optimiser(learning: Learning, network: nn.Module) -> torch.optim.Optimizer:
    weights = list(network.parameters())
    match learning.optimiser:
        case "Adam":
            return torch.optim.Adam(weights, learning.rate)
        case "AdamW":
            return torch.optim.AdamW(weights, learning.rate, weight_decay=0.1)
        case "momentum":
            return torch.optim.SGD(weights, learning.rate, momentum=0.9)
    return torch.optim.SGD(weights, learning.rate)
