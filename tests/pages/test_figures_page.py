"""The page of figures: what is shown of them is in the link, each leads to its step and can be taken away."""

import re
from pathlib import Path

import pytest

from core.atlas import FIGURES, NOTES, Figure
from core.atlas.further_steps import STEPS
from core.memory import MEMORY
from core.models import checkpoints
from core.models.errors import ModelError
from core.picture_files import Entry, read_picture
from pages.course.catalogue import BY_SLUG
from pages.parts import downloads, figure_card, figure_export, figures_of_steps
from pages.parts.figures_of_notes import MADE, STANDING
from pages.parts.step_viewer import look_of_link, name_of
from pages.parts.translations import SENTENCE
from tests.pages.screen import assert_no_failure, open_page, said, sent, unpack
from tests.pages.test_pictures_pages import png

HOSTILE = ("<script>alert(1)</script>", "مرحبا", "a", "🌕 {0} %s $x$", "x" * 300)
ONE = "budget of 1 on all"  # words of one figure


def cards(app) -> list[tuple[dict, dict]]:
    """The words and the tensors of every figure on the page."""
    elements = [each.proto for each in app.get("bidi_component")]
    return [unpack(each.bytes) for each in elements if each.component_name == "attention_lab_figure_card"]


def titles(app) -> list[str]:
    return [words["views"][0]["title"] for words, _ in cards(app)]


def test_nine_figures_are_shown_at_once_and_the_others_are_a_link_away():
    app = open_page("figures")
    assert [int(title.split(" · ")[0]) for title in titles(app)] == list(range(1, 10))
    app.button(key="figures_more").click().run()
    assert titles(app)[0].startswith("10 · ")
    assert app.query_params["figures_from"] == "9"
    last = open_page("figures", figures_from="45")
    assert [title.split(" · ")[0] for title in titles(last)] == ["46", "47", "48", "49"]
    assert last.button(key="figures_more").disabled
    last.selectbox(key="figures_note").set_value("cs231n").run()
    assert titles(last)[0].startswith("23 · ")
    for nowhere in ("99", "-9", "٣"):
        assert titles(open_page("figures", figures_from=nowhere))[0].startswith("1 · ")


def test_figures_are_found_by_note_by_lesson_and_by_words():
    found = open_page("figures", figures_note="cards", figures_lesson="masks")
    assert titles(found) == ["19 · Global and local attention"]
    assert titles(open_page("figures", figures_words="router expert")) == ["49 · Experts behind a router"]
    nothing = open_page("figures", figures_words="<b>zebra</b>")
    assert_no_failure(nothing)
    assert cards(nothing) == []
    assert "No figure is called that" in said(nothing)


def test_a_figure_is_of_the_learners_sentence_and_leads_to_its_step_with_it():
    app = open_page("figures", figures_words=ONE, figures_text="A dog sleeps")
    ((words, tensors),) = cards(app)
    shown = words["tokens"]["keys"]
    assert [token["text"] for token in shown] == ["[CLS]", "a", "dog", "sleeps", "[SEP]"]
    assert [token["special"] for token in shown] == [True, False, False, False, True]
    assert tensors["weights"].shape == (5, 5)
    (link,) = [each.proto for each in app.get("page_link") if "See it made" in each.proto.label]
    assert link.page == "self_attention"
    assert "step=weights" in link.query_string
    assert "self_attention_text=A+dog+sleeps" in link.query_string


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_odd_text_is_read_as_text(text):
    app = open_page("figures", figures_note=NOTES["day71"], figures_text=text)
    assert_no_failure(app)
    assert len(cards(app)) == 3


def test_a_text_that_nothing_can_be_made_of_is_refused_in_words_and_the_figures_stay():
    app = open_page("figures", figures_words=ONE)
    (before,) = cards(app)
    app.text_input(key="figures_text").set_value("a" * 1_000_000).run()
    assert_no_failure(app)
    assert "at most" in said(app)
    assert cards(app)[0][0]["tokens"] == before[0]["tokens"]
    app.text_input(key="figures_text").set_value("  ").run()
    assert "Type an English sentence above" in said(app)
    assert cards(app) == []


def test_where_a_model_is_missing_its_figures_say_so_and_the_others_are_drawn(monkeypatch):
    def missing(_name: str):
        raise ModelError("no such file")

    MEMORY.forget()
    monkeypatch.setattr(checkpoints, "load_transformer", missing)
    app = open_page("figures")
    assert_no_failure(app)
    assert [int(title.split(" · ")[0]) for title in titles(app)] == [1, 2, 3, 4, 7, 9]
    assert said(app).count("A model that it is drawn from cannot be used") == 3
    MEMORY.forget()


def test_every_figure_has_one_way_of_being_drawn():
    assert {(each.note, each.line) for each in FIGURES} == STANDING.keys() | MADE.keys()
    assert not STANDING.keys() & MADE.keys()


def test_every_figure_of_a_further_step_has_one_way_of_being_drawn():
    assert {
        (each.lesson, each.step) for each in STEPS
    } == figures_of_steps.STANDING.keys() | figures_of_steps.MADE.keys()
    assert not figures_of_steps.STANDING.keys() & figures_of_steps.MADE.keys()


def test_where_one_looks_in_a_figure_is_in_the_link_and_goes_along_to_its_step():
    app = open_page("figures", figures_words=ONE, figures_look="9.3.1.0.0")
    ((words, _),) = cards(app)
    assert (words["look"]["query"], words["look"]["key"]) == (3, 1)
    (link,) = [each.proto for each in app.get("page_link") if "See it made" in each.proto.label]
    assert "at=3.1.0.0" in link.query_string
    for nowhere in ("9", "9.3", "9.-1.0.0.0", "8.3.1.0.0", "9999.1.1.1.1", "<b>"):
        app = open_page("figures", figures_words=ONE, figures_look=nowhere)
        assert_no_failure(app)
        assert cards(app)[0][0]["look"] == cards(open_page("figures", figures_words=ONE))[0][0]["look"]


def test_figures_of_a_picture_are_of_the_visitors_own():
    words = "squares of a picture are"
    ours = cards(open_page("figures", figures_words=words))
    app = open_page("figures", figures_words=words)
    app.session_state["own_pictures"] = [Entry("mine.png", read_picture(png("blue")))]
    app.run()
    assert_no_failure(app)
    (link,) = [each.proto for each in app.get("page_link") if "See it made" in each.proto.label]
    assert "vision_transformer_picture=your+own" in link.query_string
    assert (cards(app)[0][1]["looks"] != ours[0][1]["looks"]).any()


def test_a_figure_can_be_taken_away_as_elsewhere():
    app = open_page("figures", figures_words=ONE)
    app.session_state["figures_9_menu"] = True
    app.run()
    assert_no_failure(app)
    labels = [each.proto.label for each in app.get("download_button")]
    assert labels == ["SVG", "PDF", "PNG", "CSV", "NPZ", "HTML", "Python", "Notebook"]


def test_the_menus_of_two_figures_can_be_open_at_once():
    app = open_page("figures")
    menus = [f"figures_{number}_menu" for number in range(1, 10)]
    for name in menus:
        app.session_state[name] = True
    app.run()
    assert_no_failure(app)
    assert [each.proto.label for each in app.get("download_button")].count("SVG") > 1


def test_the_lesson_to_which_a_figure_leads_names_its_step():
    """In its own files, or by the name of a tensor of its trace."""
    for figure in FIGURES:
        path: Path = BY_SLUG[figure.lesson].path
        half = path.parent / "by_hand" / path.name
        source = "".join(each.read_text("utf-8") for each in (path, half) if each.exists())
        assert f'"{figure.step}"' in source or re.fullmatch("[a-z]+", figure.step), figure


@pytest.mark.long
def test_every_figure_is_drawn_on_paper():
    for figure in (*FIGURES, *STEPS):
        made = figure.make(SENTENCE)
        viewer = figure_card.viewer_of(figure, made, SENTENCE)
        drawn = figure_export.figure(viewer, viewer.views[0], look_of_link(viewer.focus))
        drawn.draw_without_rendering()
        assert downloads.as_csv(viewer, viewer.views[0])


def of_step(figure: Figure) -> tuple[str, tuple[tuple[str, str], ...]]:
    return figure.lesson, tuple(sorted(figure.sets.items()))


@pytest.mark.long
@pytest.mark.parametrize("of", sorted({of_step(each) for each in FIGURES}), ids=str)
def test_the_step_to_which_a_figure_leads_is_there(of):
    lesson, sets = of
    app = open_page(lesson, **{f"{lesson}_{name}": value for name, value in sets})
    assert_no_failure(app)
    steps = {name_of(view["label"]) for view in sent(app, "step_viewer")[0]["views"]}
    assert {name_of(each.step) for each in FIGURES if of_step(each) == of} <= steps
