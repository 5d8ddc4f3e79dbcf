"""Captions by the encoder-decoder, with and without a convolutional net before it."""

import random
from functools import lru_cache
from typing import Final

from core.experiments.claim import Finding, Number, claim
from core.models import checkpoints
from core.sequence.transformer import TrainedTransformer
from core.vision import scenes

DRAWN: Final = 100
GOOD: Final = 0.8  # of the captions, from which on both are said to caption


@lru_cache(maxsize=8)
def exact(name: str, seed: int) -> float:
    """The share of new scenes whose caption is right to the last word."""
    rng = random.Random(f"pictures {seed}")
    drawn = [scenes.draw(rng) for _ in range(DRAWN)]
    lines = checkpoints.load_scene_captioner(name).caption_many(scenes.painted(drawn))
    return sum(line == scenes.described(scene)[0] for line, scene in zip(lines, drawn, strict=True)) / DRAWN


@claim(
    said="To caption pictures we can use Transformers alone, without a CNN.",
    verdict="right",
    instead="Raw patches do as cells of a convolutional net do, where there is enough to learn from: here, scenes without end.",
    sources=("liu2021", "xu2015"),
)
def without_a_cnn(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """Captions of new scenes, right to the last word, by the same encoder-decoder over a CNN's grid and over raw patches."""
    shares = {eyes: exact(name, seed) for name, eyes in checkpoints.SCENE_CAPTIONERS.items()}
    return Finding(
        tuple(Number(f"exact, {eyes}", share, ".2f") for eyes, share in shares.items()),
        holds=min(shares.values()) >= GOOD,
        says=f"Of {DRAWN} new scenes {shares['CNN grid']:.0%} are captioned right to the last word over the grid of a "
        f"convolutional net, and {shares['raw patches']:.0%} over raw patches.",
    )
