"""What attention to cells does for a caption, on the learner's scene and on scenes drawn from a seed."""

import random
from functools import lru_cache
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.models import checkpoints
from core.numerals import how_many
from core.sequence import decoding
from core.sequence.decoding import NO_INTERVENTIONS, Interventions, all_weight_on
from core.vision import scenes
from core.vision.scenes import Scene
from core.vision.trained import END, LONGEST, START, WORDS, Caption

DRAWN: Final = 200
FEW: Final = 60  # scenes where every caption is traced
N_CELLS: Final = scenes.CELLS**2
KINDS: Final[dict[str, frozenset[str]]] = {
    "colours": frozenset(scenes.COLOURS),
    "shapes": frozenset(scenes.SHAPES),
    "places": frozenset({"top", "bottom", "left", "right"}),
}
_NAMED: Final = KINDS["colours"] | KINDS["shapes"]


def drawn(seed: int) -> list[Scene]:
    """Scenes to measure on."""
    rng = random.Random(f"measured {seed}")
    return [scenes.draw(rng) for _ in range(DRAWN)]


def captioned(scene: Scene, *, covered: int | None = None, interventions: Interventions = NO_INTERVENTIONS) -> Caption:
    """The caption of a scene by the captioner that looks."""
    captioner = checkpoints.load_captioner("captioner")
    return captioner.caption(scenes.painted([scene])[0], covered=covered, interventions=interventions)


def right_words(lines: list[tuple[str, ...]], tested: list[Scene]) -> dict[str, float]:
    """The share of captions that are right to the last word, and of the words of each kind that stand where they should."""
    wanted = [scenes.described(scene)[0] for scene in tested]
    exact = [line == words for line, words in zip(lines, wanted, strict=True)]
    pairs = [
        pair
        for line, words in zip(lines, wanted, strict=True)
        for pair in zip(words, (*line, *[""] * LONGEST), strict=False)
    ]
    shares = {"exact": sum(exact) / len(exact)}
    for kind, of_kind in KINDS.items():
        hits = [word == wrote for word, wrote in pairs if word in of_kind]
        shares[kind] = sum(hits) / len(hits)
    return shares


@lru_cache(maxsize=24)
def measured(name: str, n_things: int, seed: int) -> dict[str, float]:
    """`right_words` of a captioner on new scenes with so many things."""
    tested = [scene for scene in drawn(seed) if len(scene) == n_things]
    return right_words(checkpoints.load_captioner(name).caption_many(scenes.painted(tested)), tested)


@lru_cache(maxsize=8)
def right_captions(seed: int) -> list[tuple[Scene, Caption]]:
    """New scenes that are captioned right, with where every word looked."""
    found = [(scene, captioned(scene)) for scene in drawn(seed)[:FEW] if scene]
    return [(scene, caption) for scene, caption in found if caption.words[:-1] == scenes.described(scene)[0]]


def none_right() -> Finding:
    """What is found where there is no caption to look at."""
    says = f"None of {FEW} new scenes is captioned right by this model, so that there is nothing to look at."
    return Finding((Number("captions that are right", 0, "d"),), holds=False, says=says)


@claim(
    said="Each word looks at a different region of the picture.",
    verdict="right",
    instead="A new look for every word: colour and shape look at their thing, and words of two things at two places.",
    sources=("xu2015",),
)
def another_region(scene: Scene, seed: int) -> Finding:
    """Where the words of new captions look: at their own thing, and elsewhere than the words of another thing."""
    if not right_captions(seed):
        return none_right()
    hits, others = [], []
    for known, caption in right_captions(seed):
        words, things = scenes.described(known)
        strongest = caption.with_attention.weights[0].argmax(dim=1).tolist()
        told = zip(words, things, strongest, strict=False)
        named = [(cell, thing) for word, thing, cell in told if word in _NAMED and thing is not None]
        hits += [cell in thing.cells for cell, thing in named]
        others += [one != other for one, mine in named for other, its in named if mine is not its]
    share, differ = sum(hits) / len(hits), sum(others) / len(others)
    return Finding(
        (
            Number("colours and shapes that look at their thing", share, ".2f"),
            Number("words of two things that look at two cells", differ, ".2f"),
        ),
        holds=share >= 0.9 and differ >= 0.9,
        says=f"In new scenes {share:.0%} of colours and shapes look at a cell that their thing reaches into, and words of "
        f"different things look at different cells in {differ:.0%} of all pairs.",
    )


@claim(
    said="One context vector is enough for a caption.",
    verdict="wrong",
    instead="The mean of all cells still tells which colours and places there are. Shapes are what it loses.",
    sources=("xu2015",),
)
def one_context(scene: Scene, seed: int) -> Finding:
    """Captions of new scenes with a look per word and with the mean of all cells: all words, and each kind of word."""
    names = {"attention": "captioner", "mean": "captioner-mean-context"}
    found = {short: measured(name, scenes.MOST, seed) for short, name in names.items()}
    numbers = tuple(
        Number(f"{kind}, {short}", share, ".2f") for short, shares in found.items() for kind, share in shares.items()
    )
    looking, mean = found["attention"], found["mean"]
    return Finding(
        numbers,
        holds=looking["exact"] >= 0.9
        and mean["exact"] <= looking["exact"] - 0.2
        and mean["shapes"] < min(mean["colours"], mean["places"]),
        says=f"Of new scenes with {scenes.MOST} things {looking['exact']:.0%} are captioned exactly with a look per word and "
        f"{mean['exact']:.0%} with the mean of all cells, which has {mean['colours']:.0%} of the colours, "
        f"{mean['places']:.0%} of the places and {mean['shapes']:.0%} of the shapes right.",
    )


@claim(
    said="The softmax over the cells is a regularisation.",
    verdict="wrong",
    instead="It is a normalisation: weights sum to 1. Xu et al. add a penalty on the weights, but that is another thing.",
    sources=("xu2015", "bahdanau2015"),
    identity=True,
)
def regularises(scene: Scene, seed: int) -> Finding:
    """Sums over the cells of the drawn scene, before and after the softmax, for every word that it is captioned with."""
    trace = captioned(scene).with_attention
    before, after = trace.energies[0].double().sum(-1), trace.weights[0].double().sum(-1)
    apart = Number("sum of a word's weights differs from 1 by", largest(after - 1), ".1e")
    raw = Number("sum of a word's scores differs from 1 by up to", largest(before - 1), ".1f")
    return Finding(
        (raw, apart),
        holds=apart.value < 1e-5 < raw.value,
        says=f"Over all cells the scores of a word sum to anything, here up to {raw.text} away from 1, and its weights to 1 up "
        f"to {apart.text}: the softmax does that and no more.",
    )


@claim(
    said="The map is a segmentation of the picture.",
    verdict="imprecise",
    instead="It has one number per cell, and need not cover a thing: one good cell is enough for a word.",
    sources=("xu2015",),
)
def segmentation(scene: Scene, seed: int) -> Finding:
    """How far a colour's map is from the share of its thing's pixels in each cell: 0 would be a segmentation."""
    if not right_captions(seed):
        return none_right()
    distances = []
    for known, caption in right_captions(seed):
        words, things = scenes.described(known)
        for row, word, thing in zip(caption.with_attention.weights[0], words, things, strict=False):
            if word in KINDS["colours"] and thing is not None:
                distances.append(0.5 * (row - pixel_shares(scenes.painted([(thing,)])[0])).abs().sum().item())
    distance = sum(distances) / len(distances)
    numbers = (Number("share of the map that lies elsewhere than the pixels", distance, ".2f"),)
    return Finding(
        numbers,
        holds=distance >= 0.1,
        says=f"In new scenes {distance:.0%} of a colour's weights lie in other cells than the pixels of its thing do; in a "
        "segmentation nothing would.",
    )


def pixel_shares(picture: Float[Tensor, "channels height width"]) -> Float[Tensor, "cells"]:
    """How what is drawn is spread over the cells; sums to 1."""
    ink = (picture - scenes.GROUND).abs().amax(dim=0)
    side = scenes.SIDE // scenes.CELLS
    cells = ink.unflatten(0, (scenes.CELLS, side)).unflatten(2, (scenes.CELLS, side)).sum(dim=(1, 3)).flatten()
    return cells / cells.sum()


@claim(
    said="Over a grid there is no problem of order: attention knows where a cell is.",
    verdict="wrong",
    instead="Attention adds up cells without order. Each cell carries a vector that says which cell it is.",
    sources=("xu2015", "vaswani2017"),
)
def without_places(scene: Scene, seed: int) -> Finding:
    """Take the cells' own vectors away from what the decoder reads: which kinds of words suffer?"""
    own, blind = (blinded(seed, without=without) for without in (False, True))
    numbers = tuple(
        Number(f"{kind}, {name}", shares[kind], ".2f")
        for name, shares in (("with them", own), ("without", blind))
        for kind in KINDS
    )
    lost = {kind: own[kind] - blind[kind] for kind in KINDS}
    return Finding(
        numbers,
        holds=lost["places"] >= 0.2 and lost["places"] == max(lost.values()),
        says=f"Without the cells' own vectors {blind['places']:.0%} of the words for a place are right, of {own['places']:.0%}; "
        f"colours and shapes lose less ({blind['colours']:.0%} and {blind['shapes']:.0%} stay).",
    )


@lru_cache(maxsize=16)
def blinded(seed: int, *, without: bool) -> dict[str, float]:
    """`right_words` of new captions, with or without the vectors that say which cell is which."""
    captioner, tested = checkpoints.load_captioner("captioner"), drawn(seed)
    model = captioner.model
    with torch.inference_mode():
        features = model.features(scenes.painted(tested).to(captioner.device))
        table = model.laid_out(features, torch.zeros_like(model.positions) if without else model.positions)
    lines = decoding.greedy_many(model, table, START, END, LONGEST)
    return right_words([tuple(WORDS[id_] for id_ in line) for line in lines], tested)


@lru_cache(maxsize=8)
def place_words(seed: int) -> tuple[float, dict[str, float]]:
    """Words for a place in new captions: the share that look at their thing, and of each way to look what is right."""
    even = (1 / N_CELLS,) * N_CELLS
    hits: dict[str, list[bool]] = {"own look": [], "even look": [], "look at the opposite cell": []}
    at_thing = []
    for known, caption in right_captions(seed)[: FEW // 2]:
        words, things = scenes.described(known)
        for at, (word, thing) in enumerate(zip(words, things, strict=True)):
            if word not in KINDS["places"] or thing is None:
                continue
            own = caption.with_attention.weights[0, at]
            at_thing.append(int(own.argmax()) in thing.cells)
            opposite = all_weight_on(N_CELLS - 1 - thing.cell, N_CELLS)
            rows = torch.stack([own, *own.new_tensor([even, opposite])])
            for name, written in zip(hits, written_with(caption, at, rows), strict=True):
                hits[name].append(written == word)
    return sum(at_thing) / len(at_thing), {name: sum(each) / len(each) for name, each in hits.items()}


@torch.inference_mode()
def written_with(caption: Caption, at: int, rows: Float[Tensor, "looks cells"]) -> list[str]:
    """The likeliest word at one place of a caption for each of these rows of weights, the words before as they are."""
    model, trace = checkpoints.load_captioner("captioner").model, caption.with_attention
    before = START if at == 0 else WORDS.index(caption.words[at - 1])
    state = trace.first_state[0] if at == 0 else trace.decoder_states[0, at - 1]
    embedded = model.embedding.weight[[before] * len(rows)]
    contexts = (rows @ trace.grid[0]).to(embedded.device)
    states = model.advance(embedded, contexts, state.to(embedded.device).expand(len(rows), -1))
    return [WORDS[id_] for id_ in model.logits(states, contexts, embedded).argmax(-1).tolist()]


@claim(
    said="The words for a place must look at their thing, too.",
    verdict="wrong",
    instead="By then the state knows the place. An even look over all cells does them little harm; a wrong one does.",
    sources=("jain2019", "xu2015"),
)
def places_need_no_look(scene: Scene, seed: int) -> Finding:
    """Words for a place in new captions, with the words before them given: their own look, an even one, a wrong one."""
    if not right_captions(seed):
        return none_right()
    there, shares = place_words(seed)
    numbers = (
        Number("that look at their thing", there, ".2f"),
        *(Number(f"right, {k}", v, ".2f") for k, v in shares.items()),
    )
    own, flat, wrong = shares.values()
    return Finding(
        numbers,
        holds=there < 0.6 and flat >= 0.85 * own and wrong < flat,
        says=f"In new captions {there:.0%} of the words for a place look at their thing, and {own:.0%} are right; with an even "
        f"look over all cells {flat:.0%} are, with a look at the opposite cell {wrong:.0%}.",
    )


@claim(
    said="The brightest cell shows what a word needs.",
    verdict="imprecise",
    instead="Looking is not needing. Cover the cell and ask for the word again: that measures what it does.",
    sources=("jain2019", "xu2015"),
)
def shows_what_matters(scene: Scene, seed: int) -> Finding:
    """For each word of the drawn scene, the words before it given: cover its brightest cell, or one where nothing lies."""
    own = captioned(scene)
    words = own.words[:-1]
    given = tuple((at, WORDS.index(word)) for at, word in enumerate(words))
    free = next(cell for cell in range(N_CELLS) if not any(cell in thing.cells for thing in scene))

    def changed(at: int, cell: int) -> bool:
        likely = captioned(scene, covered=cell, interventions=Interventions(given)).trace.probabilities[0, at]
        return WORDS[int(likely.argmax())] != words[at]

    looks = own.with_attention.weights[0]
    brightest = sum(changed(at, int(looks[at].argmax())) for at in range(len(words)))
    empty = sum(changed(at, free) for at in range(len(words)))
    some = empty < brightest < len(words)
    return Finding(
        (
            Number("words", len(words), "d"),
            Number("change with their brightest cell covered", brightest, "d"),
            Number("change with an empty cell covered", empty, "d"),
        ),
        holds=some,
        says=f"Of the {how_many(len(words), 'word')} of the drawn scene's caption {brightest} would be another one with its "
        f"brightest cell covered, and {empty} with a cell covered where nothing lies: "
        + (
            "the map alone does not tell which."
            if some
            else "this scene does not part what is looked at from what is needed."
        ),
    )
