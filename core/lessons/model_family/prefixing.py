"""T5's part of lesson 14: one model, three tasks, and a word before the letters that says which is wanted."""

from dataclasses import dataclass, replace
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.trace import Step, matrices, steps
from core.transformer import prefixes
from core.transformer.encoder_decoder import DecoderBlockTrace
from core.transformer.mirror import LETTERS, read
from core.transformer.prefixes import MOST, SHOWN, START, TASKS, Task, TextToText

MODEL: Final = "text-to-text"
FIRST: Final = "dbfac"
# what is kept of the last block, and the letters of what it is made of: how, lesson 10 tells
_KEPT: Final = ("cross_queries", "cross_keys", "cross_values", "cross_scores", "cross_weights", "cross_output")
_LETTERS: Final = {"cross_queries": "Q", "cross_keys": "K", "cross_values": "V"}


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: letters, and the word that is put before them."""

    letters: str = FIRST
    task: Task = "reverse:"


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the model writes under each prefix.

    read      the ids of the source, prefix and end with it.
    entered   the source as vectors, with places.
    block     the last block that writes.
    chances   of every token at each step.
    written   by task: what it wrote; right: what the task wants.
    sure      by task and step: the chance of what it wrote.
    """

    settings: Settings
    read: tuple[int, ...]
    entered: Float[Tensor, "source d_model"]
    block: DecoderBlockTrace
    chances: Float[Tensor, "letters vocab_size"]
    written: dict[Task, tuple[int, ...]]
    right: dict[Task, tuple[int, ...]]
    sure: dict[Task, tuple[float, ...]]

    @property
    def text(self) -> str:
        """What it wrote under the prefix that was chosen."""
        return spelled(self.written[self.settings.task])

    @property
    def exact(self) -> int:
        """Of the three tasks, how many it did right to the last letter."""
        return sum(self.written[task] == self.right[task] for task in TASKS)

    @property
    def head(self) -> int:
        """The head whose looks back are sharpest."""
        return int(self.block.cross.cross_weights[0].max(-1).values.mean(-1).argmax())


def model() -> TextToText:
    """The model. Raises ModelError if it cannot be opened."""
    return checkpoints.load_small(MODEL, TextToText)


def letters_of(text: str) -> str:
    """The letters of a text.

    Raises   ValueError in words for none, too many, or others than are known.
    """
    found = read(text, MOST)
    if not found:
        raise ValueError("there is no letter: type some")
    return "".join(LETTERS[letter] for letter in found)


def spelled(ids: tuple[int, ...]) -> str:
    """Ids as they are written, without the mark of the end."""
    return "".join(SHOWN[each] for each in ids if each != prefixes.END)


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """Write under every prefix. Raises ValueError as `letters_of`."""
    letters = read(letters_of(settings.letters), MOST)
    written, right, sure, chosen = {}, {}, {}, None
    for task in TASKS:
        ids = prefixes.source(task, letters)
        out = prefixes.write(model(), ids)
        found = model().read(torch.tensor([ids]))
        wrote = model().write(torch.tensor([[START, *out[:-1]]]), found.memory)
        chances = wrote.logits[0].softmax(-1)
        written[task], right[task] = tuple(out), tuple(prefixes.target(task, letters))
        sure[task] = tuple(chances[range(len(out)), out].tolist())
        if task == settings.task:
            chosen = tuple(ids), found.entered[0], wrote.blocks[-1], chances
    assert chosen is not None
    return Lesson(settings, *chosen, written, right, sure)


def told(result: Lesson) -> list[Step]:
    """The steps of the last block that the lesson shows: how it looks back at what was read."""
    kept = [each for each in steps(result.block) if each.name in _KEPT]
    return [replace(each, formula=_LETTERS.get(each.name, each.formula)) for each in kept]


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace, and of one head what it holds of all."""
    found = {each.name: each.tensor[0, result.head].numpy() for each in told(result)}
    longest = max(map(len, result.sure.values()))
    sure = [[*result.sure[task], *[0.0] * (longest - len(result.sure[task]))] for task in TASKS]
    return found | {
        "entered": result.entered.numpy(),
        "chances": result.chances.numpy(),
        "sure": torch.tensor(sure).numpy(),
    }


def said(result: Lesson) -> list[list[str]]:
    """What stands in the cells of the three tasks: what was written."""
    longest = max(map(len, result.sure.values()))
    rows = [[SHOWN[each] for each in result.written[task]] for task in TASKS]
    return [[*row, *[""] * (longest - len(row))] for row in rows]


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of every axis."""
    given = [START, *result.written[result.settings.task][:-1]]
    return {
        "queries": [SHOWN[each] for each in given],
        "keys": [SHOWN[each] for each in result.read],
        "tasks": list(TASKS),
    }


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    return Shown(matrices(told(result)) | beside(result), axes(result), words=said(result))
