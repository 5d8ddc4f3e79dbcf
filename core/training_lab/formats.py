"""Which families of the transformers library are built as networks of the lab are, and how they call what is in one.

A family holds a network where it gives the same scores on every row, not nearly so: what none of them has, none holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from core.models import llama_format
from core.models.captioner_format import layer_that_sees
from core.models.library_folder import KINDS
from core.models.marian_format import layer_to
from core.numerals import listed
from core.training_lab.networks import Sizes
from core.training_lab.tasks import END, NOW, PAD, Task
from core.transformer.design import hidden_width
from core.transformer.norms import EPSILON
from core.transformer.positions import sinusoidal

Weights = dict[str, Tensor]
Lab = Literal["writing_lab", "sentence_lab", "image_lab"]
TRIED: Final = 8  # a lab tries a model on as many tokens before it opens it
_AT_ONCE: Final = 4  # numbers in a register of 16 bytes
_BEHIND: Final = 2  # OPT keeps the first places of its table free
_ACTIVATION: Final = {"ReLU": "relu", "GELU": "gelu", "SwiGLU": "silu", "experts": "silu"}
_ADDED: Final = ("none", "sinusoids", "learned")
# what a switch is called where somebody is told to turn it
_SWITCHES: Final = {
    "positions": "positions",
    "mask": "mask",
    "norm_place": "place of the norm",
    "norm": "kind of norm",
    "network": "MLP",
}
_MAY_BE_OUT: Final = ("attention", "MLP")  # what is left out brings nothing: its last map is 0


@dataclass(frozen=True)
class Format:
    """A family of the library.

    name      as the library calls it.
    holds     at which positions each switch may stand.
    said      what its configuration says of a network.
    named     the weights of a network under its names. Heads of keys are as many as of queries, unless `shares`.
    pictures  whether it reads pictures, and no rows of tokens.
    """

    name: str
    holds: dict[str, tuple[str, ...]]
    said: Callable[[Sizes, Task], dict[str, Any]]
    named: Callable[[Weights, Sizes, Task], Weights]
    shares: bool = False
    pictures: bool = False

    def changes(self, sizes: Sizes) -> list[str]:
        """What has to be changed in a network for this family to hold it."""
        found = [
            f"the {called} from {getattr(sizes, switch)} to {listed(self.holds[switch], 'or')}"
            for switch, called in _SWITCHES.items()
            if getattr(sizes, switch) not in self.holds[switch]
        ]
        lost = [part for part in sizes.taken_out if part not in _MAY_BE_OUT]
        return found + ([f"what is taken out: put {listed(lost)} back"] if lost else [])


def labs_of(sizes: Sizes, task: Task) -> tuple[Lab, ...]:
    """The labs that read such a network: one that sees all that is written cannot go on with it."""
    if task.d_patch:
        return ("image_lab",)
    return ("sentence_lab",) if sizes.mask == "all" else ("writing_lab", "sentence_lab")


def _marks(task: Task) -> dict[str, Any]:
    return {"bos_token_id": None, "eos_token_id": task.ids[END] if task.ends else None, "pad_token_id": None}


def _common(sizes: Sizes, task: Task) -> dict[str, Any]:
    """What all configurations say alike."""
    sees = {"is_causal": False} if sizes.mask == "all" else {}
    return {"tie_word_embeddings": False, "dtype": "float32", **sees, **_marks(task)}


# today's families ----------------------------------------------------------------------------------------------------


def _today(family: str, kind: str, **more: Any) -> Callable[[Sizes, Task], dict[str, Any]]:
    def said(sizes: Sizes, task: Task) -> dict[str, Any]:
        d_ff = hidden_width(sizes.network, sizes.d_model)
        shape = (len(task.vocabulary), sizes.d_model, d_ff, sizes.n_layers, sizes.n_heads, task.context)
        found = llama_format.said(*shape, None)
        found |= {"architectures": [f"{family}ForCausalLM"], "model_type": kind}
        found |= {"num_key_value_heads": sizes.n_kv_heads or sizes.n_heads, "hidden_act": _ACTIVATION[sizes.network]}
        # theirs counts the token itself, too
        found |= {"sliding_window": sizes.window + 1} if sizes.mask == "window" else {}
        return found | _common(sizes, task) | more

    return said


def _today_named(network: dict[str, str]) -> Callable[[Weights, Sizes, Task], Weights]:
    def named(ours: Weights, sizes: Sizes, task: Task) -> Weights:
        ours = {"embedding.weight": ours["tokens.weight"], **ours}
        found = llama_format.named(ours, sizes.n_layers, sizes.n_heads, sizes.n_kv_heads, network)
        return found | {"lm_head.weight": ours["scores.weight"]}

    return named


def _full(width: int) -> int:
    """The library's kernel for experts takes widths that fill whole registers."""
    return -(-width // _AT_ONCE) * _AT_ONCE


def _experts_said(sizes: Sizes, task: Task) -> dict[str, Any]:
    slides = sizes.mask == "window"
    return _today("Qwen2Moe", "qwen2_moe")(sizes, task) | {
        "num_experts": sizes.n_experts,
        "num_experts_per_tok": sizes.n_active,
        "norm_topk_prob": sizes.n_active > 1,
        "moe_intermediate_size": _full(hidden_width("experts", sizes.d_model)),
        "shared_expert_intermediate_size": 1,
        "qkv_bias": False,
        "use_sliding_window": slides,
        "layer_types": ["sliding_attention" if slides else "full_attention"] * sizes.n_layers,
    }


def _experts_named(ours: Weights, sizes: Sizes, task: Task) -> Weights:
    """Its expert that every token asks, of which ours have none, brings nothing; nor do the units that make a width full."""
    found = _today_named({"mlp.gate": "feed_forward.router"})(ours, sizes, task)
    width, d_ff = sizes.d_model, hidden_width("experts", sizes.d_model)
    more = _full(d_ff) - d_ff
    for layer in range(sizes.n_layers):
        here, there = f"blocks.{layer}.feed_forward.experts", f"model.layers.{layer}.mlp"
        of_each = {
            name: torch.stack([ours[f"{here}.{expert}.{name}.weight"] for expert in range(sizes.n_experts)])
            for name in ("expand", "up", "contract")
        }
        found |= {
            f"{there}.experts.gate_up_proj": torch.cat(
                [pad(of_each["expand"], (0, 0, 0, more)), pad(of_each["up"], (0, 0, 0, more))], dim=1
            ),
            f"{there}.experts.down_proj": pad(of_each["contract"], (0, more)),
            f"{there}.shared_expert.gate_proj.weight": torch.zeros(1, width),
            f"{there}.shared_expert.up_proj.weight": torch.zeros(1, width),
            f"{there}.shared_expert.down_proj.weight": torch.zeros(width, 1),
            f"{there}.shared_expert_gate.weight": torch.zeros(1, width),
        }
    return found


# those with a table of places ----------------------------------------------------------------------------------------


def _places(ours: Weights, sizes: Sizes, count: int) -> Tensor:
    """What is added to the token at each place; behind the last one of a table, what is added there."""
    if sizes.positions == "learned":
        table = ours["table.table"]
        return table[torch.arange(count).clamp(max=len(table) - 1)]
    if sizes.positions == "sinusoids":
        return sinusoidal(torch.arange(count), sizes.d_model).float()
    return torch.zeros(count, sizes.d_model)


def _opt_said(sizes: Sizes, task: Task) -> dict[str, Any]:
    return {
        "architectures": ["OPTForCausalLM"],
        "model_type": "opt",
        "vocab_size": len(task.vocabulary),
        "hidden_size": sizes.d_model,
        "ffn_dim": hidden_width(sizes.network, sizes.d_model),
        "num_hidden_layers": sizes.n_layers,
        "num_attention_heads": sizes.n_heads,
        "max_position_embeddings": max(task.context, TRIED),
        "do_layer_norm_before": sizes.norm_place == "pre",
        "activation_function": _ACTIVATION[sizes.network],
        **_common(sizes, task),
    }


def _opt_named(ours: Weights, sizes: Sizes, task: Task) -> Weights:
    places = _places(ours, sizes, max(task.context, TRIED))
    found = {
        "model.decoder.embed_tokens.weight": ours["tokens.weight"],
        "model.decoder.embed_positions.weight": torch.cat([torch.zeros(_BEHIND, sizes.d_model), places]),
        "lm_head.weight": ours["scores.weight"],
    }
    if sizes.norm_place == "pre":
        found |= {f"model.decoder.final_layer_norm.{kind}": ours[f"norm.{kind}"] for kind in KINDS}
    for layer in range(sizes.n_layers):
        found |= layer_to(ours, f"blocks.{layer}", f"model.decoder.layers.{layer}", cross=False)
    return found


def _vit_said(sizes: Sizes, task: Task) -> dict[str, Any]:
    across, side = round((task.context - 2) ** 0.5), round(task.d_patch**0.5)
    return {
        "architectures": ["ViTForImageClassification"],
        "model_type": "vit",
        "image_size": across * side,
        "patch_size": side,
        "num_channels": 1,
        "hidden_size": sizes.d_model,
        "intermediate_size": hidden_width(sizes.network, sizes.d_model),
        "num_hidden_layers": sizes.n_layers,
        "num_attention_heads": sizes.n_heads,
        "hidden_act": _ACTIVATION[sizes.network],
        "layer_norm_eps": EPSILON,
        "id2label": dict(enumerate(task.vocabulary)),
        "dtype": "float32",
    }


def _vit_named(ours: Weights, sizes: Sizes, task: Task) -> Weights:
    """Its class token, which stands first, is our mark behind the patches: to attention the order is none."""
    n_patches, side = task.context - 2, round(task.d_patch**0.5)
    places = _places(ours, sizes, n_patches + 1)
    cut = "vit.embeddings.patch_embeddings.projection"
    found = {
        "vit.embeddings.cls_token": ours["tokens.weight"][task.ids[NOW]][None, None],
        "vit.embeddings.position_embeddings": torch.cat([places[-1:], places[:-1]])[None],
        f"{cut}.weight": ours["patches.weight"].reshape(sizes.d_model, 1, side, side),
        f"{cut}.bias": ours["patches.bias"],
    }
    for kind in KINDS:
        found |= {f"vit.layernorm.{kind}": ours[f"norm.{kind}"], f"classifier.{kind}": ours[f"scores.{kind}"]}
    for layer in range(sizes.n_layers):
        found |= layer_that_sees(ours, f"blocks.{layer}", f"vit.layers.{layer}")
    return found


# the one that adds numbers to scores ---------------------------------------------------------------------------------


def _umt5_said(sizes: Sizes, task: Task) -> dict[str, Any]:
    act = _ACTIVATION[sizes.network]
    return {
        "architectures": ["UMT5ForTokenClassification"],
        "model_type": "umt5",
        "vocab_size": len(task.vocabulary),
        "d_model": sizes.d_model,
        "d_kv": sizes.d_model // sizes.n_heads,
        "d_ff": hidden_width(sizes.network, sizes.d_model),
        "num_layers": sizes.n_layers,
        "num_decoder_layers": 0,
        "num_heads": sizes.n_heads,
        "layer_norm_epsilon": EPSILON,
        "feed_forward_proj": f"gated-{act}" if sizes.network == "SwiGLU" else act,
        "id2label": dict(enumerate(task.vocabulary)),
        "dtype": "float32",
        "pad_token_id": task.ids[PAD],
        "eos_token_id": None,
    }


def _umt5_named(ours: Weights, sizes: Sizes, task: Task) -> Weights:
    """It divides no score by the root of the width of a head: its queries are so much shorter."""
    shorter = (sizes.d_model // sizes.n_heads) ** -0.5
    found = {
        "transformer.shared.weight": ours["tokens.weight"],
        "transformer.encoder.final_layer_norm.weight": ours["norm.weight"],
        "classifier.weight": ours["scores.weight"],
        "classifier.bias": torch.zeros(len(task.vocabulary)),
    }
    gated = sizes.network == "SwiGLU"
    network = {"wi_0": "expand", "wi_1": "up", "wo": "contract"} if gated else {"wi": "expand", "wo": "contract"}
    for layer in range(sizes.n_layers):
        here, there = f"blocks.{layer}", f"transformer.encoder.block.{layer}.layer"
        query, key, value = ours[f"{here}.attention.in_proj_weight"].chunk(3)
        maps = {"q": query * shorter, "k": key, "v": value, "o": ours[f"{here}.attention.out_proj.weight"]}
        maps |= {"relative_attention_bias": ours[f"{here}.attention.buckets.table"]}
        found |= {f"{there}.0.SelfAttention.{name}.weight": each for name, each in maps.items()}
        found |= {
            f"{there}.1.DenseReluDense.{name}.weight": ours[f"{here}.feed_forward.{own}.weight"]
            for name, own in network.items()
        }
        for place, norm in enumerate(("norm_attention", "norm_mlp")):
            found[f"{there}.{place}.layer_norm.weight"] = ours[f"{here}.{norm}.weight"]
    return found


def _holds(positions: tuple[str, ...], norm: str, network: tuple[str, ...], mask: tuple[str, ...], *places: str):
    return {
        "positions": positions,
        "mask": mask,
        "norm_place": places or ("pre",),
        "norm": (norm,),
        "network": network,
    }


_PLAIN: Final = ("ReLU", "GELU")
FORMATS: Final = (
    Format("OPT", _holds(_ADDED, "layer", _PLAIN, ("causal", "all"), "pre", "post"), _opt_said, _opt_named),
    Format(
        "Starcoder2",
        _holds(("RoPE",), "layer", _PLAIN, ("causal", "window", "all")),
        _today("Starcoder2", "starcoder2", norm_epsilon=EPSILON),
        _today_named({"mlp.c_fc": "feed_forward.expand", "mlp.c_proj": "feed_forward.contract"}),
        shares=True,
    ),
    Format(
        "Llama",
        _holds(("RoPE",), "rms", ("SwiGLU",), ("causal", "all")),
        _today("Llama", "llama"),
        _today_named(llama_format.NETWORK),
        shares=True,
    ),
    Format(
        "Mistral",
        _holds(("RoPE",), "rms", ("SwiGLU",), ("window",)),
        _today("Mistral", "mistral"),
        _today_named(llama_format.NETWORK),
        shares=True,
    ),
    Format(
        "Arcee",
        _holds(("RoPE",), "rms", _PLAIN, ("causal", "all")),
        _today("Arcee", "arcee"),
        _today_named({"mlp.up_proj": "feed_forward.expand", "mlp.down_proj": "feed_forward.contract"}),
        shares=True,
    ),
    Format(
        "Qwen2-MoE",
        _holds(("RoPE",), "rms", ("experts",), ("causal", "window", "all")),
        _experts_said,
        _experts_named,
        shares=True,
    ),
    Format("UMT5", _holds(("T5",), "rms", (*_PLAIN, "SwiGLU"), ("all",)), _umt5_said, _umt5_named),
    Format("ViT", _holds(_ADDED, "layer", _PLAIN, ("all",)), _vit_said, _vit_named, pictures=True),
)
