"""Models of the world by their sizes: from the configurations of transformers, their weights counted on empty tensors."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import torch
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PretrainedConfig,
    PreTrainedModel,
    ViTConfig,
    ViTModel,
)

from core.cost.sizes import Sizes

PARTS: Final = ("attention", "MLP", "tables", "norms and rest")
_PART: Final = (
    ("norms and rest", re.compile("norm|ln_|pooler", re.IGNORECASE)),
    ("tables", re.compile(r"embed|wte|wpe|lm_head|^shared\.")),
    ("attention", re.compile("att", re.IGNORECASE)),
    ("MLP", re.compile("mlp|intermediate|output|DenseReluDense")),
)


@dataclass(frozen=True)
class Known:
    """A model of the world.

    sizes     of its blocks, with as many tokens as it reads at most.
    writes    whether it writes token by token, so that it needs a cache.
    weights   how many numbers it learned, by part.
    """

    name: str
    sizes: Sizes
    writes: bool
    weights: dict[str, int]

    @property
    def total(self) -> int:
        """All numbers that it learned."""
        return sum(self.weights.values())


def configurations() -> dict[str, tuple[PretrainedConfig, type[PreTrainedModel]]]:
    """Of each model its configuration, and the class of the library that is built from it.

    What a configuration does not say by its defaults is an argument here, as it was published: MiniLM in its model card,
    GPT-3 in Brown et al. 2020 (table 2.1), Llama 3 8B in Grattafiori et al. 2024 (table 3).
    """
    minilm = BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
    llama = LlamaConfig(
        vocab_size=128_256, intermediate_size=14_336, num_key_value_heads=8, max_position_embeddings=8192
    )
    return {
        "MiniLM": (minilm, BertModel),
        "BERT": (BertConfig(), BertModel),
        "GPT-2": (GPT2Config(), GPT2LMHeadModel),
        "ViT-B": (ViTConfig(), ViTModel),
        "Llama 3 8B": (llama, LlamaForCausalLM),
        "GPT-3": (GPT2Config(n_positions=2048, n_embd=12_288, n_layer=96, n_head=96), GPT2LMHeadModel),
    }


def built(name: str) -> PreTrainedModel:
    """A model without numbers, by its configuration."""
    config, kind = configurations()[name]
    with torch.device("meta"):
        return kind(config)


@cache
def known() -> tuple[Known, ...]:
    """Six models, each built without numbers from its configuration."""
    return tuple(map(_of, configurations()))


def _of(name: str) -> Known:
    """A model by its configuration."""
    config, kind = configurations()[name]
    heads, d_model, model = config.num_attention_heads, config.hidden_size, built(name)
    # a ViT does not say how many it reads: it has a position for each
    n_tokens = (
        getattr(config, "max_position_embeddings", 0) or model.get_parameter("embeddings.position_embeddings").shape[1]
    )
    sizes = Sizes(
        n_tokens=n_tokens,
        d_model=d_model,
        n_heads=heads,
        n_kv_heads=getattr(config, "num_key_value_heads", heads),
        d_ff=getattr(config, "intermediate_size", None) or 4 * d_model,  # GPT-2 says nothing: four times D
        n_layers=config.num_hidden_layers,
        n_bytes=4,
        gated=isinstance(config, LlamaConfig),
    )
    weights = dict.fromkeys(PARTS, 0)
    for parameter, tensor in model.named_parameters():  # what is tied to another is told once
        weights[part_of(parameter)] += tensor.numel()
    return Known(name, sizes, kind.__name__.endswith(("LMHeadModel", "ForCausalLM")), weights)


def part_of(parameter: str) -> str:
    """To which part of a model a parameter belongs, by its name."""
    return next((part for part, pattern in _PART if pattern.search(parameter)), "norms and rest")
