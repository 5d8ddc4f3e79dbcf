"""Lesson 5: the tokens of one sequence attend to each other, and do not care in which order they stand."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.sinks import Delivery, Sink, delivery
from core.attention import COSINE, Projections, SelfAttentionTrace, attend, project, split_heads
from core.experiments.measure import largest, rounding
from core.experiments.self_attention.fused import project_fused
from core.lessons.material import Head
from core.lessons.shown import Matrices, Shown
from core.trace import matrices, steps

Beside = Literal["transpose", "correlation"]
ORDERS = ("as typed", "now")  # of `means`
MEASURES = ("weight", "× ‖v‖", "even")  # of `by_layer`


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    order        which typed token stands at each place; () = as typed.
    zeroed       the typed token whose value is replaced by zeros, wherever it stands, or None.
    temperature  scores are divided by temperature * sqrt(head_dim).
    fused        one wide product for queries, keys and values in place of three.
    double       64-bit numbers in place of 32-bit ones.
    beside       what the weights are compared with.
    """

    order: tuple[int, ...] = ()
    zeroed: int | None = None
    temperature: float = 1.0
    fused: bool = False
    double: bool = False
    beside: Beside = "transpose"


@dataclass(frozen=True)
class Lesson:
    """The attention of the tokens as they stand now and as they were typed, and what is compared with them.

    zeroed   where the token now stands whose value is zeros, or None.
    """

    now: SelfAttentionTrace
    typed: SelfAttentionTrace
    order: tuple[int, ...]
    zeroed: int | None
    beside: Float[Tensor, "batch heads queries keys"]

    @property
    def equivariance_error(self) -> float:
        """The largest difference between shuffling before attention and shuffling after it."""
        return largest(self.now.attention.output - self.typed.attention.output[:, :, list(self.order)])

    @property
    def mean_error(self) -> float:
        """The largest difference between the mean outputs of both orders."""
        return largest(self.now.attention.output.mean(2) - self.typed.attention.output.mean(2))

    @property
    def largest_weight(self) -> float:
        """The largest weight that there is."""
        return largest(self.now.attention.weights)

    @property
    def undivided(self) -> float:
        """The largest weight that there would be if scores were not divided."""
        return largest(self.now.attention.scores.softmax(-1))

    @property
    def least_mutual(self) -> tuple[int, int]:
        """The two places that differ most in what they give each other: who gives more, and who gives less."""
        weights = self.now.attention.weights[0, 0]
        place = int((weights - weights.mT).argmax())
        return place // len(weights), place % len(weights)

    @property
    def delivery(self) -> Delivery:
        """What each token gives to whom, and what that delivers."""
        return delivery(self.now.attention.weights[0, 0], self.now.values[0, 0])

    @property
    def means(self) -> Float[Tensor, "orders value_dim"]:
        """The mean of all outputs, as typed and now."""
        return torch.stack([trace.attention.output[0, 0].mean(0) for trace in (self.typed, self.now)])


def run(x: Float[Tensor, "batch tokens d_model"], maps: Projections, settings: Settings) -> Lesson:
    """Attend in the order typed and in the order the learner chose."""
    if settings.double:
        x, maps = x.double(), Projections(*(weight.double() for weight in vars(maps).values()))
    order = complete(settings.order, x.shape[1])
    zeroed = None if settings.zeroed is None else order.index(settings.zeroed)
    typed = attend_tokens(x, maps, settings, settings.zeroed)
    now = attend_tokens(x[:, list(order)], maps, settings, zeroed)
    return Lesson(now, typed, order, zeroed, _compare(now, settings.beside))


def beside(result: Lesson, whole: Sink | None) -> Matrices:
    """What figures show beside the trace. whole: of all layers of the model, where there is one."""
    typed, now = matrices(steps(result.typed)), matrices(steps(result.now))
    return {
        "projected": np.concatenate([now["queries"], now["keys"], now["values"]], axis=1),
        "beside": result.beside[0, 0].float().numpy(),
        "delivered": result.delivery.shares.float().numpy(),
        "typed_output": typed["output"],
        "means": result.means.float().numpy(),
        **({} if whole is None else {"first_token": by_layer(whole, len(result.order))}),
    }


def by_layer(whole: Sink, n_tokens: int) -> Float[np.ndarray, "measures layers"]:
    """What the first token gets of the weights, what it delivers, and an even share, layer by layer."""
    return torch.stack([whole.weight, whole.shares, torch.full_like(whole.weight, 1 / n_tokens)]).numpy()


def shown(given: Head, settings: Settings, whole: Sink | None = None) -> Shown:
    """All that the figures show."""
    result = run(given.x, given.maps, settings)
    words = [given.words[place] for place in result.order]
    tensors = matrices(steps(result.now)) | beside(result, whole)
    tokens = {"queries": words, "keys": words, "typed": given.words}
    tokens |= {"orders": ORDERS, "measures": MEASURES}
    return Shown(tensors, tokens)


def complete(order: tuple[int, ...], n_tokens: int) -> tuple[int, ...]:
    """The order asked for, or the typed one if it is not an order of so many tokens."""
    return order if sorted(order) == list(range(n_tokens)) else tuple(range(n_tokens))


def moved(order: tuple[int, ...], start: int, goal: int) -> tuple[int, ...]:
    """The order after the token at one place was put to another."""
    rest = [token for place, token in enumerate(order) if place != start]
    return (*rest[:goal], order[start], *rest[goal:])


def places_to_swap(n_tokens: int) -> tuple[int, int, int]:
    """Two places to swap and a third to look at; needs three tokens."""
    return (2, 5, 3) if n_tokens >= 6 else (0, n_tokens - 1, 1)


def swapped(n_tokens: int) -> tuple[int, ...]:
    """The order in which those two have changed places."""
    first, second, _ = places_to_swap(n_tokens)
    order = list(range(n_tokens))
    order[first], order[second] = second, first
    return tuple(order)


def swap(x: Float[Tensor, "batch tokens d_model"], maps: Projections) -> tuple[float, float, float]:
    """Swap two tokens: how far that moves the output of the third place, and of the first token from its new place.

    Beside both, how far rounding alone may move an output.
    """
    first, second, third = places_to_swap(x.shape[1])
    result = run(x, maps, Settings(order=swapped(x.shape[1])))
    before, after = result.typed.attention.output, result.now.attention.output
    slack = rounding(result.typed.attention, result.typed.values)
    return largest(after[:, :, third] - before[:, :, third]), largest(after[:, :, second] - before[:, :, first]), slack


def formulas(settings: Settings) -> dict[str, str]:
    """The formulas under these settings, without a mask, in place of what the trace declares.

    kept is 0 for the token whose value is replaced and 1 for all others.
    """
    found = {"masked": "<scaled>"}
    if settings.temperature != 1:
        found["scaled"] = r"\frac{<scores>}{T\sqrt{d}}"
    if settings.zeroed is not None:
        found["values"] = r"[\text{kept}] \odot \left(<x>W_V + b_V\right)"
    return found


def attend_tokens(x: Tensor, maps: Projections, settings: Settings, zeroed: int | None) -> SelfAttentionTrace:
    """Self-attention of one head, with the value of one place replaced by zeros if asked."""
    query_rows, key_rows, value_rows = project_fused(x, maps) if settings.fused else project(x, x, maps)
    queries, keys, values = (split_heads(rows, 1) for rows in (query_rows, key_rows, value_rows))
    if zeroed is not None:
        values = torch.where(torch.arange(x.shape[1])[:, None] == zeroed, 0.0, values)
    scale = queries.shape[-1] ** -0.5 / settings.temperature
    return SelfAttentionTrace(x, queries, keys, values, attend(queries, keys, values, scale=scale))


def _compare(trace: SelfAttentionTrace, beside: Beside) -> Tensor:
    if beside == "transpose":
        return trace.attention.weights.mT
    centred = trace.x - trace.x.mean(-1, keepdim=True)
    return COSINE(centred[:, None], centred[:, None])
