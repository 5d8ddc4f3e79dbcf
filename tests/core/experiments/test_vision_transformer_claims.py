"""The claims of lesson 11 hold on photographs, on noise and on a picture of one colour as far as it can show them."""

import numpy as np
import pytest

from core.experiments import vision_transformer
from core.vision.classifier import fitted
from core.vision.samples import SAMPLES, sample

PICTURES = {name: fitted(sample(name), 64) for name in SAMPLES}
PICTURES["white"] = np.full((64, 64, 3), 255, np.uint8)
PICTURES["noise"] = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("claim", vision_transformer.CLAIMS, ids=lambda claim: claim.experiment.__name__)
def test_the_live_numbers_bear_the_verdict_out(claim, name):
    assert claim(PICTURES[name], 0).holds


@pytest.mark.parametrize("claim", vision_transformer.CLAIMS[:3], ids=lambda claim: claim.experiment.__name__)
def test_so_they_do_for_another_order(claim):
    assert claim(PICTURES["a cat"], 11).holds


def test_the_ledgers_numbers_of_patches():
    found = vision_transformer.destroys_position(PICTURES["a cat"], 0)
    assert found["picture put together again differs by"] == 0
    assert found["shuffling moves the scores, places not told"] <= 1e-4
    assert found["shuffling moves the scores, places told"] > 1e-3
