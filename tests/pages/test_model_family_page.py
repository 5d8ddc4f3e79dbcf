"""Lesson 14: what it says of a gap is true of the row on the screen."""

import json

import numpy as np
import pytest

from core.lessons.model_family import gaps, matching
from tests.pages.screen import assert_no_failure, open_page, said, sent

HALF = "dcafb"


def test_a_letter_of_the_second_half_is_told_by_the_left_where_it_stands_once():
    app = open_page("model_family", model_family_row=HALF, model_family_hide="7", step="both")
    assert_no_failure(app)
    result = gaps.run(gaps.Settings(HALF, 7))
    left = result.asked[:7].tolist()
    assert left.count(int(result.row[7])) == 1
    words = json.dumps(sent(app, "step_viewer")[0], ensure_ascii=False)
    assert " is hidden, which the left tells, too: the one that sees both sides gives it " in words
    assert "nothing on the left" not in words


@pytest.mark.parametrize(
    "link",
    [{}, {"model_family_filled": "your sentence"}, {"model_family_system": "GPT"}],
    ids=["gap", "blank", "story"],
)
def test_what_a_score_is_said_to_be_divided_by_makes_the_scaled_score(link):
    app = open_page("model_family", **link)
    assert_no_failure(app)
    figure, tensors = sent(app, "step_viewer")
    assert figure["divisor"] != 1
    np.testing.assert_allclose(tensors["scores"] / figure["divisor"], tensors["scaled"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("typed", "captions"),
    [("a red circle, pink square, nothing", ["red circle", "nothing"]), ("pink square", matching.CAPTIONS.split(", "))],
)
def test_a_caption_that_is_refused_keeps_the_figure_and_its_word_is_told(typed, captions):
    app = open_page("model_family", model_family_system="CLIP", model_family_captions=typed)
    assert_no_failure(app)
    assert "“pink” is none of its words" in said(app)
    keys = sent(app, "step_viewer")[0]["tokens"]["keys"]
    assert [token["text"].partition(" ")[2] for token in keys] == captions


def test_the_captions_before_stay_where_none_is_left_that_can_be_read():
    app = open_page("model_family", model_family_system="CLIP", model_family_captions="nothing, green circle")
    app.text_input(key="model_family_captions").set_value("a dog").run()
    assert_no_failure(app)
    keys = sent(app, "step_viewer")[0]["tokens"]["keys"]
    assert [token["text"] for token in keys] == ["1 nothing", "2 green circle"]
