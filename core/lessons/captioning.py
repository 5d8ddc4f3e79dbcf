"""Lesson 3: a decoder that looks at the cells of a picture, and what becomes of a caption if it cannot."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from core.analysis.patch_attention import grid_names
from core.experiments.captioning.grounding import KINDS
from core.lessons.shown import Matrices, Shown
from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import Interventions, Room, all_weight_on
from core.trace import matrices, steps
from core.vision import scenes
from core.vision.classifier import fitted
from core.vision.scenes import Scene, Thing
from core.vision.trained import LONGEST, PAD, START, WORDS, Caption, TrainedCaptioner

Context = Literal["attention", "mean context"]
MODELS: Final[dict[Context, str]] = {"attention": "captioner", "mean context": "captioner-mean-context"}
SCENE: Final[Scene] = (Thing("red", "circle", 11.0, 5.0), Thing("blue", "square", 21.0, 27.0))
CELLS: Final = grid_names(scenes.CELLS, scenes.CELLS)
NEVER: Final = (PAD, START)  # words that no caption holds
ROOM: Final = Room(len(CELLS), LONGEST, len(WORDS), NEVER)  # what can be forced on the captioner that looks
FAMILIAR: Final = 0.9  # of a picture's pixels: below it, the picture is of another world
CHOICES: Final = 5  # words that are shown for every step


@dataclass(frozen=True)
class Settings:
    """What a learner chooses.

    covered   the cell that is painted over; None = none.
    forced_cells   (word, cell): where somebody forces a word to look.
    own       what tells a picture of the learner's from others; "" = the drawn scene is captioned.
    """

    scene: Scene = SCENE
    covered: int | None = None
    temperature: float = 1.0
    forced_cells: tuple[tuple[int, int], ...] = ()
    own: str = ""

    @property
    def interventions(self) -> Interventions:
        """What is forced on the decoder that looks."""
        rows = tuple((at, all_weight_on(cell, len(CELLS))) for at, cell in self.forced_cells)
        return Interventions(rows=rows, temperature=self.temperature)


@dataclass(frozen=True)
class Lesson:
    """The caption as the learner wants it, by itself with attention, and by the model whose context is the mean.

    pixels     what is read, from 0 to 1.
    right      the caption that the scene has; of a picture of the learner's own nobody knows it.
    familiar   the share of its pixels in colours of the drawn world.
    """

    settings: Settings
    now: Caption
    free: Caption
    mean: Caption
    pixels: Float[Tensor, "channels height width"]
    right: str
    familiar: float

    @property
    def outside(self) -> bool:
        """Whether the picture is of another world than the captioners learned from."""
        return self.familiar < FAMILIAR

    @property
    def fair(self) -> bool:
        """Whether somebody could know the right caption: what is covered, or hidden by another thing, nobody can name."""
        return bool(self.right) and self.settings.covered is None and scenes.apart(self.settings.scene)

    @property
    def looks(self) -> dict[str, tuple[int, int]] | None:
        """Of the words for colours and shapes, and of those for places: how many have their largest weight on a cell that
        their thing reaches into, and how many there are. None where the caption is not right, so that nobody knows which
        thing a word means. Words that somebody forced to look are not counted."""
        if not self.right or self.now.text != self.right:
            return None
        words, things = scenes.described(self.settings.scene)
        forced = {at for at, _ in self.settings.forced_cells}
        hits: dict[str, list[bool]] = {"named": [], "places": []}
        for at, (word, thing) in enumerate(zip(words, things, strict=True)):
            if thing is not None and at not in forced:
                cell = int(self.now.with_attention.weights[0, at].argmax())
                hits["places" if word in KINDS["places"] else "named"].append(cell in thing.cells)
        return {kind: (sum(each), len(each)) for kind, each in hits.items()}

    @property
    def lost(self) -> dict[str, tuple[int, int]] | None:
        """Of each kind of word of the right caption: how many the model with the mean writes otherwise, and how many there
        are. None where nobody knows the right caption, or where the mean writes another number of words."""
        right, written = self.right.split(), self.mean.text.split()
        if not self.fair or len(right) != len(written):
            return None
        pairs = {kind: [(a, b) for a, b in zip(right, written, strict=True) if a in KINDS[kind]] for kind in KINDS}
        return {kind: (sum(a != b for a, b in each), len(each)) for kind, each in pairs.items()}

    @property
    def changed(self) -> bool:
        """Whether what the learner did changed a word."""
        return self.now.words != self.free.words


def model(context: Context) -> TrainedCaptioner:
    """The captioner with this context. Raises ModelError if it cannot be opened."""
    return checkpoints.load_captioner(MODELS[context])


def device() -> str:
    """On what the captioners run, for a person."""
    return devices.describe(model("attention").device)


def run(settings: Settings, picture: UInt8[np.ndarray, "height width 3"] | None = None) -> Lesson:
    """Caption the scene, or the learner's own picture, by both models."""
    if picture is None:
        (pixels,) = scenes.painted([settings.scene])
    else:
        pixels = torch.from_numpy(fitted(picture, scenes.SIDE).copy()).permute(2, 0, 1).float() / 255
    looking, mean = model("attention"), model("mean context")
    return Lesson(
        settings,
        looking.caption(pixels, covered=settings.covered, interventions=settings.interventions),
        looking.caption(pixels),
        mean.caption(pixels, covered=settings.covered),
        pixels,
        "" if picture is not None else " ".join(scenes.described(settings.scene)[0]),
        scenes.familiar(pixels),
    )


def bytes_of(pixels: Float[Tensor, "channels height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """Pixels from 0 to 1 as the whole numbers of a picture's file."""
    return (pixels * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def choices(
    probabilities: Float[Tensor, "target vocab_size"],
) -> tuple[list[list[str]], Float[Tensor, "target choices"]]:
    """The likeliest words at every step, CHOICES of them, and their probabilities."""
    best = probabilities.topk(CHOICES)
    return [[WORDS[id_] for id_ in row] for row in best.indices.tolist()], best.values


def beside(caption: Caption) -> Matrices:
    """What figures show beside the trace."""
    return {
        "picture": caption.trace.pixels[0].numpy(),
        "first": caption.trace.first_state.numpy(),
        "choices": choices(caption.trace.probabilities[0])[1].numpy(),
    }


def shown(context: Context, settings: Settings, picture: UInt8[np.ndarray, "height width 3"] | None = None) -> Shown:
    """All that the figures show of the captioner with this context."""
    result = run(settings, picture)
    caption = result.now if context == "attention" else result.mean
    tensors = matrices(steps(caption.trace)) | beside(caption)
    words, _ = choices(caption.trace.probabilities[0])
    return Shown(tensors, {"queries": caption.words, "keys": CELLS, "one": ["s₀"]}, words=words)


def looked_at(caption: Caption, word: int) -> str:
    """The name of the cell that a word looks at most."""
    return CELLS[int(caption.with_attention.weights[0, word].argmax())]
