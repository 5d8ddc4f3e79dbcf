"""What lessons show is what the core computed, questions are graded on live numbers, and links say it all."""

import numpy as np
import pytest
import torch

from core.attention import attend
from core.attention import masks as core_masks
from core.lessons import attention, masks, material, self_attention
from core.models import loading, offline
from core.trace import names as trace_names
from core.trace import steps as steps_of
from pages.parts import charts, controls
from pages.parts.controls import SENTENCE
from pages.parts.lesson import step
from tests.pages.screen import assert_no_failure, open_page, said, sent

CLOSE = {"atol": 1e-5, "rtol": 0}  # weights travel in steps of 1/65535


def test_the_matrices_on_the_screen_are_those_the_core_computed():
    encoded = material.encode(SENTENCE)
    trace = self_attention.run(encoded.x(2), material.layer_of(2).maps.head(5, 12), self_attention.Settings()).now
    words, tensors = sent(open_page("self_attention", self_attention_layer="2", self_attention_head="5"), "step_viewer")
    assert [token["text"] for token in words["tokens"]["keys"]] == list(encoded.tokens.pieces)
    np.testing.assert_allclose(tensors["weights"], trace.attention.weights[0, 0], **CLOSE)
    np.testing.assert_allclose(tensors["scores"], trace.attention.scores[0, 0], **CLOSE)
    np.testing.assert_allclose(tensors["x"], encoded.hidden[2], **CLOSE)


def test_numbers_by_hand_can_be_checked_on_paper():
    """One query (1, 0) and keys (0, 0) and (0, 0): equal scores, so the output is the mean of the values."""
    app = open_page(
        "attention",
        attention_numbers="by hand",
        attention_q="1,0;0,0",
        attention_k="0,0;0,0;0,0",
        attention_v="3,0;6,0;0,9",
    )
    _, tensors = sent(app, "step_viewer")
    np.testing.assert_allclose(tensors["weights"], np.full((2, 3), 1 / 3), **CLOSE)
    np.testing.assert_allclose(tensors["output"], [[3, 3], [3, 3]], **CLOSE)


def test_a_table_in_the_link_that_makes_no_sense_falls_back_with_a_note():
    for table in ("x", "1,0", "1,0;0,1,2", "1,0;nan,1", "1,0;0,1e9", "1,0;0,999", ";", "1,0;0,<b>"):
        app = open_page("attention", attention_numbers="by hand", attention_q=table)
        assert_no_failure(app)
        assert "“attention_q” was ignored" in said(app)
        np.testing.assert_allclose(sent(app, "step_viewer")[1]["queries"], [[2, 0], [1, 1]], **CLOSE)


def test_the_order_in_the_link_reorders_the_tokens():
    order = "1,0," + ",".join(map(str, range(2, 14)))
    words, _ = sent(open_page("self_attention", self_attention_order=order), "step_viewer")
    assert [token["text"] for token in words["tokens"]["keys"]][:3] == ["the", "[CLS]", "animal"]
    assert [token["text"] for token in words["tokens"]["typed"]][:3] == ["[CLS]", "the", "animal"]


@pytest.mark.parametrize("order", ["0,0,0", "x", "1;2", "-1,0", "99999999999", ",", "0,1,2"])
def test_an_impossible_order_in_the_link_leaves_the_typed_one(order):
    app = open_page("self_attention", self_attention_order=order)
    assert_no_failure(app)
    assert sent(app, "step_viewer")[0]["tokens"]["keys"][0]["text"] == "[CLS]"


def test_a_mask_is_hatched_where_it_hides_and_clicks_are_in_the_link():
    app = open_page("masks", masks_kind="causal", masks_cells="0.3,2.1")
    expected = core_masks.causal(14)[0, 0].numpy().copy()
    expected[0, 3], expected[2, 1] = True, False
    assert (sent(app, "step_viewer")[1]["allowed"] == expected).all()


@pytest.mark.parametrize("cells", ["0.0", "x", "1", "0.99999", "1.2.3", "-1.0", "0.0," * 50 + "0.0"])
def test_impossible_cells_in_the_link_leave_the_chosen_mask(cells):
    app = open_page("masks", masks_kind="causal", masks_cells=cells)
    assert_no_failure(app)
    assert (sent(app, "step_viewer")[1]["allowed"] == core_masks.causal(14)[0, 0].numpy()).all()


def test_the_leak_meter_shows_zeros_above_the_diagonal_only_before_the_softmax():
    for way, leaks in (("before softmax", False), ("after softmax", True)):
        _, tensors = sent(open_page("masks", masks_kind="causal", masks_way=way), "step_viewer")
        assert bool((np.triu(tensors["leak"], 1) > 0).any()) == leaks


def test_the_wrong_way_has_its_own_formula_and_code_and_the_leak_meter_follows():
    for way, late in (("before softmax", False), ("after softmax", True)):
        words, _ = sent(open_page("masks", masks_way=way), "step_viewer")
        wrong, leak = words["views"][5:7]
        assert "allowed" in wrong["formula"]
        assert "allowed" not in words["formula"]
        lines = [line["text"].strip() for line in words["code"][wrong["code"]]]
        assert "cut = seen.weights * allowed" in lines
        assert leak["formula"] == (wrong["formula"] if late else None)
        assert (leak["code"] == wrong["code"]) == late


def test_every_head_of_the_layer_is_on_the_screen_and_muted_ones_deliver_zeros():
    app = open_page("multi_head")
    _, tensors = sent(app, "step_viewer")
    expected = material.layer_of(3)(material.encode(SENTENCE).x(3)).attention.weights[0]
    np.testing.assert_allclose(tensors["weights"], expected, **CLOSE)
    app.multiselect(key="multi_head_muted").set_value([2]).run()
    _, muted = sent(app, "step_viewer")
    assert (muted["merged_slots"][2] == 0).all()
    np.testing.assert_allclose(muted["merged_slots"][3], tensors["merged_slots"][3], **CLOSE)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("attention", "variance"),
        ("attention", "sharp"),
        ("self_attention", "stays"),
        ("self_attention", "moves"),
        ("masks", "before"),
        ("masks", "after"),
        ("masks", "through_the_layers"),
        ("multi_head", "copy"),
        ("multi_head", "leak"),
        ("since_2017", "shifted"),
        ("since_2017", "experts"),
    ],
)
def test_a_question_knows_one_right_answer_and_says_so_only_after_the_check(slug, name):
    app = open_page(slug)
    options = app.button_group(key=f"{slug}_{name}_guess").options
    verdicts = []
    for option in options:
        app = open_page(slug)
        assert "✓ Right" not in said(app)
        assert app.button(key=f"{slug}_{name}_check").disabled
        app.button_group(key=f"{slug}_{name}_guess").set_value(getattr(option, "content", option)).run()
        assert "✓ Right" not in said(app)
        app.button(key=f"{slug}_{name}_check").click().run()
        assert_no_failure(app)
        verdicts.append("✓ Right" in said(app))
    assert sum(verdicts) == 1


def test_the_answers_are_the_ledgers():
    """16 to 1024 numbers: the variance is 64 times as large and the top weight above 0.9; swaps move, masks hold, and so on."""
    right = {
        ("attention", "variance"): "64 times as large, about 1024",
        ("attention", "sharp"): "above 0.9",
        ("self_attention", "stays"): "it stays as it is",
        ("self_attention", "moves"): "it moves along",
        ("masks", "before"): "only the last",
        ("masks", "after"): "all of them",
        ("masks", "through_the_layers"): "yes",
        ("multi_head", "copy"): "about 0.5: half of it",
        ("multi_head", "leak"): "no, but it is wrong",
        ("since_2017", "deep"): "only pre-norm",
        ("since_2017", "shallow"): "both",
        ("since_2017", "shifted"): "RMSNorm's",
        ("since_2017", "experts"): "8 times the weights, 2 times the work",
    }
    for (slug, name), answer in right.items():
        app = open_page(slug)
        app.button_group(key=f"{slug}_{name}_guess").set_value(answer).run()
        app.button(key=f"{slug}_{name}_check").click().run()
        assert "✓ Right" in said(app), (slug, name)


def test_checking_performs_the_experiment_on_the_step_viewer():
    app = open_page("masks", masks_kind="band")
    app.button_group(key="masks_after_guess").set_value("none").run()
    app.button(key="masks_after_check").click().run()
    words, _ = sent(app, "step_viewer")
    assert words["views"][words["go"][1]]["label"] == "leak"
    assert app.selectbox(key="masks_kind").value == "causal"


def test_where_nothing_is_hidden_no_step_says_that_something_is():
    views = sent(open_page("masks", masks_kind="nothing hidden"), "step_viewer")[0]["views"]
    said_of = {view["label"]: "".join(text for text, *_ in view["notice"]) for view in views}
    assert said_of["weights"].startswith("Each row adds up to 1: ")
    assert said_of["wrong way"] == "Nothing is hidden, so that the order makes no difference."
    assert said_of["masked"] == "Nothing is hidden, so nothing changes."
    assert "nothing can leak" in said_of["leak"]


def test_a_window_reaches_as_far_as_the_sentence_and_stays_as_chosen_while_it_grows():
    app = open_page("masks", masks_kind="band", masks_window="5")
    assert (app.slider(key="masks_window").value, app.slider(key="masks_window").max) == (5, 13)
    for text, value, most in (("one two three four five six", 5, 7), ("one two", 3, 3), ("one two three four", 3, 5)):
        app.text_input(key="masks_text").set_value(text).run()
        assert (app.slider(key="masks_window").value, app.slider(key="masks_window").max) == (value, most)


def test_a_lesson_is_answered_when_all_its_questions_were_checked():
    app = open_page("masks")
    done = ("masks", "answered", "")
    for name in ("before", "after", "through_the_layers"):
        assert done not in app.session_state["progress_rows"]
        app.button_group(key=f"masks_{name}_guess").set_value("no" if name == "through_the_layers" else "none").run()
        app.button(key=f"masks_{name}_check").click().run()
    assert done in app.session_state["progress_rows"]


def test_training_runs_when_asked_and_shows_what_one_head_cannot_do():
    app = open_page("multi_head")
    assert "with twins" not in said(app)
    app.session_state[charts.NEAR] = True
    app.button(key="multi_head_train").click().run()
    assert_no_failure(app)
    assert "Their weights differ by 0" in said(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("slug", ["attention", "bottleneck"])
def test_a_chart_below_the_figure_comes_once_its_visitor_comes_near(slug):
    app = open_page(slug)
    assert not app.get("plotly_chart")
    app.session_state[charts.NEAR] = True
    app.run()
    assert app.get("plotly_chart")


def test_what_lesson_8_says_of_another_cut_is_measured():
    def notices(**link: str) -> dict[str, str]:
        words, _ = sent(open_page("multi_head", **link), "step_viewer")
        return {view["label"]: "".join(span[0] for span in view["notice"]) for view in words["views"]}

    own, cut, one = notices(), notices(multi_head_n_384="8"), notices(multi_head_n_384="1", **BARE)
    assert "The result is what the layer gives." in own["mixed"]
    assert "The result differs by 53.0% from what the layer gives." in cut["mixed"]
    assert "there is nothing to mix up" in one["stacked"]
    assert "wrong rows" not in one["merged"]
    assert "wrong rows" in notices(**BARE)["merged"]
    assert "are 32 and 32. Every further singular value is 0, to within rounding." in own["rank"]


BARE = {"multi_head_split": "reshape alone", "multi_head_merge": "reshape alone"}


def test_who_asks_may_be_another_sentence_of_another_length():
    app = open_page("attention", attention_asks="Why?", attention_asked="Because the cat was hungry")
    words, tensors = sent(app, "step_viewer")
    assert words["cross"]
    assert tensors["weights"].shape == (len(words["tokens"]["queries"]), len(words["tokens"]["keys"]))
    assert len(words["tokens"]["queries"]) != len(words["tokens"]["keys"])


@pytest.mark.parametrize("score", ["scaled dot", "additive"])
def test_lesson_4_opens_with_an_attention_where_asking_shows(score):
    """Its rows differ in their strongest key, and it is one that was trained to ask another text."""
    words, tensors = sent(open_page("attention", attention_score=score), "step_viewer")
    assert len(set(tensors["weights"].argmax(-1))) > len(words["tokens"]["queries"]) / 2
    notices = ["".join(span[0] for span in view["notice"]) for view in words["views"]]
    assert "It was trained to ask like this" in notices[1]
    assert not any("construction" in each or "random, drawn" in each for each in notices)
    assert words["views"][3]["operator"] == {"scaled dot": "·K⊤", "additive": "tanh"}[score]


def test_the_points_of_the_link_are_those_of_the_figure():
    places = "1,0;-1,1;0,0;0,1;1,1;2,2;-2,-2;0.5,-0.5"
    app = open_page("attention", attention_points=places, attention_query="-1.0", attention_temperature="0.1")
    words, tensors = sent(app, "step_viewer")
    assert words["views"][words["step"]]["label"] == "points"
    expected = np.array([row.split(",") for row in places.split(";")], float)
    np.testing.assert_allclose(tensors["points"], expected, **CLOSE)
    assert tensors["point_weights"].argmax() == 1
    assert abs(tensors["point_asked"][0, 1] - 1) < 0.05
    assert "“attention_points” was ignored" in said(open_page("attention", attention_points="1,2"))


def test_lesson_4_calls_a_construction_one_and_random_weights_random():
    words, _ = sent(open_page("attention", attention_asks="Why?", attention_score="additive"), "step_viewer")
    first, _, scores = ["".join(span[0] for span in view["notice"]) for view in words["views"]][1:4]
    assert "a construction of ours" in first
    assert "nobody trained them" in scores


def test_the_controls_offer_every_layer_and_head_of_the_offline_model():
    config = loading.load(offline.NAME).model.config
    assert (config.num_hidden_layers, config.num_attention_heads) == (controls.N_LAYERS, controls.N_HEADS)


@pytest.mark.parametrize("change", attention.CHANGES)
def test_after_every_change_each_row_stands_beside_the_token_it_was_made_of(change):
    """Keys and values on the screen are those of the tokens beside them, but for the sign that the formula shows."""
    typed, plain = sent(open_page("attention"), "step_viewer")
    words, tensors = sent(open_page("attention", attention_change=change), "step_viewer")
    in_order = typed["tokens"]["keys"]
    for name, axis in (("keys", "keys"), ("values", "values"), ("x_keys", "values")):
        beside = words["tokens"].get(axis, words["tokens"]["keys"])
        assert beside in (in_order, in_order[::-1])
        order = slice(None, None, 1 if beside == in_order else -1)
        sign = -1 if (change, name) in (("keys times −1", "keys"), ("values times −1", "values")) else 1
        np.testing.assert_allclose(tensors[name], sign * plain[name][order], **CLOSE)


@pytest.mark.parametrize("change", attention.CHANGES)
def test_every_change_of_keys_and_values_says_how_far_things_moved(change):
    words, _ = sent(open_page("attention", attention_change=change), "step_viewer")
    notice = "".join(span[0] for span in words["views"][5]["notice"])
    assert ("weights moved by at most" in notice) == (change != "as they are")


def test_one_token_is_enough_for_every_lesson():
    for slug in ("self_attention", "masks", "multi_head"):
        app = open_page(slug, **{f"{slug}_text": "a"})
        assert_no_failure(app)
        assert len(sent(app, "step_viewer")[0]["tokens"]["keys"]) == 3  # [CLS] a [SEP]


@pytest.mark.parametrize("kind", masks.KINDS)
def test_the_mask_step_counts_the_pairs_that_stay(kind):
    words, tensors = sent(open_page("masks", masks_kind=kind), "step_viewer")
    notice = words["views"][1]["notice"]
    assert str(int(tensors["allowed"].sum())) in [span[0] for span in notice]


OLD_LINKS = {
    "self_attention": ("self", {"layer": "2", "head": "5"}),
    "masks": ("mask", {"kind": "band", "cells": "0.3"}),
    "attention": ("op", {"numbers": "by hand", "q": "1,0;0,3"}),
}


@pytest.mark.parametrize("slug", OLD_LINKS)
def test_a_link_that_was_given_out_before_the_slugs_shows_what_it_showed(slug):
    prefix, asked = OLD_LINKS[slug]
    links = ({f"{start}_{name}": value for name, value in asked.items()} for start in (prefix, slug))
    before, now = (sent(open_page(slug, **link), "step_viewer") for link in links)
    assert before[0] == now[0]
    assert before[0] != sent(open_page(slug), "step_viewer")[0]
    for name, tensor in now[1].items():
        np.testing.assert_array_equal(before[1][name], tensor)


@pytest.mark.parametrize("name", ["scaled", "3", "why-d", "7"])
def test_a_step_is_linked_by_its_name_or_by_its_number(name):
    """A number counts the steps that there were when links had numbers: not the points, which came later."""
    words, _ = sent(open_page("attention", step=name), "step_viewer")
    label = {"3": "scaled", "7": "why √d", "why-d": "why √d"}.get(name, name)
    assert words["views"][words["step"]]["label"] == label


def test_a_step_keeps_its_place_in_a_link_though_steps_before_it_are_gone():
    for numbers in ("real", "by hand"):
        words, _ = sent(open_page("attention", attention_numbers=numbers, step="output"), "step_viewer")
        assert words["views"][words["step"]]["label"] == "output"


def test_a_step_that_shows_what_no_trace_declares_is_a_mistake_of_ours():
    trace = attend(*torch.ones(3, 1, 1, 2, 2))
    declared, made = trace_names(trace), steps_of(trace)
    assert step("w", {}, "", shows=("capped", "weights")).told(made, declared) == ("weights",)
    with pytest.raises(ValueError, match=r"the step “w” shows .'wieghts'., which no trace declares"):
        step("w", {}, "", shows="wieghts").told(made, declared)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "The red car is here",
            "Where French turns words around, the large weights run the other way, as from “voiture” to",
        ),
        ("Tom is here.", "none are turned around"),
    ],
)
def test_the_large_weights_run_the_other_way_only_where_they_do(text, words):
    shown, _ = sent(open_page("looking_back", looking_back_text=text), "step_viewer")
    (view,) = [view for view in shown["views"] if view["label"] == "weights"]
    assert words in "".join(span[0] for span in view["notice"])


def test_a_step_that_runs_with_other_sizes_than_its_lesson_says_its_own():
    words, _ = sent(open_page("attention", attention_width="128"), "step_viewer")
    told = {view["label"]: dict(view["letters"] or words["letters"]).get("d", "") for view in words["views"]}
    assert told["why √d"].endswith("here 128")
    assert told["scores"].endswith(f"here {words['divisor'] ** 2:.0f}")
