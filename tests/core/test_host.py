"""Who stands behind a training may end it; what is the same for all is trained once."""

import threading
import time
from contextlib import contextmanager

import pytest

from core import host
from core.host import Host, trained_once


def start(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


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


class Leaver(Host):
    """Leaves after so many updates."""

    def __init__(self, after):
        self.asked, self.after, self.places = 0, after, 0

    def still_wanted(self):
        self.asked += 1
        if self.asked > self.after:
            raise RuntimeError("the tab was closed")

    @contextmanager
    def training(self):
        self.places += 1
        yield


@pytest.mark.parametrize("what", ["shapes", "toy", "recall", "copy"])
def test_every_training_of_an_experiment_ends_when_nobody_waits_for_it(monkeypatch, what):
    from core.experiments.bottleneck.memory import recall
    from core.experiments.bottleneck.trained import trained
    from core.experiments.multi_head import trained_to_copy
    from core.experiments.vision_transformer.small_data import learned

    leaver = Leaver(5)
    monkeypatch.setattr(host, "_host", leaver)
    ask = {
        "shapes": lambda: learned("CNN", 100, 991),
        "toy": lambda: trained("digits", "none", 991, 16),
        "recall": lambda: recall(3, "LSTM", 991),
        "copy": lambda: trained_to_copy(2, 991),
    }[what]
    with pytest.raises(RuntimeError, match="closed"):
        ask()
    assert (leaver.asked, leaver.places) == (6, 1)


def test_who_waits_for_a_training_of_another_is_told_and_may_leave(monkeypatch):
    inside, go_on, told = threading.Event(), threading.Event(), []

    class Impatient(Host):
        def waits(self, before, seconds):
            told.append(before)
            raise RuntimeError("the tab was closed")

    @trained_once(2)
    def train():
        inside.set()
        go_on.wait(20)
        return "done"

    first = start(train)
    inside.wait(20)
    monkeypatch.setattr(host, "_host", Impatient())
    with pytest.raises(RuntimeError, match="closed"):
        train()
    go_on.set()
    first.join(20)
    assert told == [1]
    assert train() == "done"
