"""The difference of two heads and of two sentences in the sentence lab."""

import numpy as np

from pages.parts import downloads
from tests.pages.screen import assert_no_failure, open_page, sent


def test_two_sentences_of_as_many_tokens_differ_cell_by_cell_and_both_words_stand_where_they_differ():
    link = {"lab_compare": "another sentence"}
    _, apart = sent(open_page("sentence_lab", **link), "lab")
    app = open_page("sentence_lab", **link, lab_difference="true")
    assert_no_failure(app)
    words, tensors = sent(app, "lab")
    expected = apart["first_weights"] - apart["second_weights"]
    np.testing.assert_allclose(tensors["second_weights"], expected, atol=2e-5)
    assert np.abs(expected).max() > 0.1
    assert [token["text"] for token in words["second"]["tokens"]["keys"]][-2:] == ["tired / wide", "[SEP]"]
    assert words["second"]["signed"]


def test_two_heads_differ_and_what_is_taken_away_is_their_difference(monkeypatch):
    kept = []
    monkeypatch.setattr(downloads, "offer", lambda viewer, *rest: kept.append(viewer))
    app = open_page("sentence_lab", lab_compare="another head", lab_beside="3,2", lab_difference="true")
    words, tensors = sent(app, "lab")
    assert words["second"]["title"] == "Layer 3, head 1 − layer 3, head 2"
    (viewer,) = kept
    np.testing.assert_allclose(viewer.tensors["difference"], tensors["second_weights"], atol=1e-6)
    assert viewer.views[0].view.tensor == "difference"


def test_sentences_of_unequal_length_stand_beside_each_other_and_say_why():
    app = open_page("sentence_lab", lab_compare="another sentence", lab_other="Cats", lab_difference="true")
    assert_no_failure(app)
    (note,) = sent(app, "lab")[0]["second"]["note"]
    assert "14 rows and 14 columns, the other 3 and 3" in note[0]
