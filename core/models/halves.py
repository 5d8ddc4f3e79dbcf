"""Models that write of pictures are two models in one: a half that sees, and a half that writes and looks at that."""

import inspect
import re
from dataclasses import dataclass
from typing import Any, Final

import transformers
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

# the library's classes, and where each has its halves
WHOLE: Final = {
    "VisionEncoderDecoderModel": ("encoder", "decoder"),
    "BlipForConditionalGeneration": ("vision_model", "text_decoder"),
}
# of models that write of pictures
READ: Final = "a LLaVA, PaliGemma or GIT, a ViT-GPT2 or another VisionEncoderDecoder, or a BLIP that captions"
_SEEING: Final = ("vision_config", "encoder")  # where the configuration of a whole has that of the half that sees
GIT: Final = "GitForCausalLM"  # it sets a picture before all tokens, and is given it as it is
_TOWERS: Final = ("vision_tower", "vision_model", "image_encoder")  # where those that read pictures as tokens see
_SUMMED: Final = re.compile("qformer|perceiver|resampler|crossattention", re.IGNORECASE)  # parts that no patch outlives
_CROPS: Final = ("idefics3", "smolvlm")  # families that count the crops of a picture: here it is always one
# what a family may be told where all pictures have one size; whatever else it asks for says how large each one is
_FIXED: Final = frozenset(
    ("self", "pixel_values", "vision_feature_layer", "vision_feature_select_strategy", "pixel_attention_mask", "kwargs")
)


@dataclass(frozen=True, eq=False)
class Halves:
    """The halves of a model that writes of pictures.

    sees     pictures in, a vector for each patch out.
    writes   a causal language model with cross-attention over those vectors; where `among`, the whole.
    joins    the map from the width of the one to that of the other; None where they have the same.
    start    the token with which it begins to write, ends: those with which it ends; as the whole or its halves say.
    among    whether a picture stands as tokens among those of the text, in the self-attention of all.
    token    that which stands for the picture in a text; None where none does.
    """

    sees: PreTrainedModel
    writes: PreTrainedModel
    joins: nn.Module | None
    start: int | None
    ends: frozenset[int]
    among: bool = False
    token: int | None = None

    def look(
        self, images: Float[Tensor, "batch channels height width"], **more: Any
    ) -> Float[Tensor, "batch source d_model"]:
        """What was seen, as the half that writes looks back at it. more: what the half that sees is told beside."""
        states = self.sees(pixel_values=images, **more).last_hidden_state
        return states if self.joins is None else self.joins(states)


def halves_of(model: PreTrainedModel) -> Halves | None:
    """The halves of a model; None for one that is no such whole."""
    for name, (seeing, writing) in WHOLE.items():
        if type(model).__name__ == name:
            sees, writes = getattr(model, seeing), getattr(model, writing)
            return Halves(sees, writes, getattr(model, "enc_to_dec_proj", None), *_marks(model, writes.config))
    if not is_among(type(model)):
        return None
    towers = (getattr(model.base_model, tower, None) for tower in _TOWERS)
    sees = next((tower for tower in towers if isinstance(tower, PreTrainedModel)), None)
    if sees is None:
        return None
    token = None if type(model).__name__ == GIT else getattr(model.config, "image_token_id", None)
    return Halves(sees, model, None, *_marks(model, model.config.get_text_config()), True, token)


def sums_up(model: PreTrainedModel) -> bool:
    """Whether a model has a part that makes vectors of its own of a picture, each of them from all patches."""
    return any(_SUMMED.search(type(part).__name__) for part in model.modules())


def is_among(kind: type[PreTrainedModel] | None) -> bool:
    """Whether models of a class of the library read a picture as so many tokens as it has patches, whatever the picture."""
    if kind is None or kind.__name__ not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values():
        return False
    if kind.__name__ == GIT:
        return True
    takes = "mm_encoder_outputs" in inspect.signature(kind.forward).parameters
    return takes and hasattr(kind, "get_image_features") and not _asked(kind)


def _asked(kind: type[PreTrainedModel] | None) -> set[str]:
    """What a class asks for beside the pixels of a picture, so that it is told how large it is."""
    sees = getattr(kind, "get_image_features", None)
    return set() if sees is None else set(inspect.signature(sees).parameters) - _FIXED


def as_batch(
    model: PreTrainedModel, images: Float[Tensor, "1 channels height width"]
) -> Float[Tensor, "1 *crops channels height width"]:
    """One picture as a model that reads it as tokens is given it: some count its crops."""
    return images[:, None] if model.config.model_type in _CROPS else images


def written_for(config: PreTrainedConfig) -> str:
    """The name of the library's class that a model's weights were written for; "" where its folder names none."""
    # a damaged configuration names anything
    match config.architectures:
        case [str(named), *_]:
            return named
    return ""


def unread(name: str, config: PreTrainedConfig) -> str | None:
    """What is said of a model that writes of pictures in a way that is not followed here; None for all others."""
    kind = written_for(config)
    if kind not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values() or kind in WHOLE:
        return None
    if not hasattr(config, "vision_config"):
        return None  # of some families one class reads texts alone
    return f"{name} is a {kind}: {_why(getattr(transformers, kind, None), config)}; choose {READ}"


def _why(kind: type[PreTrainedModel] | None, config: PreTrainedConfig) -> str:
    """Why nobody can say which patch of a picture a model's text looks at."""
    if hasattr(config, "image_grid_pinpoints") or hasattr(config, "image_splitting"):
        return "it cuts a picture into several crops, whose patches make no one grid"
    if "image_sizes" in _asked(kind) or any("grid" in each or "shapes" in each for each in _asked(kind)):
        return "it cuts a picture into as many patches as its size asks for, in a way that is not followed here"
    if any(hasattr(config, part) for part in ("qformer_config", "perceiver_config")):
        return "it sums a picture up in vectors of its own, so that its text looks at no patches"
    return "it reads a picture in a way that is not followed here, without a grid of patches that its text looks at"


def _marks(model: PreTrainedModel, writes: PreTrainedConfig) -> tuple[int | None, frozenset[int]]:
    """The token that begins a text, and those that end it."""
    if type(model).__name__ == "BlipForConditionalGeneration":
        # its own generate ends at what the tokenizers of BERT set between two texts, whatever the configuration says
        return writes.bos_token_id, frozenset({writes.sep_token_id})
    places = (getattr(model, "generation_config", None), model.config, writes)
    begins = (getattr(place, name, None) for name in ("decoder_start_token_id", "bos_token_id") for place in places)
    told = next((ends for place in places if (ends := getattr(place, "eos_token_id", None)) is not None), ())
    ends = {told} if isinstance(told, int) else set(told)
    return next((number for number in begins if isinstance(number, int)), None), frozenset(ends)


def config_that_sees(config: PreTrainedConfig) -> PreTrainedConfig:
    """What says how pictures are read: a part of the configuration of a model that also reads or writes texts."""
    parts = (getattr(config, name, None) for name in _SEEING)
    return next((part for part in parts if isinstance(part, PreTrainedConfig)), config)


def stretched(module: nn.Module) -> dict[str, Any]:
    """What a module that sees is told so that it fits its positions to a picture of another size; nothing if it knows none."""
    known = "interpolate_pos_encoding" in inspect.signature(module.forward).parameters
    return {"interpolate_pos_encoding": True} if known else {}
