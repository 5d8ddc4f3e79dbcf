"""The rows of progress: two processes on one database, a full one, and the largest value."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError

from pages.parts.progress.identity import YEAR
from pages.parts.progress.store import Done, Store, options
from tests.pages.screen import ROOT

A, B = "a" * 32, "b" * 32
WRITER = """
import sys
from sqlalchemy import create_engine
from pages.parts.progress.store import Done, Store, options

address, learner = sys.argv[1:]
settled = options(address)
settled["connect_args"] = {"timeout": 30}  # a busy machine may hold a process up for longer than a page should wait
sys.stdin.readline()  # both begin at once
store = Store(create_engine(address, **settled))
for step in range(100):
    store.write("c" * 32, [Done("masks", "step", "", step, step + 10**10)])
    store.write(learner, [Done("masks", "claim", str(step), 1, 10**10)])
"""


@pytest.fixture
def address(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'progress.db'}"


@pytest.fixture
def engine(address):
    made = create_engine(address, **options(address))
    yield made
    made.dispose()


def row(kind: str, value: int, at: int | None = None) -> Done:
    return Done("masks", kind, "", value, int(time.time()) if at is None else at)


def test_two_processes_that_begin_at_once_lose_nothing(address, engine):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, address, learner], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        for learner in (A, B)
    ]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    for writer in writers:
        writer.stdin.close()
    store = Store(engine)
    assert [found.value for found in store.read("c" * 32)] == [99]
    for learner in (A, B):
        assert {found.item for found in store.read(learner)} == {str(step) for step in range(100)}


def test_the_larger_value_stays_and_a_visitor_has_one_row_for_a_thing(engine):
    store = Store(engine)
    for value in (3, 7, 5):
        store.write(A, [row("step", value)])
    assert [found.value for found in store.read(A)] == [7]


def test_erasing_deletes_the_rows_of_one_visitor_alone(engine):
    store = Store(engine)
    for learner in (A, B):
        store.write(learner, [row("step", 1), row("opened", 1)])
    assert store.erase(A) == 2
    assert store.read(A) == []
    assert len(store.read(B)) == 2


def test_rows_go_when_the_cookie_is_gone(engine):
    old, new = row("opened", 1, int(time.time()) - YEAR - 60), row("step", 1, int(time.time()) - YEAR + 600)
    Store(engine).write(A, [old, new])
    assert Store(engine).read(A) == [new]


def test_a_full_database_raises_and_keeps_what_it_has(address, engine):
    Store(engine).write(A, [row("step", 1)])
    full = create_engine(address, **options(address))
    # every connection counts pages for itself
    event.listen(full, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=1").close())
    store = Store(full)
    with pytest.raises(OperationalError, match="full"):
        store.write(A, [Done("masks", "claim", f"{number:040}", 1, 10**10) for number in range(200)])
    full.dispose()
    assert Store(engine).read(A)[0].value == 1


def test_a_locked_database_raises_at_once_instead_of_holding_up_a_page(engine, tmp_path):
    store = Store(engine)
    holds = sqlite3.connect(tmp_path / "progress.db", isolation_level=None)
    holds.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        store.write(A, [row("step", 1)])
    assert store.read(A) == []  # who reads need not wait
    holds.execute("ROLLBACK")
    holds.close()
    store.write(A, [row("step", 1)])


def test_a_file_is_read_while_another_writes(engine, tmp_path):
    Store(engine)
    with sqlite3.connect(Path(tmp_path) / "progress.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
