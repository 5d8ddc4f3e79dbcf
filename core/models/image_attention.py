"""From a picture to the real attention of a vision model of the library on it."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor, nn

from core.analysis.patch_attention import PatchAttention
from core.models import folder as folders
from core.models.errors import ModelError, told_as
from core.models.halves import config_that_sees, halves_of, stretched
from core.models.introspection import returned
from core.models.loaded import LoadedModel
from core.models.preprocessing import Preprocessing, Values, values_of
from core.models.recording import record

MOST_PATCHES: Final = 600  # of a model's own size; beyond it, the picture is made smaller
MOST_WEIGHTS: Final = 50_000_000  # of all heads on one picture
_ACROSS: Final = 16  # patches a side of a picture that was made smaller


def preprocessing_of(loaded: LoadedModel, values: Values | None = None, *, heads: bool = True) -> Preprocessing:
    """What a model reads. Raises ModelError for a model that reads no pictures, or not in patches.

    values   how pixels are made ready for it; None = as its files say.
    heads    whether the weights of all its heads are to be kept, for which a large picture is made smaller.
    """
    if loaded.kind not in ("vision", "image-text", "captioner"):
        raise ModelError(f"{loaded.name} reads no pictures ({loaded.kind}): choose a ViT, DeiT, DINOv2, CLIP or SigLIP")
    config = config_that_sees(loaded.model.config)
    patch, side = getattr(config, "patch_size", None), getattr(config, "image_size", None)
    if isinstance(side, (list, tuple)):
        side = side[0] if len(set(side)) == 1 else None
    if isinstance(patch, (list, tuple)):
        patch = patch[0] if len(set(patch)) == 1 else None
    if not isinstance(patch, int) or not isinstance(side, int) or side < patch:
        raise ModelError(f"{loaded.name} does not cut square pictures into square patches: choose a ViT or one like it")
    n = (side // patch // merging(loaded)) ** 2
    halves = halves_of(loaded.model)
    fixed = not heads and halves is not None and halves.among  # it has as many places for a picture as it has patches
    if not fixed and (n > MOST_PATCHES or (heads and n**2 * len(loaded.groups) * loaded.n_heads > MOST_WEIGHTS)):
        side = _ACROSS * patch * merging(loaded)
    channels = getattr(config, "num_channels", 3)
    if channels not in (1, 3):
        raise ModelError(f"{loaded.name} reads pictures of {channels} channels: choose one for colour (3) or grey (1)")
    said = values or values_of(loaded.name, _folder(loaded), channels)
    return Preprocessing(side, patch, channels, **vars(said))


def merging(loaded: LoadedModel) -> int:
    """How many patches side by side are one at the end: a Swin makes one of four, stage by stage."""
    stages = getattr(config_that_sees(loaded.model.config), "depths", None)
    return 2 ** (len(stages) - 1) if stages else 1


@lru_cache(maxsize=8)
def _folder(loaded: LoadedModel) -> Path:
    """Where the model's files lie; a name of the hub is asked for once."""
    return Path(folders.find(loaded.name))


def as_seen(
    pixels: UInt8[np.ndarray, "side side 3"], preprocessing: Preprocessing
) -> UInt8[np.ndarray, "covered covered 3"]:
    """What a model sees of a picture: grey where it sees no colour, without the edge beyond the last whole patch."""
    covered = pixels[: preprocessing.covered, : preprocessing.covered]
    if preprocessing.channels == 1:
        covered = np.asarray(Image.fromarray(covered).convert("L").convert("RGB"))
    return np.ascontiguousarray(covered)


def as_input(
    pixels: UInt8[np.ndarray, "side side 3"], preprocessing: Preprocessing
) -> Float[Tensor, "1 channels height width"]:
    """Pixels as the model expects them."""
    if preprocessing.channels == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    mean, std = (torch.tensor(values)[:, None, None] for values in (preprocessing.mean, preprocessing.std))
    values = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() * preprocessing.factor
    return ((values - mean) / std)[None]


def attention_of(
    loaded: LoadedModel, pixels: UInt8[np.ndarray, "side side 3"], preprocessing: Preprocessing
) -> PatchAttention:
    """Let a model look at a picture of `preprocessing_of(loaded).side` pixels and return the weights of all its heads.

    preprocessing  its `preprocessing_of`.

    Raises   ModelError when it cannot look at it, or where its layers do not all attend over the same patches.
    """
    module = _part_that_sees(loaded)
    more = stretched(module)
    inputs = as_input(pixels, preprocessing).to(loaded.device)
    with told_as(f"{loaded.name} cannot look at this picture: try another model"), torch.inference_mode():
        if loaded.recorded:
            with record(tensors=("weights",)) as records:
                module(pixel_values=inputs, **more)
        else:
            records = returned(module(pixel_values=inputs, output_attentions=True, **more))
    weights = [kept.weights[0].float().cpu() for kept in records]
    n_tokens = {tuple(each.shape) for each in weights}
    across = preprocessing.across
    if len(n_tokens) != 1 or weights[0].shape[-1] < across**2:
        raise ModelError(f"{loaded.name} looks through windows or merges patches: choose a ViT or one like it")
    n_extra = weights[0].shape[-1] - across**2
    return PatchAttention(torch.stack(weights), extra_names(loaded, n_extra), across, across)


def stretches(loaded: LoadedModel) -> bool:
    """Whether the model must be told to fit its positions to a picture of another size."""
    return bool(stretched(_part_that_sees(loaded)))


def _part_that_sees(loaded: LoadedModel) -> nn.Module:
    if loaded.kind == "vision":
        return loaded.model
    if (halves := halves_of(loaded.model)) is not None:
        return halves.sees
    module = getattr(loaded.model, "vision_model", None)
    if not isinstance(module, nn.Module):
        raise ModelError(f"{loaded.name} does not say which of its parts sees: choose CLIP, SigLIP or a ViT")
    return module


def extra_names(loaded: LoadedModel, n_extra: int) -> tuple[str, ...]:
    """What stands before the patches: a class token, and what a family adds to it."""
    if n_extra == 0:
        return ()
    config = config_that_sees(loaded.model.config)
    registers = min(getattr(config, "num_register_tokens", 0) or 0, n_extra - 1)
    others = n_extra - 1 - registers
    if others > 1 or (others == 1 and "deit" not in config.model_type):
        raise ModelError(
            f"{loaded.name} puts {others} tokens of its own among the patches: choose a ViT or one like it"
        )
    return ("[CLS]", *["[DIST]"] * others, *(f"register {n}" for n in range(registers)))
