"""GPT's part of lesson 14: the learner's beginning is gone on with, each token drawn from what may come next."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.sampling import Sampling, ranked
from core.attention import masks
from core.export import doors
from core.lessons import writing_lab
from core.lessons.model_family import layers
from core.lessons.model_family.layers import Run
from core.lessons.shown import Matrices, Shown, call
from core.lessons.writing_lab import Asked
from core.models import loading, offline
from core.models.loaded import LoadedModel
from core.models.pretrained import RealTrace
from core.models.spelled import spelled
from core.models.writer import Writer
from core.trace import matrices, steps

MODEL: Final = offline.STORY
FIRST: Final = "Once upon a time there was a little girl named Lily. She"
N_LAYERS, N_HEADS = 6, 6
MOST: Final = 64  # tokens of a beginning
COUNT: Final = 12  # that are written behind it
LARGEST: Final = 2048  # of the numbers of tokens that can stay: all
COUNTS: Final = (1, 2, 3, 5, 10, 20, 50, 100, 500, LARGEST)


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: a beginning, how tokens are drawn, and whose attention is looked at.

    top_k   from so many of the likeliest; layer, head: counted from 0.
    """

    begun: str = FIRST
    temperature: float = 0.8
    top_k: int = LARGEST
    seed: int = 0
    layer: int = 4
    head: int = 0

    @property
    def sampling(self) -> Sampling:
        """How tokens are drawn."""
        return Sampling(self.temperature, self.top_k)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the figures show of a text.

    trace          of one head.
    plain, tuned   of each place, the chances of the likeliest tokens to come next: as the model gives them, and as they are
                   drawn from.
    best           which tokens these are.
    """

    trace: RealTrace
    plain: Float[Tensor, "places best"]
    tuned: Float[Tensor, "places best"]
    best: list[list[int]]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A text that was written.

    ids       its tokens, n_begun of them given; run: what one pass over all but the last gave.
    words     the names of those that were read, and of the likeliest behind each.
    behind    what the model wrote.
    stepwise  the chances of all tokens behind each place, as they were when only what stood before was there.
    """

    settings: Settings
    ids: tuple[int, ...]
    n_begun: int
    run: Run
    seen: Seen
    words: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    behind: str
    stepwise: Float[Tensor, "places vocab_size"]

    @property
    def trace(self) -> RealTrace:
        """Of the head that is looked at."""
        return self.seen.trace

    @property
    def apart(self) -> float:
        """How far the chances of one pass over the whole text are from those that were made token by token."""
        return (self.run[0].softmax(-1) - self.stepwise).abs().max().item()

    @property
    def cached(self) -> int:
        """Tokens that went through the blocks while it was written, keys and values kept."""
        return len(self.ids) - 1

    @property
    def forwards(self) -> int:
        """The same with nothing kept: behind each token the whole text is read again."""
        return sum(range(self.n_begun, len(self.ids)))


def model() -> LoadedModel:
    """The model that writes. Raises ModelError if it cannot be opened."""
    return loading.load(MODEL)


def seen_of(run: Run, settings: Settings) -> Seen:
    """What the figures show of one pass."""
    scores = run[0]
    trace = layers.of_head(run, settings.head, masks.causal(len(scores)))
    plain, best = layers.likeliest(scores.softmax(-1))
    tuned = torch.stack([ranked(each, settings.sampling).by_id.float() for each in scores])
    return Seen(trace, plain, tuned.gather(1, torch.tensor(best)), best)


def run(settings: Settings, writer: Writer | None = None) -> Lesson:
    """Go on with the beginning. writer: one that may have read some of it. Raises ValueError in words."""
    loaded = model()
    begun = writing_lab.begin(loaded, settings.begun.strip())
    if len(begun.ids) > MOST:
        raise ValueError(
            f"the beginning has {len(begun.ids)} tokens, and at most {MOST} are shown here: shorten it, or take it to the "
            "writing lab"
        )
    writer = Writer(loaded) if writer is None else writer
    asked = Asked(COUNT, settings.sampling, settings.seed)
    written = writing_lab.write(writer, begun.ids, asked)
    ids = written.ids
    made = layers.run_of(loaded.model, ids[:-1], settings.layer)
    seen = seen_of(made, settings)
    names = {each: spelled(loaded, [each])[0].name for each in {*ids, *(one for row in seen.best for one in row)}}
    return Lesson(
        settings,
        ids,
        written.begun,
        made,
        seen,
        tuple(names[each] for each in ids[:-1]),
        tuple(tuple(names[each] for each in row) for row in seen.best),
        "".join(each.text for each in spelled(loaded, ids[written.begun :])).strip(),
        torch.stack([writer.scores(place).cpu().softmax(-1) for place in range(len(ids) - 1)]),
    )


def beside(seen: Seen) -> Matrices:
    """What figures show beside the trace."""
    allowed = masks.causal(len(seen.plain))[0, 0]
    return {"allowed": allowed.numpy(), "plain": seen.plain.numpy(), "tuned": seen.tuned.numpy()}


def shown(run: Run, settings: Settings, words: Sequence[str], choices: Sequence[Sequence[str]]) -> Shown:
    """All that the figures show. words: of the tokens; choices: of the likeliest behind each."""
    seen = seen_of(run, settings)
    return Shown(matrices(steps(seen.trace)) | beside(seen), {"queries": words, "keys": words}, words=choices)


def again(result: Lesson) -> partial[Shown]:
    """The call of `shown` by the library alone."""
    kind = type(model().model).__name__
    made = call(doors.layer_of_text, MODEL, kind, list(result.ids[:-1]), result.settings.layer)
    return call(shown, made, result.settings, result.words, result.choices)
