"""Lesson 2: a decoder that looks back at every word, and what becomes of its sentence if somebody argues with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.experiments.bottleneck.trained import trained
from core.lessons.shown import Candidate, Matrices, Shown
from core.models import checkpoints
from core.models import device as devices
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, Room, Tree
from core.sequence.trained import TrainedTranslator, Translation
from core.sequence.transformer import TrainedTransformer, TransformerTranslation
from core.sequence.vocabulary import MARKS, Vocabulary, as_written
from core.trace import matrices, steps

Score = Literal["additive", "scaled dot"]
MODELS: Final[dict[Score, str]] = {"additive": "translator-attention", "scaled dot": "translator-attention-dot"}
FIXED: Final = "translator-fixed-context"
CHOICES: Final = 5
GREEDY: Final = 1
WIDEST_BEAM: Final = 5


@dataclass(frozen=True)
class Settings:
    """What the learner may change: the sentence, the score, how the line is found, and what is forced."""

    text: str
    score: Score = "additive"
    beam: int = GREEDY
    interventions: Interventions = NO_INTERVENTIONS


@dataclass(frozen=True)
class Lesson:
    """The translation as the learner wants it, as the model would have written it, and that of the model without
    attention. settings: what was asked, as far as it fits the sentence."""

    settings: Settings
    now: Translation
    free: Translation
    fixed: Translation

    @property
    def intervened(self) -> bool:
        """Whether the learner changed anything."""
        return self.now is not self.free

    @property
    def turned(self) -> tuple[str, str] | None:
        """The first two words after each other whose largest weights lie on a word and on one before it; None for none.

        Of a word in several pieces the first counts. Signs and the end of the sentence are no words.
        """
        written, read = self.now.target, self.now.source
        looked_at = self.now.with_attention.weights[0].argmax(-1).tolist()
        first = {word: step for step, word in reversed(list(enumerate(written.word_of)))}
        there = {word: read.word_of[looked_at[step]] for word, step in sorted(first.items())}
        pairs = ((written.words[word], place) for word, place in there.items() if place < len(read.words))
        words = [(word, place) for word, place in pairs if _letters(word) and _letters(read.words[place])]
        return next(((one, other) for (one, at), (other, to) in pairwise(words) if to < at), None)

    @property
    def changed(self) -> list[int]:
        """The steps at which another piece is written than without the learner's changes."""
        mine, own = self.now.target.ids, self.free.target.ids
        return [step for step, id_ in enumerate(mine) if step >= len(own) or own[step] != id_]


def _letters(word: str) -> bool:
    return word not in MARKS and any(map(str.isalpha, word))


def model(score: Score) -> TrainedTranslator:
    """The translator with this score. Raises ModelError if its files cannot be read."""
    return checkpoints.load_translator(MODELS[score])


def device() -> str:
    """On what the translators run, for a person."""
    return devices.describe(checkpoints.load_translator(FIXED).device)


def translate(name: str, text: str, beam: int, interventions: Interventions) -> Translation:
    """What a translator makes of a text. Raises ValueError in words, ModelError if it cannot be read."""
    return checkpoints.load_translator(name).translate(text, beam=beam, interventions=interventions)


Translate = Callable[[str, str, int, Interventions], Translation]


def run(settings: Settings, translate: Translate = translate) -> Lesson:
    """Translate with and without the learner's changes, and without attention. Raises ValueError in words.

    translate   the function of that name, or one that remembers for it.
    """
    name = MODELS[settings.score]
    free = translate(name, settings.text, settings.beam, NO_INTERVENTIONS)
    interventions = settings.interventions.fitting(room(len(free.source.ids), model(settings.score)))
    now = free if interventions == NO_INTERVENTIONS else translate(name, settings.text, settings.beam, interventions)
    return Lesson(
        replace(settings, interventions=interventions),
        now,
        free,
        translate(FIXED, settings.text, GREEDY, NO_INTERVENTIONS),
    )


def room(n_source: int, translator: TrainedTranslator | TrainedTransformer) -> Room:
    """What can be forced on a translator over a sentence of so many pieces."""
    vocabulary = translator.vocabulary
    return Room(n_source, translator.longest(n_source), len(vocabulary), (vocabulary.pad, vocabulary.start))


def choices(
    translator: TrainedTranslator | TrainedTransformer, translation: Translation | TransformerTranslation
) -> tuple[list[list[str]], torch.Tensor]:
    """The likeliest pieces at every step, as they are written, and their probabilities (target, CHOICES)."""
    best = translation.trace.probabilities[0].topk(CHOICES)
    words = [[as_written(translator.vocabulary.piece(id_)) for id_ in row] for row in best.indices.tolist()]
    return words, best.values


def beside(translator: TrainedTranslator, result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return {
        "values": result.now.trace.encoder_states[0].numpy(),
        "choices": choices(translator, result.now)[1].numpy(),
    }


def nodes(tree: Tree, vocabulary: Vocabulary) -> list[Candidate]:
    """The tree of lines that a beam followed, the likeliest of every step on top.

    What was dropped at once is among them only as far as it came near.
    """
    best = set()
    place: int | None = tree.best
    while place is not None:
        best.add(place)
        place = tree.nodes[place].parent
    ranks: dict[int, int] = {}
    places: dict[int, int] = {}
    found: list[Candidate] = []
    for number, node in enumerate(tree.nodes):
        rank = ranks.get(node.step, 0)
        if rank >= 2 * WIDEST_BEAM and number not in best:
            continue
        ranks[node.step] = rank + 1
        places[number] = len(found)
        word = as_written(vocabulary.piece(node.id))
        parent = None if node.parent is None else places[node.parent]
        found.append(
            Candidate(
                parent=parent,
                step=node.step,
                rank=rank,
                word=word,
                score=node.score,
                kept=node.kept,
                ended=node.kept and node.id == vocabulary.end,
                best=number in best,
            )
        )
    return found


def means(tree: Tree) -> list[float]:
    """Of the lines that a beam's choice was among, the log probability of a piece on average; the winner's first."""
    return sorted((tree.nodes[at].score / (tree.nodes[at].step + 1) for at in tree.ended), reverse=True)


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result, translator = run(settings), model(settings.score)
    tensors = matrices(steps(result.now.trace)) | beside(translator, result)
    vocabulary = translator.vocabulary
    tokens = {"queries": vocabulary.shown(result.now.target), "keys": vocabulary.shown(result.now.source)}
    words, _ = choices(translator, result.now)
    tree = result.now.tree
    return Shown(tensors, tokens, words=words, nodes=nodes(tree, vocabulary) if tree else ())


def chosen(probabilities: Float[Tensor, "target vocab_size"], step: int, rank: int) -> int:
    """The id of the piece of this rank at this step; places that do not exist are the nearest that do."""
    step, rank = min(step, len(probabilities) - 1), min(rank, CHOICES - 1)
    return int(probabilities[step].topk(CHOICES).indices[rank])


def brightest() -> tuple[list[int], list[str]]:
    """Where a toy that nobody guided looks for words 2 to 5 of the lesson's sentence: the places and their words."""
    snapshot = list(trained("grammar", "additive", 0).snapshots.values())[-1]
    places = snapshot.with_attention[1:5].argmax(1).tolist()
    return places, [snapshot.source[place] for place in places]
