"""What a word is worth to a model: by what changes without it, by gradients, and by what attention says of it."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from scipy.stats import spearmanr
from torch import Tensor

from core.analysis.grouping import Groups

Vector = Float[Tensor, "d_model"]


def moved_without(
    vector_of: Callable[[Sequence[int]], Vector], n_tokens: int, groups: Groups
) -> Float[Tensor, "groups"]:
    """How far a vector moves when a group of tokens is taken out: 1 minus the cosine of before and after.

    vector_of   makes the vector of the tokens at some places, in order.
    """
    whole = vector_of(range(n_tokens))
    without = [vector_of([place for place in range(n_tokens) if place not in group]) for group in groups]
    return torch.stack([1 - torch.cosine_similarity(whole, each, dim=0) for each in without])


def integrated_gradients(
    score: Callable[[Float[Tensor, "steps tokens d_model"]], Float[Tensor, "steps"]],
    start: Float[Tensor, "tokens d_model"],
    end: Float[Tensor, "tokens d_model"],
    steps: int,
    at_once: int = 8,
) -> Float[Tensor, "tokens"]:
    """What each token adds to a score on the straight way from one input to another.

    score     of many inputs at once.
    steps     places on the way at which the gradient is taken, in the middle of equal parts; at_once: of them.
    Returns   numbers that sum to score(end) - score(start), but for the steps' being finite.
    Source    Sundararajan et al. 2017.
    """
    total = torch.zeros_like(end)
    for part in ((torch.arange(steps, device=end.device) + 0.5) / steps).split(at_once):
        with torch.inference_mode(False), torch.enable_grad():
            on_the_way = (start + part[:, None, None] * (end - start)).clone().requires_grad_()
            total = total + torch.autograd.grad(score(on_the_way).sum(), on_the_way)[0].sum(0)
    return ((end - start) * total / steps).sum(-1)


def delivered_behind(
    weights: Float[Tensor, "heads queries keys"],
    values: Float[Tensor, "heads keys value_dim"],
    w_output: Float[Tensor, "heads value_dim d_model"],
) -> Float[Tensor, "heads queries keys"]:
    """weight × ‖v W_O‖: how long what each head takes from each key is, once it is mapped to the width of the model.

    Source   Kobayashi et al. 2020.
    """
    return weights * (values @ w_output).norm(dim=-1)[:, None]


def summed(tokens: Float[Tensor, "tokens"], groups: Groups) -> Float[Tensor, "groups"]:
    """One number for each group: the sum over its tokens."""
    return torch.stack([tokens[list(group)].sum() for group in groups])


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's: 1 where both put things into the same order, -1 for the opposite; None where one has no order."""
    if len(one) < 3 or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    found = float(spearmanr(one, other).statistic)
    return None if math.isnan(found) else found
