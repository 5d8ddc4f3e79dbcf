"""Lesson 3: what it shows is what the captioners computed on the learner's scene, whatever a visitor does to it."""

from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from core.lessons import captioning
from core.lessons.captioning import CELLS, SCENE, Settings
from core.models import checkpoints
from core.vision import scenes
from core.vision.scenes import Thing
from pages.parts import captions, scene_editor
from tests.pages.screen import assert_no_failure, open_page, said, sent

CLOSE = {"atol": 2e-5, "rtol": 0}  # weights travel in steps of 1/65535
LINK = "green-triangle-5-26.5,yellow-circle-26-9"
LINKED = (Thing("green", "triangle", 5.0, 26.5), Thing("yellow", "circle", 26.0, 9.0))


def words_of(app) -> list[str]:
    return [token["text"] for token in sent(app, "step_viewer")[0]["tokens"]["queries"]]


def test_the_maps_on_the_screen_are_those_the_captioner_computed_on_the_scene():
    found = captioning.run(Settings())
    words, tensors = sent(open_page("captioning"), "step_viewer")
    np.testing.assert_allclose(tensors["weights"], found.now.trace.weights[0], **CLOSE)
    np.testing.assert_allclose(tensors["picture"], scenes.painted([SCENE])[0], **CLOSE)
    assert words_of(open_page("captioning")) == list(found.now.words)
    overlays = [step_view["view"] for step_view in words["views"] if step_view["view"]["kind"] == "overlay"]
    assert [view["tensor"] for view in overlays] == ["grid", "energies", "weights", "weights"]
    assert [token["text"] for token in words["tokens"]["keys"]] == list(CELLS)


def test_the_scene_is_in_the_link():
    app = open_page("captioning", captioning_scene=LINK)
    assert sent(app, "scene")[0]["things"] == [vars(thing) for thing in LINKED]
    assert "yellow circle top right and green triangle bottom left" in said(app)
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["picture"], scenes.painted([LINKED])[0], **CLOSE)


def test_an_empty_scene_is_captioned_too():
    app = open_page("captioning", captioning_scene="empty", captioning_open="0,1,2,3,4,5")
    assert_no_failure(app)
    assert sent(app, "scene")[0]["things"] == []
    assert words_of(app) == ["nothing", "</s>"]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "purple-circle-3-4",
        "red-circle-33-4",
        "red-circle-3-4," * 4,
        "red-circle",
        "<b>",
        "red-circle-3-4,red-circle-9-9" * 9,
    ],
)
def test_a_scene_that_cannot_be_is_ignored_and_told(link):
    app = open_page("captioning", captioning_scene=link)
    assert_no_failure(app)
    assert "was ignored: it should be at most 3 things such as red-circle-11-5" in said(app)
    assert sent(app, "scene")[0]["things"] == [vars(thing) for thing in SCENE]


def test_with_the_mean_context_there_is_no_map_and_every_context_is_the_same():
    words, tensors = sent(open_page("captioning", captioning_context="mean context"), "step_viewer")
    assert "weights" not in tensors
    assert words["editable"] is False
    assert np.ptp(tensors["contexts"], axis=0).max() == 0


def test_a_covered_cell_is_ground_on_the_screen_and_changes_the_caption():
    app = open_page("captioning")
    app.selectbox(key="captioning_cover").set_value(CELLS[SCENE[1].cell]).run()
    assert_no_failure(app)
    row, column = divmod(SCENE[1].cell, scenes.CELLS)
    shown = sent(app, "step_viewer")[1]["picture"][:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
    np.testing.assert_allclose(shown, scenes.GROUND, **CLOSE)
    assert "With your changes" in said(app)
    assert "blue square bottom right" not in said(app).split("With your changes")[1].split("by itself")[0]


def test_a_forced_look_is_used_marked_and_taken_back():
    cell = SCENE[1].cell
    app = open_page("captioning", captioning_look=f"0.{cell}")
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"][0], np.eye(len(CELLS))[cell], **CLOSE)
    assert words_of(app)[0] == "✎ blue"
    app.button(key="captioning_back").click().run()
    assert words_of(app)[0] == "red"


def test_looks_that_cannot_be_are_ignored_and_told_and_the_others_stay():
    app = open_page("captioning", captioning_look="0.16,1.3,99.2")
    assert_no_failure(app)
    assert "of a word from 0 to 14 and a cell from 0 to 15, not “0\\.16,99\\.2”" in said(app)
    words = words_of(open_page("captioning", captioning_look="1.3"))
    assert words[1].startswith("✎ ")
    assert words_of(app) == words


@pytest.mark.parametrize("link", ["red-circle-11-5,red-circle-11-5", "blue-square-12-6,red-circle-11-5"])
def test_of_things_that_hide_each_other_no_caption_is_called_right_or_wrong(link):
    app = open_page("captioning", captioning_scene=link)
    for name, answer in (("where", "b1, then c4"), ("mean", "less than 60%")):
        app.button_group(key=f"captioning_{name}_guess").set_value(answer).run()
        app.button(key=f"captioning_{name}_check").click().run()
        assert_no_failure(app)
    captions = [caption.value for caption in app.caption]
    assert "A look per word" in captions
    assert not any("✓" in caption or "✗" in caption for caption in captions)


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        [],
        {"turn": 1, "things": 5},
        {"turn": 1, "things": [{}]},
        {"turn": 1, "things": [None]},
        {"turn": "x", "things": []},
        {"turn": 1, "things": [{"colour": "purple", "shape": "circle", "x": 1, "y": 2}]},
        {"turn": 1, "things": [{"colour": ["red"], "shape": "circle", "x": 1, "y": 2}]},
        {"turn": 1, "things": [{"colour": "red", "shape": "circle", "x": None, "y": 2}]},
        {"turn": 1, "things": [{"colour": "red", "shape": "circle", "x": float("nan"), "y": 2}]},
        {"turn": 1, "things": [{"colour": "red", "shape": "circle", "x": 1, "y": 2}] * 4},
    ],
)
def test_a_message_that_is_no_scene_is_dropped(message):
    assert scene_editor._drawn(message)[1] is None


@pytest.mark.parametrize("beyond", [99.123, 10**400])
def test_a_drawn_scene_is_kept_inside_the_picture(beyond):
    thing = {"colour": "red", "shape": "circle", "x": -5, "y": beyond}
    assert scene_editor._drawn({"turn": 7, "things": [thing]}) == (7, (Thing("red", "circle", 0.0, 31.9),))


def test_both_questions_are_graded_on_what_is_measured():
    app = open_page("captioning")
    for name, answer in (("where", "b1, then c4"), ("mean", "less than 60%")):
        app.button_group(key=f"captioning_{name}_guess").set_value(answer).run()
        app.button(key=f"captioning_{name}_check").click().run()
        assert_no_failure(app)
    told = "\n".join(markdown.value for markdown in app.markdown)
    assert told.count("✓ Right") == 2
    assert "red circle top left and blue square bottom right" in told


def test_the_mean_weighs_nothing_so_no_line_and_no_control_weighs():
    app = open_page("captioning", captioning_context="mean context")
    lines = [line["text"].strip() for code in sent(app, "step_viewer")[0]["code"] for line in code]
    assert not any("softmax" in line for line in lines)
    assert "mean = grid.mean(dim=1)" in lines
    assert app.slider(key="captioning_temperature").disabled


def test_without_the_files_of_a_captioner_the_page_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    checkpoints._load.cache_clear()
    st.cache_resource.clear()
    try:
        app = open_page("captioning")
        assert_no_failure(app)
        assert "python -m core.training captioner" in said(app)
    finally:
        checkpoints._load.cache_clear()


ONE = (Thing("green", "triangle", 5.0, 26.0),)
THREE = (*SCENE, Thing("yellow", "triangle", 27.0, 5.0))
TOUCHING = (Thing("red", "circle", 10.0, 10.0), Thing("green", "square", 12.0, 11.0))
ON_A_BORDER = (Thing("red", "circle", 16.0, 16.0),)  # one pixel of a place, and it is called otherwise


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        (
            Settings(),
            "Of the 4 words for a colour or a shape 4 gave most to a cell that their thing reaches into, of the 4",
        ),
        (Settings(ONE), "Of the 2 words for a colour or a shape 2 gave most to a cell that their thing reaches into"),
        (Settings(THREE, forced_cells=((1, 1),)), "Of the other 5 words for a colour or a shape"),
        (Settings(()), "No word is about a thing"),
        (Settings(TOUCHING), "Nobody knows which thing each word of a wrong caption means"),
        (Settings(ON_A_BORDER), "Nobody knows which thing each word of a wrong caption means"),
        (Settings(covered=SCENE[0].cell), "Nobody knows which thing each word of a wrong caption means"),
        (Settings(own="a photograph"), "Nobody knows which things are in this picture"),
    ],
)
def test_where_words_looked_is_counted_on_the_shown_caption_or_not_said(settings, counts):
    own = np.full((64, 64, 3), 90, np.uint8) if settings.own else None
    assert counts in captions.of_looks(captioning.run(settings, own))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (Settings(), "Wrong among the words written with it: 1 of 2 shapes. Over"),
        (Settings(ONE), "All words written with it are right. Over"),
        (Settings(()), "All words written with it are right. Over"),
        (Settings(ON_A_BORDER), "Wrong among the words written with it: 1 of 2 places. Over"),
        (Settings(TOUCHING), "What it loses here nobody can say"),
        (Settings(covered=SCENE[0].cell), "What it loses here nobody can say"),
        (Settings(own="a photograph"), "What it loses here nobody can say"),
    ],
)
def test_what_the_mean_loses_is_counted_on_the_shown_caption_or_not_said(settings, found):
    own = np.full((64, 64, 3), 90, np.uint8) if settings.own else None
    assert found in captions.of_mean(captioning.run(settings, own))


def test_a_mean_that_writes_another_number_of_words_is_said_to():
    made = captioning.run(Settings())
    assert "another number of words" in captions.of_mean(replace(made, mean=captioning.run(Settings(ONE)).mean))


def test_a_look_can_be_forced_only_where_there_is_one():
    assert "press “Force it”" in said(open_page("captioning"))
    assert "press “Force it”" not in said(open_page("captioning", captioning_context="mean context"))
