"""Experts: several networks in place of one, and a router that sends each token to a few of them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.trace import step
from core.transformer.feed_forward import FeedForward, FeedForwardKind


@dataclass(frozen=True)
class ExpertsTrace:
    """Every tensor on the way through routed experts, in the order it was computed."""

    ff_in: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="shazeer2017")
    routed: Float[Tensor, "batch tokens experts"] = step(
        r"\operatorname{softmax}\left(<ff_in>W_R\right)",
        title="The router's probabilities",
        source="shazeer2017",
        ours="without the paper's noise",
    )
    gates: Float[Tensor, "batch tokens experts"] = step(
        r"\operatorname{top}\left(<routed>\right)", title="Who is asked, and how much counts", source="shazeer2017"
    )
    ff_out: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{sum}\left(<gates> \odot \operatorname{experts}\left(<ff_in>\right)\right)",
        title="What the experts add",
        source="shazeer2017",
    )

    @property
    def load(self) -> Float[Tensor, "experts"]:
        """The share of all choices that fell on each expert; together 1."""
        chosen = (self.gates > 0).flatten(0, 1).float()
        return chosen.sum(0) / chosen.sum()

    @property
    def balance_loss(self) -> Float[Tensor, ""]:
        """The share that each expert gets, times the mean probability that the router gives it, summed; times their number.

        1 where all get equally much, whatever the router's probabilities; above 1 where those that get more are the likelier
        ones, up to the number of experts where one gets all. Only the probabilities have a gradient: following it makes
        those less likely that get more.

        Source   Fedus et al. 2022, section 2.2, eq. 4.
        """
        return len(self.load) * (self.load.detach() * self.routed.flatten(0, 1).mean(0)).sum()


class Experts(nn.Module):
    """So many networks, of which each token asks the `n_active` ones that the router finds likeliest.

    Their probabilities, brought to a sum of 1, say how much each counts. Of a single one the probability itself counts, since
    otherwise the router would not learn.

    Raises   ValueError where more are to be asked than there are, or none.
    Source   Shazeer et al. 2017, section 2.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        n_experts: int,
        n_active: int,
        kind: FeedForwardKind = "gelu",
        bias: bool | None = None,
    ):
        super().__init__()
        if not 1 <= n_active <= n_experts:
            raise ValueError(f"{n_active} of {n_experts} experts cannot be asked: choose 1 to {n_experts}")
        self.n_active = n_active
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(d_model, d_ff, kind, bias) for _ in range(n_experts))

    def forward(self, x: Float[Tensor, "batch tokens d_model"]) -> ExpertsTrace:
        """Send every token to its experts. An expert reads those tokens alone that ask it."""
        routed = self.router(x).softmax(-1)
        gates = self.top(routed)
        rows, shares = x.flatten(0, 1)[None], gates.flatten(0, 1)
        ff_out = torch.zeros_like(rows[0])
        for number, expert in enumerate(self.experts):
            asking = shares[:, number].nonzero()[:, 0]
            said = expert(rows[:, asking]).ff_out[0]
            ff_out = ff_out.index_add(0, asking, shares[asking, number, None] * said)
        return ExpertsTrace(x, routed, gates, ff_out.reshape(x.shape))

    def top(self, routed: Float[Tensor, "batch tokens experts"]) -> Float[Tensor, "batch tokens experts"]:
        """The largest probabilities of each token, brought to a sum of 1 where there are several, and 0 for all others."""
        largest, which = routed.topk(self.n_active, dim=-1)
        shares = largest / largest.sum(-1, keepdim=True) if self.n_active > 1 else largest
        return torch.zeros_like(routed).scatter(-1, which, shares)
