"""The claims of lesson 9: they hold on a real model's blocks, on a picture and on generic numbers."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.experiments.block import CLAIMS, Given
from core.lessons import block
from core.lessons.block import given as lesson
from core.seeded import seeded
from core.transformer.block import Block
from core.vision.samples import sample
from tests.core.experiments.test_claims import check_sentence
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}


def numbers(seed: int = 1, n_tokens: int = 5, place: str = "pre", **other) -> Given:
    """What a learner may bring: blocks that nobody trained, wide enough for generic ones to be unlike."""
    with seeded(seed):
        blocks = tuple(Block(24, 3, d_ff=31, norm_place=place).eval().requires_grad_(False) for _ in range(3))
    made = {"x": 2 * normal(1, n_tokens, 24, seed=seed), "blocks": blocks, "layer": 0}
    return Given(**(made | {"other": normal(1, 7, 24, seed=seed + 1)} | other))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
@pytest.mark.parametrize("place", ["pre", "post"])
def test_every_claim_holds_on_generic_numbers_in_one_sentence(claim, place):
    finding = claim(numbers(place=place), 0)
    assert finding.holds, finding
    check_sentence(finding)


@pytest.fixture(scope="module")
def real():
    read = lesson.on_sentence(
        "The animal did not cross the street", 0, "She poured water from the jug into the cup", 0, 48
    )
    return block.evidence(read, block.Settings())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_on_a_real_model(claim, real):
    finding = claim(real, 9)
    assert finding.holds, finding
    check_sentence(finding)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_numbers_that_show_nothing_crash_nothing(claim):
    for draw in (torch.zeros, torch.ones):
        check_sentence(claim(numbers(x=draw(1, 1, 24), other=draw(1, 1, 24)), 0))


@given(seed=integers(0, 1000), n_tokens=integers(1, 7))
def test_theorem_what_follows_from_the_formula_holds_for_all_numbers(seed, n_tokens):
    for claim in CLAIMS:
        if claim.identity:
            assert claim(numbers(seed, n_tokens), seed).holds


def test_the_ledgers_numbers(real):
    same = BY_NAME["same_for_all"](real, 9)
    assert same["edited: LayerNorm moves a number by"] == 0
    assert same["edited: BatchNorm moves one by"] > 0.1
    assert same["largest mean of a token after LayerNorm"] < 1e-6
    meet = BY_NAME["only_attention"](real, 9)
    assert meet["between tokens, norm"] == meet["between tokens, MLP"] == 0
    depth = BY_NAME["depth_alone"](real, 9)
    assert depth["attention alone, behind 4"] < 1e-6
    assert depth["with skips, behind 12"] > 0.1
    nothing = BY_NAME["cannot_do_nothing"](real, 9)
    assert nothing["normalises last: tokens change by"] > 0.5
    assert nothing["normalises first: by"] == 0
    assert nothing["directions that a norm takes out of a token (of its mean, of its length)"] == 2


def test_the_claims_of_a_picture_are_tried_on_our_own_model():
    found = lesson.on_picture(sample("a cat")[:64, :64])
    finding = BY_NAME["ever_stronger"](block.evidence(found, block.Settings(layer=2)), 9)
    assert finding.holds
