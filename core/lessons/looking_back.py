"""Lesson 2: a decoder that looks back at every word, and what becomes of its sentence if somebody argues with it."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import torch

from core.experiments.recurrence.trained import trained
from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import FREE, WhatIf
from core.sequence.trained import TrainedTranslator, Translation

MODELS: Final = {"additive": "translator-attention", "scaled dot": "translator-attention-dot"}
FIXED: Final = "translator-fixed-context"
CHOICES: Final = 5
WIDEST_BEAM: Final = 5

Score = Literal["additive", "scaled dot"]


@dataclass(frozen=True)
class Settings:
    """What the learner may change: the sentence, the score, how the line is found, and what is forced."""

    text: str
    score: Score = "additive"
    beam: int = 1
    what_if: WhatIf = FREE


@dataclass(frozen=True)
class Lesson:
    """The translation as the learner wants it, as the model would have written it, and that of the model without
    attention. settings: what was asked, as far as it fits the sentence."""

    settings: Settings
    now: Translation
    free: Translation
    fixed: Translation

    @property
    def argued(self) -> bool:
        """Whether the learner changed anything."""
        return self.now is not self.free

    @property
    def changed(self) -> list[int]:
        """The steps at which another piece is written than without the learner's changes."""
        mine, own = self.now.target.ids, self.free.target.ids
        return [step for step, id_ in enumerate(mine) if step >= len(own) or own[step] != id_]


def model(score: Score) -> TrainedTranslator:
    """The translator with this score. Raises ModelError if its files cannot be read."""
    return checkpoints.load(MODELS[score])


def device() -> str:
    """On what the translators run, for a person."""
    return devices.describe(checkpoints.load(FIXED).device)


def run(settings: Settings) -> Lesson:
    """Translate with and without the learner's changes, and without attention. Raises ValueError in words."""
    translator = model(settings.score)
    free = translator.translate(settings.text, beam=settings.beam)
    what_if = fitting(settings.what_if, len(free.source.ids), translator)
    argued = what_if != FREE
    now = translator.translate(settings.text, beam=settings.beam, what_if=what_if) if argued else free
    return Lesson(replace(settings, what_if=what_if), now, free, checkpoints.load(FIXED).translate(settings.text))


def fitting(what_if: WhatIf, n_source: int, translator: TrainedTranslator) -> WhatIf:
    """What of the wishes fits the sentence: a link may name steps, places and pieces that it does not have, or marks that
    nobody writes."""
    vocabulary, longest = translator.vocabulary, translator.longest(n_source)
    never = (vocabulary.pad, vocabulary.start)
    return WhatIf(
        tuple((at, id_) for at, id_ in what_if.tokens if at < longest and id_ < len(vocabulary) and id_ not in never),
        tuple((at, row) for at, row in what_if.rows if at < longest and len(row) == n_source),
        what_if.temperature,
    )


def choices(translator: TrainedTranslator, translation: Translation) -> tuple[list[list[str]], torch.Tensor]:
    """The likeliest pieces at every step, as they are written, and their probabilities (target, CHOICES)."""
    best = translation.trace.probabilities[0].topk(CHOICES)
    words = [[translator.vocabulary.piece(id_) for id_ in row] for row in best.indices.tolist()]
    return words, best.values


def chosen(translation: Translation, step: int, rank: int) -> int:
    """The id of the piece of this rank at this step; places that do not exist are the nearest that do."""
    step, rank = min(step, len(translation.target.ids) - 1), min(rank, CHOICES - 1)
    return int(translation.trace.probabilities[0, step].topk(CHOICES).indices[rank])


def brightest() -> tuple[list[int], list[str]]:
    """Where a toy that nobody guided looks for words 2 to 5 of the lesson's sentence: the places and their words."""
    snapshot = list(trained("grammar", "additive", 0).snapshots.values())[-1]
    places = snapshot.weights[1:5].argmax(1).tolist()
    return places, [snapshot.source[place] for place in places]
