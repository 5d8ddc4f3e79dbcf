"""The run queue: no more than a few compute at once."""

import io
import threading
import time
import zipfile

import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

from core import host
from core.host import Host
from core.picture_files import read_archive
from pages.parts import downloads, own_picture, own_sentences
from pages.server import run_queue, waiting
from pages.server.run_queue import RunQueue
from pages.server.waiting import Visitors
from tests.threads import start, until


@settings(max_examples=15, deadline=None)
@given(at_once=st.integers(1, 5), visitors=st.integers(1, 23))
def test_never_more_than_so_many_at_once_and_nobody_is_forgotten(at_once, visitors):
    queue, guard, inside, most, done = RunQueue(at_once), threading.Lock(), 0, 0, 0

    def compute():
        nonlocal inside, most, done
        with queue.slot():
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.001)
            with guard:
                inside -= 1
                done += 1

    threads = [start(compute) for _ in range(visitors)]
    for thread in threads:
        thread.join(20)
    assert most <= at_once
    assert done == visitors
    assert queue.report() == {"computing": 0, "waiting": 0, "at_once": at_once}


def test_first_come_first_served_and_each_is_told_its_place():
    queue, order, told, leave = RunQueue(1), [], {}, threading.Event()

    def first():
        with queue.slot():
            leave.wait(20)

    def visitor(number):
        def waits(before, seconds):
            told.setdefault(number, before)

        with queue.slot(waits):
            order.append(number)

    threads = [start(first)]
    until(lambda: queue.report()["computing"])
    for number in (11, 7, 5, 3):
        threads.append(start(lambda number=number: visitor(number)))
        until(lambda: number in told)  # noqa: B023
    assert queue.report() == {"computing": 1, "waiting": 4, "at_once": 1}
    leave.set()
    for thread in threads:
        thread.join(20)
    assert order == [11, 7, 5, 3]
    assert told == {11: 1, 7: 2, 5: 3, 3: 4}


def test_one_who_has_a_place_needs_no_second_one():
    queue = RunQueue(1)
    with queue.slot(), queue.slot():
        assert queue.report()["computing"] == 1
    assert queue.report()["computing"] == 0


def test_what_the_host_raises_ends_the_waiting_and_leaves_the_queue():
    queue = RunQueue(1)

    def gone(before, seconds):
        raise RuntimeError("the tab is closed")

    def visitor():
        with pytest.raises(RuntimeError, match="closed"), queue.slot(waits=gone):
            pass

    with queue.slot():
        start(visitor).join(20)
        assert queue.report()["waiting"] == 0


def test_an_error_in_a_computation_frees_its_place():
    queue = RunQueue(1)
    with pytest.raises(ValueError, match="wrong"), queue.slot():
        raise ValueError("wrong")
    assert queue.report()["computing"] == 0


def test_who_trains_gives_the_slot_of_its_page_up_and_takes_one_again():
    """Else two claims that train would stop the pages of everybody."""
    pages = run_queue.RUNS.report()["at_once"]
    began, end = threading.Semaphore(0), threading.Event()

    def page():
        with run_queue.RUNS.slot():
            with run_queue.training():
                began.release()
                end.wait(20)
            assert run_queue.RUNS.report()["computing"] >= 1

    threads = [start(page) for _ in range(pages + 3)]
    began.acquire(timeout=20)
    until(lambda: run_queue.TRAININGS.report()["waiting"] == pages + 3 - run_queue.TRAININGS.report()["at_once"])
    assert run_queue.RUNS.report()["computing"] == 0
    end.set()
    for thread in threads:
        thread.join(20)
    assert run_queue.RUNS.report()["computing"] == run_queue.TRAININGS.report()["computing"] == 0


def test_a_page_that_is_broken_off_while_it_waits_again_leaves_no_slot_taken(monkeypatch):
    queue, left = RunQueue(1), []

    class Gone(Host):
        def waits(self, before, seconds):
            left.append(before)
            raise RuntimeError("the tab is closed")

    def wait_outside():
        with queue.slot(), queue.released():
            inside.set()
            go_on.wait(20)

    def page():
        with pytest.raises(RuntimeError, match="closed"):
            wait_outside()

    inside, go_on, done = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(host, "_host", Gone())
    visitor = start(page)
    inside.wait(20)

    def other():
        with queue.slot():
            go_on.set()
            done.wait(20)

    another = start(other)
    visitor.join(20)
    assert left == [1]
    assert queue.report() == {"computing": 1, "waiting": 0, "at_once": 1}
    done.set()
    another.join(20)
    assert queue.report()["computing"] == 0


def test_a_training_of_core_leaves_the_slot_of_its_page_for_one_of_its_own(monkeypatch):
    monkeypatch.setattr(host, "_host", Visitors())

    @host.trained_once(2)
    def train():
        return run_queue.RUNS.report()["computing"], run_queue.TRAININGS.report()["computing"]

    with run_queue.RUNS.slot():
        assert train() == (0, 1)
        assert run_queue.RUNS.report()["computing"] == 1
    assert run_queue.TRAININGS.report()["computing"] == 0


class Run:
    """What Streamlit knows of a run of a page."""

    session_id = "somebody"

    def __init__(self, started: bool):
        self.has_script_started, self.asked = started, 0

    def yield_check(self) -> None:
        self.asked += 1


@pytest.mark.parametrize("started", [True, False], ids=["a page", "a callback"])
def test_a_page_gives_way_to_the_next_click_and_a_callback_does_not(started, monkeypatch):
    """Streamlit does not call one again that was broken off: what was uploaded would be lost. Nor may it draw."""
    run, told = Run(started), []
    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda **_: run)
    monkeypatch.setattr(waiting, "_tell", told.append)
    Visitors().waits(3, 60.0)
    assert (run.asked, told) == ((1, [3]) if started else (0, []))


def test_a_callback_ends_with_its_visitor(monkeypatch):
    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda **_: Run(False))
    monkeypatch.setattr(waiting, "_left", lambda run: True)

    def stop():
        raise StopException

    monkeypatch.setattr(streamlit, "stop", stop)
    with pytest.raises(StopException):
        Visitors().still_wanted()


def test_what_reads_files_and_makes_downloads_computes_in_a_slot(monkeypatch):
    computing = []

    def look(*_) -> list:
        computing.append(run_queue.RUNS.report()["computing"])
        return []

    monkeypatch.setattr(own_picture, "_entries", look)
    monkeypatch.setattr(own_sentences, "read_sentences", lambda content: look() or ["I am."])
    monkeypatch.setattr(streamlit, "session_state", {"k_file": [Sent()], "l_file": Sent(), "k_camera": Sent()})
    monkeypatch.setattr(streamlit, "download_button", lambda label, make, *_, **__: make())
    own_picture._uploaded("k")
    own_picture._photographed("k")
    own_sentences._upload("l")
    downloads.button("CSV", look, "a.csv", "text/csv")
    assert computing == [1, 1, 1, 1]
    assert run_queue.RUNS.report()["computing"] == 0


class Sent:
    name = file_id = "a.txt"
    type = "text/plain"

    def getvalue(self) -> bytes:
        return b"I am."


def test_a_visitor_who_left_ends_the_reading_of_a_zip(monkeypatch):
    """Twenty-four pictures are a minute of work that nobody waits for."""

    class Gone(Host):
        def still_wanted(self):
            raise StopException

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", b"")
    monkeypatch.setattr(host, "_host", Gone())
    with pytest.raises(StopException):
        read_archive(packed.getvalue())
