"""What all models of lesson 14 share: one block, its size, what may enter it, and the tree of models that are built of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.cost import layers, tree
from core.cost.blocks import PARTS, PLANS, counted
from core.lessons.shown import Box, Matrices, Shown
from core.numerals import listed, short
from core.trace import matrices, steps
from core.vision import inputs
from core.vision.inputs import CAPTION, INPUTS, InputsTrace
from core.vision.pairs import SCENE
from core.vision.scenes import Scene

__all__ = [
    "INPUTS",
    "PLANS",
    "WIDTHS",
    "Lesson",
    "Settings",
    "axes",
    "beside",
    "boxes",
    "counted",
    "run",
    "shown",
    "told_layers",
    "told_sizes",
]
WIDTHS: Final = (64, 128, 256, 512, 768, 1024)


@dataclass(frozen=True)
class Settings:
    """What a learner chooses: the width of the blocks that are counted, and what untrained maps are drawn from."""

    d_model: int = 768
    seed: int = 0
    scene: Scene = SCENE


@dataclass(frozen=True, eq=False)
class Lesson:
    """The sizes of blocks, the tree of models, and one block that reads three things.

    counts   parameters of each of PLANS, by PARTS.
    """

    settings: Settings
    counts: dict[str, tuple[int, ...]]
    trace: InputsTrace

    @property
    def difference(self) -> int:
        """Parameters that GPT's block has beside those of BERT's."""
        bert, gpt, _ = (each[-1] for each in self.counts.values())
        return gpt - bert

    @property
    def more(self) -> int:
        """Parameters that a decoder of 2017 has beside those."""
        _, gpt, full = (each[-1] for each in self.counts.values())
        return full - gpt

    @property
    def each(self) -> int:
        """Parameters of BERT's block."""
        return self.counts[PLANS[0]][-1]

    @property
    def alike(self) -> str:
        """The blocks of the library that have as many as BERT's."""
        return listed([each.name for each in layers.counted(self.settings.d_model) if each.weights[-1] == self.each])


def boxes() -> list[Box]:
    """What stands in each of the three, from top to bottom."""
    rows = [
        ("tokens enter", ("all at once", "those so far", "those so far")),
        ("self-attention", ("no mask", "causal mask", "causal mask")),
        ("cross-attention", ("–", "–", "asks the encoder")),
        ("network", ("D → 4D → D",) * 3),
        ("tokens leave", ("for the gaps", "for the next token", "for the next token")),
    ]
    return [
        Box(
            plan=plan,
            row=row,
            word=word if says[plan] != "–" else "–",
            told=says[plan].strip("–"),
            differs=says[plan] != says[0],
            skips=None,
        )
        for plan in range(len(PLANS))
        for row, (word, says) in enumerate(rows)
    ]


def run(settings: Settings) -> Lesson:
    """Count the blocks, and send three things through one."""
    return Lesson(settings, counted(settings.d_model), inputs.read(settings.scene, settings.seed))


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    every = tree.known()
    shares = [[each.weights[part] / each.total for part in tree.PARTS] for each in every]
    return {
        "sizes": np.array([each[:-1] for each in result.counts.values()], dtype=np.float32).T,
        "layers": np.array(
            [[part / each.weights[-1] for part in each.weights] for each in layers.counted(result.settings.d_model)],
            dtype=np.float32,
        ),
        "tree": np.array(shares, dtype=np.float32),
    }


def told_sizes() -> list[list[str]]:
    """How many numbers each part of each model of the tree learns, as its cell says it."""
    return [[short(each.weights[part], letters=True) for part in tree.PARTS] for each in tree.known()]


def told_layers(d_model: int) -> list[list[str]]:
    """How many numbers each part of a block of the library learns, and all of them together, as its cell says it."""
    return [[short(part, letters=True) for part in each.weights] for each in layers.counted(d_model)]


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of every axis."""
    n_patches, n_frames = result.trace.patches.shape[1], result.trace.frames.shape[1]
    words = [str(word) for word in CAPTION.split()]
    return {
        "queries": words,
        "keys": words,
        "parts": list(PARTS[:-1]),
        "layers": [each.name for each in layers.counted(result.settings.d_model)],
        "models": [f"{each.name}, {each.branch}" for each in tree.known()],
        "patches": [f"patch {at + 1}" for at in range(n_patches)],
        "frames": [f"frame {at + 1}" for at in range(n_frames)],
    }


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    return Shown(matrices(steps(result.trace)) | beside(result), axes(result), words=told_sizes())
