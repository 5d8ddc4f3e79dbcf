"""Pictures and the captions that fit them: things by colour and shape, in any order, wherever they lie."""

import random
from collections.abc import Sequence
from string import punctuation
from typing import Final

import torch
from jaxtyping import Int
from torch import Tensor

from core.vision import scenes
from core.vision.scenes import COLOURS, MOST, SHAPES, Colour, Scene, Shape, Thing
from core.zero_width import words_of

WORDS: Final = ("<pad>", *COLOURS, *SHAPES, "and", "nothing", "<end>")
PAD: Final = WORDS.index("<pad>")  # what fills up
END: Final = WORDS.index("<end>")  # behind each caption
KNOWN: Final = WORDS[PAD + 1 : END]
N_WORDS: Final = 3 * MOST - 1  # of the longest caption, without its end
# what pages begin with
SCENE: Final[Scene] = (Thing("red", "circle", 11.0, 8.0), Thing("blue", "square", 21.0, 24.0))
ARTICLES: Final = frozenset({"a", "an", "the"})  # left out of what somebody types
HELD_OUT: Final[tuple[Colour, Shape]] = ("blue", "triangle")  # never seen together while it learns
KINDS: Final = tuple((colour, shape) for colour in COLOURS for shape in SHAPES)


def kinds(scene: Scene) -> tuple[tuple[Colour, Shape], ...]:
    """What a caption tells of a scene: its things by colour and shape, in one order whatever that of the scene."""
    return tuple(sorted((thing.colour, thing.shape) for thing in scene))


def caption(things: Sequence[tuple[str, str]]) -> str:
    """These things in words, in this order."""
    return " and ".join(f"{colour} {shape}" for colour, shape in things) or "nothing"


def ids(captions: Sequence[str]) -> Int[Tensor, "captions tokens"]:
    """Captions of known words as numbers, each with its end, filled up to the longest that there can be."""
    rows = [[*(WORDS.index(word) for word in text.split()), END] for text in captions]
    return torch.tensor([[*row, *[PAD] * (N_WORDS + 1 - len(row))] for row in rows])


def read(text: str) -> str:
    """A caption that somebody typed, in words that are known, without articles.

    Raises   ValueError in words for what is no caption of this world.
    """
    words = [word.strip(punctuation) for word in words_of(text.lower())]
    words = [word for word in words if word and word not in ARTICLES]
    if not words:
        raise ValueError(f"“{text.strip()[:20]}” names nothing: write such as “red circle”")
    if strange := next((word for word in words if word not in KNOWN), None):
        raise ValueError(f"“{strange[:20]}” is none of its words")
    if len(words) > N_WORDS:
        raise ValueError(
            f"“{text.strip()[:20]} …” has {len(words)} words, and at most {N_WORDS} are read: {MOST} things"
        )
    return " ".join(words)


def of_one(rng: random.Random) -> Scene:
    """A scene of one thing anywhere."""
    x, y = (rng.uniform(2, scenes.SIDE - 2) for _ in "xy")
    return (Thing(rng.choice(list(COLOURS)), rng.choice(SHAPES), x, y),)


def told_apart(rng: random.Random, n: int) -> list[Scene]:
    """So many scenes no two of which have the same caption, none with the pair that is held out."""
    found: dict[tuple, Scene] = {}
    while len(found) < n:
        scene = of_one(rng) if rng.random() < 0.4 else scenes.draw(rng)
        if HELD_OUT not in kinds(scene):
            found.setdefault(kinds(scene), scene)
    return list(found.values())
