"""The translation lab: what it shows is what the translators computed, and what it gives away is what it shows."""

import numpy as np
import pytest
import streamlit as st
import torch

from core import settings
from core.memory import Memory
from core.models import checkpoints, loading
from tests.core.models import folders
from tests.pages.screen import assert_no_failure, open_page, said, sent

CLOSE = {"atol": 2e-5, "rtol": 0}  # weights travel in steps of 1/65535
TRANSLATOR = "translator-attention"


def lab(**link: str):
    return open_page("translation_lab", **link)


def test_the_lab_shows_words_and_not_pieces():
    words, tensors = sent(lab(many_lines="I don't know the commissioner."), "step_viewer")
    assert [token["text"] for token in words["tokens"]["keys"]] == ["I", "don't", "know", "the", "commissioner", "."]
    np.testing.assert_allclose(tensors["weights"].sum(-1), 1, atol=1e-3)
    np.testing.assert_allclose(tensors["scaled dot"].sum(-1), 1, atol=1e-3)


def test_weights_after_the_word_are_those_of_align():
    translator = checkpoints.load(TRANSLATOR)
    found = translator.translate("The cat sleeps.")
    _, tensors = sent(lab(many_lines="The cat sleeps.", many_weights="after it is known"), "step_viewer")
    np.testing.assert_allclose(tensors["weights"], translator.words_of(found, knowing=True), **CLOSE)


def upload(app, name: str, content: bytes, mime: str):
    app.file_uploader[0].set_value([(name, content, mime)]).run()
    return app


def test_a_text_file_fills_the_box():
    app = upload(lab(), "mine.txt", b"I am here.\n\nYou are there.\n", "text/plain")
    assert app.text_area(key="many_lines").value == "I am here.\n\nYou are there."
    # line n of what is shown and taken away is line n of the file
    assert list(app.dataframe[0].value["English"]) == ["I am here.", "", "You are there."]
    assert app.selectbox(key="many_at").options == ["I am here.", "You are there."]


def test_a_text_file_of_pairs_fills_the_box_with_its_english_side_and_says_so():
    app = upload(lab(), "fra.txt", b"Go.\tVa !\tCC-BY\nI'm cold.\tJ'ai froid.\tCC-BY\n", "text/plain")
    assert app.text_area(key="many_lines").value == "Go.\nI'm cold."
    assert "The file has 3 columns: “column 1” was taken" in said(app)


def test_line_n_of_the_alignments_is_line_n_of_the_box_and_its_tokens_stand_beside_it(monkeypatch):
    made = {}

    def button(label, data, *_, **__):
        made[label] = data() if callable(data) else data

    monkeypatch.setattr(st, "download_button", button)
    lab(many_lines="I don't know.\n\nIt's late.\n" + "dog " * 300)
    for name in ("additive", "scaled dot"):
        links = made[f"Alignments of {name}, Pharaoh"].decode().split("\n")
        counted = made[f"Tokens of {name}, text"].decode().split("\n")
        assert [bool(line) for line in links] == [bool(line) for line in counted] == [True, False, True, False, False]
        for line, words_of_line in zip(links, counted, strict=True):
            sides = [side.split(" ") for side in words_of_line.split(" ||| ")]
            for link in line.split():
                source, target = map(int, link.split("-"))
                assert sides[0][source]
                assert sides[1][target]


def test_the_column_of_a_table_with_the_most_words_is_offered_first_and_fills_the_box():
    app = upload(lab(), "mine.csv", b"id,english,tag\n1,I am here.,a\n2,You are there.,b\n", "text/csv")
    assert app.selectbox(key="many_column").value == "english"
    assert "It begins: I am here." in said(app)
    next(button for button in app.button if button.label == "Take this column").click().run()
    assert_no_failure(app)
    assert app.text_area(key="many_lines").value == "I am here.\nYou are there."


def test_a_sentence_that_cannot_be_translated_says_why_in_the_table():
    app = open_page("translation_lab", many_lines="I am here.\n" + "dog " * 300)
    table = app.dataframe[0].value
    assert list(table.columns) == ["English", "additive", "scaled dot", "one vector", "note"]
    assert table["note"][0] == ""
    assert "at most 120 are read at once" in table["note"][1]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"", "holds no text"),
        ("a.txt", b"\xff\x00\x01", "control characters|does not belong to UTF-8"),
        ("a.csv", b"english\n", "The table has one line"),
        ("a.txt", b"A line.\n" * 80, "the first 50 were taken"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(name, content, says):
    app = upload(lab(), name, content, "text/plain")
    assert_no_failure(app)
    assert any(part in said(app) for part in says.split("|"))


@pytest.mark.parametrize("lines", ["", "   \n  ", "word " * 400, "🙂", "12345"])
def test_bad_sentences_leave_a_page(lines):
    assert_no_failure(lab(many_lines=lines))


@pytest.fixture
def no_models(monkeypatch):
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))


def of_library(folder: str, **link: str):
    return lab(many_which="one of the library", many_model="another model …", many_name=folder, **link)


@pytest.mark.parametrize("make", [folders.t5, folders.bart])
def test_an_encoder_decoder_of_the_library_shows_its_heads(make, tmp_path, no_models):
    folder = make(tmp_path / "model")
    link = {"many_lines": "the cat plays", "many_written": "the cats"}
    for shown in ("best head for alignment", "one head", "mean of the layer", "mean of all"):
        app = of_library(folder, many_show=shown, **link)
        assert_no_failure(app)
        words, tensors = sent(app, "step_viewer")
        rows, columns = (len(words["tokens"][axis]) for axis in ("queries", "keys"))
        assert tensors["weights"].shape == (rows, columns)
        assert tensors["heads"].shape[1:] == (rows, columns)
    assert "Pharaoh" in said(app)


def test_the_transformer_of_this_course_is_one_of_the_library_too(no_models):
    app = lab(many_which="one of the library", many_lines="The red car is old.", many_show="one head")
    assert_no_failure(app)
    words, tensors = sent(app, "step_viewer")
    assert [each["text"] for each in words["tokens"]["keys"]] == ["The", "red", "car", "is", "old", "."]
    assert tensors["heads"].shape[0] == 4


def test_a_model_that_does_not_translate_says_so(tmp_path, no_models):
    app = of_library(folders.bert(tmp_path / "model"), many_lines="the cat plays")
    assert_no_failure(app)
    assert "does not translate (encoder)" in said(app)


def test_the_best_head_is_the_one_that_agrees_most():
    from core.analysis import alignment

    reference = torch.eye(3)
    weights = torch.stack([torch.stack([torch.eye(3).flip(1), torch.eye(3)]), torch.rand(2, 3, 3) * 0 + 1 / 3])
    found = alignment.agreement(weights, reference)
    torch.testing.assert_close(found, torch.tensor([[1 / 3, 1.0], [1 / 3, 1 / 3]]))
