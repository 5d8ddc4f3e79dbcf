"""The writing lab over a picture: what our captioners write of a scene, where each word looks, and what a beginning does."""

import numpy as np
import pytest

from core.lessons import scene_captions
from tests.pages.screen import assert_no_failure, open_page, said, sent
from tests.pages.test_writing_lab import text_of

CAPTIONS = {"write_model": "scene-captioner-patches", "write_temperature": "0"}
THE_SCENE = "red circle top left and blue square bottom right"


def test_a_captioner_shows_where_each_written_word_looks_in_the_picture_head_by_head():
    app = open_page("writing_lab", write_at="2", **CAPTIONS)
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert text_of(words) == f"<s> {THE_SCENE}</s>"
    assert words["picture"]["columns"] ** 2 == len(words["picture"]["names"]) == 64
    assert tensors["picture"].shape == (3, 32, 32)
    assert tensors["attention"].shape == (8, 64)
    np.testing.assert_allclose(tensors["attention"].sum(-1), 1, atol=1e-3)
    assert tensors["trail"].shape == (len(words["tokens"]), 64)
    np.testing.assert_allclose(tensors["trail"][1], tensors["attention"].mean(0), atol=1e-4)
    app = open_page("writing_lab", write_at="2", write_open="1,3", **CAPTIONS)
    _, opened = sent(app, "writing")
    np.testing.assert_allclose(opened["trail"][1], tensors["attention"][7], atol=1e-4)
    app.segmented_control(key="write_looks").set_value("what is written").run()
    words, tensors = sent(app, "writing")
    assert not words["back"]
    assert tensors["attention"].shape == (8, 2)


def test_over_a_grid_each_written_word_looks_at_the_cells_as_in_lesson_10():
    app = open_page("writing_lab", write_at="2", **CAPTIONS | {"write_model": "scene-captioner"})
    assert_no_failure(app)
    words, tensors = sent(app, "writing")
    assert text_of(words) == f"<s> {THE_SCENE}</s>"
    assert (words["picture"]["columns"], words["picture"]["extra"]) == (4, 0)
    lesson = scene_captions.run(scene_captions.Settings("CNN grid")).now
    assert [lesson.words[0], lesson.words[1]] == ["red", "circle"]
    looks = np.concatenate([block.cross.cross_weights[0, :, 1].numpy() for block in lesson.wrote.blocks])
    np.testing.assert_allclose(tensors["attention"], looks, atol=1e-2)


def test_a_caption_goes_on_from_a_beginning_and_one_that_cannot_be_read_leaves_the_last():
    app = open_page("writing_lab", write_beginning="green", write_count="3", **CAPTIONS)
    assert_no_failure(app)
    words, _ = sent(app, "writing")
    assert words["begun"] == 2
    assert text_of(words).startswith("<s> green circle")
    assert "1 token of the beginning" in words["says"]
    former = open_page("writing_lab", write_caption="green", write_count="3", **CAPTIONS)
    assert text_of(sent(former, "writing")[0]) == text_of(words)
    app.text_input(key="write_beginning").set_value("purple elephants").run()
    assert_no_failure(app)
    assert "This beginning cannot be read." in said(app)
    assert text_of(sent(app, "writing")[0]) == text_of(words)


def test_one_box_holds_how_a_text_or_a_caption_begins_and_untouched_it_holds_what_its_kind_begins_with():
    app = open_page("writing_lab", write_count="3", write_temperature="0")
    assert app.text_input(key="write_beginning").value.startswith("Once upon a time")
    app.selectbox(key="write_model").select("scene-captioner-patches").run()
    assert_no_failure(app)
    assert app.text_input(key="write_beginning").value == ""
    assert "cannot be read" not in said(app)
    app.text_input(key="write_beginning").set_value("green").run()
    app.selectbox(key="write_model").select("story-gpt").run()
    assert app.text_input(key="write_beginning").value == "green"
    app.text_input(key="write_beginning").set_value("").run()
    app.selectbox(key="write_model").select("scene-captioner-patches").run()
    app.selectbox(key="write_model").select("story-gpt").run()
    assert app.text_input(key="write_beginning").value.startswith("Once upon a time")


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        ("красный круг", "This beginning cannot be read."),
        ("red circle " * 40, "The beginning has 80 tokens: the first"),
        ("</s>", "Nothing but marks of the tokenizer is there"),
        ("</s> red circle", ""),
        ("   \u200b ", ""),
    ],
)
def test_of_an_odd_beginning_a_caption_is_written_or_it_is_said_why_it_is_written_without(beginning, says):
    app = open_page("writing_lab", write_beginning=beginning, write_count="3", **CAPTIONS)
    assert_no_failure(app)
    assert says in said(app)
    words, _ = sent(app, "writing")
    assert text_of(words).startswith("<s> red circle")
    if says.endswith((".", "there")):
        assert "Below is what is written without one." in said(app)
        assert words["begun"] == 1
    assert "The beginning has 3 tokens" not in said(app)


@pytest.mark.parametrize("compare", ["a head silenced", "another picture"])
def test_two_captions_stand_side_by_side(compare):
    app = open_page("writing_lab", write_compare=compare, write_silent_layer="1", **CAPTIONS)
    assert_no_failure(app)
    second = sent(app, "writing")[0]["second"]
    if "head" in compare:
        assert second["title"] == "With layer 1, head 0, which looks back, silenced"
        assert "costs" in second["says"]
    else:
        assert text_of(second) == "<s> green triangle top right and yellow circle bottom left</s>"


def test_a_picture_that_is_none_leaves_the_last_and_one_of_another_world_is_said_to_be_one():
    app = open_page("writing_lab", write_scene_or_not="photograph or your own", **CAPTIONS)
    assert_no_failure(app)
    assert "This picture is outside its world" in said(app)
    before = text_of(sent(app, "writing")[0])
    app.file_uploader(key="write_picture_file").upload("a.png", b"no picture").run()
    assert_no_failure(app)
    assert "The picture was not taken; what you had is still here." in said(app)
    assert text_of(sent(app, "writing")[0]) == before
