"""The loop: forward, loss, backward, step. One for the training command and for what is trained live in a page."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.host import still_wanted

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes: up in a line over `warmup` updates to `peak`, then down in a line to nearly nothing.

    line       updates after which that line would be at nothing, where it is more than there are.
    cooldown   updates at the end in which the rate falls to nothing all the same.
    """

    updates: int
    peak: float
    warmup: int = 0
    line: int = 0
    cooldown: int = 0

    def rate(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        rising = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        cooling = min(1.0, (self.updates - update) / self.cooldown) if self.cooldown else 1.0
        return self.peak * rising * max(0.02, cooling * (1 - update / max(self.line, self.updates)))


@dataclass(frozen=True)
class Update:
    """One update that is done: which, counted from 1, and the loss before it."""

    number: int
    loss: float


class Training:
    """A model on its way: it can be taken one update further, saved, and taken up again where it was left.

    products   how exactly matrices are multiplied; weights, norms and sums stay in the model's own precision.
    """

    def __init__(
        self,
        model: nn.Module,
        schedule: Schedule,
        weight_decay: float = 0.01,
        clip: float = 1.0,
        products: torch.dtype = torch.float32,
    ):
        self.model = model
        self.schedule = schedule
        self._products = products
        self.done = 0
        self.seconds = 0.0
        self._clip = clip
        self._optimiser = torch.optim.AdamW(
            model.parameters(), lr=schedule.rate(0), weight_decay=weight_decay, betas=(0.9, 0.98)
        )

    def run(self, batches: Iterable[Batch], loss: Callable[[Batch], Tensor]) -> Iterator[Update]:
        """Go on with the batches that are not done yet, one update per batch."""
        for batch in itertools.islice(batches, self.done, None):
            still_wanted()
            began = time.monotonic()
            for group in self._optimiser.param_groups:
                group["lr"] = self.schedule.rate(self.done)
            self.model.train()
            with torch.enable_grad(), self._multiplying():
                value = loss(batch)
            self._optimiser.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), self._clip)
            self._optimiser.step()
            self.done += 1
            value = value.item()
            self.seconds += time.monotonic() - began
            yield Update(self.done, value)

    def _multiplying(self) -> torch.autocast:
        device = next(self.model.parameters()).device.type
        return torch.autocast(device, self._products, enabled=self._products != torch.float32)

    def save(self, path: Path) -> None:
        """Weights, buffers, moments and the processor's random state, as safetensors."""
        named = dict(self.model.named_parameters())
        tensors = {
            f"model.{name}": tensor.detach() for name, tensor in (named | dict(self.model.named_buffers())).items()
        }
        for name, parameter in named.items():
            for key, value in self._optimiser.state[parameter].items():
                tensors[f"{key}.{name}"] = value
        tensors["random"] = torch.get_rng_state()
        tensors["seconds"] = torch.tensor(self.seconds)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, beside)
        beside.replace(path)

    def resume(self, path: Path) -> None:
        """Take up what `save` left. Raises ValueError if the file is damaged or is of another model."""
        named = dict(self.model.named_parameters())
        try:
            tensors = load_file(path)
            for name, kept in (named | dict(self.model.named_buffers())).items():
                with torch.no_grad():
                    kept.copy_(tensors[f"model.{name}"])
            for name, parameter in named.items():
                self._optimiser.state[parameter] = {
                    key: tensors[f"{key}.{name}"].to(parameter.device if key != "step" else "cpu")
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
            torch.set_rng_state(tensors["random"])
            self.seconds = float(tensors["seconds"])
        except (SafetensorError, KeyError, RuntimeError) as error:
            raise ValueError(f"{path} is damaged or of another model: remove it to begin anew") from error
        self.done = int(self._optimiser.state[next(iter(named.values()))]["step"])
