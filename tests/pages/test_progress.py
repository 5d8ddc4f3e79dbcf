"""Progress: what is noted, what the map says of it, and that a lesson goes on whatever becomes of the database."""

import csv
import json
import logging
import sqlite3
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.course import opening
from pages.course.catalogue import BY_SLUG, LESSONS
from pages.parts import question
from pages.parts.progress import identity, visit
from pages.server import settings
from tests.pages.screen import assert_no_failure, open_page, said, sent

SOMEBODY = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path) -> Path:
    """A database of its own for each test."""
    monkeypatch.setattr(settings, "DATA", str(tmp_path))
    monkeypatch.setattr(settings, "DATABASE", "")
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


@pytest.fixture
def comes(monkeypatch):
    """Whoever opens pages from now on sends this number in a cookie that the server signed."""

    def with_cookie(number: str | None) -> None:
        cookies = {} if number is None else {identity.COOKIE: identity.signed(number)}
        monkeypatch.setattr(type(st.context), "cookies", cookies)

    with_cookie(SOMEBODY)
    return with_cookie


def rows(folder: Path) -> list[tuple]:
    with sqlite3.connect(folder / "progress.db") as connection:
        found = connection.execute(
            "SELECT learner, lesson, kind, item, value FROM progress ORDER BY 2, 3, 4"
        ).fetchall()
    connection.close()
    return found


RIGHT = {"before": "only the last", "after": "all of them", "through_the_layers": "no"}  # by hand


def came(app: AppTest) -> dict[str, str]:
    """How far the map says that the visitor came."""
    return {lesson["slug"]: lesson["progress"] for lesson in sent(app, "map")[0]["lessons"]}


def answer(app: AppTest, guesses: dict[str, str]) -> AppTest:
    for name, guess in guesses.items():
        app.button_group(key=f"masks_{name}_guess").set_value(guess).run()
        app.button(key=f"masks_{name}_check").click().run()
    assert_no_failure(app)
    return app


def test_what_was_done_is_kept_and_nothing_that_was_typed(folder, comes):
    app = open_page("masks", masks_text="My secret is Rumpelstilzchen", masks_open="2", step="1")
    answer(app, {"through_the_layers": "yes", "before": "only the last", "after": "only the last"})
    kept = {row[1:] for row in rows(folder)}
    assert {("masks", "opened", "", 1), ("masks", "claim", "2", 1), ("masks", "answered", "", 1)} <= kept
    assert {("masks", "question", "before", 1), ("masks", "question", "after", 0)} <= kept
    assert ("masks", "step", "", 6) in kept  # where the question led
    assert {row[0] for row in rows(folder)} == {SOMEBODY}
    for file in folder.iterdir():
        assert b"umpelstil" not in file.read_bytes()


def test_an_answer_changed_once_the_right_one_is_known_stays_wrong(folder, comes):
    app = answer(open_page("masks", masks_numbers="by hand"), {"before": "none"})
    app.button_group(key="masks_before_guess").set_value("only the last").run()
    assert "Right" in said(app)
    assert (SOMEBODY, "masks", "question", "before", 0) in rows(folder)


def test_the_furthest_step_stays_and_the_end_is_noted(folder, comes):
    open_page("masks", masks_numbers="by hand", step="7")
    open_page("masks", masks_numbers="by hand", step="0")
    assert {("masks", "step", "", 7), ("masks", "played", "", 1)} <= {row[1:] for row in rows(folder)}


def test_the_map_says_how_far_one_came_and_where_to_go_on_on_another_computer_too(folder, comes):
    assert set(came(open_page("map")).values()) == {"not begun"}
    app = open_page("masks", masks_numbers="by hand", step="7")
    answer(app, RIGHT)
    open_page("attention", attention_numbers="by hand", step="3")
    seen = open_page("map")
    assert {slug: how for slug, how in came(seen).items() if how != "not begun"} == {
        "masks": "done",
        "attention": "begun",
    }
    stand = sum(page.built for page in LESSONS)
    assert f"1 of {stand} lessons done, 1 begun, 3 of 3 questions right." in said(seen)
    (link,) = [element for element in seen.get("page_link") if "Go on where you were" in element.proto.label]
    assert "4 · Queries, keys, values, step 5" in link.proto.label
    comes("f" * 32)
    assert set(came(open_page("map")).values()) == {"not begun"}


def test_nothing_is_written_where_nothing_changed(folder, comes, monkeypatch):
    app = open_page("masks", masks_numbers="by hand")
    asked = []
    ask = visit._ask
    monkeypatch.setattr(visit, "_ask", lambda do, who: (asked.append(do), ask(do, who))[1])
    for temperature in (1, 3, 5):
        app.slider(key="masks_layers").set_value(temperature).run()
    assert asked == []
    app.query_params["step"] = "6"
    app.run()
    assert len(asked) == 1


@pytest.mark.parametrize(
    "number", [None, "", "x" * 32, "0" * 31, "0" * 33, "A" * 32, "'; DROP TABLE progress; --", "٣" * 32]
)
def test_whoever_has_no_number_of_ours_has_progress_for_the_visit_alone(folder, comes, number):
    comes(number)
    app = open_page("masks", masks_numbers="by hand", step="3")
    app.switch_page("pages/course/map.py").run()
    assert came(app)["masks"] == "begun"
    assert "kept for this visit alone: your browser sent no cookie" in said(app)
    assert not (folder / "progress.db").exists()
    assert came(open_page("map"))["masks"] == "not begun"


def test_a_number_that_the_server_did_not_sign_is_nobodys(folder, comes, monkeypatch):
    open_page("masks", masks_numbers="by hand")
    monkeypatch.setattr(type(st.context), "cookies", {identity.COOKIE: SOMEBODY})
    assert came(open_page("map"))["masks"] == "not begun"


def test_progress_can_be_exported_and_is_erased_after_one_confirmation(folder, comes):
    open_page("masks", masks_numbers="by hand", masks_open="0")
    comes("f" * 32)
    open_page("masks", masks_numbers="by hand")
    comes(SOMEBODY)
    seen = open_page("map")
    done = visit_rows(seen)
    table = list(csv.DictReader(visit.as_csv(done).decode().splitlines()))
    whole = json.loads(visit.as_json(done))
    assert [(row["kind"], row["value"]) for row in table] == [(row["kind"], str(row["value"])) for row in whole]
    assert {row["kind"] for row in whole} == {"opened", "step", "claim"}
    assert whole[0]["at"].startswith("20")
    seen.button(key="progress_erase").click().run()
    assert len([row for row in rows(folder) if row[0] == SOMEBODY]) == 3
    assert "deletes all 3 entries for good" in said(seen)
    seen.button(key="progress_erase_no").click().run()
    assert len([row for row in rows(folder) if row[0] == SOMEBODY]) == 3
    seen.button(key="progress_erase").click().run()
    seen.button(key="progress_erase_yes").click().run()
    assert {row[0] for row in rows(folder)} == {"f" * 32}
    assert "Erased: 3 entries are gone." in said(seen)
    assert set(came(seen).values()) == {"not begun"}


def visit_rows(app: AppTest) -> list:
    return sorted(app.session_state["progress_rows"].values(), key=lambda row: row.at)


def test_what_was_answered_before_it_was_erased_does_not_come_back(folder, comes):
    app = answer(open_page("masks", masks_numbers="by hand"), RIGHT)
    app.switch_page("pages/course/map.py").run()
    app.button(key="progress_erase").click().run()
    app.button(key="progress_erase_yes").click().run()
    app.switch_page("pages/lessons/masks.py").run()
    assert {row[2] for row in rows(folder)} <= {"opened", "step", "played"}


def test_a_question_that_was_checked_on_an_earlier_visit_says_so_and_can_be_checked_again(folder, comes):
    answer(open_page("masks", masks_numbers="by hand"), RIGHT | {"after": "none"})
    app = open_page("masks", masks_numbers="by hand")
    assert said(app).count("You checked it before, and were right.") == 2
    assert said(app).count("You checked it before, and were wrong.") == 1
    answer(app, RIGHT)
    assert "You checked it before" not in said(app)


def test_questions_that_were_checked_on_several_visits_are_answered_all_the_same(folder, comes):
    answer(open_page("masks", masks_numbers="by hand", step="7"), {"before": "none"})
    assert (SOMEBODY, "masks", "answered", "", 1) not in rows(folder)
    answer(
        open_page("masks", masks_numbers="by hand", step="7"), {name: RIGHT[name] for name in RIGHT if name != "before"}
    )
    assert came(open_page("map"))["masks"] == "done"


def test_the_last_answer_is_noted_also_where_the_figure_is_not_drawn_anew(folder, comes, monkeypatch):
    monkeypatch.setattr(visit, "stood", lambda *_: None)
    answer(open_page("masks", masks_numbers="by hand"), RIGHT)
    assert (SOMEBODY, "masks", "answered", "", 1) in rows(folder)


def test_the_navigation_shows_what_is_begun_and_done(folder, comes):
    open_page("attention", attention_numbers="by hand")
    answer(open_page("masks", masks_numbers="by hand", step="7"), RIGHT)
    beside = {page.slug: opening.icon(page) for page in LESSONS if page.built}
    assert beside.pop("masks") == opening.CAME["done"]
    assert beside.pop("attention") == opening.CAME["begun"]
    assert set(beside.values()) == {BY_SLUG["positions"].icon}


def test_what_is_erased_takes_no_curve_of_a_training_along():
    st.session_state["watch_live_run_former"], st.session_state["masks_after_told"] = ("before: additive", [1.0]), True
    question.forget()
    assert "watch_live_run_former" in st.session_state
    assert "masks_after_told" not in st.session_state
    del st.session_state["watch_live_run_former"]


def broken_address(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(settings, "DATABASE", "no such database")


def unknown_driver(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(settings, "DATABASE", "oracle://nobody@localhost/none")


def nobody_there(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(settings, "DATA", "/dev/null/data")


def no_database(folder: Path, monkeypatch) -> None:
    (folder / "progress.db").write_bytes(b"this is no database, but many other bytes" * 100)


def read_only(folder: Path, monkeypatch) -> None:
    """A file that cannot be written, also by a test that runs as root."""
    sqlite3.connect(folder / "progress.db").close()
    monkeypatch.setattr(settings, "DATABASE", f"sqlite:///file:{folder / 'progress.db'}?mode=ro&uri=true")


@pytest.mark.parametrize("fails", [broken_address, unknown_driver, nobody_there, no_database, read_only])
def test_a_lesson_goes_on_where_the_database_cannot_be_used(folder, comes, monkeypatch, caplog, fails):
    fails(folder, monkeypatch)
    with caplog.at_level(logging.WARNING, "attention_lab.progress"):
        app = open_page("masks", masks_numbers="by hand", step="7")
        answer(app, {"before": "only the last"})
        app.switch_page("pages/course/map.py").run()
    assert_no_failure(app)
    assert came(app)["masks"] == "begun"
    assert "not kept on the server now, only for this visit" in said(app)
    assert len([record for record in caplog.records if "progress is not kept" in record.message]) == 1
    assert SOMEBODY not in caplog.text
    app.button(key="progress_erase").click().run()
    app.button(key="progress_erase_yes").click().run()
    assert "Nothing was erased" in said(app)


def test_a_database_that_is_given_up_is_left_by_every_connection(folder, comes):
    comes(SOMEBODY)
    answer(open_page("masks", masks_numbers="by hand", step="7"), {"before": "only the last"})
    pool = visit._store().engine.pool
    assert pool.checkedin()
    st.cache_resource.clear()
    assert not pool.checkedin()


def test_what_could_not_be_written_is_written_once_the_database_answers_again(folder, comes):
    app = open_page("masks", masks_numbers="by hand", step="1")
    holds = sqlite3.connect(folder / "progress.db", isolation_level=None)
    holds.execute("BEGIN IMMEDIATE")
    app.query_params["step"] = "5"
    app.run()
    assert_no_failure(app)
    holds.execute("ROLLBACK")
    holds.close()
    assert (SOMEBODY, "masks", "step", "", 1) in rows(folder)
    visit._trouble()["until"] = 0
    app.switch_page("pages/course/map.py").run()
    assert (SOMEBODY, "masks", "step", "", 5) in rows(folder)
    assert "not kept on the server" not in said(app)
