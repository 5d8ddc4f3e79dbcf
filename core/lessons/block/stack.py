"""All blocks of a model on the learner's tokens: as they are, and with parts taken out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.stream import coupling, drawn_direction, spread
from core.attention.masks import Allowed
from core.experiments.block import untrained
from core.transformer.block import Block, Part

AS_IT_IS: Final = "whole"
NO_SKIPS: Final = "−skip"
NO_MLPS: Final = "−MLP"
NO_NORMS: Final = "−norm"
ALONE: Final = "att."
ATTENTION_AND_SKIPS: Final = "att. + skip"
# short, since they are the names of lines: a minus for what is taken out
VARIANTS: Final[Mapping[str, tuple[Part, ...]]] = {
    AS_IT_IS: (),
    NO_SKIPS: ("skip",),
    NO_MLPS: ("MLP",),
    NO_NORMS: ("norm",),
    "−att.": ("attention",),
    ALONE: ("skip", "MLP", "norm"),
}
TOYS: Final[Mapping[str, tuple[Part, ...]]] = {
    ALONE: ("skip", "MLP", "norm"),
    "att. + MLP": ("skip", "norm"),
    ATTENTION_AND_SKIPS: ("MLP", "norm"),
    "all": (),
}


@dataclass(frozen=True, eq=False)
class Stack:
    """What becomes of the tokens, as the model is, and with the parts of each of VARIANTS taken out.

    hidden    before each block and behind the last; added: what attention and what the MLP of each block adds.
    spreads   how far tokens are from being all the same, by variant; ends: the last tokens.
    """

    hidden: Float[Tensor, "depth tokens d_model"]
    attention_added: Float[Tensor, "layers tokens d_model"]
    mlp_added: Float[Tensor, "layers tokens d_model"]
    spreads: Float[Tensor, "variants depth"]
    ends: Float[Tensor, "variants tokens d_model"]


@torch.inference_mode()
def through(
    blocks: Sequence[Block],
    x: Float[Tensor, "1 tokens d_model"],
    parts: tuple[Part, ...] = (),
    allowed: Allowed | None = None,
) -> Float[Tensor, "depth tokens d_model"]:
    """The tokens before each block and behind the last, with parts of every block taken out."""
    hidden = [x]
    for block in blocks:
        hidden.append(block(hidden[-1], allowed, without=parts).resid_post)
    return torch.cat(hidden)


@torch.inference_mode()
def stack_of(blocks: Sequence[Block], x: Float[Tensor, "1 tokens d_model"]) -> Stack:
    """All blocks on some tokens."""
    traces, here = [], x
    for block in blocks:
        traces.append(block(here))
        here = traces[-1].resid_post
    hidden = torch.cat([*(trace.resid_pre for trace in traces), here])
    every = [hidden, *(through(blocks, x, parts) for parts in VARIANTS.values() if parts)]
    return Stack(
        hidden,
        torch.cat([trace.attention.mixed for trace in traces]),
        torch.cat([trace.feed_forward.ff_out for trace in traces]),
        torch.stack([spread(each) for each in every]),
        torch.stack([each[-1] for each in every]),
    )


@dataclass(frozen=True, eq=False)
class Coupled:
    """How far each token (row) moves in a part of a block for each token that is pushed (column)."""

    norm: Float[Tensor, "tokens tokens"]
    mlp: Float[Tensor, "tokens tokens"]
    attention: Float[Tensor, "tokens tokens"]


def coupled(block: Block, x: Float[Tensor, "1 tokens d_model"], seed: int) -> Coupled:
    """The parts of a block, each on what enters it, pushed in a direction that is drawn from the seed."""
    with torch.inference_mode(False), torch.no_grad():
        x = x.clone()  # one that was made without a way back cannot be pushed
        trace = block(x)
        direction = drawn_direction(x.shape[-1], seed)
        normed, mlp_in = trace.normed, trace.normed_mid
        into_norm = x if block.norm_place == "pre" else trace.resid_mid
        parts: list[tuple[Callable[[Tensor], Tensor], Tensor]] = [
            (block.norm_attention, into_norm),
            (lambda tokens: block.feed_forward(tokens).ff_out, mlp_in),
            (lambda tokens: block.attention(tokens).mixed, normed),
        ]
        return Coupled(*(coupling(part, tokens, direction) for part, tokens in parts))


@lru_cache(maxsize=64)
def toy_spreads(seed: int) -> Float[Tensor, "toys toy_depth"]:
    """How far random tokens are from being all the same, layer by layer, with parts of every block taken out."""
    x, blocks = untrained(seed)
    return torch.stack([spread(through(blocks, x, parts)) for parts in TOYS.values()])
