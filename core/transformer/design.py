"""How a block is designed: what was chosen in 2017, what is chosen today, and what each choice costs."""

from dataclasses import dataclass, fields
from typing import Final, Literal

import torch
from torch import nn

from core.operations import operations
from core.transformer.block import Block, NormPlace
from core.transformer.experts import Experts
from core.transformer.feed_forward import FeedForwardKind
from core.transformer.norms import NormKind
from core.transformer.self_attention import IN_ATTENTION, InAttention

Network = Literal["ReLU", "GELU", "SwiGLU", "experts"]
Places = Literal["sinusoids", "learned", "RoPE", "ALiBi"]
KINDS: Final[dict[Network, FeedForwardKind]] = {
    "ReLU": "relu",
    "GELU": "gelu",
    "SwiGLU": "swiglu",
    "experts": "swiglu",
}
EXPERTS, ACTIVE = 8, 2  # where the network is experts, each of them as large as a SwiGLU network


@dataclass(frozen=True)
class Design:
    """Five choices.

    norm_place  before each half, or behind each sum.
    norm        "rms" comes without biases, in the norms as in the maps: so it is built today.
    network     what stands behind attention.
    places      how tokens are told where they stand.
    n_kv_heads  heads of keys and values.
    """

    norm_place: NormPlace = "post"
    norm: NormKind = "layer"
    network: Network = "ReLU"
    places: Places = "sinusoids"
    n_kv_heads: int = 4

    def unlike(self, other: "Design") -> frozenset[str]:
        """The choices that another one made otherwise, by their names here."""
        return frozenset(each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name))

    @property
    def in_attention(self) -> InAttention | None:
        """Positions that attention knows by itself."""
        return next((each for each in IN_ATTENTION if each == self.places), None)


HEADS: Final = 4
THEN: Final = Design()
NOW: Final = Design("pre", "rms", "SwiGLU", "RoPE", 1)


def hidden_width(network: Network, d_model: int) -> int:
    """Hidden numbers of a network: 4 D, or 8 D / 3 where three matrices are to be no larger than two."""
    return 4 * d_model if network in ("ReLU", "GELU") else max(1, round(8 * d_model / 3))


def build(design: Design, d_model: int, n_heads: int = HEADS) -> Block:
    """An untrained block. Raises ValueError for sizes that do not fit, as Block."""
    return Block(
        d_model,
        n_heads,
        d_ff=hidden_width(design.network, d_model),
        n_kv_heads=design.n_kv_heads,
        norm_place=design.norm_place,
        norm=design.norm,
        feed_forward=KINDS[design.network],
        n_experts=EXPERTS if design.network == "experts" else None,
        n_active=ACTIVE,
        bias=design.norm == "layer",
        positions=design.in_attention,
    )


@dataclass(frozen=True)
class Cost:
    """What a block costs, counted on a block that was built and on the products that it ran.

    attention, network, norms   parameters of each part.
    used        parameters that one token meets: of experts those that it asks.
    flops       of the matrix products for so many tokens; in_attention of them in attention.
    cached      numbers of keys and values that a writer keeps for each token.
    """

    attention: int
    network: int
    norms: int
    used: int
    flops: int
    in_attention: int
    cached: int

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.attention + self.network + self.norms


def counted(design: Design, d_model: int, n_tokens: int, n_heads: int = HEADS) -> Cost:
    """Build a block without memory for its numbers, and count. Raises ValueError as Block."""
    with torch.device("meta"):
        block = build(design, d_model, n_heads)
        tokens = torch.empty(1, n_tokens, d_model)
    attention, network = size(block.attention), size(block.feed_forward)
    # turning takes angles, which are no product of matrices: without places the products are the same
    block.attention.positions = None
    in_attention = operations(lambda: block.attention(tokens))
    if isinstance(block.feed_forward, Experts):
        expert, router = block.feed_forward.experts[0], block.feed_forward.router
        in_network = ACTIVE * operations(lambda: expert(tokens)) + operations(lambda: router(tokens))
        idle = (EXPERTS - ACTIVE) * size(expert)
    else:
        in_network, idle = operations(lambda: block.feed_forward(tokens)), 0
    norms = size(block.norm_attention) + size(block.norm_mlp)
    return Cost(
        attention,
        network,
        norms,
        attention + network + norms - idle,
        in_attention + in_network,
        in_attention,
        block.attention.cached_numbers,
    )


def size(module: nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(weights.numel() for weights in module.parameters())
