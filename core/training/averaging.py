"""The mean of weights over many updates: what wanders around a good place ends nearer to it than any one state."""

import torch
from torch import Tensor, nn


class Averaged(nn.Module):
    """A model, and beside it the running mean of its weights, each older state counting a little less.

    decay   what the mean keeps of itself at an update; less at the beginning, where old states are poor ones.
    Source  Polyak, Juditsky 1992; Tarvainen, Valpola 2017, section 2, for the form with a decay.
    """

    updates: Tensor

    def __init__(self, model: nn.Module, decay: float = 0.999):
        super().__init__()
        self.model = model
        self.decay = decay
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))
        for name, weight in model.named_parameters():
            self.register_buffer(_buffer(name), weight.detach().clone())

    @torch.no_grad()
    def follow(self) -> None:
        """Take the weights as they are now into the mean."""
        self.updates += 1
        count = self.updates.item()
        share = 1 - min(self.decay, count / (10 + count))
        for name, weight in self.model.named_parameters():
            self.mean(name).lerp_(weight, share)

    def mean(self, name: str) -> Tensor:
        """The mean of one weight of the model."""
        return self.get_buffer(_buffer(name))

    @torch.no_grad()
    def settle(self) -> None:
        """Give the model the mean of its weights."""
        for name, weight in self.model.named_parameters():
            weight.copy_(self.mean(name))


def _buffer(name: str) -> str:
    return f"mean_{name.replace('.', '_')}"  # a buffer's name has no dots
