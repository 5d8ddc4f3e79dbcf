"""The captioners that come with the project: what they write, where they look, and what each look does."""

import random

import pytest
import torch

from core.models import checkpoints
from core.sequence.decoding import Interventions, all_weight_on
from core.trace import steps
from core.vision import scenes
from core.vision.scenes import SIDE, Thing

RED, BLUE = Thing("red", "circle", 11.0, 5.0), Thing("blue", "square", 21.0, 27.0)
CELLS = scenes.CELLS**2


@pytest.fixture(scope="module")
def looking():
    return checkpoints.load("captioner", "cpu")


@pytest.fixture(scope="module")
def mean():
    return checkpoints.load("captioner-mean-context", "cpu")


def picture(*things):
    return scenes.painted([things])[0]


def held_out(n):
    rng = random.Random("scenes of a test")
    return [scenes.draw(rng) for _ in range(n)]


def test_it_captions_a_scene_and_looks_at_each_thing_while_it_names_it(looking):
    found = looking.caption(picture(RED, BLUE))
    assert found.text == "red circle top left and blue square bottom right"
    assert found.weights.shape == (len(found.words), scenes.CELLS, scenes.CELLS)
    flat = found.weights.flatten(1)
    torch.testing.assert_close(flat.sum(1), torch.ones(len(flat)))
    for word, thing in ((0, RED), (1, RED), (5, BLUE), (6, BLUE)):
        assert int(flat[word].argmax()) == thing.cell


def test_one_context_for_all_words_mixes_things_up_and_a_look_per_word_does_not(looking, mean):
    """Exact captions of new scenes: the ledger's two sides."""
    drawn = held_out(300)
    pictures = scenes.painted(drawn)
    wanted = [scenes.described(scene)[0] for scene in drawn]
    exact = {
        captioner.name: sum(map(tuple.__eq__, captioner.caption_many(pictures), wanted)) / len(drawn)
        for captioner in (looking, mean)
    }
    assert exact["captioner"] >= 0.95
    assert exact["captioner-mean-context"] <= exact["captioner"] - 0.2


def test_many_pictures_side_by_side_are_captioned_as_one_by_one(looking, mean):
    pictures = scenes.painted(held_out(17))
    for captioner in (looking, mean):
        alone = [tuple(captioner.caption(each).text.split()) for each in pictures]
        assert captioner.caption_many(pictures) == alone


def test_the_context_is_the_weighted_sum_of_cells_and_without_attention_their_mean(looking, mean):
    trace = looking.caption(picture(RED, BLUE)).trace
    torch.testing.assert_close(trace.weights @ trace.grid, trace.contexts, atol=1e-5, rtol=0)
    other = mean.caption(picture(RED, BLUE))
    assert other.weights is None
    expected = other.trace.grid.mean(dim=1, keepdim=True).expand_as(other.trace.contexts)
    torch.testing.assert_close(other.trace.contexts, expected)


def test_a_cell_that_is_covered_is_captioned_as_if_nothing_were_there(looking):
    shown = looking.caption(picture(RED, BLUE), covered=BLUE.cell)
    assert shown.text == looking.caption(picture(RED)).text == "red circle top left"


def test_a_forced_look_is_used_and_what_it_changes_is_written(looking):
    forced = looking.caption(
        picture(RED, BLUE), interventions=Interventions(rows=((0, all_weight_on(BLUE.cell, CELLS)),))
    )
    assert int(forced.weights[0].flatten()[BLUE.cell]) == 1
    assert forced.words[0] == "blue"


@pytest.mark.parametrize("name", list(checkpoints.CAPTIONERS))
def test_a_trace_declares_what_it_holds(name):
    found = steps(checkpoints.load(name, "cpu").caption(picture(RED)).trace)
    assert found[0].tensor.shape == (1, 3, SIDE, SIDE)
    assert [step.tensor.ndim for step in found] == [len(step.axes) for step in found]
    torch.testing.assert_close(found[-1].tensor.sum(-1), torch.ones(found[-1].tensor.shape[:2]))


@pytest.mark.parametrize(
    ("interventions", "shape", "says"),
    [
        (Interventions(), (3, 33, 31), "the picture is 3 x 33 x 31: 3 x 32 x 32 is read"),
        (Interventions(rows=((0, (1.0,)),)), (3, SIDE, SIDE), "has 1 weights: captioner has 16 cells"),
    ],
)
def test_what_cannot_be_captioned_is_said_in_words(looking, interventions, shape, says):
    with pytest.raises(ValueError, match=says):
        looking.caption(torch.zeros(shape), interventions=interventions)


def test_without_attention_there_is_no_row_to_force(mean):
    with pytest.raises(ValueError, match="has no attention to force"):
        mean.caption(picture(RED), interventions=Interventions(rows=((0, all_weight_on(0, CELLS)),)))
