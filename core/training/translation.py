"""Learning to translate: what the translators are fed, and what they are told is wrong."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.sequence.translator import Translator
from core.sequence.vocabulary import Pieces, Vocabulary
from core.training import word_aligner
from core.training.corpus import Pair


@dataclass(frozen=True)
class Recipe:
    """How the translators are trained.

    casual      share of the pairs that are written as people type: no capitals, no full stop.
    joined      share of the examples that are two or three pairs in a row, so that long texts occur.
    smoothing   share of the probability that the loss asks for on tokens other than the right one.
    guidance    weight of the loss that holds attention to the words that the aligner found.
    """

    vocab_size: int = 6000
    epochs: int = 7
    tokens_per_batch: int = 1500
    peak_rate: float = 2e-3
    warmup: int = 400
    casual: float = 0.15
    joined: float = 0.15
    smoothing: float = 0.1
    guidance: float = 1.0
    seed: int = 0


# links that the aligner believes less than this guide nobody
_BELIEVED: Final = 0.15


@dataclass(frozen=True)
class Example:
    """A pair as ids, and for each target piece how its attention should be spread over the source pieces.

    guide   rows sum to 1, or to 0 where the aligner found nothing.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    guide: np.ndarray


@dataclass(frozen=True)
class Batch:
    """Examples of about the same length, padded; the end mark is the last token of source and target."""

    source: Int[Tensor, "batch source"]
    lengths: Int[Tensor, "batch"]
    given: Int[Tensor, "batch target"]
    wanted: Int[Tensor, "batch target"]
    guide: Float[Tensor, "batch target source"]

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(getattr(self, name).to(device) for name in ("source", "lengths", "given", "wanted", "guide")))


def casual(pairs: Sequence[Pair], recipe: Recipe) -> list[Pair]:
    """The pairs, some of them as people type: the source without capitals, and both without the full stop."""
    rng = random.Random(recipe.seed)
    return [
        Pair(pair.source.lower().removesuffix("."), pair.target.removesuffix("."))
        if rng.random() < recipe.casual and pair.source.rstrip(".") and pair.target.rstrip(".")
        else pair
        for pair in pairs
    ]


def examples(pairs: Sequence[Pair], vocabulary: Vocabulary) -> list[Example]:
    """Read the pairs and let the statistical aligner find which words belong together."""
    sources = [vocabulary.read(pair.source) for pair in pairs]
    targets = [vocabulary.read(pair.target) for pair in pairs]
    links = word_aligner.align([text.words for text in sources], [text.words for text in targets])
    return [
        Example(source.ids, target.ids, guide(source, target, link))
        for source, target, link in zip(sources, targets, links, strict=True)
    ]


def guide(source: Pieces, target: Pieces, links: np.ndarray) -> np.ndarray:
    """Links of words (target words, source words) as attention of pieces, each row shared among the linked pieces."""
    believed = np.where(links >= _BELIEVED, links, 0)
    pieces = believed[np.array(target.word_of)][:, np.array(source.word_of)]
    total = pieces.sum(axis=1, keepdims=True)
    return np.divide(pieces, total, out=np.zeros_like(pieces), where=total > 0).astype(np.float16)


def batches(known: Sequence[Example], recipe: Recipe, epoch: int) -> list[list[list[int]]]:
    """One pass over the examples in a random order: batches of groups, a group being pairs in a row."""
    rng = random.Random(f"{recipe.seed} {epoch}")
    order = list(range(len(known)))
    rng.shuffle(order)
    groups, at = [], 0
    while at < len(order):
        size = rng.choice((2, 2, 3)) if rng.random() < recipe.joined else 1
        groups.append(order[at : at + size])
        at += size
    widths = [sum(len(known[i].target) for i in group) + 1 for group in groups]
    # about the same length goes together; a little noise keeps the neighbours from being the same every time
    by_length = sorted(range(len(groups)), key=lambda g: widths[g] + 2 * rng.random())
    made: list[list[list[int]]] = [[]]
    widest = 0
    for g in by_length:
        widest = max(widest, widths[g])
        if made[-1] and widest * (len(made[-1]) + 1) > recipe.tokens_per_batch:
            made.append([])
            widest = widths[g]
        made[-1].append(groups[g])
    rng.shuffle(made)
    return made


def collate(known: Sequence[Example], groups: Sequence[Sequence[int]], vocabulary: Vocabulary) -> Batch:
    """The tensors of one batch."""
    n_source = [sum(len(known[i].source) for i in group) + 1 for group in groups]
    n_target = [sum(len(known[i].target) for i in group) + 1 for group in groups]
    source = np.full((len(groups), max(n_source)), vocabulary.pad)
    given = np.full((len(groups), max(n_target)), vocabulary.pad)
    wanted = given.copy()
    guides = np.zeros((len(groups), max(n_target), max(n_source)), np.float32)
    for row, group in enumerate(groups):
        read = [id_ for i in group for id_ in known[i].source]
        written = [id_ for i in group for id_ in known[i].target]
        source[row, : len(read) + 1] = [*read, vocabulary.end]
        given[row, : len(written) + 1] = [vocabulary.start, *written]
        wanted[row, : len(written) + 1] = [*written, vocabulary.end]
        top = left = 0
        for i in group:
            rows, columns = known[i].guide.shape
            guides[row, top : top + rows, left : left + columns] = known[i].guide
            top, left = top + rows, left + columns
        guides[row, top, left] = 1
    return Batch(*map(torch.from_numpy, (source, np.array(n_source), given, wanted, guides)))


def loss(model: Translator, batch: Batch, recipe: Recipe, pad: int) -> Float[Tensor, ""]:
    """Nats per target token, and, where the model attends, how far its weights are from the guide.

    Source: Chen, Matusov, Khadivi and Peter 2016, the guided alignment.
    """
    logits, weights = model(batch.source, batch.lengths, batch.given)
    nats = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.wanted.flatten(), ignore_index=pad, label_smoothing=recipe.smoothing
    )
    if weights is None or not recipe.guidance:
        return nats
    missed = -(batch.guide * weights.clamp_min(1e-6).log()).sum() / batch.guide.sum()
    return nats + recipe.guidance * missed
