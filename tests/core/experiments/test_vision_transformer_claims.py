"""The claims of lesson 11 hold on photographs, on noise and on a picture of one colour as far as it can show them."""

import numpy as np
import pytest

from core.experiments import vision_transformer
from core.vision.classifier import fitted
from core.vision.samples import SAMPLES, sample

BY_NAME = {claim.name: claim for claim in vision_transformer.CLAIMS}
PICTURES = {name: fitted(sample(name), 64) for name in SAMPLES}
PICTURES["white"] = np.full((64, 64, 3), 255, np.uint8)
PICTURES["noise"] = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("claim", vision_transformer.CLAIMS, ids=lambda claim: claim.experiment.__name__)
def test_the_live_numbers_bear_the_verdict_out(claim, name):
    shows_nothing = name == "white" and claim.name in ("destroys_position", "order_needs_positions")
    assert claim(PICTURES[name], 0).holds != shows_nothing


@pytest.mark.parametrize("claim", vision_transformer.CLAIMS[:3], ids=lambda claim: claim.experiment.__name__)
def test_so_they_do_for_another_order(claim):
    assert claim(PICTURES["a cat"], 11).holds


def test_the_first_layer_looks_nearer_than_the_last_and_than_an_untrained_one_and_still_far():
    found = BY_NAME["global_from_the_start"](PICTURES["a cat"], 0)
    assert found["mean of layer 0"] == pytest.approx(3.5, abs=0.1)
    assert found["mean of layer 0, untrained"] == pytest.approx(found["an even look at everything"], abs=0.1)
    assert found["mean of layer 0"] < found["mean of layer 5"]


def test_trained_positions_of_neighbours_are_alike():
    found = BY_NAME["order_needs_positions"](PICTURES["a cat"], 0)
    assert found["cosine of the positions of neighbours"] == pytest.approx(0.75, abs=0.01)
    assert found["cosine of positions 5 apart"] < 0.1


def test_the_ledgers_numbers_of_patches():
    found = vision_transformer.destroys_position(PICTURES["a cat"], 0)
    assert found["picture put together again differs by"] == 0
    assert found["shuffling moves the scores, places not told"] <= 1e-4
    assert found["shuffling moves the scores, places told"] > 1e-3
