"""The bill counted in place of computed: torch counts the operations of a block that runs on tensors without numbers."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.attention import attend, merge_heads, split_heads
from core.cost.sizes import Sizes

SHAPE: Final = "meta"  # a device on which a tensor has a shape and no numbers: any size costs nothing


def operations(run: Callable[[], Any]) -> int:
    """How many operations torch counts in the matrix products of a run: a product and a sum are two."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def block(sizes: Sizes) -> dict[str, int]:
    """The operations of one block by part, under the names of `Sizes.parts`, counted while the block runs."""

    def empty(*shape: int) -> Tensor:
        return torch.empty(*shape, device=SHAPE)

    d_model, d_kv, d_ff = sizes.d_model, sizes.d_kv, sizes.d_ff
    x = empty(sizes.batch, sizes.n_tokens, d_model)
    w_query, w_key, w_value, w_output = (empty(d_model, width) for width in (d_model, d_kv, d_kv, d_model))
    into = [empty(d_model, d_ff) for _ in range(sizes.n_matrices - 1)]
    out_of = empty(d_ff, d_model)
    groups = sizes.n_heads // sizes.n_kv_heads
    queries = split_heads(x @ w_query, sizes.n_heads)
    keys, values = (split_heads(x @ w, sizes.n_kv_heads).repeat_interleave(groups, 1) for w in (w_key, w_value))
    merged = merge_heads(queries)  # as wide as what heads bring

    def network() -> Tensor:
        hidden = [x @ w for w in into]
        return (hidden[0] if len(hidden) == 1 else hidden[0] * hidden[1]) @ out_of

    return {
        "projections": operations(lambda: (x @ w_query, x @ w_key, x @ w_value, merged @ w_output)),
        "scores and mix": operations(lambda: attend(queries, keys, values)),
        "MLP": operations(network),
    }


def weights_bytes(sizes: Sizes) -> int:
    """The bytes of the attention weights that `attend` leaves, of the tensor itself."""
    precision = {2: torch.float16, 4: torch.float32}[sizes.n_bytes]
    shape = (sizes.batch, sizes.n_heads, sizes.n_tokens, sizes.head_dim)
    queries, keys, values = (torch.empty(shape, device=SHAPE, dtype=precision) for _ in range(3))
    return attend(queries, keys, values).weights.nbytes
