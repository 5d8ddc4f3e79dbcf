"""What a decoder looks back at while it writes: a text that an encoder has read, once for all steps."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from core.models.errors import ModelError, told_as
from core.models.languages import Languages
from core.models.loaded import LoadedModel
from core.models.tokens import Tokens, beginning, encode


@dataclass(frozen=True, eq=False)
class Source:
    """A text that was read. It belongs to one visitor.

    tokens   of the text; inputs: with what the encoder was called.
    start    the tokens with which the decoder begins.
    given    with what the model is called at each step, beside what was written, which is called `asks`; `vectors` is what
             its output calls the vectors of that.
    """

    tokens: Tokens
    inputs: dict[str, Tensor]
    start: tuple[int, ...]
    given: dict[str, Any]
    asks: Literal["decoder_input_ids"] = "decoder_input_ids"
    vectors: Literal["decoder_hidden_states"] = "decoder_hidden_states"


def read_source(loaded: LoadedModel, text: str, languages: Languages | None = None, start: int = 0) -> Source:
    """Let the encoder read a text.

    languages   of a translator that knows several; start: as `tokenize`.
    Raises   ValueError for a text that cannot be read; ModelError for a model that is no encoder-decoder.
    """
    if loaded.kind != "encoder-decoder":
        raise ModelError(
            f"{loaded.name} has no encoder to read a text ({loaded.kind}): choose one such as Marian or T5"
        )
    first, language = beginning(loaded, languages)
    if first is None:
        raise ModelError(f"{loaded.name} does not say with which token its decoder begins: choose another model")
    tokens, inputs = encode(loaded, text, start=start, languages=languages)
    with told_as(f"{loaded.name} cannot read this text: try another text or another model"), torch.inference_mode():
        encoder = loaded.model.get_encoder()
        states = encoder(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    given = {"encoder_outputs": BaseModelOutput(last_hidden_state=states), "attention_mask": inputs["attention_mask"]}
    return Source(tokens, inputs, (first, *(() if language is None else (language,))), given)
