"""Models that write of pictures are two models in one: a half that sees, and a half that writes and looks back at that."""

import inspect
from dataclasses import dataclass
from typing import Any, Final

from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

# the library's classes, and where each has its halves
WHOLE: Final = {
    "VisionEncoderDecoderModel": ("encoder", "decoder"),
    "BlipForConditionalGeneration": ("vision_model", "text_decoder"),
}
READ: Final = "a ViT-GPT2 or another VisionEncoderDecoder, or a BLIP that captions"  # of models that write of pictures
_SEEING: Final = ("vision_config", "encoder")  # where the configuration of a whole has that of the half that sees


@dataclass(frozen=True, eq=False)
class Halves:
    """The halves of a model that writes of pictures.

    sees     pictures in, a vector for each patch out.
    writes   a causal language model with cross-attention over those vectors.
    joins    the map from the width of the one to that of the other; None where they have the same.
    start    the token with which it begins to write, ends: those with which it ends; as the whole or its halves say.
    """

    sees: PreTrainedModel
    writes: PreTrainedModel
    joins: nn.Module | None
    start: int | None
    ends: frozenset[int]

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
            return Halves(sees, writes, getattr(model, "enc_to_dec_proj", None), *_marks(model, writes))
    return None


def unread(name: str, config: PreTrainedConfig) -> str | None:
    """What is said of a model that writes of pictures in another way, which nothing here follows; None for all others."""
    kind = (config.architectures or [""])[0]
    if kind not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values() or kind in WHOLE:
        return None
    if not hasattr(config, "vision_config"):
        return None  # of some families one class reads texts alone
    return (
        f"{name} is a {kind}: it reads a picture as tokens among those of its text or in another way that is not followed here, "
        f"and has no half that looks back at patches; choose {READ}"
    )


def _marks(model: PreTrainedModel, writes: PreTrainedModel) -> tuple[int | None, frozenset[int]]:
    """The token that begins a text, and those that end it."""
    if type(model).__name__ == "BlipForConditionalGeneration":
        # its own generate ends at what the tokenizers of BERT set between two texts, whatever the configuration says
        return writes.config.bos_token_id, frozenset({writes.config.sep_token_id})
    places = (getattr(model, "generation_config", None), model.config, writes.config)
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
