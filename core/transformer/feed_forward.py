"""The network behind attention: the same for every token, and for each token alone."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from core.trace import step, unshown

FeedForwardKind = Literal["relu", "gelu", "swiglu"]


@dataclass(frozen=True)
class FeedForwardTrace:
    """Every tensor of a network of two maps with a bend between them, in the order it was computed."""

    ff_in: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="vaswani2017")
    ff_pre: Float[Tensor, "batch tokens d_ff"] = step(
        {"with": "<ff_in>W_1 + b_1", "without": "<ff_in>W_1"},
        title="Widened",
        source="vaswani2017",
        also="pre-activations",
        by="biases",
    )
    ff_post: Float[Tensor, "batch tokens d_ff"] = step(
        {
            "gelu": r"\operatorname{GELU}\left(<ff_pre>\right)",
            "relu": r"\operatorname{ReLU}\left(<ff_pre>\right)",
        },
        title="Hidden layer",
        source="vaswani2017",
        ours={"gelu": "GELU in place of ReLU, over normalised tokens", "relu": ""},
        by="feed_forward",
    )
    ff_out: Float[Tensor, "batch tokens d_model"] = step(
        {"with": "<ff_post>W_2 + b_2", "without": "<ff_post>W_2"},
        title="What the network adds",
        source="vaswani2017",
        also="MLP output",
        by="biases",
    )
    feed_forward: FeedForwardKind = unshown()
    biases: Literal["with", "without"] = unshown()


@dataclass(frozen=True)
class GatedTrace:
    """Every tensor of a network whose hidden numbers are products: one map's, let through by another's."""

    ff_in: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="shazeer2020")
    ff_pre: Float[Tensor, "batch tokens d_ff"] = step(
        {"with": "<ff_in>W_1 + b_1", "without": "<ff_in>W_1"},
        title="The gate, before its bend",
        source="shazeer2020",
        by="biases",
    )
    ff_up: Float[Tensor, "batch tokens d_ff"] = step(
        {"with": "<ff_in>W_3 + b_3", "without": "<ff_in>W_3"},
        title="What is let through",
        source="shazeer2020",
        also="XV in the paper",
        by="biases",
    )
    ff_post: Float[Tensor, "batch tokens d_ff"] = step(
        r"\operatorname{SiLU}\left(<ff_pre>\right) \odot <ff_up>", title="Hidden layer", source="shazeer2020"
    )
    ff_out: Float[Tensor, "batch tokens d_model"] = step(
        {"with": "<ff_post>W_2 + b_2", "without": "<ff_post>W_2"},
        title="What the network adds",
        source="shazeer2020",
        also="MLP output",
        by="biases",
    )
    biases: Literal["with", "without"] = unshown()


class FeedForward(nn.Module):
    """Widen each token, bend, narrow it again. With "swiglu" a third map is let through by the bent one.

    bias     whether numbers are added after each map; None = with ReLU and GELU, as in their papers.
    Source   Vaswani et al. 2017, section 3.3, eq. 2; Shazeer 2020, section 2, eq. 6.
    """

    def __init__(self, d_model: int, d_ff: int, kind: FeedForwardKind = "gelu", bias: bool | None = None):
        super().__init__()
        bias = kind != "swiglu" if bias is None else bias
        self.kind: FeedForwardKind = kind
        self.expand = nn.Linear(d_model, d_ff, bias)
        self.contract = nn.Linear(d_ff, d_model, bias)
        self.up = nn.Linear(d_model, d_ff, bias) if kind == "swiglu" else None

    def forward(self, x: Float[Tensor, "batch tokens d_model"]) -> FeedForwardTrace | GatedTrace:
        """Take every token through the network."""
        biases = "without" if self.expand.bias is None else "with"
        ff_pre = self.expand(x)
        if self.up is not None:
            up = self.up(x)
            let_through = nn.functional.silu(ff_pre) * up
            return GatedTrace(x, ff_pre, up, let_through, self.contract(let_through), biases)
        ff_post = nn.functional.gelu(ff_pre) if self.kind == "gelu" else ff_pre.relu()
        return FeedForwardTrace(x, ff_pre, ff_post, self.contract(ff_post), self.kind, biases)
