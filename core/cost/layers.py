"""One block of each family, built without numbers from the library's own configuration at one width, and counted by part."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import torch
from torch import nn
from transformers import (
    AutoModel,
    BertConfig,
    CLIPVisionConfig,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    T5Config,
    ViTConfig,
)

from core.cost.blocks import PARTS

_HEAD_WIDTH: Final = 64
_NORM: Final = re.compile("norm|ln_", re.IGNORECASE)
_CROSS: Final = re.compile("EncDecAttention|crossattention")
_ATTENTION: Final = re.compile("att", re.IGNORECASE)


@dataclass(frozen=True)
class Layer:
    """A block of a family. weights: how many numbers each of PARTS learns, all of them last."""

    name: str
    weights: tuple[int, ...]


@cache
def counted(d_model: int) -> tuple[Layer, ...]:
    """A block of each, all of one width; what their configurations say else stays as the library has it."""
    heads = max(1, d_model // _HEAD_WIDTH)
    bert: dict[str, Any] = {
        "hidden_size": d_model,
        "num_hidden_layers": 1,
        "num_attention_heads": heads,
        "intermediate_size": 4 * d_model,
    }
    gpt = GPT2Config(n_embd=d_model, n_layer=1, n_head=heads)
    t5 = T5Config(d_model=d_model, d_ff=4 * d_model, d_kv=d_model // heads, num_heads=heads, num_layers=1)
    gated: dict[str, Any] = bert | {"intermediate_size": 8 * d_model // 3}
    return (
        _of("BERT", BertConfig(**bert), "encoder.layer.0"),
        _of("GPT-2", gpt, "h.0"),
        _of("ViT", ViTConfig(**bert), "layers.0"),
        _of("CLIP for pictures", CLIPVisionConfig(**bert), "encoder.layers.0"),
        _of("T5, reads", t5, "encoder.block.0"),
        _of("T5, writes", t5, "decoder.block.0"),
        _of("Llama", LlamaConfig(**gated), "layers.0"),
    )


def _of(name: str, config: PretrainedConfig, where: str) -> Layer:
    with torch.device("meta"):
        model = AutoModel.from_config(config)
    return Layer(name, of_parts(model.get_submodule(where)))


def of_parts(block: nn.Module) -> tuple[int, ...]:
    """How many numbers its parts learn, in the order of PARTS."""
    counts = dict.fromkeys(PARTS, 0)
    for name, weight in block.named_parameters():
        counts[_part(name)] += weight.numel()
        counts["all"] += weight.numel()
    return tuple(counts.values())


def _part(name: str) -> str:
    if _NORM.search(name):
        return "norms"
    if _CROSS.search(name):
        return "cross-attention"
    # the table of distances in T5's first block is of its attention, too
    return "attention" if _ATTENTION.search(name.removesuffix(".weight")) else "network"
