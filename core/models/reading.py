"""From a text to the real attention of a model on it."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.models.errors import ModelError, told_as
from core.models.introspection import returned
from core.models.languages import Languages
from core.models.loaded import Group, LoadedModel
from core.models.recording import TENSORS, LayerRecord, record
from core.models.stacks import Stack
from core.models.tokens import Tokens, encode, encode_target, tokenize

__all__ = ["Reading", "Tokens", "hidden_states", "read", "tokenize"]


@dataclass(frozen=True)
class Reading:
    """What a model did with a text. Every record's `index` is the number of its layer in its group, from 0.

    tokens    of the text: the queries and keys of `encoder`, or of `decoder` when there is no encoder.
    target    of an encoder-decoder: what the decoder read, the queries of `decoder` and `cross`; else None.
    inputs    what the model was called with.
    stacks    for each part, by its name here, which layers of the model its records are of.
    """

    tokens: Tokens
    target: Tokens | None
    inputs: dict[str, Tensor]
    encoder: tuple[LayerRecord, ...]
    decoder: tuple[LayerRecord, ...]
    cross: tuple[LayerRecord, ...]
    stacks: Mapping[Group, Stack]


def read(
    loaded: LoadedModel,
    text: str,
    second: str | None = None,
    start: int = 0,
    layers: Collection[int] | None = None,
    heads: Collection[int] | None = None,
    tensors: Collection[str] | None = ("weights",),
    at_most: int | None = None,
    languages: Languages | None = None,
) -> Reading:
    """Let a model read a text and return its attention, in single precision, on the model's device.

    second    an encoder: the other text of a pair; an encoder-decoder: the text that the decoder has written so far,
              None = nothing but its start token.
    start, at_most   as `tokenize`.
    languages   of a translator that knows several: of the text and of the second; None = the usual ones.
    layers, heads, tensors   what to keep; None = all. A model that is not `recorded` has weights only.
    Raises    ValueError for a text, layer, head or tensor that cannot be; ModelError when the model cannot read this.
    """
    names = TENSORS if tensors is None else tuple(tensors)
    _check_wishes(loaded, layers or (), heads or (), names)
    if loaded.kind == "captioner":
        raise ModelError(f"{loaded.name} reads no text, it writes of pictures ({loaded.kind}): choose a text model")
    tokens, inputs = encode(loaded, text, second, start, at_most, languages)
    target = None
    if loaded.kind == "encoder-decoder":
        target, more = encode_target(loaded, second, languages)
        inputs |= more
    layer_of_call = [loaded.groups[:call].count(group) for call, group in enumerate(loaded.groups)]
    calls = [call for call, layer in enumerate(layer_of_call) if layers is None or layer in layers]
    with _running(loaded, inputs):
        records = (_recorded if loaded.recorded else _returned)(loaded, inputs, calls, heads, names)
    groups: dict[str, list[LayerRecord]] = {"encoder": [], "decoder": [], "cross": []}
    for kept in records:
        single = {name: tensor.float() for name, tensor in kept.tensors.items()}
        groups[loaded.groups[kept.index]].append(replace(kept, index=layer_of_call[kept.index], tensors=single))
    written = (target or tokens).ids
    sizes = {
        "encoder": (len(tokens.ids),) * 2,
        "decoder": (len(written),) * 2,
        "cross": (len(written), len(tokens.ids)),
    }
    for group, found in groups.items():
        if any("weights" in kept.tensors and kept.weights.shape[-2:] != sizes[group] for kept in found):
            raise ModelError(
                f"{loaded.name} merges tokens between its layers, and what they then look at is no token of the text: "
                "choose another model"
            )
    parts = {group: tuple(found) for group, found in groups.items()}
    return Reading(tokens, target, inputs, **parts, stacks=loaded.stacks)


def hidden_states(
    loaded: LoadedModel, text: str, start: int = 0, at_most: int | None = None, filler: int = 0
) -> tuple[Tokens, Float[Tensor, "depth tokens d_model"]]:
    """The vectors of a text in an encoder: before each layer, then behind the last (depth = n_layers + 1).

    start, at_most   as `tokenize`.
    filler           so many filling tokens stand behind the text, hidden from all by the model's own mask; theirs come last.
    Raises   as `read`; ModelError also for a model that is no encoder.
    """
    if loaded.kind != "encoder":
        raise ModelError(f"{loaded.name} is no encoder ({loaded.kind}): choose an encoder, for example a BERT")
    tokens, inputs = encode(loaded, text, None, start, at_most)
    if filler:
        pad = loaded.text_tokenizer.pad_token_id
        ids = nn.functional.pad(inputs["input_ids"], (0, filler), value=0 if pad is None else pad)
        seen = nn.functional.pad(torch.ones_like(inputs["input_ids"]), (0, filler))
        inputs = {"input_ids": ids, "attention_mask": seen}
    with _running(loaded, inputs):
        states = loaded.model(**inputs, output_hidden_states=True).hidden_states
        return tokens, torch.stack([state[0] for state in states]).float()


def _check_wishes(loaded: LoadedModel, layers: Collection[int], heads: Collection[int], names: Collection[str]) -> None:
    depth = max(loaded.groups.count(group) for group in loaded.groups)
    for what, wishes, there_are in (("layer", layers, depth), ("head", heads, loaded.n_heads)):
        for wish in wishes:
            if not 0 <= wish < there_are:
                raise ValueError(f"there is no {what} {wish}: {loaded.name} has {there_are}, counted from 0")
    if unknown := sorted(set(names) - set(TENSORS)):
        raise ValueError(f"there is no tensor {unknown[0]}: choose from {', '.join(TENSORS)}")
    if not loaded.recorded and set(names) != {"weights"}:
        raise ValueError(f"{loaded.name} has an attention of its own: of its tensors, only the weights can be shown")


@contextmanager
def _running(loaded: LoadedModel, inputs: dict[str, Tensor]) -> Iterator[None]:
    """A run without gradients, with whatever goes wrong in the library told in one sentence."""
    largest = max(int(ids.max()) for name, ids in inputs.items() if name.endswith("input_ids"))
    table = loaded.word_table
    if isinstance(table, nn.Embedding) and largest >= table.num_embeddings:
        raise ModelError(
            f"{loaded.name} knows {table.num_embeddings} tokens and its tokenizer more: fetch both again, they belong together"
        )
    with told_as(f"{loaded.name} cannot read this text: try another text or another model"), torch.inference_mode():
        yield


def _recorded(
    loaded: LoadedModel,
    inputs: dict[str, Tensor],
    calls: list[int],
    heads: Collection[int] | None,
    names: Collection[str],
) -> list[LayerRecord]:
    with record(calls, heads, names) as records:
        loaded.model(**inputs)
    return records


def _returned(
    loaded: LoadedModel,
    inputs: dict[str, Tensor],
    calls: list[int],
    heads: Collection[int] | None,
    names: Collection[str],
) -> list[LayerRecord]:
    """The same from the weights that the library returns, for families that do not call `attend`."""
    every = returned(loaded.model(**inputs, output_attentions=True))
    if heads is None:
        return [every[call] for call in calls]
    return [
        replace(every[call], tensors={name: every[call].weights[:, list(heads)] for name in names}) for call in calls
    ]
