"""How often the decoder runs, in training and in writing, and what each of its passes may know."""

import torch
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.numerals import how_many
from core.sequence.passes import passes
from core.sequence.transformer import TrainedTransformer
from core.transformer.encoder_decoder import Memory

SAME = 1e-4  # scores that are further apart than this are other scores


def written(translator: TrainedTransformer, text: str) -> tuple[Memory, Tensor, list[int]]:
    """What the translator read, what its decoder was given, and what it wrote of that."""
    made = translator.translate(text)
    ids = list(made.target.ids)
    given = torch.tensor([[translator.vocabulary.start, *ids[:-1]]], device=translator.device)
    return made.read.memory, given, ids


@claim(
    said="All alignments of a Transformer are computed in parallel, so that it trains faster.",
    verdict="right",
    instead="The right words are known in training, so one pass gives the scores of every step. A recurrent decoder waits at "
    "each for the state before.",
    sources=("vaswani2017",),
)
def all_at_once(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """The scores of one pass over the whole translation against those of a pass for every step."""
    memory, given, ids = written(translator, text)
    found = passes(translator, memory, given)
    one, many, _ = found.n_passes
    apart = Number("scores differ by", found.apart, ".1e")
    return Finding(
        (Number("passes, all at once", one, "d"), Number("passes, step by step", many, "d"), apart),
        holds=one < many and found.apart < SAME,
        says=f"{how_many(one, 'pass', 'passes')} of the decoder {'gives' if one == 1 else 'give'} the scores of all "
        f"{how_many(len(ids), 'step')} of your translation that {how_many(many, 'pass', 'passes')} would give step by step, to "
        f"{apart.text}.",
    )


@claim(
    said="… and it is as parallel when it translates.",
    verdict="wrong",
    instead="What is written next hangs on what was written before. Asked for all steps at once it has nothing to go by.",
    sources=("shazeer2019",),
)
def generates_at_once(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """Ask for every step in one pass, with the mark of the beginning in place of the words that are not known yet."""
    memory, given, ids = written(translator, text)
    blank = torch.full_like(given, translator.vocabulary.start)
    guessed = translator.model.write(blank, memory).logits[0].argmax(-1).tolist()
    right = sum(one == other for one, other in zip(guessed, ids, strict=True))
    return Finding(
        (Number("pieces", len(ids), "d"), Number("the same, asked for at once", right, "d")),
        holds=right < len(ids),
        says=f"Asked for all {how_many(len(ids), 'piece')} of your translation in one pass, without knowing any, it gets {right} "
        "of them.",
    )


@claim(
    said="A cache of keys and values is an approximation that makes writing faster.",
    verdict="imprecise",
    instead="Faster, yes, but no approximation: earlier tokens see nothing that comes later, so their keys and values stay "
    "what they were.",
    sources=("shazeer2019",),
    identity=True,
)
def cache_approximates(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """Token-forwards with and without a cache, counted, and how far the scores are apart."""
    memory, given, ids = written(translator, text)
    found = passes(translator, memory, given)
    _, without, cached = found.forwards
    apart = Number("scores differ by", found.apart, ".1e")
    return Finding(
        (Number("token-forwards without", without, "d"), Number("token-forwards with", cached, "d"), apart),
        holds=cached == len(ids) <= without and found.apart < SAME,
        says=f"Your translation takes {without} token-forwards without a cache and {cached} with one, and no score differs by "
        f"more than {apart.text}.",
    )


@claim(
    said="In training the decoder sees the word that it is to write.",
    verdict="wrong",
    instead="It is given the target shifted by one place and masked: a step sees the words before its own, and no other.",
    sources=("vaswani2017",),
)
def sees_the_target(translator: TrainedTransformer, text: str, seed: int) -> Finding:
    """Put another piece in the middle of the target: how far the scores before it, its own, and those after it move."""
    memory, given, ids = written(translator, text)
    place = len(ids) // 2
    other = given.clone()
    if place + 1 < len(ids):
        other[0, place + 1] = (given[0, place + 1] + 1) % len(translator.vocabulary)
    moved = (translator.model.write(given, memory).logits - translator.model.write(other, memory).logits)[0]
    before, after = largest(moved[: place + 1]), largest(moved[place + 1 :])
    numbers = (Number("scores up to it move by", before, ".1e"), Number("scores after it move by", after, ".2f"))
    return Finding(
        numbers,
        holds=before < SAME < after,
        says=f"With another piece in place of number {place + 1} of your translation, the scores that are to predict it and "
        f"those before move by {numbers[0].text}, the scores after it by up to {numbers[1].text}.",
    )
