"""Attention over token vectors: learned maps make queries, keys and values, then `attend` does the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention.attend import AttentionTrace, attend
from core.attention.heads import merge_heads, split_heads
from core.attention.masks import Allowed
from core.attention.scores import SCALED_DOT, Score
from core.trace import part, step


@dataclass(frozen=True)
class Projections:
    """The learned maps of one attention layer, or of one of its heads: x @ w + b makes queries, keys and values."""

    w_query: Float[Tensor, "d_model merged_dim"]
    w_key: Float[Tensor, "d_model key_width"]
    w_value: Float[Tensor, "d_model value_width"]
    b_query: Float[Tensor, "merged_dim"]
    b_key: Float[Tensor, "key_width"]
    b_value: Float[Tensor, "value_width"]

    @classmethod
    def without_bias(cls, w_query: Tensor, w_key: Tensor, w_value: Tensor) -> "Projections":
        """Three maps with biases of 0."""
        return cls(w_query, w_key, w_value, *(w.new_zeros(w.shape[1]) for w in (w_query, w_key, w_value)))

    @classmethod
    def from_linear(cls, query: torch.nn.Linear, key: torch.nn.Linear, value: torch.nn.Linear) -> "Projections":
        """The maps of a torch model, which stores each weight transposed."""
        layers = (query, key, value)
        return cls(*(layer.weight.T for layer in layers), *(layer.bias for layer in layers))

    @classmethod
    def random(cls, d_model: int, width: int, seed: int) -> "Projections":
        """Untrained maps drawn from a seed, without biases."""
        rng = torch.Generator().manual_seed(seed)
        return cls.without_bias(*(torch.randn(d_model, width, generator=rng) * d_model**-0.5 for _ in range(3)))

    def head(self, index: int, n_heads: int) -> "Projections":
        """The columns that belong to one head."""
        width = self.w_query.shape[1] // n_heads
        own = slice(index * width, (index + 1) * width)
        return Projections(
            self.w_query[:, own],
            self.w_key[:, own],
            self.w_value[:, own],
            self.b_query[own],
            self.b_key[own],
            self.b_value[own],
        )


@dataclass(frozen=True)
class SelfAttentionTrace:
    """Attention of a sequence to itself, from the token vectors on."""

    x: Float[Tensor, "batch tokens d_model"] = step(
        "X", title="The tokens as vectors", source="vaswani2017", also="hidden states, embeddings, residual stream"
    )
    queries: Float[Tensor, "batch heads queries head_dim"] = step("<x>W_Q + b_Q", title="Queries", source="vaswani2017")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("<x>W_K + b_K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step("<x>W_V + b_V", title="Values", source="vaswani2017")
    attention: AttentionTrace = part()


# what each of the rows of `project` becomes when it is split into heads
ROWS: Final = {"query_rows": "queries", "key_rows": "keys", "value_rows": "values"}


def project(
    x_queries: Float[Tensor, "batch queries d_model"], x_keys: Float[Tensor, "batch keys d_model"], maps: Projections
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries from one sequence, keys and values from the other, all heads side by side: (batch, tokens, merged_dim) each.

    In self-attention both are the same sequence.
    """
    query_rows = x_queries @ maps.w_query + maps.b_query
    key_rows = x_keys @ maps.w_key + maps.b_key
    value_rows = x_keys @ maps.w_value + maps.b_value
    return query_rows, key_rows, value_rows


def project_heads(
    x_queries: Float[Tensor, "batch queries d_model"],
    x_keys: Float[Tensor, "batch keys d_model"],
    maps: Projections,
    n_heads: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """The same, head by head: (batch, heads, tokens, head_dim) each."""
    query_rows, key_rows, value_rows = project(x_queries, x_keys, maps)
    queries, keys, values = (split_heads(rows, n_heads) for rows in (query_rows, key_rows, value_rows))
    return queries, keys, values


def self_attend(
    x: Float[Tensor, "batch tokens d_model"],
    maps: Projections,
    allowed: Allowed | None = None,
    *,
    n_heads: int = 1,
    score: Score = SCALED_DOT,
    scale: float | None = None,
) -> SelfAttentionTrace:
    """Let the tokens of x attend to each other: queries, keys and values all come from x."""
    queries, keys, values = project_heads(x, x, maps, n_heads)
    attention = attend(queries, keys, values, allowed, score=score, scale=scale)
    return SelfAttentionTrace(x, queries, keys, values, attention)


@dataclass(frozen=True)
class CrossAttentionTrace:
    """Attention of one sequence to another, from the token vectors of both on."""

    x_queries: Float[Tensor, "batch queries d_model"] = step(
        "X_Q", title="The tokens that ask", source="vaswani2017", also="target, decoder states"
    )
    x_keys: Float[Tensor, "batch keys d_model"] = step(
        "X_D", title="The tokens that are asked", source="vaswani2017", also="data, source, memory, encoder states"
    )
    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        "<x_queries>W_Q + b_Q", title="Queries", source="vaswani2017"
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step("<x_keys>W_K + b_K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step(
        "<x_keys>W_V + b_V", title="Values", source="vaswani2017"
    )
    attention: AttentionTrace = part()


def cross_attend(
    x_queries: Float[Tensor, "batch queries d_model"],
    x_keys: Float[Tensor, "batch keys d_model"],
    maps: Projections,
    allowed: Allowed | None = None,
    *,
    n_heads: int = 1,
    score: Score = SCALED_DOT,
    scale: float | None = None,
) -> CrossAttentionTrace:
    """Let the tokens of one sequence read another: queries come from the first, keys and values from the second."""
    queries, keys, values = project_heads(x_queries, x_keys, maps, n_heads)
    attention = attend(queries, keys, values, allowed, score=score, scale=scale)
    return CrossAttentionTrace(x_queries, x_keys, queries, keys, values, attention)


@dataclass(frozen=True)
class MultiHeadTrace:
    """Multi-head attention, from the token vectors to the mixture of all heads."""

    x: Float[Tensor, "batch tokens d_model"] = step("X", title="The tokens as vectors", source="vaswani2017")
    projected: Float[Tensor, "batch tokens merged_dim"] = step(
        "<x>W_Q + b_Q", title="All queries in one row", source="vaswani2017"
    )
    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        r"\operatorname{split}\left(<projected>\right)", title="Queries, head by head", source="vaswani2017"
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{split}\left(<x>W_K + b_K\right)", title="Keys, head by head", source="vaswani2017"
    )
    values: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{split}\left(<x>W_V + b_V\right)", title="Values, head by head", source="vaswani2017"
    )
    attention: AttentionTrace = part()
    merged: Float[Tensor, "batch tokens merged_dim"] = step(
        r"\operatorname{merge}\left(<output>\right)", title="Heads side by side", source="vaswani2017", also="concat"
    )
    mixed: Float[Tensor, "batch tokens d_model"] = step(
        r"<merged>\,W_O + b_O", title="Mixed by W_O", source="vaswani2017", also="attention output"
    )


@dataclass(frozen=True)
class MultiHeadAttention:
    """Several attentions side by side over learned maps, mixed by one more map.

    Agrees with `torch.nn.MultiheadAttention` when given its weights (`from_torch`).
    """

    maps: Projections
    w_output: Float[Tensor, "merged_dim d_model"]
    b_output: Float[Tensor, "d_model"]
    n_heads: int

    @classmethod
    def from_torch(cls, module: torch.nn.MultiheadAttention) -> "MultiHeadAttention":
        """The same weights as torch's own module, which stores them transposed and stacked."""
        maps = Projections(*module.in_proj_weight.T.chunk(3, dim=1), *module.in_proj_bias.chunk(3))
        return cls(maps, module.out_proj.weight.T, module.out_proj.bias, module.num_heads)

    @classmethod
    def random(cls, d_model: int, n_heads: int, seed: int) -> "MultiHeadAttention":
        """Untrained weights drawn from a seed, without biases."""
        rng = torch.Generator().manual_seed(seed)
        w_output = torch.randn(d_model, d_model, generator=rng) * d_model**-0.5
        return cls(Projections.random(d_model, d_model, seed + 1), w_output, torch.zeros(d_model), n_heads)

    def __call__(
        self,
        x: Float[Tensor, "batch tokens d_model"],
        allowed: Allowed | None = None,
        *,
        ablated: tuple[int, ...] = (),
    ) -> MultiHeadTrace:
        """Let the tokens of x attend to each other in every head. An ablated head delivers zeros to W_O."""
        return multi_head_attend(x, self, allowed, ablated=ablated)


def multi_head_attend(
    x: Float[Tensor, "batch tokens d_model"],
    layer: MultiHeadAttention,
    allowed: Allowed | None = None,
    *,
    ablated: tuple[int, ...] = (),
    split: Callable[[Tensor, int], Tensor] = split_heads,
    merge: Callable[[Tensor], Tensor] = merge_heads,
    mixing: bool = True,
) -> MultiHeadTrace:
    """Multi-head attention, with another split, another merge or without W_O where asked, to see what these are for."""
    projected, key_rows, value_rows = project(x, x, layer.maps)
    queries = split(projected, layer.n_heads)
    keys = split(key_rows, layer.n_heads)
    values = split(value_rows, layer.n_heads)
    attention = attend(queries, keys, values, allowed)
    merged = merge(ablate(attention.output, ablated))
    mixed = merged @ layer.w_output + layer.b_output if mixing else merged
    return MultiHeadTrace(x, projected, queries, keys, values, attention, merged, mixed)


def ablate(
    head_outputs: Float[Tensor, "batch heads tokens head_dim"], ablated: tuple[int, ...]
) -> Float[Tensor, "batch heads tokens head_dim"]:
    """Zeros in place of what the ablated heads deliver."""
    heard = torch.ones(head_outputs.shape[1], dtype=head_outputs.dtype, device=head_outputs.device)
    heard[list(ablated)] = 0
    return head_outputs * heard[:, None, None]
