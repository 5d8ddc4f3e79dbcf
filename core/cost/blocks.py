"""The blocks of three models of one width, built without numbers and counted part by part."""

from functools import cache
from typing import Final

import torch

from core.transformer.block import Block
from core.transformer.design import size
from core.transformer.encoder_decoder import DecoderBlock

PLANS: Final = ("BERT's block", "GPT's block", "2017's decoder")
PARTS: Final = ("attention", "cross-attention", "network", "norms", "all")
_HEAD_WIDTH: Final = 64


def of_block(block: Block) -> tuple[int, ...]:
    """How many numbers the parts of a block learn, in the order of PARTS."""
    crossing = [size(block.cross), size(block.norm_cross)] if isinstance(block, DecoderBlock) else [0, 0]
    norms = size(block.norm_attention) + size(block.norm_mlp) + crossing[1]
    parts = (size(block.attention), crossing[0], size(block.feed_forward), norms)
    return (*parts, sum(parts))


@cache
def counted(d_model: int) -> dict[str, tuple[int, ...]]:
    """The three blocks, built without numbers and counted. BERT's and GPT's are built by the same call: a mask has no size."""
    heads = max(1, d_model // _HEAD_WIDTH)
    with torch.device("meta"):
        bert, gpt = (Block(d_model, heads, d_ff=4 * d_model) for _ in "ab")
        full = DecoderBlock(d_model, heads, d_ff=4 * d_model)
    return {name: of_block(block) for name, block in zip(PLANS, (bert, gpt, full), strict=True)}
