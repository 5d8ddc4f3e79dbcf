"""`attend` inside every Hugging Face model whose family lets a program bring its own attention.

    model = AutoModel.from_pretrained(name, attn_implementation=pretrained.IMPLEMENTATION)
    with pretrained.record() as layers:
        model(**inputs)
    layers[0].weights                     # (batch, heads, queries, keys)

Importing this module registers the attention, and with it the mask: without the mask function the library would hand
over no mask at all, and a causal model would silently look ahead.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from core.attention.attend import attend
from core.attention.scores import SCALED_DOT
from core.host import still_wanted
from core.models.recording import TENSORS, LayerRecord, RealTrace, Way, ablate, pass_on, record

__all__ = ["IMPLEMENTATION", "TENSORS", "LayerRecord", "RealTrace", "ablate", "record"]

IMPLEMENTATION = "attention_lab"


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    position_bias: Tensor | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, Tensor]:
    """The library's call, translated to `attend` and back.

    query            (batch, heads, queries, head_dim).
    key, value       (batch, groups of heads, keys, head_dim): the heads of a group share them.
    attention_mask   broadcasts to (batch, heads, queries, keys): True = may attend, or numbers to be added.
    position_bias    T5's preference for near tokens, softcap Gemma 2's, s_aux gpt-oss's sinks.
    Returns          output (batch, queries, heads, head_dim) and weights (batch, heads, queries, keys).
    Raises           ValueError in training mode with dropout, which `attend` does not have.
    """
    still_wanted()  # others may go first between two layers
    if dropout:
        raise ValueError(f"dropout of {dropout} would hide weights at random: call model.eval() before recording")
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
    allowed, bias = translate(attention_mask, query.dtype)
    if position_bias is not None:
        bias = position_bias if bias is None else position_bias + bias
    scale = SCALED_DOT.scale(query.shape[-1]) if scaling is None else scaling
    trace = attend(query, key, value, allowed, scale=scale, bias=bias, softcap=softcap, sinks=s_aux)
    output = pass_on(module, query, key, value, trace, Way(scale, softcap, bias, allowed, s_aux))
    return output.transpose(1, 2).contiguous(), trace.weights


def translate(mask: Tensor | None, dtype: torch.dtype) -> tuple[Tensor | None, Tensor | None]:
    """The library's mask as `allowed` (True = may attend) and as a bias to be added, each None where it says nothing.

    The library forbids by adding the smallest number there is. A row that is forbidden altogether, such as filling,
    gets this number everywhere and so equal weights; here such a row is allowed altogether and gets it as a bias.
    """
    if mask is None:
        return None, None
    if mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, torch.finfo(dtype).min)
    forbidden = mask <= torch.finfo(mask.dtype).min
    forbidden = forbidden & ~forbidden.all(dim=-1, keepdim=True)
    bias = mask.masked_fill(forbidden, 0)
    return (~forbidden if forbidden.any() else None), (bias if bias.any() else None)


AttentionInterface.register(IMPLEMENTATION, attention)
AttentionMaskInterface.register(IMPLEMENTATION, eager_mask)
