"""A folder that the transformers library opens by its Auto classes: what models in its format are written as and read from."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from core.models.errors import ModelError
from core.seeded import seeded

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
PREPROCESSOR: Final = "preprocessor_config.json"
# how most of its families call the maps of attention, and what each map has
MAPS: Final = ("q_proj", "k_proj", "v_proj")
KINDS: Final = ("weight", "bias")
Module = TypeVar("Module", bound=nn.Module)


def write_folder(
    folder: Path,
    named: dict[str, Tensor],
    sizes: dict[str, Any],
    tokenizer: Tokenizer | None,
    special: dict[str, Any],
    computed: Mapping[str, Tensor] | None = None,
    *,
    halved: bool = True,
) -> None:
    """A folder that the library's Auto classes open: weights by the names of the library.

    sizes      what its configuration says.
    tokenizer  None for a model that reads no text.
    special    what the tokenizer does not know by itself: which tokens have a part of their own, how long a text may be.
    computed   tensors that nobody learned, which are kept as they are.
    halved     in half precision.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: (weight.half() if halved else weight).contiguous() for name, weight in named.items()}
    save_file(kept | dict(computed or {}), folder / WEIGHTS, {"format": "pt"})
    say(folder / CONFIG, sizes)
    if tokenizer is None:
        return
    tokenizer.save(str(folder / TOKENIZER))
    said = {"tokenizer_class": "PreTrainedTokenizerFast", **special, "clean_up_tokenization_spaces": False}
    say(folder / "tokenizer_config.json", said)


def say(path: Path, said: dict[str, Any]) -> None:
    """Write what a file of such a folder says."""
    path.write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def filled(make: Callable[[], Module], weights: Callable[[Module], Mapping[str, Tensor]]) -> Module:
    """A model with weights by its own names. What it begins with is drawn and overwritten, which others who draw meanwhile must
    not meet."""
    with seeded(0):
        model = make()
    model.load_state_dict(weights(model))
    return model


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of such a folder by the names of the library, in single precision.

    Raises   ModelError in words where the file is damaged.
    """
    try:
        found = {name: weight.float() for name, weight in load_file(folder / WEIGHTS).items()}
    except SafetensorError as error:
        raise ModelError(f"{WEIGHTS} is damaged") from error
    if broken := next((name for name, weight in found.items() if not weight.isfinite().all()), None):
        raise ModelError(f"{WEIGHTS} is damaged: {broken} holds what is no number")
    return found
