"""Our captioners of scenes as folders that the transformers library opens, and back.

The library joins any of its models that see to any of its models that write. Ours write as Marian's decoder does. Over raw
patches they see as a Vision Transformer without a class token does, which the library has under the name of I-JEPA; over the
grid of a convolutional net as a SegFormer does. Each of its blocks has attention and a network with a convolution inside:
of the blocks that belong to the net the attention is written as one that brings nothing, and of those that read its grid the
convolution as one that changes nothing.
"""

import json
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from core.models.library_folder import CONFIG, KINDS, MAPS, PREPROCESSOR, filled, read_weights, say, write_folder
from core.models.marian_format import layer_from, layer_to
from core.transformer.norms import EPSILON
from core.vision import scenes
from core.vision.scene_captioner import KERNELS, STRIDES, ConvStage, SceneCaptioner, SceneCaptionerConfig
from core.vision.trained import END, PAD, START

SPACE: Final = "\u2581"  # before each word of a caption, as SentencePiece writes
_DECODER: Final = "decoder.model.decoder"
# what the layers of the half that sees are called there, and here
_SEES: Final = {
    "layernorm_before": "norm_attention",
    "attention.o_proj": "attention.out_proj",
    "layernorm_after": "norm_mlp",
    "mlp.fc1": "feed_forward.expand",
    "mlp.fc2": "feed_forward.contract",
}
_AROUND: Final = "mlp.dwconv.dwconv"  # of a SegFormer: the convolution of each number by itself, inside the network
# the same of a stage of the convolutional net
_STAGE: Final = {"patch_embeddings.proj": "convolution", "patch_embeddings.layer_norm": "norm"}
_BLOCK: Final = {
    "blocks.0.layernorm_after": "block.norm",
    "blocks.0.mlp.fc1": "block.expand",
    f"blocks.0.{_AROUND}": "block.around",
    "blocks.0.mlp.fc2": "block.contract",
    "layer_norm": "norm_out",
}


def _names(model: SceneCaptioner) -> dict[str, str]:
    """For what has a weight and a bias and is no block that reads or writes: what the library calls it, by our name."""
    stages = len(_stages(model))
    named = {"transformer.norm_encoder": f"encoder.stages.{stages - 1}.layer_norm" if stages else "encoder.layernorm"}
    for number in range(stages):
        within = _STAGE | (_BLOCK if number < stages - 1 else {})
        named |= {f"eyes.{number}.{own}": f"encoder.stages.{number}.{theirs}" for theirs, own in within.items()}
    return named


def _layer(model: SceneCaptioner, layer: int) -> str:
    """What the library calls a block that reads."""
    stages = len(_stages(model))
    return f"encoder.stages.{stages - 1}.blocks.{layer}" if stages else f"encoder.layers.{layer}"


def _stages(model: SceneCaptioner) -> list[ConvStage]:
    """The stages of the convolutional net; none over raw patches."""
    return [each for each in model.eyes.children() if isinstance(each, ConvStage)]


def weights(model: SceneCaptioner) -> dict[str, Tensor]:
    """The weights of a captioner under the names of `VisionEncoderDecoderModel`."""
    ours, sizes = model.state_dict(), model.config
    found = {f"{_DECODER}.embed_tokens.weight": ours["transformer.embedding.weight"]}
    for own, theirs in _names(model).items():
        found |= {f"{theirs}.{kind}": ours[f"{own}.{kind}"] for kind in KINDS}
    for layer in range(sizes.n_encoder):
        found |= layer_that_sees(ours, f"transformer.encoder.{layer}", _layer(model, layer))
    for layer in range(sizes.n_decoder):
        found |= layer_to(ours, f"transformer.decoder.{layer}", f"{_DECODER}.layers.{layer}", cross=True)
    if sizes.eyes == "CNN grid":
        return found | _without_effect(model)
    kernel = (sizes.d_model, 3, model.side, model.side)
    return found | {
        "encoder.embeddings.position_embeddings": ours["cells"][None],
        "encoder.embeddings.patch_embeddings.projection.weight": ours["eyes.weight"].reshape(kernel),
        "encoder.embeddings.patch_embeddings.projection.bias": ours["eyes.bias"],
    }


def layer_that_sees(ours: dict[str, Tensor], own: str, theirs: str) -> dict[str, Tensor]:
    """One of our blocks under a Vision Transformer's names. own, theirs: what it is called here and there."""
    found = {}
    for kind in KINDS:
        found |= {f"{theirs}.{name}.{kind}": ours[f"{own}.{ours_name}.{kind}"] for name, ours_name in _SEES.items()}
        maps = ours[f"{own}.attention.in_proj_{kind}"].chunk(3)
        found |= {f"{theirs}.attention.{name}.{kind}": each for name, each in zip(MAPS, maps, strict=True)}
    return found


def layer_that_saw(theirs: dict[str, Tensor], own: str, named: str) -> dict[str, Tensor]:
    """The way back from `layer_that_sees`."""
    found = {}
    for kind in KINDS:
        found |= {f"{own}.{ours_name}.{kind}": theirs[f"{named}.{name}.{kind}"] for name, ours_name in _SEES.items()}
        found[f"{own}.attention.in_proj_{kind}"] = torch.cat(
            [theirs[f"{named}.attention.{name}.{kind}"] for name in MAPS]
        )
    return found


def _without_effect(model: SceneCaptioner) -> dict[str, Tensor]:
    """What a SegFormer has more than the captioner over a grid, so that it does nothing."""
    found = {}
    for number, stage in enumerate(_stages(model)[:-1]):
        place, width = f"encoder.stages.{number}.blocks.0", stage.convolution.out_channels
        found |= {
            f"{place}.layernorm_before.weight": torch.ones(width),
            f"{place}.layernorm_before.bias": torch.zeros(width),
        }
        for name in (*MAPS, "o_proj"):
            found[f"{place}.attention.{name}.weight"] = torch.zeros(width, width)
            found[f"{place}.attention.{name}.bias"] = torch.zeros(width)
    kernel = torch.zeros(model.config.d_ff, 1, 3, 3)
    kernel[..., 1, 1] = 1
    for layer in range(model.config.n_encoder):
        place = f"{_layer(model, layer)}.{_AROUND}"
        found |= {f"{place}.weight": kernel, f"{place}.bias": torch.zeros(model.config.d_ff)}
    return found


def ours(model: SceneCaptioner, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The way back from `weights`."""
    found = {"transformer.embedding.weight": theirs[f"{_DECODER}.embed_tokens.weight"]}
    for own, named in _names(model).items():
        found |= {f"{own}.{kind}": theirs[f"{named}.{kind}"] for kind in KINDS}
    for layer in range(model.config.n_encoder):
        found |= layer_that_saw(theirs, f"transformer.encoder.{layer}", _layer(model, layer))
    for layer in range(model.config.n_decoder):
        found |= layer_from(theirs, f"transformer.decoder.{layer}", f"{_DECODER}.layers.{layer}", cross=True)
    if model.config.eyes == "CNN grid":
        return found
    return found | {
        "cells": theirs["encoder.embeddings.position_embeddings"][0],
        "eyes.weight": theirs["encoder.embeddings.patch_embeddings.projection.weight"].flatten(1),
        "eyes.bias": theirs["encoder.embeddings.patch_embeddings.projection.bias"],
    }


def config(model: SceneCaptioner) -> dict[str, Any]:
    """What `VisionEncoderDecoderConfig` says of it."""
    sizes = model.config
    marks = {"pad_token_id": PAD, "bos_token_id": START, "eos_token_id": END, "decoder_start_token_id": START}
    return {
        "architectures": ["VisionEncoderDecoderModel"],
        "model_type": "vision-encoder-decoder",
        "is_encoder_decoder": True,
        "tie_word_embeddings": False,
        **marks,
        "encoder": {"image_size": scenes.SIDE, "num_channels": 3, "hidden_size": sizes.d_model, "hidden_act": "gelu"}
        | (_over_a_grid(model) if sizes.eyes == "CNN grid" else _over_patches(model)),
        "decoder": {
            "model_type": "marian",
            "is_decoder": True,
            "add_cross_attention": True,
            "is_encoder_decoder": False,
            "vocab_size": len(scenes.WORDS),
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


def _over_patches(model: SceneCaptioner) -> dict[str, Any]:
    sizes = model.config
    return {
        "model_type": "ijepa",
        "patch_size": model.side,
        "num_hidden_layers": sizes.n_encoder,
        "num_attention_heads": sizes.n_heads,
        "intermediate_size": sizes.d_ff,
        "layer_norm_eps": EPSILON,
    }


def _over_a_grid(model: SceneCaptioner) -> dict[str, Any]:
    sizes = model.config
    widths = [stage.convolution.out_channels for stage in _stages(model)]
    # of each stage of the net: one block, and one head of its idle attention
    before = [1] * (len(widths) - 1)
    return {
        "model_type": "segformer",
        "patch_size": STRIDES[0],  # pixels a side that are one behind the first convolution
        "num_encoder_blocks": len(widths),
        "hidden_sizes": widths,
        "patch_sizes": [*KERNELS],
        "strides": [*STRIDES],
        "depths": [*before, sizes.n_encoder],
        "num_attention_heads": [*before, sizes.n_heads],
        "sr_ratios": [1] * len(widths),
        "mlp_ratios": [sizes.d_ff // sizes.d_model] * len(widths),
        "drop_path_rate": 0.0,
        "reshape_last_stage": False,
    }


def tokenizer() -> Tokenizer:
    """The words of captions, a token each."""
    marks = scenes.WORDS[: END + 1]
    words = [*marks, *(SPACE + word for word in scenes.WORDS[len(marks) :])]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=None))
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return made


def write(folder: Path, model: SceneCaptioner) -> None:
    """Weights in half precision, sizes, words, and how pixels are made ready: as the library's Auto classes open them."""
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
    grid = sees["model_type"] == "segformer"
    sizes = SceneCaptionerConfig(
        "CNN grid" if grid else "raw patches",
        writes["d_model"],
        writes["decoder_attention_heads"],
        sees["depths"][-1] if grid else sees["num_hidden_layers"],
        writes["decoder_layers"],
        writes["decoder_ffn_dim"],
        writes["max_position_embeddings"],
    )
    return filled(lambda: SceneCaptioner(sizes), lambda model: ours(model, theirs))
