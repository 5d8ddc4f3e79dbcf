"""Norms: the numbers of tokens are brought to one size, by each token alone or, of a batch, number by number."""

from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.trace import step

NormKind = Literal["layer", "rms"]
AnyNorm = Literal["layer", "rms", "batch"]  # also the one that no Transformer has
EPSILON: Final = 1e-5
# letters for what a norm takes out, which stands in its last formula
IN_A_NORM: Final = {"mean": r"\mu", "deviation": r"\sigma", "size": r"\text{RMS}"}


@dataclass(frozen=True)
class LayerNormTrace:
    """Every tensor of a LayerNorm, in the order it was computed."""

    entering: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="ba2016")
    mean: Float[Tensor, "batch tokens alone"] = step(
        r"\operatorname{mean}\left(<entering>\right)", title="Mean of each token", source="ba2016", also="μ"
    )
    deviation: Float[Tensor, "batch tokens alone"] = step(
        r"\sqrt{\operatorname{mean}\left(\left(<entering> - <mean>\right)^{2}\right) + \varepsilon}",
        title="Standard deviation of each token",
        source="ba2016",
        also="σ",
    )
    standard: Float[Tensor, "batch tokens d_model"] = step(
        r"\frac{<entering> - <mean>}{<deviation>}", title="Mean 0, deviation 1", source="ba2016"
    )
    scaled_norm: Float[Tensor, "batch tokens d_model"] = step(
        r"\gamma \odot <standard> + \beta", title="Scaled and shifted", source="ba2016"
    )


@dataclass(frozen=True)
class RMSNormTrace:
    """Every tensor of an RMSNorm, in the order it was computed: nothing is centred."""

    entering: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="zhang2019")
    size: Float[Tensor, "batch tokens alone"] = step(
        r"\sqrt{\operatorname{mean}\left(<entering>^{2}\right) + \varepsilon}",
        title="Root mean square of each token",
        source="zhang2019",
        also="RMS",
    )
    standard: Float[Tensor, "batch tokens d_model"] = step(
        r"\frac{<entering>}{<size>}", title="Root mean square 1", source="zhang2019"
    )
    scaled_norm: Float[Tensor, "batch tokens d_model"] = step(
        r"\gamma \odot <standard>", title="Scaled", source="zhang2019"
    )


@dataclass(frozen=True)
class BatchNormTrace:
    """Every tensor of a BatchNorm, in the order it was computed: each number has a mean over all tokens of the batch."""

    entering: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="ioffe2015")
    mean: Float[Tensor, "alone alone d_model"] = step(
        r"\operatorname{mean}\left([<entering>; X_{\mathrm{other}}]\right)",
        title="Mean of each number over the batch",
        source="ioffe2015",
    )
    deviation: Float[Tensor, "alone alone d_model"] = step(
        r"\sqrt{\operatorname{mean}\left(\left([<entering>; X_{\mathrm{other}}] - <mean>\right)^{2}\right) + \varepsilon}",
        title="Standard deviation of each number over the batch",
        source="ioffe2015",
    )
    standard: Float[Tensor, "batch tokens d_model"] = step(
        r"\frac{<entering> - <mean>}{<deviation>}", title="Mean 0, deviation 1 over the batch", source="ioffe2015"
    )
    scaled_norm: Float[Tensor, "batch tokens d_model"] = step(
        r"\gamma \odot <standard> + \beta", title="Scaled and shifted", source="ioffe2015"
    )


def layer_norm(
    x: Float[Tensor, "batch tokens d_model"],
    gain: Float[Tensor, "d_model"],
    shift: Float[Tensor, "d_model"] | None = None,
    epsilon: float = EPSILON,
) -> LayerNormTrace:
    """Give every token a mean of 0 and a deviation of 1 over its own numbers, then the learned gain and shift.

    The deviation is that of all its numbers (over D, not D - 1), and epsilon stands under its root.

    Source   Ba et al. 2016, section 3.
    """
    mean = x.mean(-1, keepdim=True)
    centred = x - mean
    deviation = (centred.square().mean(-1, keepdim=True) + epsilon).sqrt()
    standard = centred / deviation
    scaled_norm = standard * gain if shift is None else standard * gain + shift
    return LayerNormTrace(x, mean, deviation, standard, scaled_norm)


def rms_norm(
    x: Float[Tensor, "batch tokens d_model"], gain: Float[Tensor, "d_model"], epsilon: float = EPSILON
) -> RMSNormTrace:
    """Give every token a root mean square of 1 over its own numbers, then the learned gain: its mean stays in.

    Source   Zhang, Sennrich 2019, section 3.
    """
    size = (x.square().mean(-1, keepdim=True) + epsilon).sqrt()
    standard = x / size
    return RMSNormTrace(x, size, standard, standard * gain)


def batch_norm(
    x: Float[Tensor, "batch tokens d_model"],
    gain: Float[Tensor, "d_model"],
    shift: Float[Tensor, "d_model"],
    epsilon: float = EPSILON,
    beside: Float[Tensor, "batch others d_model"] | None = None,
) -> BatchNormTrace:
    """Give every number a mean of 0 and a deviation of 1 over all tokens of the batch, as batch normalisation does in training.

    beside   further tokens of the batch: they count, and only those of x are told.
    Source   Ioffe, Szegedy 2015, algorithm 1.
    """
    batch = x if beside is None else torch.cat([x, beside], dim=1)
    mean = batch.mean((0, 1), keepdim=True)
    deviation = ((batch - mean).square().mean((0, 1), keepdim=True) + epsilon).sqrt()
    standard = (x - mean) / deviation
    return BatchNormTrace(x, mean, deviation, standard, standard * gain + shift)


class LayerNorm(nn.Module):
    """`layer_norm` with a gain and a shift that are learned; the same numbers as `torch.nn.LayerNorm`.

    shifts   False leaves the shift out.
    """

    def __init__(self, d_model: int, epsilon: float = EPSILON, shifts: bool = True):
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if shifts else None

    def trace(self, x: Float[Tensor, "batch tokens d_model"]) -> LayerNormTrace:
        """Every tensor on the way."""
        return layer_norm(x, self.weight, self.bias, self.epsilon)

    def forward(self, x: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        """What comes out: the same by torch's own kernel, which a training is not kept waiting by."""
        return nn.functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


class RMSNorm(nn.Module):
    """`rms_norm` with a gain that is learned; the same numbers as `torch.nn.RMSNorm`."""

    def __init__(self, d_model: int, epsilon: float = EPSILON):
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(d_model))

    def trace(self, x: Float[Tensor, "batch tokens d_model"]) -> RMSNormTrace:
        """Every tensor on the way."""
        return rms_norm(x, self.weight, self.epsilon)

    def forward(self, x: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        """What comes out: the same by torch's own kernel."""
        return nn.functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


class BatchNorm(nn.Module):
    """`batch_norm` with a gain and a shift, where each row of tokens is a batch of its own with what stands beside it.

    beside   the further tokens of every such batch; None = no others.
    """

    beside: Float[Tensor, "1 others d_model"] | None = None

    def __init__(self, weight: nn.Parameter, bias: nn.Parameter | None, epsilon: float = EPSILON):
        super().__init__()
        self.epsilon, self.weight, self.bias = epsilon, weight, bias

    def trace(self, x: Float[Tensor, "1 tokens d_model"]) -> BatchNormTrace:
        """Every tensor on the way, of one row."""
        shift = torch.zeros_like(self.weight) if self.bias is None else self.bias
        return batch_norm(x, self.weight, shift, self.epsilon, self.beside)

    def forward(self, x: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        """What comes out."""
        return torch.cat([self.trace(row[None]).scaled_norm for row in x])


def norm_of(kind: NormKind, d_model: int, epsilon: float = EPSILON, bias: bool = True) -> LayerNorm | RMSNorm:
    """An untrained norm of this kind. bias: whether a LayerNorm shifts; an RMSNorm never does."""
    return LayerNorm(d_model, epsilon, bias) if kind == "layer" else RMSNorm(d_model, epsilon)
