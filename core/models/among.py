"""Where a picture stands among the tokens that a model reads: a column of its self-attention for each patch."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from core.models.errors import ModelError, told_as
from core.models.halves import GIT, halves_of
from core.models.loaded import LoadedModel
from core.models.tokens import check_text, tokenizing

# by what a family tells the tokens of a picture from others, and what all have that follow a prompt; PaliGemma's prompt
# sees itself both ways, and what is written does not
_TYPES: Final = ("token_type_ids", "mm_token_type_ids")
_BEHIND_A_PROMPT: Final = {"paligemma": 1}
_ONE_CROP: Final = ("do_image_splitting", "crop_to_patches", "do_pan_and_scan")  # what would cut a picture into several


@dataclass(frozen=True, eq=False)
class Among:
    """A picture among the tokens that a model reads.

    at      where the token is, among those of the text, that stands for the picture; None: it stands before all.
    count   places that it takes in what the model reads.
    given   with what the model is called beside the tokens while it has not read the picture.
    types   the same, a number for each place of the prompt; others: for each place behind it.
    prompt  what somebody asked of the picture.
    blind   tokens of it of which nothing was expected: that of the picture, and all where each sees those behind it.
    """

    at: int | None
    count: int
    given: dict[str, Any]
    types: dict[str, tuple[int, ...]] = field(default_factory=dict)
    others: int = 0
    prompt: str = ""
    blind: tuple[int, ...] = ()

    @property
    def first(self) -> int:
        """The first of its places."""
        return self.at or 0

    @property
    def more(self) -> int:
        """How many places more the model reads than its text has tokens."""
        return self.count - (self.at is not None)

    @property
    def numbered(self) -> int:
        """How many of these count among the positions that the model knows: what stands before all has none."""
        return 0 if self.at is None else self.more

    def spread(self, ids: Sequence[int]) -> list[int]:
        """The tokens of a whole text as the model is given them: that which stands for the picture as often as it has places."""
        ids = list(ids)
        return (
            ids if self.at is None else [*ids[: self.at], *ids[self.at : self.at + 1] * self.count, *ids[self.at + 1 :]]
        )

    def places(self, n_tokens: int) -> Int[Tensor, "tokens"]:
        """Where each token of a text stands in what the model reads; of that which stands for the picture, the last place."""
        every = torch.arange(n_tokens)
        return every + self.more * (every >= self.first)

    def called(self, ids: Sequence[int], device: torch.device, past: int = 0) -> dict[str, Any]:
        """With what the model is called that goes on from these tokens. past: so many tokens of the text were read before."""
        if past:
            read = {"input_ids": torch.tensor([list(ids)], device=device)}
            places = torch.arange(past, past + len(ids), device=device)[None]
            # what stands before all has none of the positions of a text, and its cache would count it among them
            return read | {"position_ids": places} if self.at is None else read
        whole = self.spread(ids)
        types = {
            name: torch.tensor([[*kinds, *[self.others] * (len(whole) - len(kinds))]], device=device)
            for name, kinds in self.types.items()
        }
        return {"input_ids": torch.tensor([whole], device=device), **types, **self.given}

    def parted(
        self, weights: Float[Tensor, "heads queries keys"]
    ) -> tuple[Float[Tensor, "heads queries tokens"], Float[Tensor, "heads queries source"]]:
        """Weights over all that was read, as those on the text and those on the picture; its token has the sum of these."""
        before, on, behind = weights.split(
            [self.first, self.count, weights.shape[-1] - self.first - self.count], dim=-1
        )
        stands = [] if self.at is None else [on.sum(-1, keepdim=True)]
        return torch.cat([before, *stands, behind], dim=-1), on


@dataclass(frozen=True, eq=False)
class Looked:
    """What a model made of one picture, before it stands among the tokens of a text: its vectors, and `given` as in `Among`."""

    vectors: Float[Tensor, "source d_model"]
    given: dict[str, Any]


def look(model: PreTrainedModel, images: Tensor) -> Looked:
    """Let a model that reads pictures as tokens see one. images: as `as_batch`."""
    whole: Any = model  # the library's types do not know what its families have
    if type(model).__name__ == GIT:
        body = whole.git
        vectors = body.visual_projection(body.image_encoder(pixel_values=images).last_hidden_state)[0]
        return Looked(vectors, {"pixel_values": images})
    found = whole.get_image_features(pixel_values=images, return_dict=True).pooler_output
    joined = torch.cat(list(found)) if isinstance(found, list | tuple) else found
    given = {"mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=found)}}
    return Looked(joined.flatten(0, -2), given)


def picture_token(loaded: LoadedModel) -> int | None:
    """What stands for a picture among the tokens of this model; None where nothing does."""
    halves = halves_of(loaded.model)
    return None if halves is None else halves.token


def mark_of(loaded: LoadedModel) -> str | None:
    """What stands in a prompt for the picture; None where nothing does: it stands before all."""
    halves = halves_of(loaded.model)
    if halves is None or halves.token is None:
        return None
    # of some, the mark with which a picture begins is written in its place
    names = (getattr(loaded.processor, name, None) for name in ("boi_token", "image_token"))
    return next((each for each in names if each), str(loaded.text_tokenizer.convert_ids_to_tokens(halves.token)))


def asked(
    loaded: LoadedModel, pixels: UInt8[np.ndarray, "side side 3"], looked: Looked, prompt: str
) -> tuple[Among, tuple[int, ...]]:
    """Where a picture stands in a prompt, and the tokens of that, as the model's own processor makes them of both.

    prompt   where nothing in it stands for the picture, that stands before it.
    Raises   ValueError for a prompt that cannot be read; ModelError for a picture of several crops.
    """
    halves, processor, mark = halves_of(loaded.model), loaded.processor, mark_of(loaded)
    if halves is None or halves.token is None or mark is None or processor is None:
        raise ValueError(f"{loaded.name} has no token that stands for a picture")
    check_text(prompt, "the prompt")
    if prompt.count(mark) > 1:
        raise ValueError(f"{mark} stands {prompt.count(mark)} times in it, and there is one picture: write it once")
    own = str(loaded.text_tokenizer.convert_ids_to_tokens(halves.token))
    if own != mark and own in prompt:
        raise ValueError(
            f"{own} is what the processor itself writes for each part of the picture: write {mark} for the picture"
        )
    text = prompt if mark in prompt else mark + prompt
    seen = Image.fromarray(pixels)
    once = {name: False for name in _ONE_CROP if hasattr(processor.image_processor, name)}
    with told_as(f"the processor of {loaded.name} cannot read this picture and text: change them"), tokenizing:
        read = processor(images=[seen], text=[text], **once)
    (ids,) = [[int(number) for number in row] for row in read["input_ids"]]
    places = [place for place, number in enumerate(ids) if number == halves.token]
    count, first = len(looked.vectors), places[0] if places else 0
    if not places:
        raise ModelError(
            f"{loaded.name} takes token {halves.token} ({own}) for the picture, and its processor writes none: its config.json "
            "and its processor belong to different models; fetch both again"
        )
    if places != list(range(first, first + count)):
        raise ModelError(
            f"{loaded.name} reads a picture in {len(places)} places and makes {count} vectors of it here, so that it cuts "
            "pictures into several crops or rows: choose a model that reads each as one grid"
        )
    known = inspect.signature(loaded.model.forward).parameters
    types = {name: tuple(int(kind) for kind in read[name][0]) for name in _TYPES if name in read and name in known}
    others = _BEHIND_A_PROMPT.get(loaded.model.config.model_type, 0)
    start = (*ids[: first + 1], *ids[first + count :])
    blind = tuple(range(len(start))) if others else (first,)
    return Among(first, count, looked.given, types, others, prompt, blind), start
