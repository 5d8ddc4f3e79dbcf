"""Drawn scenes: the picture shows what the scene says, and every scene has one caption."""

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.vision import scenes
from core.vision.scenes import COLOURS, SHAPES, SIDE, Thing

PLACES = st.floats(0, SIDE - 0.01)
THINGS = st.builds(Thing, st.sampled_from(list(COLOURS)), st.sampled_from(SHAPES), PLACES, PLACES)
SCENES = st.lists(THINGS, max_size=scenes.MOST).map(tuple)


def nearest(colour: torch.Tensor) -> str:
    """The name of the colour of the world that a pixel is nearest to."""
    known = {**COLOURS, "ground": (scenes.GROUND,) * 3}
    return min(known, key=lambda name: (torch.tensor(known[name]) - colour).norm().item())


@given(THINGS)
def test_the_middle_of_a_thing_has_its_colour_and_far_away_is_the_ground(thing):
    picture = scenes.painted([(thing,)])[0]
    assert nearest(picture[:, int(thing.y), int(thing.x)]) == thing.colour
    far = (int(thing.y) + SIDE // 2) % SIDE, (int(thing.x) + SIDE // 2) % SIDE
    assert nearest(picture[:, far[0], far[1]]) == "ground"


@given(SCENES)
def test_pictures_run_from_0_to_1_and_do_not_depend_on_their_neighbours(scene):
    other = (Thing("red", "square", 5.0, 7.0),)
    both = scenes.painted([scene, other])
    assert both.shape == (2, 3, SIDE, SIDE)
    assert 0 <= both.min() <= both.max() <= 1
    torch.testing.assert_close(both[:1], scenes.painted([scene]))


def test_a_square_is_as_wide_everywhere_a_circle_in_its_middle_and_a_triangle_below():
    rows = {}
    for shape in SHAPES:
        picture = scenes.painted([(Thing("blue", shape, 16.0, 16.0),)])[0]
        rows[shape] = (scenes.GROUND - picture[0])[13:19].sum(dim=1)  # of red, which blue has least of
    torch.testing.assert_close(rows["square"], rows["square"][:1].expand(6))
    circle = rows["circle"]
    torch.testing.assert_close(circle, circle.flip(0))
    assert circle[0] < circle[1] < circle[2]
    assert (rows["triangle"].diff() > 0).all()


def test_a_caption_names_things_row_by_row_and_where_they_are():
    scene = (
        Thing("blue", "square", 28.0, 30.0),
        Thing("red", "circle", 20.0, 3.0),
        Thing("green", "circle", 2.0, 29.0),
    )
    words, about = scenes.described(scene)
    assert " ".join(words) == ("red circle top right and green circle bottom left and blue square bottom right")
    blue, red, green = scene
    assert about == (*[red] * 4, None, *[green] * 4, None, *[blue] * 4)
    assert scenes.described(()) == (("nothing",), (None,))


@given(SCENES)
def test_things_that_stand_apart_do_not_hide_each_other(scene):
    alone = sum((scenes.GROUND - scenes.painted([(thing,)])).abs().sum().item() for thing in scene)
    together = (scenes.GROUND - scenes.painted([scene])).abs().sum().item()
    if scenes.apart(scene):
        assert together == pytest.approx(alone, rel=0.02)
    assert scenes.in_order(scene[::-1]) == scenes.in_order(scene) or not scenes.apart(scene)


def test_a_thing_lies_in_the_cell_of_its_middle_and_on_a_border_in_both():
    assert Thing("red", "circle", 4.0, 4.0).cells == {0}
    assert Thing("red", "circle", 8.5, 4.0).cells == {0, 1}
    assert Thing("red", "circle", 8.0, 16.0).cells == {4, 5, 8, 9}
    assert Thing("red", "circle", 31.9, 31.9).cells == {15}


@given(THINGS)
def test_the_cell_of_its_middle_is_among_the_cells_of_a_thing(thing):
    assert thing.cell in thing.cells
    assert len(thing.cells) in (1, 2, 4)


@given(SCENES, st.randoms())
def test_the_order_in_which_things_are_listed_does_not_matter_unless_they_share_a_cell(scene, rng):
    if len({thing.cell for thing in scene}) == len(scene):
        assert scenes.described(scene) == scenes.described(tuple(rng.sample(scene, len(scene))))


def test_drawn_scenes_have_up_to_three_things_that_do_not_touch_and_repeat_with_their_seed():
    drawn = [scenes.draw(random.Random(seed)) for seed in range(300)]
    assert {len(scene) for scene in drawn} == {0, 1, 2, 3}
    assert all(len({thing.cell for thing in scene}) == len(scene) for scene in drawn)
    assert {(thing.colour, thing.shape) for scene in drawn for thing in scene} == {
        (colour, shape) for colour in COLOURS for shape in SHAPES
    }
    assert drawn == [scenes.draw(random.Random(seed)) for seed in range(300)]
    assert {word for scene in drawn for word in scenes.described(scene)[0]} <= set(scenes.WORDS)


def test_a_covered_cell_is_ground_and_the_rest_stays():
    (picture,) = scenes.painted([(Thing("red", "square", 12.0, 4.0), Thing("blue", "circle", 20.0, 28.0))])
    hidden = scenes.covered(picture, 1)
    assert (hidden[:, :8, 8:16] == scenes.GROUND).all()
    changed = (hidden != picture).any(dim=0)
    assert not changed[8:].any()
    assert not changed[:, :8].any()
    assert not changed[:, 16:].any()
