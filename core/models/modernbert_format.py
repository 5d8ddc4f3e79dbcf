"""Our model that fills in words as a folder that the transformers library opens: the names that ModernBERT gives its weights."""

from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from core.models.library_folder import write_folder
from core.models.llama_format import halves
from core.transformer.masked_model import MaskedModel
from core.transformer.norms import EPSILON
from core.transformer.positions.rotary import BASE

_NAMES: Final = {
    "model.embeddings.tok_embeddings": "embedding",
    "model.embeddings.norm": "norm_embedding",
    "model.final_norm": "norm",
    "head.dense": "head",
    "head.norm": "norm_head",
}
_OF_BLOCKS: Final = {
    "attn_norm": "norm_attention",
    "attn.Wo": "attention.out_proj",
    "mlp_norm": "norm_mlp",
    "mlp.Wo": "feed_forward.contract",
}


def weights(model: MaskedModel) -> dict[str, Tensor]:
    """The weights of a model under the names of `ModernBertForMaskedLM`."""
    ours = model.state_dict()
    found = {f"{theirs}.weight": ours[f"{name}.weight"] for theirs, name in _NAMES.items()}
    for layer in range(model.config.n_layers):
        theirs, block = f"model.layers.{layer}", f"blocks.{layer}"
        query, key, value = ours[f"{block}.attention.in_proj_weight"].chunk(3)
        turned = [halves(rows, model.config.n_heads) for rows in (query, key)]
        network = [ours[f"{block}.feed_forward.{name}.weight"] for name in ("expand", "up")]
        found |= {
            f"{theirs}.attn.Wqkv.weight": torch.cat([*turned, value]),
            f"{theirs}.mlp.Wi.weight": torch.cat(network),
        }
        # what the first block reads is normalised already: it has no norm of its own there
        there = {name: own for name, own in _OF_BLOCKS.items() if f"{block}.{own}.weight" in ours}
        found |= {f"{theirs}.{name}.weight": ours[f"{block}.{own}.weight"] for name, own in there.items()}
    return found


def config(model: MaskedModel, end: int | None, mask: int | None) -> dict[str, Any]:
    """What `ModernBertConfig` says of it. end, mask: ids of the token between texts, and of the one that hides."""
    sizes = model.config
    rotary = {"rope_type": "default", "rope_theta": BASE}
    return {
        "architectures": ["ModernBertForMaskedLM"],
        "model_type": "modernbert",
        "vocab_size": sizes.vocab_size,
        "hidden_size": sizes.d_model,
        "intermediate_size": sizes.d_ff,
        "num_hidden_layers": sizes.n_layers,
        "num_attention_heads": sizes.n_heads,
        "max_position_embeddings": sizes.context,
        "layer_types": ["full_attention"] * sizes.n_layers,
        "rope_parameters": {"full_attention": rotary, "sliding_attention": rotary},
        "hidden_activation": "silu",
        "norm_eps": EPSILON,
        "norm_bias": False,
        "attention_bias": False,
        "mlp_bias": False,
        "classifier_bias": False,
        "classifier_activation": "gelu",
        "decoder_bias": False,
        "tie_word_embeddings": True,
        "pad_token_id": end,
        "bos_token_id": end,
        "eos_token_id": end,
        "cls_token_id": end,
        "sep_token_id": end,
        "mask_token_id": mask,
        "dtype": "float16",
    }


def write(folder: Path, model: MaskedModel, tokenizer: Tokenizer, end: str, mask: str) -> None:
    """Weights in half precision, sizes and tokenizer, as `AutoModelForMaskedLM` and `AutoTokenizer` open them.

    end    the token that stands between texts.
    mask   the one that hides.
    """
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token"), end)
    special = {**ends, "mask_token": mask, "model_max_length": model.config.context}
    sizes = config(model, tokenizer.token_to_id(end), tokenizer.token_to_id(mask))
    write_folder(folder, weights(model), sizes, tokenizer, special)
