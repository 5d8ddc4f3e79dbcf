"""The claims of lesson 3 hold on the project's own scene, and say what they can on an empty one."""

import pytest
import torch

from core.experiments import captioning
from core.experiments.captioning import grounding
from core.experiments.captioning.grounding import N_CELLS
from core.lessons.captioning import SCENE
from core.sequence.decoding import Interventions
from core.vision.scenes import Thing
from core.vision.trained import WORDS

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


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("claim", captioning.CLAIMS, ids=lambda claim: claim.experiment.__name__)
def test_so_they_do_on_scenes_of_another_seed(claim, seed):
    assert claim(SCENE, seed).holds


def test_a_word_under_another_row_is_the_one_that_the_captioner_writes_when_the_row_is_forced():
    caption = grounding.captioned(CROWDED)
    rows = torch.rand(5, N_CELLS, generator=torch.Generator().manual_seed(11)).pow(8)
    rows = rows / rows.sum(-1, keepdim=True)
    given = tuple((at, WORDS.index(word)) for at, word in enumerate(caption.words))
    for at in range(len(caption.words)):
        for row, word in zip(rows, grounding.written_with(caption, at, rows), strict=True):
            forced = grounding.captioned(CROWDED, interventions=Interventions(given, ((at, tuple(row.tolist())),)))
            assert word == WORDS[int(forced.trace.probabilities[0, at].argmax())]


def test_the_ledgers_numbers_of_captioning():
    found = captioning.one_context(SCENE, 0)
    assert found["exact, attention"] >= 0.95
    assert found["exact, mean"] <= 0.5
    named = next(claim for claim in captioning.CLAIMS if "different region" in claim.said)(SCENE, 0)
    assert named["colours and shapes that look at their thing"] >= 0.9
