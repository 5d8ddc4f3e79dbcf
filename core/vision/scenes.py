"""Drawn scenes: coloured shapes on a light ground, and the one right caption of each."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

Colour = Literal["red", "green", "blue", "yellow"]
Shape = Literal["circle", "square", "triangle"]

SIDE: Final = 32  # pixels
CELLS: Final = 4  # cells of the captioner's grid, side by side and below each other
_CELL: Final = SIDE / CELLS
COLOURS: Final[dict[Colour, tuple[float, float, float]]] = {
    "red": (0.84, 0.15, 0.16),
    "green": (0.10, 0.62, 0.24),
    "blue": (0.12, 0.35, 0.85),
    "yellow": (0.97, 0.80, 0.10),
}
SHAPES: Final[tuple[Shape, ...]] = ("circle", "square", "triangle")
GROUND: Final = 0.96
MOST: Final = 3  # things in a scene
RADIUS: Final = 3.6  # pixels from the middle of a thing to its edge
_REACH: Final = 2.1  # pixels from the middle of a thing that count as well inside it
_EDGE: Final = 2.0  # pixels that the middle of a drawn thing keeps from the edge
_EMPTY: Final = 0.04  # share of drawn scenes that are empty
WORDS: Final = (
    "<pad>", "<s>", "</s>", *COLOURS, *SHAPES, "top", "bottom", "left", "right", "and", "nothing",
)  # fmt: skip

_ALIKE = 0.08  # of a channel: how far a colour may be from one that it knows


@dataclass(frozen=True)
class Thing:
    """One thing of a scene; x and y are the pixel of its middle, from the left and from the top."""

    colour: Colour
    shape: Shape
    x: float
    y: float

    @property
    def cell(self) -> int:
        """The cell of the grid that its middle lies in, counted row by row."""
        row, column = (min(int(place / _CELL), CELLS - 1) for place in (self.y, self.x))
        return row * CELLS + column

    @property
    def cells(self) -> frozenset[int]:
        """The cells that it reaches well into: a thing on a border lies in two, on a corner in four."""
        rows, columns = (
            {min(max(int((place + side) / _CELL), 0), CELLS - 1) for side in (-_REACH, _REACH)}
            for place in (self.y, self.x)
        )
        return frozenset(row * CELLS + column for row in rows for column in columns)


Scene = tuple[Thing, ...]


def draw(rng: random.Random) -> Scene:
    """A random scene of one to three things anywhere in the picture, seldom of none: no two touch or share a cell."""
    wanted = 0 if rng.random() < _EMPTY else rng.randint(1, MOST)
    things: list[Thing] = []
    while len(things) < wanted:
        x, y = (rng.uniform(_EDGE, SIDE - _EDGE) for _ in "xy")
        thing = Thing(rng.choice(list(COLOURS)), rng.choice(SHAPES), x, y)
        if apart((*things, thing)):
            things.append(thing)
    return tuple(things)


def in_order(scene: Scene) -> Scene:
    """The things as a caption names them: row by row of cells."""
    return tuple(sorted(scene, key=lambda thing: (thing.cell, thing.x)))


def apart(scene: Scene) -> bool:
    """Whether no two things touch or share a cell, as in every scene that is learned from."""
    return all(
        math.hypot(one.x - other.x, one.y - other.y) > 2.1 * RADIUS and one.cell != other.cell
        for one, other in itertools.combinations(scene, 2)
    )


def described(scene: Scene) -> tuple[tuple[str, ...], tuple[Thing | None, ...]]:
    """The caption of a scene, and for each word the thing that it is about: things row by row of cells, each by its
    colour, its shape and its quarter of the picture."""
    if not scene:
        return ("nothing",), (None,)
    words: list[str] = []
    about: list[Thing | None] = []
    for thing in in_order(scene):
        if words:
            words.append("and")
            about.append(None)
        words += [
            thing.colour,
            thing.shape,
            "top" if thing.cell // CELLS < CELLS // 2 else "bottom",
            "left" if thing.cell % CELLS < CELLS // 2 else "right",
        ]
        about += [thing] * 4
    return tuple(words), tuple(about)


def painted(scenes: Sequence[Scene]) -> Float[Tensor, "batch channels height width"]:
    """The pictures of scenes, from 0 to 1; what comes later in a scene lies on top."""
    pictures = torch.full((len(scenes), 3, SIDE, SIDE), GROUND)
    middle = torch.arange(SIDE) + 0.5
    down, across = torch.meshgrid(middle, middle, indexing="ij")
    for level in range(max(map(len, scenes), default=0)):
        rows = [row for row, scene in enumerate(scenes) if len(scene) > level]
        things = [scenes[row][level] for row in rows]
        x = across - torch.tensor([thing.x for thing in things])[:, None, None]
        y = down - torch.tensor([thing.y for thing in things])[:, None, None]
        # how far outside its edge a pixel lies, for each shape
        outside = torch.stack(
            [
                (x**2 + y**2).sqrt() - RADIUS,
                torch.maximum(x.abs(), y.abs()) - 0.9 * RADIUS,
                torch.maximum(0.9 * x.abs() - 0.45 * y - 0.45 * RADIUS, y - 0.8 * RADIUS),
            ]
        )
        chosen = torch.tensor([SHAPES.index(thing.shape) for thing in things])
        cover = (0.5 - outside[chosen, torch.arange(len(rows))]).clamp(0, 1)[:, None]
        colour = torch.tensor([COLOURS[thing.colour] for thing in things])[:, :, None, None]
        pictures[rows] = pictures[rows] * (1 - cover) + colour * cover
    return pictures


def covered(picture: Float[Tensor, "channels height width"], cell: int) -> Float[Tensor, "channels height width"]:
    """The picture with one cell of the grid, counted row by row, painted over with the ground."""
    top, left = (int(place * _CELL) for place in divmod(cell, CELLS))
    changed = picture.clone()
    changed[:, top : top + int(_CELL), left : left + int(_CELL)] = GROUND
    return changed


def familiar(picture: Float[Tensor, "channels height width"]) -> float:
    """The share of pixels that have the ground's colour or a thing's, or lie between the two as at an edge."""
    ground = torch.full((3, 1, 1), GROUND)
    nearest = torch.full(picture.shape[1:], torch.inf)
    for colour in COLOURS.values():
        along = torch.tensor(colour)[:, None, None] - ground
        share = ((picture - ground) * along).sum(0).div(along.square().sum()).clamp(0, 1)
        nearest = torch.minimum(nearest, (picture - ground - share * along).abs().amax(0))
    return (nearest <= _ALIKE).float().mean().item()
