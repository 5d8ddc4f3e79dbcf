"""A model that is ready to be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase, ProcessorMixin

from core.models.errors import ModelError
from core.models.halves import halves_of
from core.models.stacks import Stack

Kind = Literal["encoder", "decoder", "encoder-decoder", "captioner", "vision", "image-text", "audio"]
Group = Literal["encoder", "decoder", "cross"]


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model with its tokenizer, in `eval()` mode and in single precision. It is shared: never change it.

    kind        what it reads and how: a decoder is a model whose tokens do not see later ones, a captioner one that writes of
                a picture and looks back at it.
    groups      for each attention call of one forward pass, in order, whether it is the encoder's, the decoder's or the
                decoder's look at the encoder.
    stacks      for each of these parts, which layers of the model attend.
    n_heads     heads of the first layer.
    max_tokens  how many tokens it can read at once, special tokens included.
    recorded    True = `attend` runs inside it; False = its family has an attention of its own, and only the weights
                that the library returns can be shown.
    processor   of a model that reads a picture as tokens among those of a text: it says where they stand.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase | None
    device: torch.device
    kind: Kind
    groups: tuple[Group, ...]
    stacks: Mapping[Group, Stack]
    n_heads: int
    max_tokens: int
    recorded: bool
    processor: ProcessorMixin | None = None

    @property
    def text_tokenizer(self) -> PreTrainedTokenizerBase:
        """The tokenizer. Raises ModelError for a model that reads no text, or texts beside pictures."""
        if self.kind == "image-text":
            raise ModelError(
                f"{self.name} reads pictures and texts, and only where it looks in a picture is shown: choose a text model"
            )
        if self.tokenizer is None:
            raise ModelError(f"{self.name} reads no text ({self.kind}): choose a text model")
        return self.tokenizer

    @property
    def writes(self) -> PreTrainedModel:
        """What goes on with a text: the model, or of a captioner the half that writes."""
        halves = halves_of(self.model)
        return self.model if halves is None else halves.writes

    @property
    def word_table(self) -> nn.Module | None:
        """Where the model finds the vectors of words; None where it has no table: CANINE hashes letters."""
        try:
            return self.model.get_input_embeddings()
        except NotImplementedError:
            return None

    @property
    def n_layers(self) -> int:
        """Attention layers of the part that reads the text: the encoder where there is one, else the decoder."""
        return self.groups.count("encoder") or self.groups.count("decoder")
