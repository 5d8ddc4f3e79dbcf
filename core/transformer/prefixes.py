"""Three tasks for one model: a word before a row of letters says what is to be written of it."""

from typing import ClassVar, Final, Literal

import torch
from jaxtyping import Int
from torch import Tensor

from core.transformer.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from core.transformer.mirror import LETTERS

Task = Literal["copy:", "reverse:", "sort:"]
TASKS: Final[tuple[Task, ...]] = ("copy:", "reverse:", "sort:")
MOST: Final = 6  # letters of a row
PAD: Final = 0
START: Final = 1
END: Final = 2
SHOWN: Final = ("", "<s>", "</s>", *TASKS, *LETTERS)
_FIRST_LETTER: Final = 3 + len(TASKS)


class TextToText(EncoderDecoder):
    """An encoder-decoder whose source begins with the word for its task."""

    Config: ClassVar = EncoderDecoderConfig


def done(task: Task, letters: list[int]) -> list[int]:
    """What is to be written of these letters."""
    return {"copy:": letters, "reverse:": letters[::-1], "sort:": sorted(letters)}[task]


def source(task: Task, letters: list[int]) -> list[int]:
    """What the encoder reads, as ids."""
    return [SHOWN.index(task), *(_FIRST_LETTER + letter for letter in letters), END]


def target(task: Task, letters: list[int]) -> list[int]:
    """What the decoder is to write, as ids."""
    return [*(_FIRST_LETTER + letter for letter in done(task, letters)), END]


def padded(rows: list[list[int]]) -> Int[Tensor, "batch longest"]:
    """Rows of ids, filled up to the longest."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])


@torch.inference_mode()
def write(model: EncoderDecoder, ids: list[int]) -> list[int]:
    """What the model writes of a source, the likeliest token at every step, up to the end."""
    memory = model.read(torch.tensor([ids])).memory
    written: list[int] = []
    while len(written) < MOST + 2 and END not in written:
        written.append(int(model.write(torch.tensor([[START, *written]]), memory).logits[0, -1].argmax()))
    return written
