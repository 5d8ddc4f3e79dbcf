"""Learning a toy in seconds, without anybody's alignments: what is watched in a page, update by update."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.seeded import seeded
from core.sequence import decoding
from core.sequence.decoder import AttentionKind, DecoderConfig
from core.sequence.translator import Translator
from core.training import digits, grammar, translation
from core.training.loop import Schedule, Training
from core.training.translation import Batch, Recipe

Task = Literal["grammar", "digits"]
_TASKS: Final[dict[str, ModuleType]] = {"grammar": grammar, "digits": digits}
_UPDATES: Final = {"grammar": 150, "digits": 300}
_AT_ONCE: Final = 64
_RATE: Final = 2e-2
_WARMUP: Final = 10
_TESTED: Final = 64
# the loss of the translators, without what guides and smooths it
_PLAIN: Final = Recipe(smoothing=0.0, guidance=0.0)
# padding, start and end are the first three of every vocabulary
_MARKS: Final = 2
_NO_WEIGHTS: Final = "this toy has no attention, so it has no weights: train one that does"
# the seed of the sentences that a model is measured on; those it learns from are drawn from the learner's
_TEST_SEED: Final = 1_000_003


# a source and its target as words, with the place of the word that each target word repeats or translates
Example = grammar.Sentence | digits.Row


@dataclass(frozen=True)
class Settings:
    """What is learned, by what, from which random numbers."""

    task: Task
    attention: AttentionKind
    seed: int
    d_hidden: int = 64


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Where a toy stands.

    losses    one per update, in nats per token.
    weights   for the probe, made with the true words given; None without attention.
    found     share of the probe's task words whose largest weight lies where it should, on sentences it never saw.
    probe_right   share of the probe's words that are right, given the true ones before.
    right     share of the words it writes that are right, on sentences it never saw, given the true ones before.
    exact     share of those sentences that are right to their end.
    written   what it writes for the probe by itself, each word from its own before, without the mark of the end.
    """

    update: int
    of: int
    losses: tuple[float, ...]
    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: Float[Tensor, "target source"] | None
    found: float | None
    probe_right: float
    right: float
    exact: float
    written: tuple[str, ...]

    @property
    def with_attention(self) -> Float[Tensor, "target source"]:
        """The weights of a toy with attention. Raises ValueError for one without."""
        if self.weights is None:
            raise ValueError(_NO_WEIGHTS)
        return self.weights

    @property
    def hits(self) -> float:
        """`found` of a toy with attention. Raises ValueError for one without."""
        if self.found is None:
            raise ValueError(_NO_WEIGHTS)
        return self.found


def parse(task: Task, text: str) -> Example:
    """A sentence of a task that somebody typed. Raises ValueError saying what does not fit."""
    return _TASKS[task].parse(text)


class ToyTraining:
    """A small translator that learns a toy from random sentences. The same settings give the same numbers again.

    most   updates, where that is fewer than the task needs; None = as many as it needs.
    """

    def __init__(self, settings: Settings, most: int | None = None):
        self.settings = settings
        self._task = _TASKS[settings.task]
        with seeded(settings.seed):
            width = settings.d_hidden // 2
            config = DecoderConfig(
                len(self._task.VOCABULARY), settings.attention, width, settings.d_hidden, width, dropout=0.0
            )
            self.model = Translator(config)
        self.updates = min(_UPDATES[settings.task], most or _UPDATES[settings.task])
        self.losses: list[float] = []
        rng = random.Random(settings.seed)
        drawn = ([self._task.draw(rng) for _ in range(_AT_ONCE)] for _ in range(self.updates))
        self._training = Training(self.model, Schedule(self.updates, _RATE, _WARMUP), weight_decay=0.0)
        self._run = self._training.run(drawn, self.loss)
        test = random.Random(_TEST_SEED)
        self._test = [self._task.draw(test) for _ in range(_TESTED)]

    @property
    def finished(self) -> bool:
        return len(self.losses) == self.updates

    def advance(self) -> bool:
        """One update more; False if there is none left."""
        update = next(self._run, None)
        if update is not None:
            self.losses.append(update.loss)
        return update is not None

    def snapshot(self, probe: Example) -> Snapshot:
        """Where it stands, measured on a sentence that is watched and on sentences that it never saw."""
        # one pass for both: somebody watches, and the training waits meanwhile
        examples = [*self._test, probe]
        logits, weights = self.read(examples)
        right, exact, found = self._judge(self._test, logits[:-1], None if weights is None else weights[:-1])
        probe_right, _, _ = self._judge([probe], logits[-1:], None)
        shown = None if weights is None else weights[-1, : len(probe.target), : len(probe.source) + 1]
        return Snapshot(
            len(self.losses),
            self.updates,
            tuple(self.losses),
            (*probe.source, grammar.END),
            probe.target,
            shown,
            found,
            probe_right,
            right,
            exact,
            self.write(probe),
        )

    def write(self, example: Example) -> tuple[str, ...]:
        """What it writes for a source by itself, two words longer at most than what it should write."""
        words, made = self._task.VOCABULARY, batch([example], self._task.VOCABULARY)
        self.model.eval()
        with torch.inference_mode():
            source = self.model.encode(made.source, made.lengths)
        marks = (words.index("<s>"), words.index(grammar.END))
        ids = decoding.greedy(self.model, source, *marks, made.wanted.shape[1] + 2).ids
        return tuple(words[id_].split()[-1] for id_ in ids if id_ != marks[1])  # without the mark of its language

    def measure(self, examples: Sequence[Example]) -> tuple[float, float, float | None]:
        """Share of tokens that are right, of sentences that are, and of words whose attention is where it should be."""
        return self._judge(examples, *self.read(examples))

    def _judge(
        self, examples: Sequence[Example], logits: Tensor, weights: Tensor | None
    ) -> tuple[float, float, float | None]:
        wanted = batch(examples, self._task.VOCABULARY).wanted
        # beside a longer example there are more steps than these need
        written = logits.argmax(-1)[:, : wanted.shape[1]]
        real = wanted > _MARKS
        hit = (written == wanted) & real
        whole = ((written == wanted) | (wanted == 0)).all(dim=1).float().mean().item()
        return hit.sum().item() / int(real.sum()), whole, None if weights is None else found(examples, weights)

    @torch.inference_mode()
    def read(
        self, examples: Sequence[Example]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "batch target source"] | None]:
        """Logits and weights with the true words given."""
        self.model.eval()
        made = batch(examples, self._task.VOCABULARY)
        return self.model(made.source, made.lengths, made.given)

    def read_with_attention(
        self, examples: Sequence[Example]
    ) -> tuple[Float[Tensor, "batch target vocab_size"], Float[Tensor, "batch target source"]]:
        """The same of a toy with attention. Raises ValueError for one without."""
        logits, weights = self.read(examples)
        if weights is None:
            raise ValueError(_NO_WEIGHTS)
        return logits, weights

    def loss(self, examples: Sequence[Example]) -> Float[Tensor, ""]:
        """Nats per word with the true words given before: nothing tells the attention where to look."""
        return translation.loss(self.model, batch(examples, self._task.VOCABULARY), _PLAIN, pad=0)


def batch(examples: Sequence[Example], vocabulary: Sequence[str]) -> Batch:
    """The tensors of some examples; place 0 of a vocabulary is padding, 1 the start. Nobody guides the attention."""
    start = vocabulary.index("<s>")
    pairs = [example.ids() for example in examples]
    n_source, n_target = (max(len(pair[side]) for pair in pairs) for side in (0, 1))
    return Batch(
        _padded([read for read, _ in pairs], n_source),
        torch.tensor([len(read) for read, _ in pairs]),
        _padded([[start, *written[:-1]] for _, written in pairs], n_target),
        _padded([written for _, written in pairs], n_target),
        torch.zeros(len(pairs), n_target, n_source),
    )


def _padded(rows: list[list[int]], width: int) -> Tensor:
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


def found(examples: Sequence[Example], weights: Float[Tensor, "batch target source"]) -> float:
    """The share of content words whose largest weight lies on the word that they translate."""
    hits = [
        int(row[place].argmax()) == example.gold[place]
        for example, row in zip(examples, weights, strict=True)
        for place in example.content
    ]
    return sum(hits) / len(hits)
