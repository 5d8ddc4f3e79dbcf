"""Lesson 6: what it shows is what the core computed, and its questions are graded on live numbers."""

import re

import numpy as np
import pytest

from core.lessons import material
from core.lessons.positions import real
from pages.parts.controls import SENTENCE
from tests.pages.screen import assert_no_failure, open_page, said, sent

CLOSE = {"atol": 1e-5, "rtol": 0}


def test_a_link_that_counts_the_steps_leads_where_it_led_before_there_were_more():
    words, _ = sent(open_page("positions", step="1"), "step_viewer")
    assert words["views"][words["step"]]["label"] == "nearness"


@pytest.mark.parametrize("change", real.CHANGES)
def test_the_sentence_is_shown_as_the_core_reads_it_under_every_change(change):
    words, tensors = sent(open_page("positions", positions_change=change), "step_viewer")
    result = real.run(material.encode(SENTENCE), real.Settings(change))
    np.testing.assert_allclose(tensors["weights"], result.trace.head.attention.weights[0, 0], **CLOSE)
    np.testing.assert_allclose(tensors["moved"], result.trace.answer.moved[0], **CLOSE)
    assert (tensors["positions"] == 0).all() == (change == "zeroed")
    assert [token["text"] for token in words["tokens"]["queries"]][6:8] == ["the", "street"]


def test_without_positions_the_head_that_looks_back_finds_the_word_before_no_more():
    before = [np.diag(sent(open_page("positions", positions_change=how), "step_viewer")[1]["weights"], -1).mean() for how in
              ("as typed", "zeroed")]  # fmt: skip
    assert before[0] > 0.9
    assert before[1] < 0.3


def test_the_words_that_are_exchanged_are_in_the_link():
    _, tensors = sent(open_page("positions", positions_change="swapped", positions_pair="3,6"), "step_viewer")
    _, typed = sent(open_page("positions", positions_change="as typed"), "step_viewer")
    np.testing.assert_array_equal(tensors["positions"][[3, 6]], typed["positions"][[6, 3]])
    np.testing.assert_array_equal(np.delete(tensors["positions"], [3, 6], 0), np.delete(typed["positions"], [3, 6], 0))


@pytest.mark.parametrize("pair", ["0,999", "x", "1", "1,2,3", "3,3", "", "*a*"])
def test_places_that_are_not_there_leave_the_lessons_own_pair_and_the_page_says_so(pair):
    app = open_page("positions", positions_change="swapped", positions_pair=pair)
    assert_no_failure(app)
    _, own = sent(open_page("positions", positions_change="swapped"), "step_viewer")
    np.testing.assert_array_equal(sent(app, "step_viewer")[1]["positions"], own["positions"])
    got = pair.replace("*", r"\*")
    assert f"should be two different numbers from 0 to 13 with a comma between them, not “{got}”" in said(app)


def told(link, step):
    """What a step says under a link."""
    asked = {f"positions_{name}": value for name, value in link.items()}
    words, _ = sent(open_page("positions", **asked), "step_viewer")
    (view,) = [view for view in words["views"] if view["label"] == step]
    return "".join(span[0] for span in view["notice"])


def test_one_layer_and_the_whole_model_stand_side_by_side():
    """And the two words that are exchanged are named."""
    found = told({"change": "swapped", "pair": "3,6"}, "one layer")
    assert "Type “did” and “the” in the other order" in found
    assert re.search("by more than [0-9] × 10⁻[⁶⁷⁸] of its length", found)
    assert "“did” and “the” got each other's" in told({"change": "swapped", "pair": "3,6"}, "E + P")


def test_every_place_has_hands_of_one_length_and_moving_both_leaves_the_score_of_rope():
    for later in ("0", "1000"):
        _, tensors = sent(open_page("positions", positions_numbers="by hand", positions_later=later), "step_viewer")
        np.testing.assert_allclose((tensors["codes"] ** 2).sum(1), 8, atol=1e-3)
        np.testing.assert_allclose(tensors["by_shift"][0], tensors["by_shift"][0, 0], atol=1e-4)
        assert np.ptp(tensors["by_shift"][1]) > 1


@pytest.mark.parametrize(
    ("name", "right"), [("blind", "half of the time, like a coin"), ("later", "the one with sinusoids added")]
)
def test_a_question_is_right_as_the_ledger_has_it(name, right):
    app = open_page("positions")
    app.button_group(key=f"positions_{name}_guess").set_value(right).run()
    app.button(key=f"positions_{name}_check").click().run()
    assert_no_failure(app)
    assert "✓ Right" in said(app)


def test_beside_every_step_stands_the_function_that_made_its_numbers():
    for numbers, functions in (
        ("real", {"distance": "cosine_by_distance", "looking back": "on_the_token_before"}),
        ("by hand", {"distance": "turn_hands"} | dict.fromkeys(("RoPE", "score", "offset"), "turn_or_add")),
    ):
        words, _ = sent(open_page("positions", positions_numbers=numbers), "step_viewer")
        beside = {view["label"]: words["code"][view["code"]][0]["text"] for view in words["views"]}
        for label, name in functions.items():
            assert beside[label].startswith(f"def {name}("), label


ZERO = "0,0,0,0"


@pytest.mark.parametrize(
    ("link", "step", "words"),
    [
        ({"width": "2"}, "hands", "one clock hand"),
        ({"width": "4"}, "hands", "2 clock hands"),
        ({"places": "8", "width": "128"}, "distance", "Among 8 places it only falls"),
        ({"places": "8", "width": "2"}, "distance", "falls as far as 3, and one place further it rises"),
        ({}, "distance", "it does not only fall"),
        ({"offset": "0"}, "shift", "With n = 0 no hand turns"),
        ({}, "added", "Adding first is joining with one map for both"),
        ({"q": ZERO}, "RoPE", "all numbers of the query are 0"),
        ({"q": ZERO, "k": ZERO}, "RoPE", "all numbers of the query and the key are 0"),
        ({"q": ZERO, "k": ZERO}, "score", "of these two vectors it stays, too"),
        ({}, "score", "it changes with the place"),
        ({}, "offset", "both scores change"),
        ({"k": ZERO}, "offset", "RoPE's score stays"),
        ({"q": "0,-1,0,-1", "m": "0"}, "offset", "that with sinusoids added does not"),
        ({"places": "8"}, "biases", "further ones would share"),
        ({"places": "10"}, "biases", "from 8 on, several share one"),
    ],
)
def test_what_a_step_says_by_hand_is_so_on_the_numbers_that_it_shows(link, step, words):
    assert words in told(link | {"numbers": "by hand"}, step)


def test_every_step_by_hand_has_the_formulas_of_all_that_it_shows_and_the_curves_stand_where_the_vectors_do():
    link = {"positions_numbers": "by hand", "positions_n": "9", "positions_later": "100"}
    words, _ = sent(open_page("positions", **link), "step_viewer")
    steps = {
        view["label"]: re.findall(r'class="symbol" data-step="(\w+)"', view["formula"] or "") for view in words["views"]
    }
    assert {"codes", "similarity"} <= set(steps["P"])
    assert {"rotated_queries", "rotated_keys"} <= set(steps["RoPE"])
    assert {"scores", "added_scores"} <= set(steps["score"]) == set(steps["offset"])
    assert {"penalty", "buckets"} == set(steps["biases"])
    assert (words["focus"]["later"], words["focus"]["apart"]) == (100, 64 + 9 - 5)


@pytest.mark.parametrize("numbers", ["by hand", "real"])
def test_which_score_a_shift_changes_is_asked_of_the_learners_own_vectors(numbers):
    app = open_page("positions", positions_numbers=numbers, positions_q=ZERO, positions_k=ZERO)
    app.button_group(key="positions_later_guess").set_value("neither").run()
    app.button(key="positions_later_check").click().run()
    assert_no_failure(app)
    assert "✓ Right: neither" in said(app)
    app.button_group(key="positions_numbers").set_value("real").run()
    assert "✓ Right: neither" in said(app)
