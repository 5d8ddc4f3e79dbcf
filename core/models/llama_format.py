"""Our language model as a folder that the transformers library opens: the names and the order that Llama gives its weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer
from torch import Tensor

from core.models.library_folder import KINDS, MAPS, write_folder
from core.transformer.language_model import LanguageModel
from core.transformer.norms import EPSILON
from core.transformer.positions import as_pairs, from_pairs
from core.transformer.positions.rotary import BASE

_NAMES: Final = {
    "input_layernorm": "norm_attention",
    "self_attn.o_proj": "attention.out_proj",
    "post_attention_layernorm": "norm_mlp",
}
# what the maps of the network behind attention are called there, and here
NETWORK: Final = {
    "mlp.gate_proj": "feed_forward.expand",
    "mlp.up_proj": "feed_forward.up",
    "mlp.down_proj": "feed_forward.contract",
}


def weights(model: LanguageModel) -> dict[str, Tensor]:
    """The weights of a model under the names of `LlamaForCausalLM`."""
    return named(model.state_dict(), model.config.n_layers, model.config.n_heads)


def named(
    ours: dict[str, Tensor], n_layers: int, heads: int, n_kv_heads: int = 0, network: Mapping[str, str] = NETWORK
) -> dict[str, Tensor]:
    """The same of weights by our names, with those biases that are there.

    n_kv_heads   heads of keys and values; 0 = as many as of queries.
    network      what its families call the maps behind attention.
    """
    found = {"model.embed_tokens.weight": ours["embedding.weight"]}
    found |= {f"model.norm.{kind}": ours[f"norm.{kind}"] for kind in KINDS if f"norm.{kind}" in ours}
    for layer in range(n_layers):
        there, here = f"model.layers.{layer}", f"blocks.{layer}"
        for kind in KINDS:
            if (rows := ours.get(f"{here}.attention.in_proj_{kind}")) is not None:
                of_keys = len(rows) // (heads + 2 * (n_kv_heads or heads)) * (n_kv_heads or heads)
                query, key, value = rows.split((len(rows) - 2 * of_keys, of_keys, of_keys))
                maps = (halves(query, heads), halves(key, n_kv_heads or heads), value)
                found |= {f"{there}.self_attn.{name}.{kind}": each for name, each in zip(MAPS, maps, strict=True)}
            for theirs, name in (_NAMES | dict(network)).items():
                if f"{here}.{name}.{kind}" in ours:
                    found[f"{there}.{theirs}.{kind}"] = ours[f"{here}.{name}.{kind}"]
    return found


def config(model: LanguageModel, end: int | None) -> dict:
    """What `LlamaConfig` says of it. end: the id of the token that begins and ends a text."""
    sizes = model.config
    return said(sizes.vocab_size, sizes.d_model, sizes.d_ff, sizes.n_layers, sizes.n_heads, sizes.context, end)


def said(
    vocab_size: int, d_model: int, d_ff: int, n_layers: int, n_heads: int, context: int, end: int | None
) -> dict[str, Any]:
    """The same of these sizes."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocab_size,
        "hidden_size": d_model,
        "intermediate_size": d_ff,
        "num_hidden_layers": n_layers,
        "num_attention_heads": n_heads,
        "num_key_value_heads": n_heads,
        "max_position_embeddings": context,
        "rms_norm_eps": EPSILON,
        "rope_parameters": {"rope_type": "default", "rope_theta": BASE},
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": end,
        "eos_token_id": end,
        "dtype": "float16",
    }


def write(folder: Path, model: LanguageModel, tokenizer: Tokenizer, end: str) -> None:
    """Weights in half precision, sizes and tokenizer, as `AutoModelForCausalLM` and `AutoTokenizer` open them.

    end   the token that begins and ends a text.
    """
    special = {"bos_token": end, "eos_token": end, "unk_token": end, "model_max_length": model.config.context}
    write_folder(folder, weights(model), config(model, tokenizer.token_to_id(end)), tokenizer, special)


def halves(rows: Tensor, heads: int) -> Tensor:
    """Ours turn neighbours, 0 with 1 and 2 with 3; Llama turns number i with i + d/2: the rows of a head in its order.

    rows   of a matrix, or the numbers of a bias.
    """
    of_heads = rows.unflatten(0, (heads, -1)).movedim(1, -1)
    return from_pairs(as_pairs(of_heads), "halves").movedim(-1, 1).flatten(0, 1)
