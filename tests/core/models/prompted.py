"""Small made-up folders of models that read a picture as tokens in a prompt, with the processors that set it there."""

from pathlib import Path
from typing import Any

import transformers
from transformers import AutoConfig, AutoModelForImageTextToText, PreTrainedTokenizerFast

from tests.core.models.families import IMAGE, LLAMA
from tests.core.models.folders import byte_pieces, uneven

MARKS = {"image_token": "<image>"}
SIDE, PATCH = 12, 4
PATCHES = (SIDE // PATCH) ** 2
WIDER = IMAGE | {"image_size": 2 * SIDE}  # of families that lay four neighbours together
LONGEST = 96  # tokens that they read at once, those of the picture among them
TEXT = LLAMA | {"vocab_size": 300, "max_position_embeddings": LONGEST, "bos_token_id": 264, "eos_token_id": 264}


def pieces(marks: dict[str, str]) -> PreTrainedTokenizerFast:
    """A tokenizer of bytes that knows the marks of a family by the names under which its processor asks for them."""
    backend, end = byte_pieces().backend_tokenizer, "<|endoftext|>"
    more = {"bos_token": end, "eos_token": end, "extra_special_tokens": marks, "model_max_length": LONGEST}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **more)


def _save(
    folder: Path, kind: str, sizes: dict[str, Any], tokenizer: Any, processor: str, seeing: Any, **how: Any
) -> str:
    config = AutoConfig.for_model(kind, **sizes)
    uneven(AutoModelForImageTextToText.from_config(config)).save_pretrained(folder)
    getattr(transformers, processor)(image_processor=seeing, tokenizer=tokenizer, **how).save_pretrained(folder)
    return str(folder)


def _seeing(name: str, side: int = SIDE, **more: Any) -> Any:
    """What makes pictures ready."""
    size = {"size": {"height": side, "width": side}} | more
    return getattr(transformers, name)(image_mean=[0.5] * 3, image_std=[0.4] * 3, **size)


def llava(folder: Path, kind: str = "llava", **more: Any) -> str:
    tokenizer = pieces(MARKS)
    sizes = {
        "vision_config": IMAGE | {"model_type": "clip_vision_model"},
        "text_config": TEXT | {"model_type": "llama"},
        "image_token_index": tokenizer.convert_tokens_to_ids("<image>"),
    }
    crop = {"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}}
    how = {"patch_size": PATCH, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
    seeing = _seeing("CLIPImageProcessor", **crop)
    return _save(folder, kind, sizes | more, tokenizer, "LlavaProcessor", seeing, **how)


def vipllava(folder: Path) -> str:
    return llava(folder, "vipllava", vision_feature_layers=[-2, -1])


def paligemma(folder: Path) -> str:
    tokenizer = pieces(MARKS)
    sizes = {
        "vision_config": IMAGE | {"model_type": "siglip_vision_model", "projection_dim": 12},
        "text_config": TEXT | {"model_type": "gemma", "vocab_size": 1500},
        "image_token_index": tokenizer.convert_tokens_to_ids("<image>"),
        "projection_dim": 12,
        "hidden_size": 12,
    }
    seeing = _seeing("SiglipImageProcessor")
    seeing.image_seq_length = PATCHES
    return _save(folder, "paligemma", sizes, tokenizer, "PaliGemmaProcessor", seeing)


def gemma3(folder: Path) -> str:
    tokenizer = pieces({"image_token": "<soft>", "boi_token": "<start>", "eoi_token": "<end>"})
    sizes = {
        "vision_config": WIDER | {"model_type": "siglip_vision_model"},
        "text_config": TEXT | {"model_type": "gemma3_text", "sliding_window": 8},
        "image_token_index": tokenizer.convert_tokens_to_ids("<soft>"),
        "mm_tokens_per_image": PATCHES,
    }
    seeing = _seeing("Gemma3ImageProcessor", 2 * SIDE)
    return _save(folder, "gemma3", sizes, tokenizer, "Gemma3Processor", seeing, image_seq_length=PATCHES)


def idefics3(folder: Path) -> str:
    tokenizer = pieces({"fake_image_token": "<fake_token_around_image>", "global_image_token": "<global-img>", **MARKS})
    sizes = {
        "vision_config": WIDER | {"model_type": "idefics3_vision"},
        "text_config": TEXT | {"model_type": "llama"},
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
        "scale_factor": 2,
    }
    edges = {"size": {"longest_edge": 2 * SIDE}, "max_image_size": {"longest_edge": 2 * SIDE}}
    seeing = _seeing("Idefics3ImageProcessor", **edges)
    return _save(folder, "idefics3", sizes, tokenizer, "Idefics3Processor", seeing, image_seq_len=PATCHES)
