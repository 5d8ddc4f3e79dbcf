"""One block: attention adds to each token what it read from others, then a small network adds what it makes of that."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import MultiHeadTrace
from core.attention.masks import Allowed
from core.trace import part, step, unshown
from core.transformer.experts import Experts, ExpertsTrace
from core.transformer.feed_forward import FeedForward, FeedForwardKind, FeedForwardTrace, GatedTrace
from core.transformer.norms import EPSILON, AnyNorm, NormKind, norm_of
from core.transformer.self_attention import InAttention, SelfAttention, Way

NormPlace = Literal["pre", "post"]
Part = Literal["attention", "skip", "MLP", "norm"]
PARTS: Final[tuple[Part, ...]] = ("attention", "skip", "MLP", "norm")
# a formula of all that a block does, in one, would be too long to read: letters for steps that stand in later ones
IN_A_BLOCK: Final = {
    "ff_out": "F",
    "resid_mid": r"Z_{\mathrm{mid}}",
    "mixed": "Y",
    "resid_post": r"Z_{\mathrm{out}}",
}


@dataclass(frozen=True)
class BlockTrace:
    """Every tensor of a block, in the order it was computed.

    A block that normalises first (pre-norm) has no sum that is normalised last, and one that normalises last (post-norm) none
    that is normalised first.
    """

    resid_pre: Float[Tensor, "batch tokens d_model"] = step(
        "Z", title="What comes in", source="vaswani2017", also="residual stream, hidden states"
    )
    normed: Float[Tensor, "batch tokens d_model"] = step(
        {
            "layer": r"\operatorname{LN}\left(<resid_pre>\right)",
            "rms": r"\operatorname{RMSNorm}\left(<resid_pre>\right)",
            "batch": r"\operatorname{BN}\left(<resid_pre>\right)",
        },
        title="Normalised",
        source="xiong2020",
        also="pre-norm",
        unless="resid_pre",
        by="norm",
    )
    attention: MultiHeadTrace = part()
    resid_mid: Float[Tensor, "batch tokens d_model"] = step(
        "<resid_pre> + <mixed>", title="Attention added", source="he2016"
    )
    normed_mid: Float[Tensor, "batch tokens d_model"] = step(
        {
            "layer": r"\operatorname{LN}(<resid_mid>)",
            "rms": r"\operatorname{RMSNorm}(<resid_mid>)",
            "batch": r"\operatorname{BN}(<resid_mid>)",
        },
        title="Normalised before the network",
        source="ba2016",
        by="norm",
    )
    feed_forward: FeedForwardTrace | GatedTrace | ExpertsTrace = part(ff_in="normed_mid")
    resid_sum: Float[Tensor, "batch tokens d_model"] = step(
        "<normed_mid> + <ff_out>", title="The network added", source="he2016", unless="resid_post"
    )
    resid_post: Float[Tensor, "batch tokens d_model"] = step(
        {
            "pre": "<resid_mid> + <ff_out>",
            "post, layer": r"\operatorname{LN}\left(<resid_sum>\right)",
            "post, rms": r"\operatorname{RMSNorm}\left(<resid_sum>\right)",
            "post, batch": r"\operatorname{BN}\left(<resid_sum>\right)",
        },
        title="What goes out",
        source="vaswani2017",
        by="ends",
    )
    norm_place: NormPlace = unshown()
    norm: AnyNorm = unshown()

    @property
    def ends(self) -> str:
        """What the last step is made by."""
        return "pre" if self.norm_place == "pre" else f"post, {self.norm}"


class Block(nn.Module):
    """Attention and a network for each token, each added to what came in, with a norm before it or behind the sum.

    d_ff            hidden units of the network, or of each expert.
    n_kv_heads      heads of keys and values; None = as many as of queries.
    norm_place      "pre": each half reads normalised tokens, and the stream itself is never touched (Xiong et al. 2020);
                    "post": the sum is normalised (Vaswani et al. 2017).
    feed_forward    the kind of the network, or of the experts.
    n_experts       how many of them, of which each token asks `n_active`; None = one network for all tokens.
    bias            whether numbers are added after the maps and by the norms. SwiGLU and a router never add any.
    positions       where attention knows places by itself: RoPE, ALiBi or T5. Sinusoids and tables are added before.
    epsilon         of the norms.
    drop_path_rate  in training, the share of the examples that pass a half of the block by (stochastic depth).
    dropout         in training, the share of the numbers that a half adds which are left out.
    Raises          ValueError for sizes that do not fit: see SelfAttention and Experts.
    Source          Vaswani et al. 2017, section 3.1.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        d_ff: int,
        n_kv_heads: int | None = None,
        norm_place: NormPlace = "pre",
        norm: NormKind = "layer",
        feed_forward: FeedForwardKind = "gelu",
        n_experts: int | None = None,
        n_active: int = 1,
        bias: bool = True,
        positions: InAttention | None = None,
        epsilon: float = EPSILON,
        drop_path_rate: float = 0.0,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.register_load_state_dict_pre_hook(_as_now)
        self.norm_place: NormPlace = norm_place
        self.norm: AnyNorm = norm
        self.drop_path_rate, self.dropout = drop_path_rate, dropout
        with_bias = bias and feed_forward != "swiglu"
        self.norm_attention = norm_of(norm, d_model, epsilon, bias)
        self.attention = SelfAttention(d_model, n_heads, n_kv_heads, bias, positions)
        self.norm_mlp = norm_of(norm, d_model, epsilon, bias)
        self.feed_forward = (
            FeedForward(d_model, d_ff, feed_forward, with_bias)
            if n_experts is None
            else Experts(d_model, d_ff, n_experts, n_active, feed_forward, with_bias)
        )

    def forward(
        self,
        x: Float[Tensor, "batch tokens d_model"],
        allowed: Allowed | None = None,
        *,
        without: Collection[Part] = (),
        way: Way | None = None,
    ) -> BlockTrace:
        """Take the tokens through the block.

        allowed   who may attend to whom; None = everybody to everybody.
        without   parts that are taken out, to see what they are for: then the formulas of the trace are those of the whole.
        way       what takes the place of attention, as in SelfAttention: then, too.
        """
        pre = self.norm_place == "pre"
        norm_attention, norm_mlp = (
            nn.Identity() if "norm" in without else norm for norm in (self.norm_attention, self.norm_mlp)
        )
        normed = norm_attention(x) if pre else x
        attention = self.attention(normed, allowed, way=way)
        resid_mid = x if "attention" in without else self._added(x, attention.mixed, without)
        normed_mid = norm_mlp(resid_mid) if pre else norm_attention(resid_mid)
        feed_forward = self.feed_forward(normed_mid)
        stream = resid_mid if pre else normed_mid
        resid_sum = stream if "MLP" in without else self._added(stream, feed_forward.ff_out, without)
        resid_post = resid_sum if pre else norm_mlp(resid_sum)
        return BlockTrace(
            x, normed, attention, resid_mid, normed_mid, feed_forward, resid_sum, resid_post, self.norm_place, self.norm
        )

    def _added(self, stream: Tensor, added: Tensor, without: Collection[Part]) -> Tensor:
        return self._some(added) if "skip" in without else stream + self._some(added)

    def _some(self, added: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        if self.dropout:
            added = nn.functional.dropout(added, self.dropout, self.training)
        if not self.training or not self.drop_path_rate:
            return added
        stays = torch.rand(len(added), 1, 1, device=added.device) >= self.drop_path_rate
        return added * stays / (1 - self.drop_path_rate)


def _as_now(block: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Weights that were kept when the two maps of the network lay in the block itself get the names that they have now."""
    for kept in [name for name in state if name.startswith((f"{prefix}expand.", f"{prefix}contract."))]:
        state[f"{prefix}feed_forward.{kept.removeprefix(prefix)}"] = state.pop(kept)
