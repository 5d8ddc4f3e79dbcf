"""From scores for the next token to one of them: temperature, top-k, top-p, and a draw that can be made again."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

HOTTEST: Final = 2.0
_DRAWS: Final = 4096  # numbers of a seed that are made at once: the same first ones, however many are asked for


@dataclass(frozen=True)
class Sampling:
    """What is done to the scores before one is drawn, in this order.

    temperature   they are divided by it; 0 = the likeliest token, always.
    top_k         so many of the likeliest stay; 0 = all, as where there are fewer.
    top_p         of these, the likeliest that together have this share stay, the one that reaches it included; 1 = all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


@dataclass(frozen=True, eq=False)
class Ranked:
    """All tokens, the likeliest first.

    scores, ids     as the model gave them.
    probabilities   after the sampling: 0 for those that do not stay.
    """

    scores: Float[Tensor, "ranks"]
    ids: Int[Tensor, "ranks"]
    probabilities: Float[Tensor, "ranks"]

    @property
    def by_id(self) -> Float[Tensor, "vocab_size"]:
        """The probabilities in the order of the vocabulary."""
        return torch.zeros_like(self.probabilities).scatter(0, self.ids, self.probabilities)

    def drawn(self, share: float) -> int:
        """The token at a share of 0 to 1 of all probability, counted from the likeliest on."""
        within = self.probabilities.cumsum(0) > share
        staying = int((self.probabilities > 0).sum())
        # sums of many shares may end a little below 1
        return int(self.ids[min(int(within.int().argmax()) if within.any() else staying, staying - 1)])


def ranked(scores: Float[Tensor, "vocab_size"], sampling: Sampling) -> Ranked:
    """The tokens by their scores, with the probabilities from which one is drawn. In double precision, as a browser has."""
    scores, ids = scores.float().cpu().sort(descending=True, stable=True)
    if sampling.temperature == 0:
        shares = torch.zeros(len(scores), dtype=torch.float64)
        shares[0] = 1
        return Ranked(scores, ids, shares)
    shares = (scores.double() / sampling.temperature).softmax(0)
    if sampling.top_k:
        shares[sampling.top_k :] = 0
        shares = shares / shares.sum()
    if sampling.top_p < 1:
        before = shares.cumsum(0) - shares
        shares[(before >= sampling.top_p) & (torch.arange(len(shares)) > 0)] = 0
        shares = shares / shares.sum()
    return Ranked(scores, ids, shares)


def draws(seed: int) -> list[float]:
    """Numbers between 0 and 1 from a seed, one for each token that is drawn: always the same."""
    return torch.rand(_DRAWS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).tolist()
