"""The project's own trained models: safetensors in assets/checkpoints, each with its vocabulary and model card."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer

from core.models import device as devices
from core.models.errors import ModelError, told_as
from core.sequence.trained import TrainedTranslator
from core.sequence.translator import Translator, TranslatorConfig
from core.sequence.vocabulary import Vocabulary

FOLDER: Final = Path(__file__).parents[2] / "assets" / "checkpoints"
# a file of another version holds other tensors: it is refused, not guessed at
VERSION: Final = "translator 1"
TRANSLATORS: Final = {
    "translator-fixed-context": "none",
    "translator-attention": "additive",
    "translator-attention-dot": "dot",
}


@cache
def load(name: str, device: str | None = None) -> TrainedTranslator:
    """Open one of the project's own models, once for the process.

    Raises   ModelError naming the models there are, or what is wrong with the files and how to get them again.
    """
    if name not in TRANSLATORS:
        raise ModelError(f"there is no model {name!r}: choose {', '.join(TRANSLATORS)}")
    return read(FOLDER / f"{name}.safetensors", devices.pick(device))


def read(path: Path, device: torch.device) -> TrainedTranslator:
    """Open a file of weights and what lies beside it."""
    name = path.stem
    again = f"fetch it again, or train it: python -m core.training {name}"
    with told_as(f"{path.name} cannot be read: {again}"):
        if not path.exists():
            raise ModelError(f"{path.name} is not in {path.parent.name}: {again}")
        header, tensors = _opened(path, again)
        if header.get("version") != VERSION:
            raise ModelError(
                f"{path.name} is of version {header.get('version', 'unknown')!r}, and this program reads {VERSION!r}: {again}"
            )
        config = TranslatorConfig(**json.loads(header["config"]))
        written = path.with_name(header["vocabulary"]).read_text("utf-8")
        if _digest(written) != header["vocabulary sha256"]:
            raise ModelError(
                f"{path.name} was trained with other word pieces than {header['vocabulary']} holds: {again}"
            )
        vocabulary = Vocabulary(Tokenizer.from_str(written))
        model = Translator(config)
        model.load_state_dict({key: tensor.float() for key, tensor in tensors.items()})
        figures = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return TrainedTranslator(name, model.to(device), vocabulary, figures)


def _opened(path: Path, again: str) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ModelError(f"{path.name} is damaged: {again}") from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(model: Translator, vocabulary: Vocabulary, path: Path, vocabulary_name: str) -> None:
    """Weights in half precision, and the vocabulary beside them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(vocabulary_name).write_text(vocabulary.as_json(), "utf-8")
    header = {
        "version": VERSION,
        "config": model.config.as_json(),
        "vocabulary": vocabulary_name,
        "vocabulary sha256": _digest(vocabulary.as_json()),
    }
    save_file({key: tensor.detach().half().contiguous() for key, tensor in model.state_dict().items()}, path, header)
