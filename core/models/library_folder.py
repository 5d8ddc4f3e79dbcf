"""A folder that the transformers library opens by its Auto classes: what every model that ships in its format is written as."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
PREPROCESSOR: Final = "preprocessor_config.json"


def write_folder(
    folder: Path,
    named: dict[str, Tensor],
    sizes: dict[str, Any],
    tokenizer: Tokenizer,
    special: dict[str, Any],
    computed: Mapping[str, Tensor] | None = None,
) -> None:
    """A folder that the library's Auto classes open: weights by the names of the library, in half precision.

    sizes     what its configuration says.
    special   what the tokenizer does not know by itself: which tokens have a part of their own, how long a text may be.
    computed  tensors that nobody learned, which are kept as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    halved = {name: weight.half().contiguous() for name, weight in named.items()}
    save_file(halved | dict(computed or {}), folder / WEIGHTS, {"format": "pt"})
    say(folder / CONFIG, sizes)
    tokenizer.save(str(folder / TOKENIZER))
    said = {"tokenizer_class": "PreTrainedTokenizerFast", **special, "clean_up_tokenization_spaces": False}
    say(folder / "tokenizer_config.json", said)


def say(path: Path, said: dict[str, Any]) -> None:
    """Write what a file of such a folder says."""
    path.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
