"""CLIP's part of lesson 14: a drawn picture and written captions, each an arrow, and how well each fits each."""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.trace import matrices, steps
from core.vision import pairs, scenes
from core.vision.image_text import ImageText, PairsTrace
from core.vision.pairs import SCENE
from core.vision.scenes import MOST, Scene, Thing

MODEL: Final = "scene-clip"
CAPTIONS: Final = "red circle and blue square, red circle, yellow triangle, blue triangle"
MOST_CAPTIONS: Final = 8
YOURS: Final = "yours"
_CELLS: Final = ((9.0, 9.0), (23.0, 23.0), (9.0, 23.0))  # where the things of a caption are drawn


@dataclass(frozen=True)
class Settings:
    """What a learner brings: a scene and captions."""

    scene: Scene = SCENE
    captions: tuple[str, ...] = tuple(CAPTIONS.split(", "))


@dataclass(frozen=True, eq=False)
class Lesson:
    """The learner's picture, and one picture drawn of each caption, with all captions."""

    settings: Settings
    trace: PairsTrace

    @property
    def chosen(self) -> str:
        """The caption that the learner's picture chooses."""
        return self.settings.captions[int(self.trace.of_pictures[0, 0].argmax())]

    @property
    def fits(self) -> list[bool]:
        """Of each picture that was drawn of a caption, whether it chooses its own."""
        own = self.trace.logits[0, 1:]
        return (own.argmax(1) == torch.arange(len(own))).tolist()

    @property
    def hits(self) -> int:
        """How many of them do."""
        return sum(self.fits)

    @property
    def loss(self) -> float:
        """What the training makes small: of the drawn pictures, both ways, in nats."""
        own, diagonal = self.trace.logits[0, 1:], torch.arange(len(self.settings.captions))
        across, down = (nn.functional.cross_entropy(each, diagonal) for each in (own, own.T))
        return ((across + down) / 2).item()

    @property
    def guessing(self) -> float:
        """The loss of one who cannot tell captions apart: ln N."""
        return math.log(len(self.settings.captions))


def model() -> ImageText:
    """The two towers. Raises ModelError if they cannot be opened."""
    return checkpoints.load_small(MODEL, ImageText)


def understood(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The captions between commas that can be read and drawn, each once, and in words what is wrong with their number and why
    others cannot be read.

    Of more than MOST_CAPTIONS the first are read.
    """
    good: dict[str, None] = {}
    refused: dict[str, None] = {}
    for each in filter(str.strip, text.split(",")):
        try:
            caption = pairs.read(each)
            things_of(caption)
        except ValueError as error:
            refused[str(error)] = None
        else:
            good[caption] = None
    number = []
    if len(good) < 2:
        number = [
            "there are fewer than two different captions to choose from: write two or more, with commas between them"
        ]
    if len(good) > MOST_CAPTIONS:
        number = [f"there are {len(good)} captions, and at most {MOST_CAPTIONS} are read: take some away"]
    return tuple(good)[:MOST_CAPTIONS], (*number, *refused)


def things_of(caption: str) -> Scene:
    """The picture that a caption tells of, its things one below the other.

    Raises   ValueError in words where it tells of none.
    """
    if caption == "nothing":
        return ()
    found = []
    for at, part in enumerate(caption.split(" and ")):
        kind = next((each for each in pairs.KINDS if " ".join(each) == part), None)
        if kind is None or at >= MOST:
            raise ValueError(
                f"“{caption}” cannot be drawn: a caption names up to {MOST} things, each by colour and shape, as “red circle "
                "and blue square”, or is “nothing”"
            )
        found.append(Thing(*kind, *_CELLS[at]))
    return tuple(found)


@torch.inference_mode()
def run(settings: Settings) -> Lesson:
    """All pictures with all captions."""
    drawn = [settings.scene, *map(things_of, settings.captions)]
    return Lesson(settings, model()(scenes.painted(drawn), pairs.ids(settings.captions)))


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of both axes, numbered: captions that begin alike are told apart where there is room for their beginning."""
    numbered = [f"{number} {caption}" for number, caption in enumerate(result.settings.captions, 1)]
    return {"queries": [YOURS, *(f"▣ {each}" for each in numbered)], "keys": numbered}


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return {"of_captions": result.trace.logits[0].softmax(0).numpy()}


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    return Shown(matrices(steps(result.trace)) | beside(result), axes(result))
