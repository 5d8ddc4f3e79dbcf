"""Recurrence, convolution and attention: how far each hears, over how many steps, and for how much work."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.lessons.cost.bill import LENGTHS, stacked
from core.lessons.cost.learned import row
from core.lessons.shown import Matrices, Shown
from core.numerals import how_many, short
from core.trace import matrices, step, steps

DEPTHS: Final = tuple(range(1, 25))  # layers
KINDS: Final = ("RNN", "convolution", "dilated", "attention", "window")


@dataclass(frozen=True)
class Settings:
    """What the learner may change. Nobody sees later tokens: what is told is how the last token hears those before it.

    n_tokens    N; d_model: D; n_layers: L.
    kernel      places that a convolution sees at once, its own among them; window: keys before its own place.
    dilation    how many times as far apart each layer of a dilated convolution looks as the one before: no more than it has
                places, or tokens between them would be left out.
    """

    n_tokens: int = 1024
    d_model: int = 768
    n_layers: int = 6
    kernel: int = 3
    window: int = 8
    dilation: int = 2


@dataclass(frozen=True)
class PathsTrace:
    """How many tokens the last one has heard behind each layer, and the work of a layer by length."""

    recurrent: Float[Tensor, "batch one depths"] = step(
        "N",
        title="A recurrent layer hears",
        says="How many of {n_tokens:,} tokens the last one hears. Through {layers}, convolutions of {kernel} "
        "places hear {convolved:,}, dilated ones, each layer looking {dilation} times as far apart, {dilated:,}; attention "
        "and an RNN hear all in one.",
        source="vaswani2017",
    )
    convolved: Float[Tensor, "batch one depths"] = step(
        r"\operatorname{min}\left(N, \text{layers}\left(\text{kernel} - 1\right) + 1\right)",
        title="Convolutions hear",
        source="vaswani2017",
    )
    dilated: Float[Tensor, "batch one depths"] = step(
        r"\operatorname{min}\left(N, \frac{\left(\text{kernel} - 1\right)"
        r"\left(\text{dilation}^{\text{layers}} - 1\right)}{\text{dilation} - 1} + 1\right)",
        title="Dilated convolutions hear",
        source="yu2016",
        ours="in the paper each layer looks twice as far apart as the one before",
    )
    attended: Float[Tensor, "batch one depths"] = step("N", title="Attention hears", source="vaswani2017")
    windowed: Float[Tensor, "batch one depths"] = step(
        r"\operatorname{min}\left(N, \text{layers}\,w + 1\right)",
        title="Attention in a window hears",
        source="beltagy2020",
    )
    recurring: Float[Tensor, "batch one lengths"] = step(
        r"4\,N\,D^{2}",
        title="Work of a recurrent layer",
        says="Scores and mix of one layer of attention take {attention_work} operations, a recurrent layer {recurrent_work}: "
        "they take {compared}. The two lines cross where N is D = {d_model}. With its projections attention takes "
        "{whole_work}, more than a recurrent layer at any length.",
        source="vaswani2017",
        ours="a product and its sum are 2 operations",
    )
    convolving: Float[Tensor, "batch one lengths"] = step(
        r"2\,\text{kernel}\,N\,D^{2}", title="Work of a convolution, dilated or not", source="vaswani2017"
    )
    attending: Float[Tensor, "batch one lengths"] = step(
        r"4\,N^{2}\,D",
        title="Work of scores and mix",
        source="vaswani2017",
        ours="as in the paper, without the projections",
    )
    projecting: Float[Tensor, "batch one lengths"] = step(
        r"4\,N^{2}\,D + 8\,N\,D^{2}", title="Work of attention with its projections", source="vaswani2017"
    )
    near: Float[Tensor, "batch one lengths"] = step(
        r"4\,N\,\operatorname{min}\left(N, w + 1\right)D",
        title="Work of scores and mix in a window",
        source="beltagy2020",
    )


@dataclass(frozen=True)
class Kind:
    """One way of reading a text.

    heard     tokens that the last one has heard behind the last layer; path: layers or steps from the first token to the
              last, at least.
    waiting   steps of one layer that wait for each other; work: operations of one layer.
    """

    heard: int
    path: int
    waiting: int
    work: int


@dataclass(frozen=True, eq=False)
class Lesson:
    """The five, side by side."""

    settings: Settings
    trace: PathsTrace

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Each by its name."""
        at = self.settings
        heard, path, work = reach(at, at.n_layers), paths(at), works(at)
        return {name: Kind(heard[name], path[name], at.n_tokens if name == "RNN" else 1, work[name]) for name in KINDS}

    @property
    def layers(self) -> str:
        """How many there are, in words."""
        return how_many(self.settings.n_layers, "layer")

    @property
    def compared(self) -> str:
        """Whether attention or a recurrent layer takes less work here, in words."""
        own, other = self.kinds["attention"].work, self.kinds["RNN"].work
        if own == other:
            return "exactly as much, since N is D"
        return f"{'less' if own < other else 'more'}, since N is {'below' if own < other else 'above'} D"

    @property
    def attention_work(self) -> str:
        """Of one layer, in words."""
        return short(self.kinds["attention"].work)

    @property
    def whole_work(self) -> str:
        """Of one layer of attention with its projections, in words."""
        return short(with_projections(self.settings))

    @property
    def recurrent_work(self) -> str:
        """Of one layer, in words."""
        return short(self.kinds["RNN"].work)

    @property
    def convolved(self) -> int:
        """Tokens that convolutions hear."""
        return self.kinds["convolution"].heard

    @property
    def dilated(self) -> int:
        """Tokens that dilated convolutions hear."""
        return self.kinds["dilated"].heard

    @property
    def one_by_one(self) -> int:
        """Steps of an RNN from the first token to the last."""
        return self.kinds["RNN"].path

    @property
    def deep(self) -> int:
        """Layers of convolutions until the last token hears the first."""
        return self.kinds["convolution"].path

    @property
    def deep_dilated(self) -> int:
        """The same of dilated ones."""
        return self.kinds["dilated"].path


def run(settings: Settings) -> Lesson:
    """All five at these sizes."""
    return Lesson(settings, by_depth_and_length(settings))


def by_depth_and_length(settings: Settings) -> PathsTrace:
    """How far each hears, layer by layer, and how much it works, length by length."""
    heard = [reach(settings, layers) for layers in DEPTHS]
    worked = [works(replace(settings, n_tokens=length)) for length in LENGTHS]
    recurrent, convolved, dilated, attended, windowed = (row([each[kind] for each in heard]) for kind in KINDS)
    recurring, convolving, _, attending, near = (row([each[kind] for each in worked]) for kind in KINDS)
    projecting = row([with_projections(replace(settings, n_tokens=length)) for length in LENGTHS])
    return PathsTrace(
        recurrent, convolved, dilated, attended, windowed, recurring, convolving, attending, projecting, near
    )


def reach(at: Settings, n_layers: int) -> dict[str, int]:
    """How many tokens the last one has heard behind so many layers, its own among them."""
    far = {
        "RNN": at.n_tokens,
        "convolution": n_layers * (at.kernel - 1) + 1,
        "dilated": (at.kernel - 1) * apart(at.dilation, n_layers) + 1,
        "attention": at.n_tokens,
        "window": n_layers * at.window + 1,
    }
    return {kind: min(at.n_tokens, tokens) for kind, tokens in far.items()}


def apart(dilation: int, n_layers: int) -> int:
    """How far apart all layers of a dilated convolution look together: 1, and so many times as far with each one more."""
    return sum(dilation**layer for layer in range(n_layers))


def paths(at: Settings) -> dict[str, int]:
    """How many steps lead from the first token to the last, at least: places of an RNN, layers of all others."""
    distance = at.n_tokens - 1
    return {
        "RNN": distance,
        "convolution": -(-distance // (at.kernel - 1)),
        "dilated": next(
            layers for layers in range(distance + 1) if (at.kernel - 1) * apart(at.dilation, layers) >= distance
        ),
        "attention": 1,
        "window": -(-distance // at.window),
    }


def works(at: Settings) -> dict[str, int]:
    """The operations of one layer in matrix products."""
    n_tokens, d_model = at.n_tokens, at.d_model
    convolution = 2 * at.kernel * n_tokens * d_model**2
    return {
        "RNN": 4 * n_tokens * d_model**2,
        "convolution": convolution,
        "dilated": convolution,
        "attention": 4 * n_tokens**2 * d_model,
        "window": 4 * n_tokens * min(n_tokens, at.window + 1) * d_model,
    }


def with_projections(at: Settings) -> int:
    """The operations of one layer of attention with W_Q, W_K, W_V and W_O."""
    return works(at)["attention"] + 8 * at.n_tokens * at.d_model**2


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    trace, at = result.trace, result.settings
    by_length = [paths(replace(at, n_tokens=length)) for length in LENGTHS]
    return {
        "heard": stacked(trace.recurrent, trace.convolved, trace.dilated, trace.attended, trace.windowed),
        "work": stacked(trace.recurring, trace.convolving, trace.attending, trace.projecting, trace.near),
        "paths": torch.tensor([[each[kind] for each in by_length] for kind in KINDS]).float().numpy(),
    }


def axes() -> dict[str, list[str]]:
    """The words of all axes."""
    return {
        "queries": ["the last token"],
        "keys": ["all tokens"],
        "kinds": ["RNN", "CNN", "dilated", "attention", "window"],
        "working": ["RNN", "CNN", "scores, mix", "+ projections", "window"],
    }


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    return Shown(matrices(steps(result.trace)) | beside(result), axes())
