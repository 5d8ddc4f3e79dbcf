"""Live trainings: a bounded number at once, first come first served, and a visitor who leaves frees the processor."""

import gc
import threading
import time
import weakref
from contextlib import contextmanager

import pytest

from core.training import live
from core.training.live import Run
from core.training.toy import Settings, ToyTraining, parse

WISH, PROBE = Settings("grammar", "additive", 0, 16), "the red car sees a dog"


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def keep_looking(*runs):
    """Visitors whose pages are open."""
    done = threading.Event()

    def look():
        while not done.wait(0.05):
            for run in runs:
                run.look()

    threading.Thread(target=look, daemon=True).start()
    return done


def test_it_plays_pauses_steps_and_gives_the_numbers_of_a_plain_loop():
    run = Run(WISH, PROBE)
    run.step()
    run.step()
    assert run.look()[-1].update == 2
    run.play()
    until(lambda: run.look()[-1].update >= 10)
    run.pause()
    at = run.look()[-1].update
    time.sleep(0.1)
    assert run.look()[-1].update == at
    assert run.state == "paused"
    plain = ToyTraining(WISH)
    for _ in range(at):
        plain.advance()
    assert run.look()[-1].losses == tuple(plain.losses)


def test_where_it_begins_can_be_remembered_and_it_learns_the_same():
    remembered, plain = live.untrained(WISH, parse(WISH.task, PROBE)), Run(WISH, PROBE)
    run = Run(WISH, PROBE, begins=lambda wish, probe: remembered)
    for each in (run, plain):
        each.step()
    assert run.look()[0] is remembered
    assert [moment.right for moment in run.look()] == [moment.right for moment in plain.look()]
    assert [moment.losses for moment in run.look()] == [moment.losses for moment in plain.look()]


def test_no_training_outlives_its_process():
    run = Run(WISH, PROBE)
    run.play()
    until(lambda: run.begun)
    live.stop_all()
    assert run.state == "stopped"
    assert not [thread for thread in threading.enumerate() if thread.name == "live-training"]


class OnePlace:
    """A place for one run at a time: the others are told, until it is free, that one stands before them."""

    def __init__(self):
        self.free = threading.Lock()

    @contextmanager
    def slot(self, waits):
        while not self.free.acquire(timeout=0.01):
            waits(1, 0.0)
        try:
            yield
        finally:
            self.free.release()


def test_a_run_that_must_wait_says_so_and_begins_when_the_place_is_free():
    place = OnePlace()
    first, second, third = (Run(WISH, PROBE, place.slot) for _ in range(3))
    looking = keep_looking(first, second, third)
    first.play()
    until(lambda: first.look()[-1].update > 0)
    second.play()
    third.play()
    until(lambda: second.state == third.state == "waiting")
    assert (first.before, second.before, third.before) == (0, 1, 1)
    third.pause()
    assert (third.before, third.state) == (0, "paused")
    assert second.look()[-1].update == 0
    first.stop()
    until(lambda: second.look()[-1].update > 0)
    assert second.before == 0
    second.stop()
    looking.set()
    assert not place.free.locked()


def test_a_visitor_who_leaves_frees_the_processor(monkeypatch):
    monkeypatch.setattr(live, "UNSEEN", 0.2)
    place = OnePlace()
    left, waiting = Run(WISH, PROBE, place.slot), Run(WISH, PROBE, place.slot)
    left.play()
    looking = keep_looking(waiting)
    waiting.play()
    until(lambda: waiting.look()[-1].update > 0)
    assert left.state == "paused"
    waiting.stop()
    looking.set()


def test_a_run_whose_visitor_left_is_gone_at_once():
    """And not when Python next looks for what holds itself, which may be an hour later."""
    gc.disable()
    try:
        left = weakref.ref(Run(WISH, PROBE))
        assert left() is None
    finally:
        gc.enable()


def test_it_ends_and_cannot_be_played_again():
    run = Run(WISH, PROBE)
    looking = keep_looking(run)
    run.play()
    until(lambda: run.state == "finished", 300)
    until(lambda: run.look()[-1].update == run.look()[-1].of)
    run.play()
    run.step()
    assert run.look()[-1].update == run.look()[-1].of
    looking.set()


@pytest.mark.parametrize("act", ["play", "step"])
def test_what_is_stopped_stays_stopped(act):
    run = Run(WISH, PROBE)
    run.step()
    run.stop()
    getattr(run, act)()
    assert (run.state, run.look()[-1].update) == ("stopped", 1)


def test_another_sentence_is_watched_without_losing_what_was_learned():
    run = Run(WISH, PROBE)
    for _ in range(3):
        run.step()
    run.watch("a cow has the small house")
    (only,) = run.look()
    assert only.update == 3
    assert len(only.losses) == 3
    assert only.source[:2] == ("a", "cow")
    with pytest.raises(ValueError, match="the sentence ends where"):
        run.watch("a cow")
    assert run.look()[-1].source[:2] == ("a", "cow")
