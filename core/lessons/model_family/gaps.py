"""BERT's part of lesson 14: a letter is hidden in a row, and two models with the same block are asked for it."""

from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.trace import Step, matrices, steps, without
from core.transformer.mirror import FIRST, GAP, HALF, LENGTH, SHOWN, mirrored, read
from core.transformer.rows import RowModel, RowTrace

Reads = Literal["both sides", "the left alone"]
MODELS: Final[dict[Reads, str]] = {"both sides": "mirror-both-sides", "the left alone": "mirror-left-alone"}
# what a block does beside attention is taken apart in lesson 9
LEFT_OUT: Final = (
    "normed",
    "x",
    "projected",
    "merged",
    "mixed",
    "resid_mid",
    "normed_mid",
    "ff_pre",
    "ff_post",
    "ff_out",
)
# and in the formulas of what comes behind it, it is one word
SHORT: Final = {"resid_post": r"\operatorname{block}\left(<embedded>\right)"}


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: the first half of a row, the place that is hidden, and what the model sees."""

    half: str = FIRST
    hidden: int = 1
    reads: Reads = "both sides"


@dataclass(frozen=True, eq=False)
class Lesson:
    """What both models make of the row.

    row      the letters as they are; asked: the row with a gap.
    chances  of each letter at the gap, by what a model sees.
    """

    settings: Settings
    row: Int[Tensor, "letters"]
    asked: Int[Tensor, "letters"]
    trace: RowTrace
    chances: dict[Reads, Float[Tensor, "vocab_size"]]
    one_hot: Float[Tensor, "letters vocab_size"]
    table: Float[Tensor, "vocab_size d_model"]

    @property
    def letter(self) -> str:
        """What is hidden."""
        return SHOWN[int(self.row[self.settings.hidden])]

    @property
    def other(self) -> int:
        """The place at which the hidden letter stands once more."""
        return LENGTH - 1 - self.settings.hidden

    @property
    def looked_up(self) -> Float[Tensor, "letters d_model"]:
        """The rows of the table that the letters choose."""
        return self.table[self.asked]

    @property
    def multiplied(self) -> Float[Tensor, "letters d_model"]:
        """The same as a product of matrices."""
        return self.one_hot @ self.table

    @property
    def lookup_error(self) -> float:
        """How far the two are apart."""
        return (self.looked_up - self.multiplied).abs().max().item()

    def given(self, reads: Reads) -> float:
        """What a model gives the letter that is hidden."""
        return self.chances[reads][int(self.row[self.settings.hidden])].item()

    def guess(self, reads: Reads) -> str:
        """The letter that a model gives most."""
        return SHOWN[int(self.chances[reads].argmax())]

    @property
    def told_before(self) -> bool:
        """Whether the letter stands on the left of its gap, too, so that the left alone can tell it."""
        return self.settings.hidden >= HALF


def model(reads: Reads) -> RowModel:
    """The model that sees so much. Raises ModelError if it cannot be opened."""
    return checkpoints.load_small(MODELS[reads], RowModel)


def half_of(text: str) -> str:
    """The first half of a row as it was typed, without spaces.

    Raises   ValueError in words for what is none.
    """
    letters = read(text, HALF)
    if len(letters) < HALF:
        raise ValueError(f"the first half has {HALF} letters, and these are {len(letters)}: add some")
    return "".join(SHOWN[letter] for letter in letters)


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """Hide the letter and ask both. Raises ValueError as `half_of`."""
    row = mirrored(torch.tensor([read(half_of(settings.half))]))
    asked = row.clone()
    asked[0, settings.hidden] = GAP
    traces: dict[Reads, RowTrace] = {reads: model(reads)(asked) for reads in MODELS}
    table = model(settings.reads).letters.weight
    return Lesson(
        settings,
        row[0],
        asked[0],
        traces[settings.reads],
        {reads: trace.probabilities[0, settings.hidden] for reads, trace in traces.items()},
        torch.nn.functional.one_hot(asked[0], len(SHOWN)).to(table),
        table,
    )


def told(result: Lesson) -> list[Step]:
    """The steps of the trace that the lesson shows."""
    return without(steps(result.trace), LEFT_OUT)


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    both = torch.stack([result.chances[reads] for reads in MODELS], dim=1)
    return {
        "one_hot": result.one_hot.numpy(),
        "table": result.table.numpy(),
        "looked_up": result.looked_up.numpy(),
        "multiplied": result.multiplied.numpy(),
        "allowed": model(result.settings.reads).allowed(LENGTH)[0, 0].numpy(),
        "by_both": both[:, :1].numpy(),
        "by_left": both[:, 1:].numpy(),
    }


def words(result: Lesson) -> list[str]:
    """The letters of the row, with the gap."""
    return [SHOWN[letter] for letter in result.asked.tolist()]


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    row = words(result)
    return Shown(matrices(told(result)) | beside(result), {"queries": row, "keys": row, "letters": SHOWN})
