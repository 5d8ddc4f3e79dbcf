"""One block: attention adds to each token what it read from others, then a small network adds what it makes of that."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import MultiHeadAttention, MultiHeadTrace
from core.attention.masks import Allowed
from core.trace import part, step


@dataclass(frozen=True)
class BlockTrace:
    """Every tensor of a block that normalises first, in the order it was computed."""

    resid_pre: Float[Tensor, "batch tokens d_model"] = step(
        "Z", title="What comes in", source="vaswani2017", also="residual stream, hidden states"
    )
    normed: Float[Tensor, "batch tokens d_model"] = step(
        r"\operatorname{LN}\left(<resid_pre>\right)", title="Normalised", source="xiong2020", also="pre-norm"
    )
    attention: MultiHeadTrace = part()
    resid_mid: Float[Tensor, "batch tokens d_model"] = step(
        "<resid_pre> + <mixed>", title="Attention added", source="he2016"
    )
    ff_post: Float[Tensor, "batch tokens d_ff"] = step(
        r"\operatorname{GELU}\left(\operatorname{LN}(<resid_mid>)W_1 + b_1\right)",
        title="Hidden layer",
        source="vaswani2017",
        ours="GELU in place of ReLU, over normalised tokens",
    )
    resid_post: Float[Tensor, "batch tokens d_model"] = step(
        "<resid_mid> + <ff_post>W_2 + b_2", title="What goes out", source="vaswani2017"
    )


class Block(nn.Module):
    """Attention and a two-layer network, each over normalised tokens and each added to what came in.

    drop_path_rate   in training, the share of the examples that pass a half of the block by (stochastic depth).
    Source   Vaswani et al. 2017, section 3.1, normalised first as in Xiong et al. 2020 and Dosovitskiy et al. 2021.
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int, drop_path_rate: float = 0.0):
        super().__init__()
        self.norm_attention = nn.LayerNorm(d_model)
        self.attention = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        self.norm_mlp = nn.LayerNorm(d_model)
        self.expand = nn.Linear(d_model, d_ff)
        self.contract = nn.Linear(d_ff, d_model)
        self.drop_path_rate = drop_path_rate

    def forward(self, x: Float[Tensor, "batch tokens d_model"], allowed: Allowed | None = None) -> BlockTrace:
        """Take the tokens through the block. allowed: who may attend to whom; None = everybody to everybody."""
        normed = self.norm_attention(x)
        attention = MultiHeadAttention.from_torch(self.attention)(normed, allowed)
        resid_mid = x + self._some(attention.mixed)
        ff_post = torch.nn.functional.gelu(self.expand(self.norm_mlp(resid_mid)))
        return BlockTrace(x, normed, attention, resid_mid, ff_post, resid_mid + self._some(self.contract(ff_post)))

    def _some(self, added: Float[Tensor, "batch tokens d_model"]) -> Float[Tensor, "batch tokens d_model"]:
        if not self.training or not self.drop_path_rate:
            return added
        stays = torch.rand(len(added), 1, 1, device=added.device) >= self.drop_path_rate
        return added * stays / (1 - self.drop_path_rate)
