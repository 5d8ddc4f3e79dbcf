"""The model that fills a blank in a story: it sees what stands on both sides."""

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from transformers import ModernBertForMaskedLM

from core.models import folder as folders
from core.models import hub, library_folder, offline
from core.models.errors import ModelError, told_as
from core.models.pretrained import IMPLEMENTATION

NAME: Final = offline.FILLER
_opening: Final = threading.Lock()


@dataclass(frozen=True, eq=False)
class Filler:
    """The model, in `eval()` mode, with its tokenizer. It is shared: never change it.

    mask   the token that hides; end: the one that stands between stories.
    """

    model: ModernBertForMaskedLM
    tokenizer: Tokenizer
    mask: int
    end: int


def load() -> Filler:
    """The one that comes with the project, opened once. Raises ModelError if it cannot be read."""
    with _opening:
        return _load(offline.OWN / NAME)


@cache
def _load(folder: Path) -> Filler:
    return read(folder)


def read(folder: Path) -> Filler:
    """Open a folder. Raises ModelError saying what is missing or wrong."""
    again = f"fetch it again, or train it: python -m core.training {NAME}"
    if not (folder / library_folder.WEIGHTS).exists():
        raise ModelError(f"{folder.name} is not in {folder.parent.name}: {again}")
    folders.check(folder.name, folder)
    with told_as(f"{folder.name} cannot be read: {again}"), hub.unasked():
        how: dict[str, Any] = {"dtype": torch.float32, "use_safetensors": True, **folders.LOCAL}
        model = ModernBertForMaskedLM.from_pretrained(folder, attn_implementation=IMPLEMENTATION, **how)
        tokenizer = Tokenizer.from_file(str(folder / library_folder.TOKENIZER))
    mask, end = model.config.mask_token_id, model.config.eos_token_id
    if not isinstance(mask, int) or not isinstance(end, int):
        raise ModelError(f"{folder.name} does not say which token hides, or which one ends a story: {again}")
    return Filler(model.eval().requires_grad_(False), tokenizer, mask, end)
