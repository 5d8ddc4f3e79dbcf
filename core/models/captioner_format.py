"""Our captioner over raw patches as a folder that the transformers library opens, and back.

The library joins any of its models that see to any of its models that write. Ours sees as a Vision Transformer without a
class token does, which the library has under the name of I-JEPA, and writes as Marian's decoder does.
"""

import json
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from core.models.library_folder import CONFIG, PREPROCESSOR, read_weights, say, write_folder
from core.models.marian_format import layer_from, layer_to
from core.seeded import seeded
from core.transformer.norms import EPSILON
from core.vision import scenes
from core.vision.scene_captioner import SceneCaptioner, SceneCaptionerConfig
from core.vision.trained import END, PAD, START

SPACE: Final = "\u2581"  # before each word of a caption, as SentencePiece writes
_DECODER: Final = "decoder.model.decoder"
_MAPS: Final = ("q_proj", "k_proj", "v_proj")
# what the layers of the half that sees are called there, and here
_SEES: Final = {
    "layernorm_before": "norm_attention",
    "attention.o_proj": "attention.out_proj",
    "layernorm_after": "norm_mlp",
    "mlp.fc1": "feed_forward.expand",
    "mlp.fc2": "feed_forward.contract",
}


def weights(model: SceneCaptioner) -> dict[str, Tensor]:
    """The weights of a captioner under the names of `VisionEncoderDecoderModel`."""
    ours, sizes = model.state_dict(), model.transformer.config
    kernel = (sizes.d_model, 3, model.side, model.side)
    found = {
        "encoder.embeddings.position_embeddings": ours["cells"][None],
        "encoder.embeddings.patch_embeddings.projection.weight": ours["eyes.weight"].reshape(kernel),
        "encoder.embeddings.patch_embeddings.projection.bias": ours["eyes.bias"],
        f"{_DECODER}.embed_tokens.weight": ours["transformer.embedding.weight"],
    }
    for kind in ("weight", "bias"):
        found[f"encoder.layernorm.{kind}"] = ours[f"transformer.norm_encoder.{kind}"]
    for layer in range(sizes.n_encoder):
        found |= layer_that_sees(ours, f"transformer.encoder.{layer}", f"encoder.layers.{layer}")
    for layer in range(sizes.n_decoder):
        found |= layer_to(ours, f"transformer.decoder.{layer}", f"{_DECODER}.layers.{layer}", cross=True)
    return found


def layer_that_sees(ours: dict[str, Tensor], own: str, theirs: str) -> dict[str, Tensor]:
    """One of our blocks under a Vision Transformer's names. own, theirs: what it is called here and there."""
    found = {}
    for kind in ("weight", "bias"):
        found |= {f"{theirs}.{name}.{kind}": ours[f"{own}.{ours_name}.{kind}"] for name, ours_name in _SEES.items()}
        maps = ours[f"{own}.attention.in_proj_{kind}"].chunk(3)
        found |= {f"{theirs}.attention.{name}.{kind}": each for name, each in zip(_MAPS, maps, strict=True)}
    return found


def ours(model: SceneCaptioner, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The way back from `weights`."""
    sizes = model.transformer.config
    found = {
        "cells": theirs["encoder.embeddings.position_embeddings"][0],
        "eyes.weight": theirs["encoder.embeddings.patch_embeddings.projection.weight"].flatten(1),
        "eyes.bias": theirs["encoder.embeddings.patch_embeddings.projection.bias"],
        "transformer.embedding.weight": theirs[f"{_DECODER}.embed_tokens.weight"],
    }
    for kind in ("weight", "bias"):
        found[f"transformer.norm_encoder.{kind}"] = theirs[f"encoder.layernorm.{kind}"]
        for layer in range(sizes.n_encoder):
            own, named = f"transformer.encoder.{layer}", f"encoder.layers.{layer}"
            found |= {
                f"{own}.{ours_name}.{kind}": theirs[f"{named}.{name}.{kind}"] for name, ours_name in _SEES.items()
            }
            maps = [theirs[f"{named}.attention.{name}.{kind}"] for name in _MAPS]
            found[f"{own}.attention.in_proj_{kind}"] = torch.cat(maps)
    for layer in range(sizes.n_decoder):
        found |= layer_from(theirs, f"transformer.decoder.{layer}", f"{_DECODER}.layers.{layer}", cross=True)
    return found


def config(model: SceneCaptioner) -> dict[str, Any]:
    """What `VisionEncoderDecoderConfig` says of it."""
    sizes = model.transformer.config
    marks = {"pad_token_id": PAD, "bos_token_id": START, "eos_token_id": END, "decoder_start_token_id": START}
    return {
        "architectures": ["VisionEncoderDecoderModel"],
        "model_type": "vision-encoder-decoder",
        "is_encoder_decoder": True,
        "tie_word_embeddings": False,
        **marks,
        "encoder": {
            "model_type": "ijepa",
            "image_size": scenes.SIDE,
            "patch_size": model.side,
            "num_channels": 3,
            "hidden_size": sizes.d_model,
            "num_hidden_layers": sizes.n_encoder,
            "num_attention_heads": sizes.n_heads,
            "intermediate_size": sizes.d_ff,
            "hidden_act": "gelu",
            "layer_norm_eps": EPSILON,
        },
        "decoder": {
            "model_type": "marian",
            "is_decoder": True,
            "add_cross_attention": True,
            "is_encoder_decoder": False,
            "vocab_size": sizes.vocab_size,
            "d_model": sizes.d_model,
            "decoder_layers": sizes.n_decoder,
            "decoder_attention_heads": sizes.n_heads,
            "decoder_ffn_dim": sizes.d_ff,
            "max_position_embeddings": sizes.context,
            "activation_function": "relu",
            "scale_embedding": True,
            "dropout": 0.0,
            "tie_word_embeddings": True,
            "forced_eos_token_id": None,
            **marks,
        },
        "dtype": "float16",
    }


def tokenizer() -> Tokenizer:
    """The words of captions, a token each."""
    marks = scenes.WORDS[: END + 1]
    words = [*marks, *(SPACE + word for word in scenes.WORDS[len(marks) :])]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=None))
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return made


def write(folder: Path, model: SceneCaptioner) -> None:
    """Weights in half precision, sizes, words, and how pixels are made ready: as the library's Auto classes open them.

    Raises   ValueError for a captioner whose pictures go through a convolutional net: no model of the library has that one.
    """
    if model.config.eyes != "raw patches":
        raise ValueError(f"over a {model.config.eyes} a captioner has no place in the library: choose raw patches")
    special = {
        "pad_token": scenes.WORDS[PAD],
        "bos_token": scenes.WORDS[START],
        "eos_token": scenes.WORDS[END],
        "model_max_length": model.config.context,
    }
    sinusoids = {f"{_DECODER}.embed_positions.weight": model.transformer.places}
    write_folder(folder, weights(model), config(model), tokenizer(), special, sinusoids)
    square = {"height": scenes.SIDE, "width": scenes.SIDE}
    ready = {"do_resize": True, "size": square, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True}
    mean = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    say(folder / PREPROCESSOR, {"image_processor_type": "ViTImageProcessor", **ready, **mean})


def read(folder: Path) -> SceneCaptioner:
    """The captioner as `write` left it, in single precision.

    Raises   ModelError in words where something is missing or damaged.
    """
    said = json.loads((folder / CONFIG).read_text("utf-8"))
    theirs = read_weights(folder)
    sees, writes = said["encoder"], said["decoder"]
    sizes = SceneCaptionerConfig(
        "raw patches",
        writes["d_model"],
        writes["decoder_attention_heads"],
        sees["num_hidden_layers"],
        writes["decoder_layers"],
        writes["decoder_ffn_dim"],
        writes["max_position_embeddings"],
    )
    with seeded(0):  # what it begins with is drawn and overwritten, which others who draw meanwhile must not meet
        model = SceneCaptioner(sizes)
    model.load_state_dict(ours(model, theirs))
    return model
