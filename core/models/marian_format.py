"""Our encoder-decoder as a folder that the transformers library opens, and back: Marian's names for its weights."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import torch
from tokenizers import Tokenizer, processors
from torch import Tensor

from core.models.library_folder import CONFIG, KINDS, MAPS, TOKENIZER, filled, read_weights, write_folder
from core.sequence.vocabulary import END, PAD, START, Vocabulary
from core.transformer.encoder_decoder import EncoderDecoder, EncoderDecoderConfig

Kind = TypeVar("Kind", bound=EncoderDecoder)
_HALVES: Final = {
    "self_attn.out_proj": "attention.out_proj",
    "self_attn_layer_norm": "norm_attention",
    "fc1": "feed_forward.expand",
    "fc2": "feed_forward.contract",
    "final_layer_norm": "norm_mlp",
}
_CROSS: Final = {"encoder_attn_layer_norm": "norm_cross"} | {
    f"encoder_attn.{name}": f"cross.{name}" for name in (*MAPS, "out_proj")
}


def weights(model: EncoderDecoder) -> dict[str, Tensor]:
    """The weights of a model under the names of `MarianMTModel`."""
    ours = model.state_dict()
    found = {"model.shared.weight": ours["embedding.weight"], "final_logits_bias": ours["bias"][None]}
    for side, layers in (("encoder", model.config.n_encoder), ("decoder", model.config.n_decoder)):
        for layer in range(layers):
            found |= layer_to(ours, f"{side}.{layer}", f"model.{side}.layers.{layer}", cross=side == "decoder")
    return found


def layer_to(ours: dict[str, Tensor], own: str, theirs: str, *, cross: bool) -> dict[str, Tensor]:
    """One of our blocks under Marian's names. own, theirs: what it is called here and there; cross: whether it looks back."""
    found = {}
    for kind in KINDS:
        for theirs_name, name in (_HALVES | (_CROSS if cross else {})).items():
            found[f"{theirs}.{theirs_name}.{kind}"] = ours[f"{own}.{name}.{kind}"]
        maps = ours[f"{own}.attention.in_proj_{kind}"].chunk(3)
        found |= {f"{theirs}.self_attn.{name}.{kind}": each for name, each in zip(MAPS, maps, strict=True)}
    return found


def layer_from(theirs: dict[str, Tensor], own: str, named: str, *, cross: bool) -> dict[str, Tensor]:
    """The way back from `layer_to`."""
    found = {}
    for kind in KINDS:
        for theirs_name, name in (_HALVES | (_CROSS if cross else {})).items():
            found[f"{own}.{name}.{kind}"] = theirs[f"{named}.{theirs_name}.{kind}"]
        maps = [theirs[f"{named}.self_attn.{name}.{kind}"] for name in MAPS]
        found[f"{own}.attention.in_proj_{kind}"] = torch.cat(maps)
    return found


@dataclass(frozen=True)
class Marks:
    """The ids of the tokens that are no text: what fills up, what begins what is written, what ends a text."""

    pad: int
    start: int
    end: int


def config(model: EncoderDecoder, marks: Marks) -> dict:
    """What `MarianConfig` says of it."""
    sizes = model.config
    layers = {
        f"{side}_{name}": size
        for side, n_layers in (("encoder", sizes.n_encoder), ("decoder", sizes.n_decoder))
        for name, size in (("layers", n_layers), ("attention_heads", sizes.n_heads), ("ffn_dim", sizes.d_ff))
    }
    return {
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "vocab_size": sizes.vocab_size,
        "d_model": sizes.d_model,
        **layers,
        "max_position_embeddings": sizes.context,
        "activation_function": "relu",
        "scale_embedding": True,
        "dropout": sizes.dropout,
        "tie_word_embeddings": True,
        "share_encoder_decoder_embeddings": True,
        "pad_token_id": marks.pad,
        "bos_token_id": marks.start,
        "eos_token_id": marks.end,
        "forced_eos_token_id": None,
        "decoder_start_token_id": marks.start,
        "dtype": "float16",
    }


def write(folder: Path, model: EncoderDecoder, vocabulary: Vocabulary) -> None:
    """Weights in half precision, sizes and tokenizer, as `AutoModelForSeq2SeqLM` and `AutoTokenizer` open them."""
    marks = Marks(vocabulary.pad, vocabulary.start, vocabulary.end)
    write_with(folder, model, Tokenizer.from_str(vocabulary.as_json()), marks)


def write_with(folder: Path, model: EncoderDecoder, tokenizer: Tokenizer, marks: Marks) -> None:
    """The same with any tokenizer that knows PAD, START and END, the last of which it is made to set behind each text."""
    ended = f"$A {END}"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=ended, pair=f"$A $B {END}", special_tokens=[(END, marks.end)]
    )
    special = {"pad_token": PAD, "bos_token": START, "eos_token": END, "model_max_length": model.config.context}
    write_folder(folder, weights(model), config(model, marks), tokenizer, special)


def read(folder: Path) -> tuple[EncoderDecoder, Vocabulary]:
    """The model and its word pieces, as `write` left them, in single precision.

    Raises   ModelError in words where something is missing or damaged.
    """
    return read_as(EncoderDecoder, folder), Vocabulary(Tokenizer.from_file(str(folder / TOKENIZER)))


def read_as(kind: type[Kind], folder: Path) -> Kind:
    """The model alone, as one of this class."""
    said = json.loads((folder / CONFIG).read_text("utf-8"))
    theirs = read_weights(folder)
    sizes = EncoderDecoderConfig(
        said["vocab_size"],
        said["d_model"],
        said["encoder_attention_heads"],
        said["encoder_layers"],
        said["decoder_layers"],
        said["encoder_ffn_dim"],
        said["dropout"],
        said["max_position_embeddings"],
    )
    return filled(lambda: kind(sizes), lambda model: _ours(model, theirs))


def _ours(model: EncoderDecoder, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The way back from `weights`."""
    found = {"embedding.weight": theirs["model.shared.weight"], "bias": theirs["final_logits_bias"][0]}
    for side, layers in (("encoder", model.config.n_encoder), ("decoder", model.config.n_decoder)):
        for layer in range(layers):
            found |= layer_from(theirs, f"{side}.{layer}", f"model.{side}.layers.{layer}", cross=side == "decoder")
    return found
