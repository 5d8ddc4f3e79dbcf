"""The bill counted in place of computed: torch counts the operations of a block that runs on tensors without numbers."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import AttentionTrace, attend
from core.cost.sizes import Sizes
from core.operations import Products, operations
from core.transformer.block import Block

SHAPE: Final = "meta"  # a device on which a tensor has a shape and no numbers: any size costs nothing
KEPT: Final = 256  # counts: a block is counted once for its sizes, though sliders of other things move
PRECISIONS: Final = {2: torch.float16, 4: torch.float32}  # by the bytes of a number


def built(sizes: Sizes) -> Block:
    """A block of these sizes without numbers, in their precision."""
    with torch.device(SHAPE):
        made = Block(
            sizes.d_model,
            sizes.n_heads,
            d_ff=sizes.d_ff,
            n_kv_heads=sizes.n_kv_heads,
            feed_forward="swiglu" if sizes.gated else "gelu",
        )
    return made.to(PRECISIONS[sizes.n_bytes])


def block(sizes: Sizes) -> dict[str, int]:
    """The operations of one block by part, under the names of `Sizes.parts`, counted while the block runs."""
    return dict(_counted(replace(sizes, n_layers=1)))


@lru_cache(maxsize=KEPT)
def _counted(sizes: Sizes) -> dict[str, int]:
    made, x = built(sizes), tokens(sizes)
    mixing = 0

    def way(queries: Tensor, keys: Tensor, values: Tensor) -> AttentionTrace:
        nonlocal mixing
        before = counter.operations
        trace = attend(queries, keys, values)
        mixing = counter.operations - before
        return trace

    with torch.no_grad(), Products() as counter:
        made(x, way=way)
    network = operations(lambda: made.feed_forward(x))
    return {
        "projections": counter.operations - mixing - network,
        "scores and mix": mixing,
        "MLP": network,
    }


@lru_cache(maxsize=KEPT)
def weights_bytes(sizes: Sizes) -> int:
    """The bytes of the weights that the attention of a block leaves, of the tensor itself."""
    with torch.no_grad():
        return built(sizes).attention(tokens(sizes)).attention.weights.nbytes


def tokens(sizes: Sizes) -> Float[Tensor, "batch tokens d_model"]:
    """What enters such a block, without numbers."""
    return torch.empty(sizes.batch, sizes.n_tokens, sizes.d_model, device=SHAPE, dtype=PRECISIONS[sizes.n_bytes])
