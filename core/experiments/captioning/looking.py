"""What attention to cells does for a caption, on the learner's scene and on scenes drawn from a seed."""

import random
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import counted, largest
from core.models import checkpoints
from core.sequence import decoding
from core.vision import scenes
from core.vision.scenes import Scene
from core.vision.trained import END, LONGEST, START, WORDS, TrainedCaptioner

DRAWN: Final = 200
_NAMED: Final = frozenset({*scenes.COLOURS, *scenes.SHAPES})
_PLACES: Final = frozenset({"top", "bottom", "left", "right"})


def drawn(seed: int) -> list[Scene]:
    """Scenes to measure on."""
    rng = random.Random(f"measured {seed}")
    return [scenes.draw(rng) for _ in range(DRAWN)]


@lru_cache(maxsize=24)
def exact(name: str, seed: int) -> tuple[float, ...]:
    """The share of captions that are right to the last word, by the number of things, from 1 on."""
    tested = drawn(seed)
    found = checkpoints.load(name).caption_many(scenes.painted(tested))
    right = [words == scenes.described(scene)[0] for words, scene in zip(found, tested, strict=True)]
    shares = []
    for n in range(1, scenes.MOST + 1):
        of_n = [each for each, scene in zip(right, tested, strict=True) if len(scene) == n]
        shares.append(sum(of_n) / len(of_n))
    return tuple(shares)


def looks(captioner: TrainedCaptioner, tested: list[Scene]) -> list[tuple[str, bool]]:
    """For each word about a thing, in captions that are right: the word, and whether it looks at the thing."""
    found = []
    for scene in tested:
        caption = captioner.caption(scenes.painted([scene])[0])
        wanted, things = scenes.described(scene)
        if caption.words[:-1] != wanted:
            continue
        strongest = caption.weights.flatten(1).argmax(dim=1).tolist()
        found += [
            (word, cell in thing.cells) for word, cell, thing in zip(wanted, strongest, things, strict=False) if thing
        ]
    return found


@claim(
    said="Each word looks at a different region of the picture.",
    verdict="right",
    instead="Colour and shape look at their thing. The words for its place need no look: the state knows it by then.",
    sources=("xu2015",),
)
def another_region(scene: Scene, seed: int) -> Finding:
    """Where words look in new scenes: those that name a thing, and those that say where it is."""
    found = looks(checkpoints.load("captioner"), drawn(seed)[:60])
    named = [there for word, there in found if word in _NAMED]
    placed = [there for word, there in found if word in _PLACES]
    share, other = sum(named) / len(named), sum(placed) / len(placed)
    return Finding(
        (
            Number("colours and shapes that look at their thing", share, ".2f"),
            Number("words for a place that do", other, ".2f"),
        ),
        holds=share >= 0.9,
        says=f"In new scenes {share:.0%} of colours and shapes look at a cell that their thing reaches into, and {other:.0%} "
        "of the words that say where it is.",
    )


@claim(
    said="One context vector is enough for a caption.",
    verdict="wrong",
    instead="The mean of all cells blends the things: which colour belongs to which shape, and where, is lost.",
    sources=("xu2015", "vinyals2015"),
)
def one_context(scene: Scene, seed: int) -> Finding:
    """Exact captions of new scenes with one, two and three things, with a look per word and with the mean."""
    looking, mean = exact("captioner", seed), exact("captioner-mean-context", seed)
    numbers = tuple(
        Number(f"{counted(n, 'thing')}, {name}", share, ".2f")
        for name, shares in (("attention", looking), ("mean", mean))
        for n, share in enumerate(shares, 1)
    )
    return Finding(
        numbers,
        holds=min(looking) >= 0.9 and mean[-1] <= looking[-1] - 0.2,
        says=f"Of new scenes with {scenes.MOST} things {looking[-1]:.0%} are captioned exactly with a look per word, and "
        f"{mean[-1]:.0%} with the mean of all cells; with one thing {looking[0]:.0%} and {mean[0]:.0%}.",
    )


@claim(
    said="The softmax over the cells is a regularisation.",
    verdict="wrong",
    instead="It is a normalisation: the weights of all cells sum to 1, and nothing is added to the loss.",
    sources=("xu2015", "bahdanau2015"),
)
def regularises(scene: Scene, seed: int) -> Finding:
    """Sums of the weights of your caption, before and after the softmax."""
    trace = checkpoints.load("captioner").caption(scenes.painted([scene])[0]).trace
    before, after = trace.energies[0].double().sum(-1), trace.weights[0].double().sum(-1)
    apart = Number("weights of a word: their sum differs from 1 by", largest(after - 1), ".1e")
    raw = Number("scores of a word: their sum differs from 1 by up to", largest(before - 1), ".1f")
    return Finding(
        (raw, apart),
        holds=apart.value < 1e-5 < raw.value,
        says=f"The scores of the {counted(len(after), 'word')} sum to anything, the weights to 1 up to {apart.text}: the "
        "softmax does that and no more.",
    )


@claim(
    said="The map is a segmentation of the picture.",
    verdict="imprecise",
    instead="It has one number per cell. Whatever of the thing lies in another cell is read through the grid's own net.",
    sources=("xu2015",),
)
def segmentation(scene: Scene, seed: int) -> Finding:
    """How many of a thing's pixels lie in the cell that its colour looks at, in scenes drawn from a seed."""
    tested = [scene, *drawn(seed)[:40]] if scene else drawn(seed)[:40]
    captioner = checkpoints.load("captioner")
    shares = []
    for each in tested:
        caption = captioner.caption(scenes.painted([each])[0])
        wanted, _ = scenes.described(each)
        if caption.words[:-1] != wanted:
            continue
        ordered = sorted(each, key=lambda thing: (thing.cell, thing.x))
        for number, thing in enumerate(ordered):
            cell = int(caption.weights[5 * number].argmax())
            shares.append(inside(scenes.painted([(thing,)])[0], cell))
    share = sum(shares) / len(shares)
    numbers = (Number("share of a thing's pixels in the cell that is looked at", share, ".2f"),)
    return Finding(
        numbers,
        holds=share < 0.95,
        says=f"The cell that a colour looks at holds {share:.0%} of its thing's pixels on average; a segmentation would hold "
        "all of them and nothing else.",
    )


def inside(picture: Tensor, cell: int) -> float:
    """The share of what is drawn that lies in a cell."""
    drawn_here = (picture - scenes.GROUND).abs().amax(dim=0)
    covered = (scenes.covered(picture, cell) - scenes.GROUND).abs().amax(dim=0)
    return 1 - (covered.sum() / drawn_here.sum()).item()


@claim(
    said="Over a grid there is no problem of order: attention knows where a cell is.",
    verdict="wrong",
    instead="Attention adds up cells without order. Each cell carries a vector that says which cell it is.",
    sources=("xu2015", "vaswani2017"),
)
def without_places(scene: Scene, seed: int) -> Finding:
    """Take the vectors of the cells away from what the decoder reads: words for things, and words for their place."""
    tested = drawn(seed)
    captioner = checkpoints.load("captioner")
    found = {}
    for taken in (False, True):
        lines = captions(captioner, scenes.painted(tested), without=taken)
        pairs = [
            (wanted, word)
            for line, each in zip(lines, tested, strict=True)
            for wanted, word in zip(scenes.described(each)[0], (*line, *[""] * LONGEST), strict=False)
        ]
        found[taken] = [
            sum(wanted == word for wanted, word in pairs if wanted in kind) / sum(wanted in kind for wanted, _ in pairs)
            for kind in (_NAMED, _PLACES)
        ]
    (_, places), (_, blind) = found[False], found[True]
    return Finding(
        (
            Number("words for a place that are right", places, ".2f"),
            Number("without the cells' vectors", blind, ".2f"),
        ),
        holds=places >= 0.9 and blind <= places - 0.2,
        says=f"{places:.0%} of the words for a place are right; with the cells' own vectors taken away {blind:.0%}.",
    )


def captions(captioner: TrainedCaptioner, pictures: Tensor, *, without: bool) -> list[tuple[str, ...]]:
    """Captions of many pictures, with or without the vectors that say which cell is which."""
    model = captioner.model
    with torch.inference_mode():
        features = model.encoder(pictures.to(captioner.device) * 2 - 1).flatten(2).transpose(1, 2)
        positions = torch.zeros_like(model.positions) if without else model.positions
        table = model.laid_out(features, positions)
    lines = decoding.greedy_many(model, table, START, END, LONGEST)
    return [tuple(WORDS[id_] for id_ in line) for line in lines]


@claim(
    said="The brightest cell shows what a word needs.",
    verdict="imprecise",
    instead="Looking is not needing. Cover the cell and caption again: that measures what it does.",
    sources=("jain2019", "xu2015"),
)
def shows_what_matters(scene: Scene, seed: int) -> Finding:
    """Cover the strongest cell of each word in turn, and a cell that no thing touches: does the word change?"""
    captioner = checkpoints.load("captioner")
    (picture,) = scenes.painted([scene])
    own = captioner.caption(picture)
    words = own.words[:-1]
    changed = 0
    for at, word in enumerate(words):
        again = captioner.caption(picture, covered=int(own.weights[at].argmax())).words
        changed += at >= len(again) or again[at] != word
    steps = counted(len(words), "word")
    return Finding(
        (Number("words", len(words), "d"), Number("words that change with their brightest cell covered", changed, "d")),
        holds=changed < len(words) or not scene,
        says=f"Of the {steps} of your caption {changed} changed when their brightest cell was covered; the others did not need "
        "what they looked at.",
    )
