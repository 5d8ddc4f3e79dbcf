"""Lesson 10: what it shows is what the Transformer computed of the learner's sentence, whatever is forced or taken away."""

import numpy as np
import pytest

from core.lessons import encoder_decoder, scene_captions
from core.lessons.encoder_decoder import ALL_CROSS, Settings
from core.sequence.decoding import Interventions, all_weight_on
from core.vision.scenes import WORDS, Thing
from tests.pages.screen import assert_no_failure, open_page, said, sent

TEXT = "The red car is old."
CLOSE = {"atol": 2e-5, "rtol": 0}  # weights travel in steps of 1/65535


def lesson(**link: str):
    return open_page(
        "encoder_decoder", encoder_decoder_text=TEXT, **{f"encoder_decoder_{k}": v for k, v in link.items()}
    )


def test_the_maps_on_the_screen_are_those_of_the_chosen_layer():
    for layer in (0, 1):
        _, tensors = sent(lesson(layer=str(layer)), "step_viewer")
        found = encoder_decoder.run(Settings(TEXT, layer))
        np.testing.assert_allclose(tensors["weights"], found.trace.weights[0], **CLOSE)
        np.testing.assert_allclose(tensors["own_weights"], found.trace.own_weights[0], **CLOSE)


def test_what_is_forced_and_taken_away_is_in_the_link_and_is_told():
    id_ = encoder_decoder.transformer().vocabulary.spell("chat")[0]
    app = lesson(write=f"1.{id_}", look="2.0", away=ALL_CROSS)
    assert_no_failure(app)
    found = encoder_decoder.run(Settings(TEXT, away=ALL_CROSS, interventions=Interventions(((1, id_),))))
    told = said(app)
    assert "With your changes" in told
    words = [each["text"] for each in sent(app, "step_viewer")[0]["tokens"]["queries"]]
    assert words[1] == "✎ chat"
    assert words[2].startswith("✎ ")
    assert "step 3 looks at “The” alone" in told
    assert len(words) == len(found.now.target.ids)


def test_what_a_link_forces_where_nothing_can_be_forced_is_told():
    told = said(lesson(look="0.99,9.0", write="1.0")).replace("\\", "")
    assert "“encoder_decoder_look” was ignored: it should be pairs such as 0.3" in told
    assert "not “0.99”" in told
    assert "“encoder_decoder_write” was ignored" in told  # a mark that nobody writes
    assert "Nothing is written at step 10: what the link forces there waits until something is." in told
    assert "a place from 0 to 15 that is looked at, not “1.16”" in said(captioning(look="1.16")).replace("\\", "")


def test_a_teacher_gives_the_rows_and_what_it_cannot_read_is_said():
    app = lesson(written="teacher forcing", teacher="Mon chat est blanc.", write="1.9")
    assert_no_failure(app)
    assert [each["text"] for each in sent(app, "step_viewer")[0]["tokens"]["queries"]][:2] == ["Mon", "chat"]
    assert "What it was given" in said(app)
    long = lesson(written="teacher forcing", teacher="chat " * 200)
    assert_no_failure(long)
    assert "This French cannot be given" in said(long)


def test_what_cross_attention_does_not_bring_is_not_drawn_as_brought():
    assert sent(lesson(), "step_viewer")[0]["tokenStrip"]
    assert not sent(lesson(away=ALL_CROSS), "step_viewer")[0]["tokenStrip"]


@pytest.mark.parametrize("eyes", scene_captions.MODELS)
def test_a_scene_that_is_drawn_is_read_by_its_cells_or_by_its_patches(eyes):
    app = open_page(
        "encoder_decoder", encoder_decoder_reads=f"a scene: {eyes}", encoder_decoder_scene="green-square-5-26.5"
    )
    assert_no_failure(app)
    words, tensors = sent(app, "step_viewer")
    found = scene_captions.run(scene_captions.Settings(eyes, (Thing("green", "square", 5.0, 26.5),)))
    assert [token["text"] for token in words["tokens"]["queries"]] == list(found.now.words)
    np.testing.assert_allclose(tensors["weights"], found.trace.weights[0], **CLOSE)
    overlays = [each["view"] for each in words["views"] if each["view"]["kind"] == "overlay"]
    assert [view["tensor"] for view in overlays] == ["embedded", "weights", "weights"]
    assert "green square bottom left" in said(app)


def captioning(**link: str):
    return lesson(**{"reads": "a scene: CNN grid"} | link)


def test_over_a_picture_what_is_forced_is_in_the_link_and_is_told():
    green = WORDS.index("green")
    app = captioning(write=f"0.{green}", look="1.15", forces="head 2")
    assert_no_failure(app)
    asked = Interventions(((0, green),), ((1, all_weight_on(15, 16)),))
    found = scene_captions.run(scene_captions.Settings("CNN grid", interventions=asked, forces="head 2"))
    words, tensors = sent(app, "step_viewer")
    assert [token["text"] for token in words["tokens"]["queries"]][:2] == ["✎ green", f"✎ {found.now.words[1]}"]
    np.testing.assert_allclose(tensors["weights"], found.trace.weights[0], **CLOSE)
    assert tensors["weights"][2, 1, 15] == 1
    told = said(app)
    assert "step 1 writes “green”" in told
    assert "step 2 looks at “d4” alone" in told
    assert "With your changes" in told


def test_a_row_over_a_picture_is_laid_out_as_the_picture_is_and_used_once_it_sums_to_1():
    half = ";".join(["0,0.5,0.5,0"] + ["0,0,0,0"] * 3)
    app = captioning(rowof="1", row=half, forces="head 0", editing="true")
    assert_no_failure(app)
    np.testing.assert_allclose(sent(app, "step_viewer")[1]["weights"][0, 1], [0, 0.5, 0.5] + [0] * 13, **CLOSE)
    (table,) = sent(app, "number_table")[0]["numberTables"]
    assert [len(row) for row in table["values"]] == [4] * 4
    assert table["names"] == ["a1", "a2", "a3", "a4"]
    assert "step 2 has the row of weights that you wrote" in said(app)
    short = captioning(rowof="1", row=half.replace("0.5,0.5", "0.5,0.1"), editing="true")
    assert_no_failure(short)
    assert "The row sums to 0.60" in said(short)
    (offer,) = [each for each in short.button if each.label == "Divide it by its sum"]
    offer.click().run()
    assert short.query_params["encoder_decoder_row"] == half.replace("0.5,0.5", "0.8333,0.1667")


def test_what_is_forced_of_a_sentence_is_forgotten_over_a_picture_and_over_another_kind_of_places():
    app = lesson(look="2.0")
    assert "step 3 looks at “The” alone" in said(app)
    for reads in ("a scene: CNN grid", "a scene: raw patches"):
        app.selectbox(key="encoder_decoder_reads").set_value(reads).run()
        assert_no_failure(app)
        assert "With your changes" not in said(app)
        app.query_params["encoder_decoder_look"] = "2.0"
        app.run()
        assert "step 3 looks at “a1” alone" in said(app)


@pytest.mark.parametrize(
    "link",
    [
        {"write": "0.1,1.999,90.3"},
        {"look": "0.16,77.3"},
        {"row": "1;0", "rowof": "0"},
        {"row": "nan,0,0,0;0,0,0,0;0,0,0,0;0,0,0,0", "rowof": "0"},
        {"rowof": "999", "row": ";".join(["0.25,0,0,0"] * 4)},
        {"forces": "head 9"},
    ],
)
def test_a_link_that_forces_what_cannot_be_over_a_picture_shows_the_page(link):
    app = captioning(**link)
    assert_no_failure(app)
    assert "With your changes" not in said(app)
    assert "Take back" not in [each.label for each in app.button]


@pytest.mark.parametrize(
    "link", [{"write": "0.99999,400.3"}, {"write": "x"}, {"away": "the roof"}, {"layer": "9"}, {"reads": "a film"}]
)
def test_a_link_that_asks_for_what_cannot_be_shows_the_page(link):
    app = lesson(**link)
    assert_no_failure(app)
    assert not encoder_decoder.run(Settings(TEXT)).intervened
    assert "With your changes" not in said(app)
