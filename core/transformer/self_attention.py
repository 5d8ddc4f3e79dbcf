"""Self-attention with learned maps: heads that share keys and values, and places that turn, or are added to scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import AttentionTrace, MultiHeadTrace, Projections, attend, merge_heads, project, split_heads
from core.attention.masks import Allowed
from core.trace import step, unshown
from core.transformer.positions import BucketBias, alibi, rotate

# what heads bring, of the queries, keys and values of all of them
Way = Callable[[Tensor, Tensor, Tensor], AttentionTrace]
# keys and values of all heads, (batch, heads, keys, head_dim) each: what a cache keeps
KeysValues = tuple[Tensor, Tensor]
# sinusoids and learned tables are added once, before the first block, and are none of these
InAttention = Literal["RoPE", "ALiBi", "T5"]
IN_ATTENTION: Final[tuple[InAttention, ...]] = ("RoPE", "ALiBi", "T5")


@dataclass(frozen=True)
class PlacedTrace(MultiHeadTrace):
    """Multi-head attention whose queries and keys are turned by their places, or whose heads share keys and values."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        {
            "turned": r"\operatorname{turn}\left(\operatorname{split}\left(<projected>\right)\right)",
            "shared": r"\operatorname{split}\left(<projected>\right)",
            "turned, shared": r"\operatorname{turn}\left(\operatorname{split}\left(<projected>\right)\right)",
        },
        title="Queries, head by head",
        source="su2021",
        by="made",
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step(
        {
            "turned": r"\operatorname{turn}\left(\operatorname{split}\left(<x>W_K + b_K\right)\right)",
            "shared": r"\operatorname{share}\left(\operatorname{split}\left(<x>W_K + b_K\right)\right)",
            "turned, shared": r"\operatorname{share}\left(\operatorname{turn}\left(\operatorname{split}"
            r"\left(<x>W_K + b_K\right)\right)\right)",
        },
        title="Keys, head by head",
        source="ainslie2023",
        by="made",
    )
    values: Float[Tensor, "batch heads keys head_dim"] = step(
        {
            "turned": r"\operatorname{split}\left(<x>W_V + b_V\right)",
            "shared": r"\operatorname{share}\left(\operatorname{split}\left(<x>W_V + b_V\right)\right)",
            "turned, shared": r"\operatorname{share}\left(\operatorname{split}\left(<x>W_V + b_V\right)\right)",
        },
        title="Values, head by head",
        source="ainslie2023",
        by="made",
    )
    made: str = unshown()


class SelfAttention(nn.Module):
    """Multi-head self-attention whose weights are stored, and begin, as those of `torch.nn.MultiheadAttention`.

    n_kv_heads    heads of keys and values, each shared by equally many heads of queries; None = one for each.
    bias          whether numbers are added after each map.
    positions     one of IN_ATTENTION: queries and keys turn, or scores fall with the distance, or by learned buckets of it.
    Raises        ValueError where heads do not share the width, or heads of queries those of keys, evenly; or where an odd
                  number cannot turn in pairs.
    Source        Vaswani et al. 2017, section 3.2.2; Ainslie et al. 2023, section 2.2 (shared keys and values).
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_kv_heads: int | None = None,
        bias: bool = True,
        positions: InAttention | None = None,
    ):
        super().__init__()
        n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        if not n_heads > 0 or d_model % n_heads:
            raise ValueError(f"{d_model} numbers cannot be shared by {n_heads} heads: choose a divisor of {d_model}")
        if not n_kv_heads > 0 or n_heads % n_kv_heads:
            raise ValueError(
                f"{n_heads} heads of queries cannot share {n_kv_heads} heads of keys: choose a divisor of {n_heads}"
            )
        if positions is not None and positions not in IN_ATTENTION:
            raise ValueError(
                f"{positions} is nothing that attention does: add it before the first block, or choose one of "
                f"{', '.join(IN_ATTENTION)}"
            )
        if positions == "RoPE" and d_model // n_heads % 2:
            raise ValueError(f"{d_model // n_heads} numbers of a head do not make pairs that turn: choose other heads")
        self.n_heads, self.n_kv_heads, self.positions = n_heads, n_kv_heads, positions
        key_width = d_model // n_heads * n_kv_heads
        self.widths = (d_model, key_width, key_width)
        self.out_proj = nn.Linear(d_model, d_model, bias)
        self.in_proj_weight = nn.Parameter(torch.empty(sum(self.widths), d_model))
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.in_proj_bias = nn.Parameter(torch.zeros(sum(self.widths))) if bias else None
        if self.out_proj.bias is not None:
            nn.init.zeros_(self.out_proj.bias)
        self.buckets = BucketBias(n_heads) if positions == "T5" else None

    @property
    def maps(self) -> Projections:
        """The maps of queries, keys and values; biases of 0 where there are none."""
        weights = self.in_proj_weight.split(self.widths)
        biases = weights[0].new_zeros(sum(self.widths)) if self.in_proj_bias is None else self.in_proj_bias
        return Projections(*(weight.T for weight in weights), *biases.split(self.widths))

    @property
    def cached_numbers(self) -> int:
        """Numbers of keys and values that a writer keeps of each token."""
        return sum(self.widths[1:])

    def forward(
        self,
        x: Float[Tensor, "batch tokens d_model"],
        allowed: Allowed | None = None,
        *,
        way: Way | None = None,
        past: KeysValues | None = None,
    ) -> MultiHeadTrace:
        """Let the tokens attend to each other.

        allowed   who may attend to whom; None = everybody to everybody.
        way       what takes the place of attention, masks and scores that fall with the distance; None = attention.
        past      keys and values of the tokens before these, from the trace that they left: they are not made again.
        """
        n_tokens, turns, shares = x.shape[1], self.positions == "RoPE", self.n_heads // self.n_kv_heads
        projected, key_rows, value_rows = project(x, x, self.maps)
        queries = split_heads(projected, self.n_heads)
        keys, values = split_heads(key_rows, self.n_kv_heads), split_heads(value_rows, self.n_kv_heads)
        if turns:
            n_past = 0 if past is None else past[0].shape[-2]
            places = torch.arange(n_past, n_past + n_tokens, device=x.device)
            queries, keys = rotate(queries, places), rotate(keys, places)
        if shares > 1:
            keys, values = keys.repeat_interleave(shares, 1), values.repeat_interleave(shares, 1)
        if past is not None:
            keys, values = torch.cat([past[0], keys], dim=-2), torch.cat([past[1], values], dim=-2)
        if way is None:
            bias = self.distances(keys.shape[-2])
            attention = attend(queries, keys, values, allowed, bias=None if bias is None else bias[..., -n_tokens:, :])
        else:
            attention = way(queries, keys, values)
        merged = merge_heads(attention.output)
        found = (x, projected, queries, keys, values, attention, merged, self.out_proj(merged))
        made = ", ".join(word for word, really in (("turned", turns), ("shared", shares > 1)) if really)
        return PlacedTrace(*found, made) if made else MultiHeadTrace(*found)

    def distances(self, n_tokens: int) -> Float[Tensor, "1 heads queries keys"] | None:
        """What is added to the scores for how far apart two tokens stand; None where attention knows no places so."""
        if self.buckets is not None:
            return self.buckets(n_tokens, n_tokens)
        if self.positions == "ALiBi":
            return alibi(self.n_heads, n_tokens, n_tokens).to(self.in_proj_weight)
        return None
