"""Turns: no more than a few compute at once, in the order they came; what is the same for all is computed once."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import turns
from core.turns import Desk, trained_once


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
    desk, guard, inside, most, done = Desk(at_once), threading.Lock(), 0, 0, 0

    def compute():
        nonlocal inside, most, done
        with desk.place():
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
    assert desk.report() == {"computing": 0, "waiting": 0, "at_once": at_once}


def test_first_come_first_served_and_each_is_told_its_place():
    desk, order, told, leave = Desk(1), [], {}, threading.Event()

    def first():
        with desk.place():
            leave.wait(20)

    def visitor(number):
        def waits(before, seconds):
            told.setdefault(number, before)

        with desk.place(number, waits):
            order.append(number)

    threads = [start(first)]
    until(lambda: desk.report()["computing"])
    for number in (11, 7, 5, 3):
        threads.append(start(lambda number=number: visitor(number)))
        until(lambda: number in told)  # noqa: B023
    assert desk.report() == {"computing": 1, "waiting": 4, "at_once": 1}
    leave.set()
    for thread in threads:
        thread.join(20)
    assert order == [11, 7, 5, 3]
    assert told == {11: 1, 7: 2, 5: 3, 3: 4}


def test_one_who_has_a_place_needs_no_second_one():
    desk = Desk(1)
    with desk.place(), desk.place():
        assert desk.report()["computing"] == 1
    assert desk.report()["computing"] == 0


def test_what_the_watcher_raises_ends_the_waiting_and_leaves_the_queue():
    desk = Desk(1)

    def gone(before, seconds):
        raise RuntimeError("the tab is closed")

    def visitor():
        with pytest.raises(RuntimeError, match="closed"), desk.place(waits=gone):
            pass

    with desk.place():
        start(visitor).join(20)
        assert desk.report()["waiting"] == 0


def test_an_error_in_a_computation_frees_its_place():
    desk = Desk(1)
    with pytest.raises(ValueError, match="wrong"), desk.place():
        raise ValueError("wrong")
    assert desk.report()["computing"] == 0


def test_what_many_ask_for_at_once_is_trained_once():
    trained, begin, found = [], threading.Barrier(7), []

    @trained_once(3)
    def train(seed):
        trained.append(seed)
        time.sleep(0.05)
        return [seed]

    def ask():
        begin.wait(20)
        found.append(train(2))

    for thread in [start(ask) for _ in range(7)]:
        thread.join(20)
    assert trained == [2]
    assert all(each is found[0] for each in found)


def test_of_what_was_trained_the_longest_unasked_goes():
    trained = []

    @trained_once(2)
    def train(seed):
        trained.append(seed)
        return seed

    for seed in (1, 2, 1, 3, 1, 2):
        assert train(seed) == seed
    assert trained == [1, 2, 3, 2]


def test_a_training_that_is_broken_off_is_done_by_the_next_who_asks():
    calls = []

    @trained_once(2)
    def train():
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the tab was closed")
        return "done"

    with pytest.raises(RuntimeError, match="closed"):
        train()
    assert train() == "done"
    assert turns.TRAININGS.report()["computing"] == 0


class Leaver:
    """Watches, and leaves after so many updates."""

    def __init__(self, after):
        self.left, self.after = 0, after

    def waits(self, before, seconds):
        pass

    def works(self):
        self.left += 1
        if self.left > self.after:
            raise RuntimeError("the tab was closed")


@pytest.mark.parametrize("what", ["shapes", "toy", "recall", "copy"])
def test_every_training_of_an_experiment_ends_when_nobody_waits_for_it(monkeypatch, what):
    from core.experiments.bottleneck.memory import recall
    from core.experiments.bottleneck.trained import trained
    from core.experiments.multi_head import trained_to_copy
    from core.experiments.vision_transformer.small_data import learned

    watcher = Leaver(5)
    monkeypatch.setattr(turns, "_watcher", watcher)
    ask = {
        "shapes": lambda: learned("CNN", 100, 991),
        "toy": lambda: trained("digits", "none", 991, 16),
        "recall": lambda: recall(3, "LSTM", 991),
        "copy": lambda: trained_to_copy(2, 991),
    }[what]
    with pytest.raises(RuntimeError, match="closed"):
        ask()
    assert watcher.left == 6
    assert turns.TRAININGS.report()["computing"] == 0


def test_who_trains_gives_the_place_of_its_page_up_and_takes_one_again():
    """Else two claims that train would stop the pages of everybody."""
    pages = turns.RUNS.report()["at_once"]
    began, end = threading.Semaphore(0), threading.Event()

    def page():
        with turns.RUNS.place():
            with turns.training():
                began.release()
                end.wait(20)
            assert turns.RUNS.report()["computing"] >= 1

    threads = [start(page) for _ in range(pages + 3)]
    began.acquire(timeout=20)
    until(lambda: turns.TRAININGS.report()["waiting"] == pages + 3 - turns.TRAININGS.report()["at_once"])
    assert turns.RUNS.report()["computing"] == 0
    end.set()
    for thread in threads:
        thread.join(20)
    assert turns.RUNS.report()["computing"] == turns.TRAININGS.report()["computing"] == 0


def test_a_page_that_is_broken_off_while_it_waits_again_leaves_no_place_taken():
    desk, left = Desk(1), []

    def gone(before, seconds):
        left.append(before)
        raise RuntimeError("the tab is closed")

    def wait_outside():
        with desk.place(), desk.left():
            inside.set()
            go_on.wait(20)

    def page():
        with pytest.raises(RuntimeError, match="closed"):
            wait_outside()

    inside, go_on, done = threading.Event(), threading.Event(), threading.Event()
    watcher, turns._watcher = turns._watcher, type("Gone", (), {"waits": staticmethod(gone)})()
    try:
        visitor = start(page)
        inside.wait(20)

        def other():
            with desk.place():
                go_on.set()
                done.wait(20)

        another = start(other)
        visitor.join(20)
        assert left == [1]
        assert desk.report() == {"computing": 1, "waiting": 0, "at_once": 1}
        done.set()
        another.join(20)
    finally:
        turns._watcher = watcher
    assert desk.report()["computing"] == 0
