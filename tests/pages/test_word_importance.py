"""The panel of the sentence lab that takes each word out."""

import pytest

from core import settings
from core.memory import Memory
from core.models import loading
from core.models import word_importance as measuring
from core.models.word_importance import WordImportance
from pages.parts import downloads, word_importance
from tests.core.models import folders
from tests.pages.screen import assert_no_failure, open_page, said

MEASURED = WordImportance(
    ("<b>one</b>", "two", "two"), (0.1, 0.3, 0.2), (1.0, 3.0, 2.0), (3.0, 1.0, 2.0), (1.0, 1.0, 1.0), (-0.5, 2.0, 1.0)
)


def test_nothing_is_computed_before_it_is_opened_and_then_each_word_has_its_numbers(monkeypatch):
    asked = []
    monkeypatch.setattr(measuring, "word_importance", lambda *given: asked.append(given) or MEASURED)
    assert_no_failure(open_page("sentence_lab", lab_text="an own sentence"))
    assert asked == []
    app = open_page("sentence_lab", lab_text="an own sentence", lab_words="true")
    assert_no_failure(app)
    assert [given[1] for given in asked] == ["an own sentence"]
    assert "attention **1.00**, rollout **−1.00**, × ‖v $W_O$‖ **none**, gradients **1.00**" in said(app)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ({"lab_text": "cat " * 70}, "at most 64"),
        ({"lab_second": "It was tired"}, "leave the second one empty"),
    ],
)
def test_where_it_cannot_be_computed_it_says_why(link, reason):
    app = open_page("sentence_lab", lab_words="true", **link)
    assert_no_failure(app)
    assert reason in said(app)


def test_a_decoder_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))
    folder = folders.gpt2(tmp_path / "model")
    app = open_page("sentence_lab", lab_model="another model …", lab_name=folder, lab_text="the cat", lab_words="true")
    assert_no_failure(app)
    assert "is no encoder (decoder)" in said(app)


def test_words_stay_words_in_the_chart_and_its_numbers_can_be_taken_away():
    figure = word_importance.bars(MEASURED)
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;one&lt;/b&gt;"
    assert [trace.x for trace in figure.data] == list(MEASURED.measures.values())
    viewer = word_importance.viewer(MEASURED)
    rows = downloads.as_csv(viewer, viewer.views[0]).decode("utf-8-sig").splitlines()
    assert rows[0] == "shares,taken out,attention,rollout,× ‖v W_O‖,gradients"
    assert rows[2] == "two,0.300,3.000,1.000,1.000,2.000"
    assert rows[5] == "two,1,1,0.3333333,1,1"
