"""A short run that tells what a model is: whether `attend` runs inside it, whether it looks ahead, its heads."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from core.models.among import look
from core.models.errors import ModelError, told_as
from core.models.halves import READ, as_batch, config_that_sees, halves_of, sums_up
from core.models.loaded import Group, Kind
from core.models.pretrained import IMPLEMENTATION, LayerRecord, record
from core.models.stacks import Stack, stack_of

N_TOKENS = 8  # even: a banded attention has 2 w + 1 columns, an odd number, and so cannot pass for a square one
# of one input that a model is tried on, before anything is made: its configuration says how large it is
MOST_NUMBERS, MOST_PATCHES = 2**24, 64**2
AGREEMENT = 1e-4  # of the largest output: orders of summation differ by less than this, other attentions by more


@dataclass(frozen=True)
class Findings:
    """What the run has shown, as in `LoadedModel`."""

    kind: Kind
    groups: tuple[Group, ...]
    stacks: dict[Group, Stack]
    n_heads: int
    recorded: bool


def introspect(name: str, model: PreTrainedModel) -> Findings:
    """Run a model on made-up input and look at what it does.

    A family that never calls `attend`, or whose output with `attend` is not the library's own, is not recorded.
    Raises   ModelError for a model that cannot be run or has no attention to show.
    """
    accepted = set(inspect.signature(model.forward).parameters)
    if (parts := halves_of(model)) is not None and parts.among and sums_up(model):
        raise ModelError(f"{name} sums a picture up, so that its text looks at no patches: choose {READ}")
    with told_as(f"{name} cannot be run here: choose another model"), torch.inference_mode():
        inputs = _inputs(name, model, accepted)
        with record(tensors=("weights",)) as records:
            output = model(**inputs)
        # of two halves, one may call `attend` and the other not
        both = halves_of(model) is None or any(_looks_at_a_picture(model, kept) for kept in records)
        recorded = bool(records) and both and _agrees(model, inputs, output)
        if not recorded:
            model.set_attn_implementation("eager")
            records = _every_returned(model, inputs)
    if not records or not (recorded or all(are_shares(kept) for kept in records)):
        raise ModelError(f"{name} has no matrix of attention weights to show: choose another model")
    kind = _kind(model, accepted, records)
    if kind == "captioner" and not any(_looks_at_a_picture(model, kept) for kept in records):
        raise ModelError(f"{name} has no layer that looks back at the picture: choose {READ}")
    groups = tuple(_group(model, kind, kept) for kept in records)
    stacks = {
        group: stack_of(model, [kept.module for kept, of in zip(records, groups, strict=True) if of == group])
        for group in set(groups)
    }
    if kind == "captioner" and "cross" not in groups:
        stacks["cross"] = stacks["decoder"]  # it looks at the picture where it looks at what is written
    return Findings(kind, groups, stacks, records[0].weights.shape[1], recorded)


def _has_two_parts(model: PreTrainedModel) -> bool:
    """Whether a model is an encoder with a decoder; the half of one has a config that may still say so."""
    return bool(model.config.is_encoder_decoder) and "decoder_input_ids" in inspect.signature(model.forward).parameters


def _every_returned(model: PreTrainedModel, inputs: dict[str, Tensor]) -> list[LayerRecord]:
    """The weights that the library returns for a whole run; of two halves, for each by itself."""
    halves = halves_of(model)
    if halves is None:
        return returned(model(**inputs, output_attentions=True))
    pixels = inputs["pixel_values"]
    seen = returned(halves.sees(pixel_values=pixels.flatten(0, -4), output_attentions=True))
    if halves.among:
        wrote = returned(model(**inputs, output_attentions=True))
        return _numbered(seen, wrote)
    ids = inputs.get("decoder_input_ids", inputs.get("input_ids"))
    states = halves.look(pixels)
    wrote = returned(halves.writes(input_ids=ids, encoder_hidden_states=states, output_attentions=True))
    return _numbered(seen, wrote)


def _numbered(seen: list[LayerRecord], wrote: list[LayerRecord]) -> list[LayerRecord]:
    """What both halves returned, in the order in which they run."""
    return [
        LayerRecord(place, f"{part}{kept.module}", kept.kind, kept.tensors)
        for place, (part, kept) in enumerate([("encoder_", kept) for kept in seen] + [("", kept) for kept in wrote])
    ]


def returned(output: Mapping[str, Any]) -> list[LayerRecord]:
    """The weights that the library itself returns, as records named after the place in its output."""
    records: list[LayerRecord] = []
    for key in ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions"):
        # of a part that is a model of its own inside another, the library keeps the same tensor twice
        for layer, weights in enumerate({id(each): each for each in output.get(key) or ()}.values()):
            kind = "cross" if key == "cross_attentions" else "self"
            records.append(LayerRecord(len(records), f"{key}[{layer}]", kind, {"weights": weights}))
    return records


def _inputs(name: str, model: PreTrainedModel, accepted: set[str]) -> dict[str, Tensor]:
    """Made-up numbers in the form that a model accepts."""
    config, rng = model.config, torch.Generator().manual_seed(0)
    vision = config_that_sees(config)
    sides = getattr(vision, "image_size", None) or 224
    height, width = (sides, sides) if isinstance(sides, int) else sides
    spectrogram = (getattr(config, "num_mel_bins", 80), 2 * getattr(config, "max_source_positions", 1500))
    shapes = {
        "pixel_values": (1, getattr(vision, "num_channels", 3), height, width),
        "input_features": (1, *spectrogram),
        "input_values": (1, 4000),
    }
    wanted = {kind: shape for kind, shape in shapes.items() if kind in accepted}
    for shape in wanted.values():
        patches = _patches(vision, shape)
        if math.prod(shape) > MOST_NUMBERS or patches > MOST_PATCHES:
            size = " x ".join(f"{side:,}" for side in shape[1:])
            raise ModelError(
                f"{name} says that it reads {size} numbers at once, in {patches:,} patches: at most {MOST_NUMBERS:,} numbers and "
                f"{MOST_PATCHES:,} patches are tried; choose another model"
            )
    inputs = {name: torch.randn(shape, generator=rng) for name, shape in wanted.items()}
    tokens = torch.arange(N_TOKENS)[None]
    if "input_ids" in accepted:
        inputs["input_ids"] = tokens
    if _has_two_parts(model):
        inputs["decoder_input_ids"] = tokens[:, : N_TOKENS - 3]
    if (halves := halves_of(model)) is not None and halves.among:
        inputs["pixel_values"] = as_batch(model, inputs["pixel_values"].to(model.device))
        if halves.token is not None:
            count = len(look(model, inputs["pixel_values"]).vectors)
            inputs["input_ids"] = torch.cat([torch.full((1, count), halves.token), tokens], dim=1)
    return {name: tensor.to(model.device) for name, tensor in inputs.items()}


def _patches(config: Any, shape: tuple[int, ...]) -> int:
    """Into how many patches a picture of this shape is cut; 0 where nothing says how."""
    sides = getattr(config, "patch_size", None)
    side = sides[-1] if isinstance(sides, list | tuple) and sides else sides
    return (
        math.prod(each // side for each in shape[2:]) if isinstance(side, int) and side > 0 and len(shape) == 4 else 0
    )


def _agrees(model: PreTrainedModel, inputs: dict[str, Tensor], output: Mapping[str, Any]) -> bool:
    """Whether the library's own attention gives the same output."""
    model.set_attn_implementation("eager")
    expected = model(**inputs)
    model.set_attn_implementation(IMPLEMENTATION)
    pairs = [(output[key], tensor) for key, tensor in expected.items() if torch.is_tensor(tensor)]
    return all(torch.allclose(ours, theirs, rtol=0, atol=AGREEMENT * theirs.abs().max()) for ours, theirs in pairs)


def are_shares(kept: LayerRecord) -> bool:
    """Whether a record holds, for every head, a column per token, and each query spends one unit of attention."""
    weights = kept.tensors["weights"]
    if weights is None or weights.dim() != 4 or (kept.kind == "self" and weights.shape[-2] != weights.shape[-1]):
        return False
    return bool(((weights.sum(-1) - 1).abs() < 1e-3).all())


def _kind(model: PreTrainedModel, accepted: set[str], records: list[LayerRecord]) -> Kind:
    if halves_of(model) is not None:
        return "captioner"
    if accepted & {"input_features", "input_values"}:
        return "audio"
    if "pixel_values" in accepted:
        return "image-text" if accepted & {"input_ids", "decoder_input_ids"} else "vision"
    if _has_two_parts(model):
        return "encoder-decoder"
    looks_ahead = any(bool(kept.weights.triu(1).any()) for kept in records)
    return "encoder" if looks_ahead else "decoder"


def _looks_at_a_picture(model: PreTrainedModel, kept: LayerRecord) -> bool:
    """Whether a layer of the half that writes has what was seen among its keys."""
    halves = halves_of(model)
    among = halves is not None and halves.among and _group(model, "captioner", kept) == "decoder"
    return kept.kind == "cross" or among


def _group(model: PreTrainedModel, kind: Kind, kept: LayerRecord) -> Group:
    if kept.kind == "cross":
        return "cross"
    halves = halves_of(model)
    if halves is None and not _has_two_parts(model):
        return "decoder" if kind == "decoder" else "encoder"
    names = {part: name for name, part in model.named_modules()}
    reads = model.get_encoder() if halves is None else halves.sees
    inside = kept.module.startswith((names.get(reads, "encoder") + ".", "encoder_attentions"))
    return "encoder" if inside else "decoder"
