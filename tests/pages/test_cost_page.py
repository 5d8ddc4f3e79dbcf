"""Lesson 12's page: sizes that cannot be fall back in words, every part shows what its core computed."""

import numpy as np

from core.attention import attend
from core.lessons import material
from core.models import loading, offline
from pages.parts.controls import SENTENCE
from tests.pages.screen import assert_no_failure, open_page, said, sent


def test_sizes_in_the_link_that_cannot_be_fall_back_and_are_told():
    app = open_page("cost", cost_n="1000000000", cost_d="-5", cost_heads="0", cost_batch="x", cost_layers="12")
    assert_no_failure(app)
    told = [line for line in said(app).splitlines() if "was ignored" in line]
    assert [line.split("“")[1].split("”")[0] for line in told] == ["cost_n", "cost_d", "cost_heads", "cost_batch"]
    assert "it should be one of 64, 128, 256, " in told[0]
    assert told[0].endswith("65536, 100000, not “1000000000”.")
    assert "was ignored" not in said(app.run())
    assert "16.1 billion operations" in spoken(app)


def test_heads_that_do_not_divide_the_width_are_said_and_the_controls_stay():
    app = open_page("cost", cost_d="512", cost_heads="12", cost_kv="3")
    assert_no_failure(app)
    assert "12 heads, 3 of keys and values, cannot share 512 numbers evenly. Shown with 8 and 2." in said(app)
    assert app.select_slider(key="cost_heads").value == 12


def test_one_layer_of_one_head_is_told_as_one():
    told = spoken(open_page("cost", cost_layers="1", cost_heads="1", cost_kv="1"))
    assert "of its one layer." in told
    assert "Your 1 layer has" in told
    assert "1 for 1 head:" in told
    assert "Through 1 layer, " in spoken(open_page("cost", cost_part="paths", cost_depth="1"))


def test_who_keeps_all_weights_leaves_nothing_to_share_and_a_token_sees_itself():
    told = spoken(open_page("cost", cost_part="cheaper", cost_text="hi", cost_window="0"))
    assert "Each row keeps all of its 3 weights. All scores" in told
    assert "Each token sees itself and 0 on either side" in told


def test_where_no_sentence_stands_above_the_page_names_the_one_that_experiments_take():
    names = f"take “{SENTENCE}” here"
    assert [names in said(open_page("cost", cost_part=part)) for part in ("the bill", "paths")] == [True, True]
    assert names not in said(open_page("cost", cost_part="cheaper"))


def test_a_hundred_thousand_tokens_take_1_28_terabytes():
    app = open_page("cost", cost_n="100000", cost_d="8192", cost_heads="64", cost_kv="64", cost_bytes="2")
    assert "1.164 TiB" in spoken(app)  # 1.28e12 bytes


def test_the_last_tile_leaves_what_attend_gives():
    app = open_page("cost", cost_part="tile by tile", cost_before="15")
    tensors = sent(app, "step_viewer")[1]
    x, maps = material.encode(SENTENCE).x(3), material.layer_of(3).maps.head(1, 12)
    queries, keys, values = (
        x @ w + b for w, b in ((maps.w_query, maps.b_query), (maps.w_key, maps.b_key), (maps.w_value, maps.b_value))
    )
    expected = attend(queries[None], keys[None], values[None]).output[0, 0]
    np.testing.assert_allclose(tensors["so_far"], expected, atol=1e-5)
    assert "All keys were met. They are those of attend" in spoken(app)


def spoken(app) -> str:
    """What all steps say."""
    return " ".join("".join(span[0] for span in view["notice"]) for view in sent(app, "step_viewer")[0]["views"])


def test_a_file_that_makes_no_map_is_refused_in_words_and_the_map_before_stays():
    app = open_page("cost", cost_map_source="a .txt of yours", cost_map_model="MiniLM, in windows")
    app.file_uploader(key="cost_map_file").upload("one.txt", b"cat").run()
    app.button(key="cost_map_make").click().run()
    assert sent(app, "long_map")[0]["n"] == 3
    assert "all-MiniLM-L6-v2, a .txt of yours, layer 3, head 1: 3 tokens in 1 window. " in said(app)
    for content, why in (
        (b"", "The file holds no text"),
        (b" \n\t", "The file holds no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "does not belong to UTF-8 text"),
        (b"a\x00b", "control characters"),
        (b"word " * 1_000_001, "5,000,005 bytes: at most 5,000,000 are accepted"),
    ):
        app.file_uploader(key="cost_map_file").upload("two.txt", content).run()
        assert_no_failure(app)
        assert why in said(app)
        assert app.button(key="cost_map_make").disabled
        assert sent(app, "long_map")[0]["n"] == 3


def test_a_link_to_the_map_from_when_minilm_was_its_only_model_still_opens_that_layer_and_head():
    app = open_page("cost", cost_map_layer="5", cost_map_head="7")
    assert app.segmented_control(key="cost_map_model").value == "MiniLM, in windows"
    assert [app.selectbox(key=f"cost_map_{name}").value for name in ("layer", "head")] == [5, 7]


def test_a_map_of_one_pass_hides_what_comes_later_and_tells_on_what_its_model_was_trained():
    app = open_page("cost", cost_map_source="a .txt of yours", cost_map_story_layer="2", cost_map_story_head="5")
    app.file_uploader(key="cost_map_file").upload("one.txt", b"The dog ran.").run()
    app.button(key="cost_map_make").click().run()
    shown, tensors = sent(app, "long_map")
    assert shown["causal"]
    assert not np.triu(tensors["all_largest"], 1).any()
    np.testing.assert_allclose(tensors["all_mean"].sum(1), 1, atol=1e-5)
    assert f"story-gpt, a .txt of yours, layer 2, head 5: {shown['n']} tokens in one pass. " in said(app)
    assert f"places from {loading.load(offline.STORY).model.config.max_position_embeddings} on" in said(app)
    app.segmented_control(key="cost_map_model").set_value("MiniLM, in windows").run()
    assert "a longer text is read in windows" in said(app)
    assert sent(app, "long_map")[0]["causal"], "the map stays until another is made"
    app.button(key="cost_map_make").click().run()
    shown, tensors = sent(app, "long_map")
    assert not shown["causal"]
    assert np.triu(tensors["all_largest"], 1).any()
