"""What an encoder-decoder of the library writes when it reads a text."""

import torch
from transformers import GenerationMixin

from core.models.errors import ModelError, told_as
from core.models.languages import Languages
from core.models.loaded import LoadedModel
from core.models.tokens import beginning, encode


def no_translator(loaded: LoadedModel) -> ModelError:
    """What is said where a model cannot translate."""
    return ModelError(
        f"{loaded.name} does not translate ({loaded.kind}): choose an encoder-decoder such as Marian or T5"
    )


def write(loaded: LoadedModel, text: str, most: int, languages: Languages | None = None) -> str:
    """The text that the model writes greedily, in at most so many tokens.

    languages   of a translator that knows several: of the text, and the one to write in; None = the usual ones.
    Raises   ValueError for a text that cannot be read; ModelError for a model that is no encoder-decoder.
    """
    if loaded.kind != "encoder-decoder":
        raise no_translator(loaded)
    cannot = f"{loaded.name} cannot write: choose another model"
    if not isinstance(loaded.model, GenerationMixin):
        raise ModelError(cannot)
    _, inputs = encode(loaded, text, languages=languages)
    start, language = beginning(loaded, languages)
    begin = {"decoder_start_token_id": start, "forced_bos_token_id": language}
    told = {name: number for name, number in begin.items() if number is not None}
    with told_as(cannot), torch.inference_mode():
        ids = loaded.model.generate(**inputs, **told, max_new_tokens=most, num_beams=1, do_sample=False)
        return loaded.text_tokenizer.batch_decode(ids, skip_special_tokens=True)[0].strip()
