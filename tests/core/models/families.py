"""Tiny models with random weights, one for each family, and inputs of distinct sizes for them."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel, PreTrainedModel

from tests.core.shapes import normal

BATCH, HEADS, LAYERS, TOKENS, TARGET_TOKENS, VOCABULARY = 2, 3, 2, 7, 5, 101
WIDTH = HEADS * 4  # rotary families turn pairs of numbers, so that the width of a head is even

TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 17,
    "max_position_embeddings": 37,
    "pad_token_id": 1,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
LLAMA = TEXT | {"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 4}
# the library multiplies experts in blocks of 16 bytes
EXPERTS = LLAMA | {"num_local_experts": 2, "num_experts": 2, "num_experts_per_tok": 1, "intermediate_size": 20}
SEQ2SEQ = {
    "vocab_size": VOCABULARY,
    "d_model": WIDTH,
    "encoder_layers": LAYERS,
    "decoder_layers": LAYERS,
    "encoder_attention_heads": HEADS,
    "decoder_attention_heads": HEADS,
    "encoder_ffn_dim": 17,
    "decoder_ffn_dim": 19,
    "max_position_embeddings": 37,
    "pad_token_id": 1,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "decoder_start_token_id": 1,
}
IMAGE = {
    "image_size": 12,
    "patch_size": 4,
    "num_channels": 3,
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 17,
}
SWIN = {"image_size": 12, "patch_size": 1, "embed_dim": 6, "depths": [2, 2], "num_heads": [3, 3], "window_size": 3}


@dataclass(frozen=True)
class Family:
    """How to make a tiny model of one family, and what it reads."""

    name: str
    model_type: str
    settings: dict[str, Any]
    reads: str = "text"
    nested: dict[str, Any] = field(default_factory=dict)

    def model(self) -> PreTrainedModel:
        """A model with the library's own attention and weights large enough to make attention uneven."""
        config = AutoConfig.for_model(self.model_type, **self.settings, **self.nested)
        torch.manual_seed(11)
        model = AutoModel.from_config(config, attn_implementation="eager").eval().requires_grad_(False)
        for index, parameter in enumerate(model.parameters()):
            parameter += 0.3 * normal(*parameter.shape or (1,), seed=index).reshape(parameter.shape)
        return model

    def inputs(self, padding: str) -> dict[str, Tensor]:
        """Inputs of `BATCH` sequences or pictures; of the second text three tokens are filling, left or right."""
        return READS[self.reads](padding)

    @property
    def paddings(self) -> tuple[str, ...]:
        """The kinds of filling that make sense."""
        return ("none", "right", "left") if self.reads in ("text", "pair", "both") else ("none",)


def text(padding: str) -> dict[str, Tensor]:
    ids = torch.randint(4, VOCABULARY, (BATCH, TOKENS), generator=torch.Generator().manual_seed(5))
    if padding == "none":
        return {"input_ids": ids}
    mask = torch.ones_like(ids)
    mask[1, slice(-3, None) if padding == "right" else slice(0, 3)] = 0
    return {"input_ids": ids.masked_fill(mask == 0, 1), "attention_mask": mask}


def target() -> dict[str, Tensor]:
    ids = torch.randint(4, VOCABULARY, (BATCH, TARGET_TOKENS), generator=torch.Generator().manual_seed(6))
    return {"decoder_input_ids": ids}


def image(_: str) -> dict[str, Tensor]:
    return {"pixel_values": normal(BATCH, 3, 12, 12, seed=7)}


READS = {
    "text": text,
    "pair": lambda padding: text(padding) | target(),
    "image": image,
    "both": lambda padding: text(padding) | image(padding),
    "spectrum": lambda _: {"input_features": normal(BATCH, 11, 26, seed=8)} | target(),
    "wave": lambda _: {"input_values": normal(BATCH, 401, seed=9)},
}

VISION_TOWER = {"vision_config": IMAGE, "projection_dim": 5}
WAVE = {"conv_dim": [7, 5], "conv_stride": [5, 4], "conv_kernel": [10, 5], "num_feat_extract_layers": 2}

FAMILIES = [
    *(Family(name, name, TEXT) for name in ("bert", "roberta", "camembert", "xlm-roberta", "gpt_neox")),
    Family("electra", "electra", TEXT | {"embedding_size": 5}),
    Family("albert", "albert", TEXT | {"embedding_size": 5}),
    Family("modernbert", "modernbert", TEXT | {"local_attention": 4, "global_attn_every_n_layers": 2}),
    Family("distilbert", "distilbert", {"vocab_size": VOCABULARY, "dim": WIDTH, "n_layers": LAYERS, "n_heads": HEADS}),
    Family("gpt2", "gpt2", {"vocab_size": VOCABULARY, "n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS}),
    Family("opt", "opt", TEXT | {"ffn_dim": 17, "word_embed_proj_dim": WIDTH}),
    Family("phi", "phi", TEXT | {"partial_rotary_factor": 0.5}),
    *(Family(name, name, LLAMA) for name in ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma3_text")),
    Family("gemma2", "gemma2", LLAMA | {"attn_logit_softcapping": 2.0, "query_pre_attn_scalar": 5}),
    Family("mistral, window", "mistral", LLAMA | {"sliding_window": 3}),
    Family("gemma3, window", "gemma3_text", LLAMA | {"sliding_window": 3, "layer_types": ["sliding_attention"] * 2}),
    Family("gpt_oss", "gpt_oss", EXPERTS | {"sliding_window": 3}),
    Family("mixtral", "mixtral", EXPERTS),
    Family("olmoe", "olmoe", EXPERTS | {"hidden_size": 24}),
    Family(
        "t5",
        "t5",
        {"vocab_size": VOCABULARY, "d_model": WIDTH, "d_kv": 5, "d_ff": 17, "num_layers": LAYERS, "num_heads": HEADS},
        "pair",
    ),
    *(Family(name, name, SEQ2SEQ, "pair") for name in ("marian", "bart", "m2m_100", "mbart", "pegasus")),
    Family("whisper", "whisper", SEQ2SEQ | {"num_mel_bins": 11, "max_source_positions": 13}, "spectrum"),
    *(Family(name, name, IMAGE, "image") for name in ("vit", "deit", "dinov2", "dinov3_vit", "ijepa")),
    Family("beit", "beit", IMAGE | {"use_relative_position_bias": True}, "image"),
    Family("swin", "swin", SWIN, "image"),
    Family("siglip", "siglip", {"text_config": TEXT, "vision_config": IMAGE}, "both"),
    Family("clip", "clip", {"text_config": TEXT, **VISION_TOWER}, "both"),
    Family(
        "wav2vec2", "wav2vec2", TEXT | WAVE | {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}, "wave"
    ),
]
