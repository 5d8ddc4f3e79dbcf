"""Queries, keys and values by one product in place of three."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import Projections


def project_fused(x: Float[Tensor, "batch tokens d_model"], maps: Projections) -> tuple[Tensor, Tensor, Tensor]:
    """What `core.attention.project` makes of one sequence, by one product with the three maps side by side."""
    widths = [maps.w_query.shape[1], maps.w_key.shape[1], maps.w_value.shape[1]]
    w_fused = torch.cat([maps.w_query, maps.w_key, maps.w_value], dim=1)
    b_fused = torch.cat([maps.b_query, maps.b_key, maps.b_value])
    projected = x @ w_fused + b_fused
    query_rows, key_rows, value_rows = projected.split(widths, dim=-1)
    return query_rows, key_rows, value_rows
