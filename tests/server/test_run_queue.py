"""The run queue: no more than a few compute at once, in the order they came."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.training import host
from core.training.host import Host
from pages.server import run_queue
from pages.server.run_queue import RunQueue
from pages.server.waiting import Visitors


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def start(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


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
