"""The family tree: models of the world by their branch, each built without numbers from the library's configuration."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import torch
from transformers import (
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPModel,
    GPT2Config,
    GPT2LMHeadModel,
    PretrainedConfig,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTForImageClassification,
)

from core.cost.models import PARTS, part_of

__all__ = ["PARTS", "Member", "known"]
ENCODER: Final = "encoder"
DECODER: Final = "decoder"


@dataclass(frozen=True)
class Member:
    """A model of the tree. branch: what it is built of; weights: how many numbers it learned, by part."""

    name: str
    branch: str
    weights: dict[str, int]

    @property
    def total(self) -> int:
        """All numbers that it learned."""
        return sum(self.weights.values())


@cache
def known() -> tuple[Member, ...]:
    """The members. What a configuration does not say by its defaults is an argument here, as it was published.

    Of Sora nothing is published that could be counted.
    """
    large = BertConfig(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
    gpt3 = GPT2Config(n_positions=2048, n_embd=12_288, n_layer=96, n_head=96)
    vit = ViTConfig()
    vit.num_labels = 1000
    t5 = T5Config(d_model=768, d_ff=3072, num_layers=12, num_heads=12)
    return (
        _of("BERT-base", ENCODER, BertConfig(), BertModel),
        _of("BERT-large", ENCODER, large, BertModel),
        _of("ViT-B/16", ENCODER, vit, ViTForImageClassification),
        _of("CLIP ViT-B/32", "two encoders", CLIPConfig(), CLIPModel),
        _of("T5-base", "encoder and decoder", t5, T5ForConditionalGeneration),
        _of("GPT-2", DECODER, GPT2Config(), GPT2LMHeadModel),
        _of("GPT-3", DECODER, gpt3, GPT2LMHeadModel),
    )


def _of(name: str, branch: str, config: PretrainedConfig, kind: type[PreTrainedModel]) -> Member:
    with torch.device("meta"):
        model = kind(config)
    weights = dict.fromkeys(PARTS, 0)
    for parameter, tensor in model.named_parameters():  # what is tied to another is told once
        weights[part_of(parameter)] += tensor.numel()
    return Member(name, branch, weights)
