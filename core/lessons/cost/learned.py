"""What the blocks of a stack have learned, by their width, beside models of the world."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.cost.sizes import Sizes
from core.trace import step

WIDTHS: Final = (64, 128, 256, 384, 512, 768, 1024, 2048, 4096, 8192, 12288)  # numbers of a token
LINES: Final = ("attention", "MLP", "both")


@dataclass(frozen=True)
class LearnedTrace:
    """The weights of all blocks by the width of a token."""

    of_attention: Float[Tensor, "batch one widths"] = step(
        r"2\,\text{layers}\,D\left(D+D_{kv}\right)",
        title="Weights of attention",
        says="Your {layers_have} {parameters} weights, {parameter_bytes}, however long a text is and however many are read at "
        "once: {in_attention} in attention, {in_mlp} in the MLPs. Twice as wide they are {wider:.1f} times as many, twice as "
        "deep twice. Marks are all that a model learned, its tables of words, too.",
        source="vaswani2017",
        ours="without biases and norms, which grow with D and not with its square",
    )
    of_mlp: Float[Tensor, "batch one widths"] = step(
        r"\text{matrices}\,\text{layers}\,D\,D_{ff}", title="Weights of the MLPs", source="vaswani2017"
    )
    of_both: Float[Tensor, "batch one widths"] = step(
        "<of_attention> + <of_mlp>", title="Weights of all blocks", source="vaswani2017"
    )


def widths(sizes: Sizes) -> tuple[int, ...]:
    """WIDTHS, each as far on as its heads share it evenly: fewer heads would bend the line."""
    return tuple(-(-width // sizes.n_heads) * sizes.n_heads for width in WIDTHS)


def by_width(sizes: Sizes) -> LearnedTrace:
    """The weights of such a stack at every width that its heads share."""
    at = [sizes.at_width(width) for width in widths(sizes)]
    of_attention = row([each.attention_weights for each in at])
    of_mlp = row([each.mlp_weights for each in at])
    of_both = of_attention + of_mlp
    return LearnedTrace(of_attention, of_mlp, of_both)


def row(numbers: list[int]) -> Float[Tensor, "batch one places"]:
    """A number for every place of a line."""
    return torch.tensor(numbers, dtype=torch.float64)[None, None]
