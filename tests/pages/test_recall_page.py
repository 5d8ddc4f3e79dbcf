"""Recall's page: answers are counted once and kept, cards are text, files come in and what is wrong is told."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.recall import cards, files
from pages.parts import card_face, card_files
from pages.parts.progress import identity, recalled, visit
from pages.server import settings
from tests.pages.screen import ROOT, assert_no_failure, open_page, said, sent

SOMEBODY = "0123456789abcdef" * 2
SAMPLE = (ROOT / "tests" / "core" / "recall" / "sample.md").read_bytes()


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path) -> Path:
    """A database of its own for each test, and a visitor whom it knows."""
    monkeypatch.setattr(settings, "DATA", str(tmp_path))
    monkeypatch.setattr(settings, "DATABASE", "")
    st.cache_resource.clear()
    monkeypatch.setattr(type(st.context), "cookies", {identity.COOKIE: identity.signed(SOMEBODY)})
    yield tmp_path
    st.cache_resource.clear()
    st.session_state.clear()  # what tests without a page have read would be known to those that follow


def rows(folder: Path) -> list[tuple]:
    with sqlite3.connect(folder / "progress.db") as connection:
        found = connection.execute("SELECT card, number, score FROM recall_answers ORDER BY at, card").fetchall()
    connection.close()
    return found


def asks(app: AppTest) -> str:
    return app.markdown[0].value


def answer(app: AppTest, score: int = 5) -> AppTest:
    app.button(key="recall_show").click().run()
    app.button(key=f"recall_score_{score}").click().run()
    assert_no_failure(app)
    return app


def test_an_answer_is_kept_the_next_card_comes_and_it_can_be_taken_back(folder):
    app = open_page("recall")
    assert "10 new today" in said(app)
    first = asks(app)
    answer(app)
    assert rows(folder) == [(cards.course()[0].name, 0, 5)]
    assert asks(app) != first
    assert "9 new today" in said(app)
    app.button(key="recall_undo").click().run()
    assert rows(folder) == []
    assert asks(app) == first
    assert "10 new today" in said(app)
    app.button(key="recall_score_1").click().run()
    assert "1 being learned" in said(open_page("recall"))


def test_two_tabs_lose_nothing_and_count_nothing_twice(folder):
    one, other = open_page("recall"), open_page("recall")
    for app in (one, other):  # both look at the same answer
        app.button(key="recall_show").click().run()
    one.button(key="recall_score_5").click().run()
    other.button(key="recall_score_1").click().run()
    first, second = (card.name for card in cards.course()[:2])
    assert rows(folder) == [(first, 0, 5)]
    assert any(recalled.ELSEWHERE in toast.value for toast in other.toast)
    answer(other)
    answer(one)  # it had not seen what the other one did meanwhile
    assert {row[0] for row in rows(folder)} >= {first, second}
    assert len(rows(folder)) == len({row[:2] for row in rows(folder)})
    for app in (one, other):
        assert_no_failure(app)


def drawn(app: AppTest) -> list[str]:
    return [each.proto.id for each in app.get("bidi_component") if "figure_card" in each.proto.component_name]


def test_the_back_of_a_card_shows_its_figure_on_the_last_sentence_and_its_front_does_not():
    app = open_page("recall")
    assert not drawn(app)
    app.session_state["sentence_taken_along"] = "The white cat sleeps"
    app.button(key="recall_show").click().run()
    assert_no_failure(app)
    words, tensors = sent(app, "figure_card")
    assert [token["text"] for token in words["tokens"]["keys"]] == ["The", "white", "cat", "sleep", "##s", "</s>"]
    assert words["views"][0]["title"] == "One vector for the whole sentence"
    assert len(tensors["encoder_states"]) == 6
    (link,) = [each for each in app.get("page_link") if "See it" in each.proto.label]
    assert "bottleneck_text=The+white+cat+sleeps" in link.proto.query_string


def test_where_no_figure_can_be_made_of_the_last_sentence_that_is_said():
    app = open_page("recall")
    app.session_state["sentence_taken_along"] = "a" * 1_000_000
    app.button(key="recall_show").click().run()
    assert_no_failure(app)
    assert "of a sentence of ours" in said(app)
    assert sent(app, "figure_card")[0]["tokens"]["keys"][0]["text"] == "My"


def test_a_card_leads_to_its_step_and_an_answer_to_what_the_scheduler_says():
    app = open_page("recall", recall_scheduler="FSRS")
    app.button(key="recall_show").click().run()
    (link,) = [each for each in app.get("page_link") if "See it" in each.proto.label]
    assert link.proto.page == "bottleneck"
    assert "step=c" in link.proto.query_string
    assert [app.button(key=f"recall_score_{score}").label for score in (1, 3, 5)] == [
        "Forgotten · 1 min",
        "Hard · 6 min",
        "Remembered · 10 min",
    ]


@pytest.mark.parametrize(("scheduler", "told"), [("Logseq", True), ("FSRS", False)])
def test_where_hard_and_remembered_wait_alike_the_page_says_why(scheduler, told):
    app = open_page("recall", recall_scheduler=scheduler)
    app.button(key="recall_show").click().run()
    waits = [app.button(key=f"recall_score_{score}").label.split(" · ")[1] for score in (3, 5)]
    assert (waits[0] == waits[1]) is told
    assert ("makes the waits after that shorter" in said(app)) is told


def test_a_page_of_logseq_comes_in_is_answered_and_what_is_kept_can_be_taken_and_erased(folder):
    app = open_page("recall")
    app.session_state["recall_files"] = True
    app.run()
    app.file_uploader(key="recall_file").upload("notes.md", SAMPLE).run()
    assert "3 cards are there now, filed under “Notes of a learner”" in said(app)
    again = open_page("recall", recall_deck="Notes of a learner")
    assert "What does a query do?" in asks(again)
    answer(again)
    (text,) = again.session_state[visit.RECALLED].pages.values()
    assert text.encode() == SAMPLE
    again.session_state["recall_progress"] = True
    again.run()
    again.button(key="progress_erase").click().run()
    assert "deletes all 2 entries for good" in said(again)
    again.button(key="progress_erase_yes").click().run()
    assert rows(folder) == []
    assert "10 new today" in said(again)
    assert "being learned" not in said(again)
    assert "What does a query do?" not in asks(open_page("recall", recall_deck="Notes of a learner"))


def test_a_link_asks_the_cards_of_one_lesson():
    of_lesson = [card for card in cards.course() if card.lesson == "masks"]
    app = open_page("recall", recall_lesson="masks", recall_new="50")
    assert asks(app) == card_face.markdown(of_lesson[0].asks)
    assert f"{len(of_lesson)} new today" in said(app)
    assert "should be one of all, bottleneck" in said(open_page("recall", recall_lesson="7 · Masks"))


def test_who_comes_back_finds_the_lesson_that_was_chosen():
    app = open_page("recall", recall_lesson="masks")
    app.selectbox(key="recall_lesson").set_value("cost").run()
    app.switch_page("pages/course/map.py")
    app.query_params.clear()  # as Streamlit does on the way
    app.run()
    app.switch_page("pages/practice/recall.py").run()
    assert app.selectbox(key="recall_lesson").value == app.query_params["recall_lesson"] == "cost"
    app.selectbox(key="recall_lesson").set_value("all").run()
    assert "recall_lesson" not in app.query_params


def test_a_deck_for_others_says_nothing_of_answers(monkeypatch):
    made = {}
    monkeypatch.setattr(card_files, "_button", lambda label, make, name, mime: made.update({label: (name, make)}))
    app = open_page("recall", recall_lesson="masks")
    answer(app)
    app.session_state["recall_files"] = True
    app.run()
    schedule = re.compile(rb"20\d\d-\d\d-\d\dT")
    assert {label: name for label, (name, _) in made.items()} == {
        "CSV": "7-masks.csv",
        "Anki": "7-masks.apkg",
        "Logseq": "7-masks.md",
    }
    assert all(schedule.search(made[label][1]()) for label in ("CSV", "Logseq"))
    app.toggle(key="recall_schedule").set_value(False).run()
    texts = [made[label][1]().decode() for label in ("CSV", "Logseq")]
    assert not any(schedule.search(text.encode()) for text in texts)
    of_lesson = [card for card in cards.course() if card.lesson == "masks"]
    assert [len(found) for found in (files.read_csv(texts[0], 0), files.read_page(texts[1], "", 0))] == [
        len(of_lesson)
    ] * 2


def test_a_page_without_a_title_is_filed_under_the_name_of_its_file(folder):
    app = open_page("recall")
    app.session_state["recall_files"] = True
    app.run()
    page = b"- Was ist das? #card\n\t- Das"
    app.file_uploader(key="recall_file").upload("future.md", page).run()
    assert "1 card is there now, filed under “future”" in said(app)
    again = open_page("recall", recall_deck="future")
    assert "Was ist das?" in asks(again)
    assert [text.encode() for text in again.session_state[visit.RECALLED].pages.values()] == [page]


def test_that_the_notes_say_otherwise_is_said_with_the_answer(monkeypatch):
    corrected = next(card for card in cards.course() if card.note)
    monkeypatch.setattr(cards, "course", lambda: (corrected,))
    app = open_page("recall")
    assert "the notes say otherwise" not in said(app)
    app.button(key="recall_show").click().run()
    assert "the notes say otherwise" in said(app)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.md", b"- a note", "holds no card"),
        ("cards.csv", b"only one column", "a question and an answer"),
        ("picture.csv", b"\xff\xd8\xff", "UTF-8"),
    ],
)
def test_a_file_that_is_no_deck_is_refused_in_words_and_the_cards_stay(name, content, words):
    app = open_page("recall")
    app.session_state["recall_files"] = True
    app.run()
    app.file_uploader(key="recall_file").upload(name, content).run()
    assert_no_failure(app)
    assert words in said(app)
    assert "10 new today" in said(app)


def test_a_card_that_is_written_is_text_and_comes_up(folder):
    app = open_page("recall")
    app.session_state["recall_write"] = True
    app.run()
    app.text_area(key="recall_asks").set_value("<script>alert(1)</script> **bold** $x^2$")
    app.text_area(key="recall_says").set_value("yes").run()
    app.button(key="recall_add").click().run()
    assert "the card is there now" in said(app).lower()
    shown = asks(open_page("recall", recall_deck=cards.OWN))
    assert r"\<script\>alert\(1\)\</script\> \*\*bold\*\*" in shown
    assert "$x^2$" in shown


@pytest.mark.parametrize(
    "formula", [r"\href{javascript:alert(1)}{x}", r"\rule{9999em}{9999em}", r"\def\a{\a}\a", r"\htmlData{a=b}{c}"]
)
def test_a_formula_of_a_card_leads_nowhere_and_takes_no_room_of_others(formula):
    made = card_face.markdown(f"a ${formula}$")
    assert f"${formula}$" not in made
    assert r"\$" in made
    assert card_face.markdown("a $x^2$ <b>\n  - c") == "a $x^2$ \\<b\\>  \n\u00a0\u00a0\\- c"


def test_answers_go_on_where_the_database_does_not_answer(folder, monkeypatch):
    monkeypatch.setattr(settings, "DATABASE", "no such database")
    app = answer(answer(open_page("recall")))
    assert "8 new today" in said(app)


def test_what_is_kept_is_exported(folder):
    answer(open_page("recall"))
    found = json.loads(visit.as_json(visit.keeper()()))
    assert [(row["kind"], row["value"]) for row in found if row["lesson"] == "recall"] == [("answer", 5)]


def test_cards_that_are_there_already_are_not_added_again():
    made = files.card("A?", "B")
    st.session_state.pop(visit.RECALLED, None)
    recalled.bring([made], 10)
    with pytest.raises(ValueError, match="there already"):
        recalled.bring([made], 10)
    st.session_state.pop(visit.RECALLED, None)


def test_who_brings_all_cards_back_has_those_of_the_course_once():
    st.session_state.pop(visit.RECALLED, None)
    own = files.card("A?", "B")
    recalled.bring(files.read_csv(files.as_csv([*cards.course(), own], {}).decode("utf-8-sig"), 10), 10)
    assert recalled.known(10).cards == [own]
    st.session_state.pop(visit.RECALLED, None)
