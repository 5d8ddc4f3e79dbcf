"""GPT's part of lesson 14: rows are written letter by letter, each drawn from what may come next."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.analysis.sampling import Sampling, ranked
from core.lessons.model_family.gaps import LEFT_OUT
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.trace import Step, matrices, steps, without
from core.transformer.mirror import GAP, HALF, LENGTH, LETTERS, SHOWN, read
from core.transformer.rows import RowModel, RowTrace

MODEL: Final = "mirror-writer"
FIRST: Final = "bead"
BESIDE: Final = 5  # letters that are shown for every step


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: a beginning, and how letters are drawn. top_k: from so many of the likeliest."""

    begun: str = FIRST
    temperature: float = 1.0
    top_k: int = len(LETTERS)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Lesson:
    """A row that was written.

    written   all its letters; n_begun of them were given.
    trace     of the whole row at once: a letter late, behind the mark of a beginning.
    tuned     the chances from which each letter was drawn, (letters, vocab_size).
    stepwise  the chances of each letter as they were when only the letters before it were there.
    head      that which looks most at the letter that is to be written again.
    """

    settings: Settings
    written: Int[Tensor, "letters"]
    n_begun: int
    trace: RowTrace
    tuned: Float[Tensor, "letters vocab_size"]
    stepwise: Float[Tensor, "letters vocab_size"]
    head: int

    @property
    def apart(self) -> float:
        """How far the chances of one pass over the whole row are from those that were made step by step."""
        return (self.trace.probabilities[0] - self.stepwise).abs().max().item()

    @property
    def forwards(self) -> int:
        """Letters that went through the block while the row was written step by step, nothing kept."""
        return sum(range(1, LENGTH + 1))

    @property
    def mirrored(self) -> int:
        """Of the letters of the second half that the model wrote, how many are those of the first half in reverse."""
        mine = range(max(HALF, self.n_begun), LENGTH)
        return sum(int(self.written[at]) == int(self.written[LENGTH - 1 - at]) for at in mine)

    @property
    def mine(self) -> int:
        """Letters of the second half that the model wrote."""
        return LENGTH - max(HALF, self.n_begun)

    @property
    def text(self) -> str:
        """The row."""
        return "".join(SHOWN[letter] for letter in self.written.tolist())


def model() -> RowModel:
    """The model that writes. Raises ModelError if it cannot be opened."""
    return checkpoints.load_small(MODEL, RowModel)


def tune(chances: Float[Tensor, "vocab_size"], temperature: float, top_k: int) -> Float[Tensor, "vocab_size"]:
    """What letters are drawn from: chances of the likeliest `top_k`, to the power of 1/T, brought to a sum of 1."""
    return ranked(chances.clamp_min(1e-30).log(), Sampling(temperature, top_k)).by_id.float()


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """Go on with the beginning, up to the end of the row. Raises ValueError as `mirror.read`."""
    letters = read(settings.begun, LENGTH - 1)
    rng = torch.Generator().manual_seed(settings.seed)
    stepwise, tuned = [], []
    for at in range(LENGTH):
        chances = model()(torch.tensor([[GAP, *letters[:at]]])).probabilities[0, -1]
        stepwise.append(chances)
        tuned.append(tune(chances, settings.temperature, settings.top_k))
        if at >= len(letters):
            letters = [*letters, int(torch.multinomial(tuned[-1], 1, generator=rng))]
    trace = model()(torch.tensor([[GAP, *letters[:-1]]]))
    # the letter at place i is that of place 9 - i, which stands at 10 - i in what is read
    back = trace.block.attention.attention.weights[0, :, range(HALF + 1, LENGTH), range(LENGTH - HALF - 1, 0, -1)]
    return Lesson(
        settings,
        torch.tensor(letters),
        len(read(settings.begun, LENGTH - 1)),
        trace,
        torch.stack(tuned),
        torch.stack(stepwise),
        int(back.mean(-1).argmax()),
    )


def told(result: Lesson) -> list[Step]:
    """The steps of the trace that the lesson shows."""
    return without(steps(result.trace), LEFT_OUT)


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace, and of one head what it holds of all."""
    found = {each.name: each.tensor[0, result.head].numpy() for each in told(result) if each.axes[1] == "heads"}
    return found | {
        "allowed": model().allowed(LENGTH)[0, 0].numpy(),
        "tuned": result.tuned.numpy(),
        "choices": result.tuned.topk(BESIDE).values.numpy(),
    }


def choices(result: Lesson) -> list[list[str]]:
    """The likeliest letters at every step."""
    return [[SHOWN[letter] for letter in row] for row in result.tuned.topk(BESIDE).indices.tolist()]


def words(result: Lesson) -> list[str]:
    """What is read at each step: the mark of a beginning, then the letters written so far."""
    return [SHOWN[GAP], *result.text[:-1]]


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    row = words(result)
    tokens = {"queries": row, "keys": row, "letters": SHOWN}
    return Shown(matrices(told(result)) | beside(result), tokens, words=choices(result))
