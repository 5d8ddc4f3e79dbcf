"""Lesson 3: a decoder that looks at the cells of a picture, and what becomes of a caption if it cannot."""

from dataclasses import dataclass
from typing import Final, Literal

import torch

from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import WhatIf, looking_at
from core.vision import scenes
from core.vision.scenes import Scene, Thing
from core.vision.trained import WORDS, Caption, TrainedCaptioner

Context = Literal["attention", "mean context"]
MODELS: Final[dict[Context, str]] = {"attention": "captioner", "mean context": "captioner-mean-context"}
SCENE: Final[Scene] = (Thing("red", "circle", 11.0, 5.0), Thing("blue", "square", 21.0, 27.0))
CELLS: Final = tuple(f"{'abcd'[place % scenes.CELLS]}{place // scenes.CELLS + 1}" for place in range(scenes.CELLS**2))
CHOICES: Final = 5  # words that are shown for every step


@dataclass(frozen=True)
class Settings:
    """What a learner chooses.

    covered   the cell that is painted over; None = none.
    looks     (word, cell): where somebody forces a word to look.
    """

    scene: Scene = SCENE
    covered: int | None = None
    temperature: float = 1.0
    looks: tuple[tuple[int, int], ...] = ()

    @property
    def what_if(self) -> WhatIf:
        """What is forced on the decoder that looks."""
        rows = tuple((at, looking_at(cell, len(CELLS))) for at, cell in self.looks)
        return WhatIf(rows=rows, temperature=self.temperature)


@dataclass(frozen=True)
class Lesson:
    """The caption as the learner wants it, by itself with attention, and by the model whose context is the mean.

    right   the caption that the scene has.
    """

    settings: Settings
    now: Caption
    free: Caption
    mean: Caption
    right: str

    @property
    def changed(self) -> bool:
        """Whether what the learner did changed a word."""
        return self.now.words != self.free.words


def model(context: Context) -> TrainedCaptioner:
    """The captioner with this context. Raises ModelError if it cannot be opened."""
    return checkpoints.load(MODELS[context])


def device() -> str:
    """On what the captioners run, for a person."""
    return devices.describe(model("attention").device)


def run(settings: Settings) -> Lesson:
    """Caption the scene by both models."""
    (picture,) = scenes.painted([settings.scene])
    looking, mean = model("attention"), model("mean context")
    return Lesson(
        settings,
        looking.caption(picture, covered=settings.covered, what_if=settings.what_if),
        looking.caption(picture),
        mean.caption(picture, covered=settings.covered),
        " ".join(scenes.described(settings.scene)[0]),
    )


def choices(caption: Caption) -> tuple[list[list[str]], torch.Tensor]:
    """The likeliest words at every step, and their probabilities (target, CHOICES)."""
    best = caption.trace.probabilities[0].topk(CHOICES)
    return [[WORDS[id_] for id_ in row] for row in best.indices.tolist()], best.values


def looked_at(caption: Caption, word: int) -> str:
    """The name of the cell that a word looks at most."""
    return CELLS[int(caption.weights[word].argmax())]
