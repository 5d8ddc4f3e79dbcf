"""The claims of lesson 14: they hold on a learner's row and scene, and the numbers are the ledger's."""

import pytest

from core.experiments.model_family import CLAIMS, Given
from core.vision.scenes import Thing
from tests.core.experiments.test_claims import check_sentence

BY_NAME = {claim.name: claim for claim in CLAIMS}
OTHER = Given("jaabc", (Thing("green", "triangle", 9.0, 20.0), Thing("yellow", "circle", 22.0, 7.0)))


@pytest.mark.parametrize("given", [Given(), OTHER], ids=["as the page begins", "another"])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_in_one_sentence(claim, given):
    finding = claim(given, 0)
    assert finding.holds, finding
    check_sentence(finding)


def test_a_scene_with_nothing_in_it_crashes_nothing():
    for name in ("video_system", "versatile"):
        check_sentence(BY_NAME[name](Given(scene=()), 0))


def test_the_ledgers_sizes():
    sizes = BY_NAME["billions"](Given(), 0)
    assert [each.value for each in sizes.numbers] == [109_482_240, 335_141_888, 124_439_808, 174_604_259_328]
    blocks = BY_NAME["decoder_part"](Given(), 0)
    assert [each.value for each in blocks.numbers] == [3_152_384, 3_152_384, 4_204_032]


def test_the_ledgers_gaps():
    """A mirrored row: 1.000 from both sides, about one in ten from the left alone."""
    assert BY_NAME["fills_gaps"](Given(), 0)["guessed, in the first half"] == 1.0
    assert 0.05 < BY_NAME["left_alone"](Given(), 0)["guessed, in the first half"] < 0.15
