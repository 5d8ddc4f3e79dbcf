"""The claims of lesson 3 hold on the project's own scene, and say what they can on an empty one."""

import pytest

from core.experiments import captioning
from core.lessons.captioning import SCENE
from core.vision.scenes import Thing

CROWDED = (Thing("red", "circle", 7.0, 7.0), Thing("blue", "square", 24.5, 9.0), Thing("green", "triangle", 15.0, 26.0))


HIDDEN = (Thing("red", "circle", 11.0, 5.0), Thing("blue", "square", 11.0, 5.0))
SCENES = {
    "two things": SCENE,
    "three things": CROWDED,
    "one thing": SCENE[:1],
    "one over the other": HIDDEN,
    "none": (),
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize("claim", captioning.CLAIMS, ids=lambda claim: claim.experiment.__name__)
def test_the_live_numbers_bear_the_verdict_out(claim, scene):
    shows_nothing = claim.name == "shows_what_matters" and not scene
    assert claim(scene, 0).holds != shows_nothing


def long_where_it_trains(claim) -> object:
    trains = claim.name == "places_need_no_look"
    return pytest.param(claim, marks=pytest.mark.long) if trains else claim


@pytest.mark.parametrize("seed", [1, pytest.param(7, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "claim", [long_where_it_trains(each) for each in captioning.CLAIMS], ids=lambda claim: claim.experiment.__name__
)
def test_so_they_do_on_scenes_of_another_seed(claim, seed):
    assert claim(SCENE, seed).holds


def test_the_ledgers_numbers_of_captioning():
    found = captioning.one_context(SCENE, 0)
    assert found["exact, attention"] >= 0.95
    assert found["exact, mean"] <= 0.5
    named = next(claim for claim in captioning.CLAIMS if "different region" in claim.said)(SCENE, 0)
    assert named["colours and shapes that look at their thing"] >= 0.9
