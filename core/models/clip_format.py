"""Our two towers as a folder that the transformers library opens, and back: a small CLIP."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from core.models.library_folder import CONFIG, KINDS, MAPS, PREPROCESSOR, filled, read_weights, say, write_folder
from core.transformer.norms import EPSILON
from core.vision.image_text import ImageText, ImageTextConfig
from core.vision.pairs import END, PAD, WORDS

_TOWERS: Final = {"images": "vision_model", "texts": "text_model"}
# what has the same numbers there, and here
_ALONE: Final = {
    "logit_scale": "temperature",
    "vision_model.embeddings.class_embedding": "class_token",
    "vision_model.embeddings.position_embedding.weight": "images.places",
    "text_model.embeddings.position_embedding.weight": "texts.places",
    "text_model.embeddings.token_embedding.weight": "words.weight",
    "visual_projection.weight": "images.shared.weight",
    "text_projection.weight": "texts.shared.weight",
} | {
    f"{theirs}.{kind}": f"{own}.{kind}"
    for theirs, own in (
        ("vision_model.pre_layrnorm", "norm_first"),  # so it is spelled there
        ("vision_model.post_layernorm", "images.norm"),
        ("text_model.final_layer_norm", "texts.norm"),
    )
    for kind in KINDS
}
# the same of a block
_OF_BLOCKS: Final = {
    "layer_norm1": "norm_attention",
    "self_attn.out_proj": "attention.out_proj",
    "layer_norm2": "norm_mlp",
    "mlp.fc1": "feed_forward.expand",
    "mlp.fc2": "feed_forward.contract",
}
_SQUARES: Final = "vision_model.embeddings.patch_embedding.weight"


def _blocks(n_layers: int) -> list[tuple[str, str]]:
    """What each block of both towers is called there, and here."""
    return [
        (f"{theirs}.encoder.layers.{layer}", f"{own}.blocks.{layer}")
        for own, theirs in _TOWERS.items()
        for layer in range(n_layers)
    ]


def weights(model: ImageText) -> dict[str, Tensor]:
    """The weights of both towers under the names of `CLIPModel`."""
    ours, sizes = model.state_dict(), model.config
    found = {theirs: ours[own] for theirs, own in _ALONE.items()}
    # the matrix that embeds squares is there the kernel of a convolution that jumps by its own width
    found[_SQUARES] = ours["embed.weight"].reshape(sizes.d_model, 3, sizes.patch_size, sizes.patch_size)
    for theirs, own in _blocks(sizes.n_layers):
        for kind in KINDS:
            found |= {f"{theirs}.{name}.{kind}": ours[f"{own}.{here}.{kind}"] for name, here in _OF_BLOCKS.items()}
            maps = ours[f"{own}.attention.in_proj_{kind}"].chunk(3)
            found |= {f"{theirs}.self_attn.{name}.{kind}": each for name, each in zip(MAPS, maps, strict=True)}
    return found


def _ours(n_layers: int, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The way back from `weights`."""
    found = {own: theirs[name] for name, own in _ALONE.items()}
    found["embed.weight"] = theirs[_SQUARES].flatten(1)
    for there, own in _blocks(n_layers):
        for kind in KINDS:
            found |= {f"{own}.{here}.{kind}": theirs[f"{there}.{name}.{kind}"] for name, here in _OF_BLOCKS.items()}
            maps = [theirs[f"{there}.self_attn.{name}.{kind}"] for name in MAPS]
            found[f"{own}.attention.in_proj_{kind}"] = torch.cat(maps)
    return found


def config(model: ImageText) -> dict[str, Any]:
    """What `CLIPConfig` says of it."""
    sizes = model.config
    tower = {
        "hidden_size": sizes.d_model,
        "intermediate_size": sizes.d_ff,
        "num_hidden_layers": sizes.n_layers,
        "num_attention_heads": sizes.n_heads,
        "hidden_act": "gelu",
        "layer_norm_eps": EPSILON,
        "projection_dim": sizes.d_shared,
    }
    texts = {"vocab_size": sizes.vocab_size, "max_position_embeddings": sizes.context}
    marks = {"pad_token_id": PAD, "bos_token_id": None, "eos_token_id": END}
    pictures = {"image_size": sizes.image_size, "patch_size": sizes.patch_size, "num_channels": 3}
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": sizes.d_shared,
        "text_config": {"model_type": "clip_text_model", **tower, **texts, **marks},
        "vision_config": {"model_type": "clip_vision_model", **tower, **pictures},
        "dtype": "float16",
    }


def tokenizer() -> Tokenizer:
    """The words of captions, a token each, and the end behind them."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token=None))
    made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens([WORDS[PAD], WORDS[END]])
    end = WORDS[END]
    made.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", pair=f"$A $B {end}", special_tokens=[(end, END)]
    )
    return made


def write(folder: Path, model: ImageText) -> None:
    """Weights in half precision, sizes, words, and how pixels are made ready: as the library's Auto classes open them."""
    special = {"pad_token": WORDS[PAD], "eos_token": WORDS[END], "model_max_length": model.config.context}
    write_folder(folder, weights(model), config(model), tokenizer(), special)
    side = model.config.image_size
    square = {"height": side, "width": side}
    ready = {"do_resize": True, "size": {"shortest_edge": side}, "do_center_crop": True, "crop_size": square}
    levels = {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True}
    mean = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    say(folder / PREPROCESSOR, {"image_processor_type": "CLIPImageProcessor", **ready, **levels, **mean})


def read(folder: Path) -> ImageText:
    """Both towers as `write` left them, in single precision.

    Raises   ModelError in words where something is missing or damaged.
    """
    said = json.loads((folder / CONFIG).read_text("utf-8"))
    theirs = read_weights(folder)
    texts, pictures = said["text_config"], said["vision_config"]
    sizes = ImageTextConfig(
        texts["vocab_size"],
        texts["max_position_embeddings"],
        pictures["image_size"],
        pictures["patch_size"],
        pictures["hidden_size"],
        pictures["num_attention_heads"],
        pictures["num_hidden_layers"],
        pictures["intermediate_size"],
        said["projection_dim"],
    )
    return filled(lambda: ImageText(sizes), lambda model: _ours(model.config.n_layers, theirs))
