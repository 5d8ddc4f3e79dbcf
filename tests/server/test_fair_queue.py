"""Each visitor has a share of what the server computes: the short overtakes the long, and nobody is forgotten."""

import threading

import pytest

from core import host
from core.host import Host, Visitor
from pages.server import failures, run_queue, spent, waiting
from pages.server.run_queue import RunQueue
from pages.server.waiting import Visitors
from tests.threads import start, until


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


ADA, BEN = Visitor("192.0.2.1", "ada"), Visitor("192.0.2.1", "ben")  # behind one address
EVE = Visitor("192.0.2.2", "eve")


def compute(queue, clock, visitor, seconds):
    with queue.slot(visitor=visitor):
        clock.now += seconds


def order_of(queue, visitors):
    """Who of these is let in after whom, when they ask one after the other while somebody else computes."""
    order = []

    def ask(visitor):
        with queue.slot(visitor=visitor):
            order.append(visitor)

    with queue.slot(visitor=Visitor("192.0.2.9", "another")):
        threads = []
        for number, visitor in enumerate(visitors, 1):
            threads.append(start(lambda visitor=visitor: ask(visitor)))
            until(lambda number=number: queue.report()["waiting"] == number)
    for thread in threads:
        thread.join(20)
    return order


def test_next_is_who_has_computed_least():
    clock = Clock()
    queue = RunQueue(1, clock)
    compute(queue, clock, ADA, 7.0)
    compute(queue, clock, BEN, 0.5)
    assert order_of(queue, [ADA, BEN]) == [BEN, ADA]


def test_many_visitors_of_one_address_have_no_more_than_one_elsewhere():
    clock = Clock()
    queue = RunQueue(1, clock)
    compute(queue, clock, ADA, 3.0)
    compute(queue, clock, BEN, 3.0)
    compute(queue, clock, EVE, 4.0)
    assert order_of(queue, [BEN, ADA, EVE]) == [EVE, ADA, BEN]


def test_what_was_computed_is_forgotten_by_half_and_nothing_is_kept_of_who_is_long_gone():
    kept = spent.Spent()
    kept.add(ADA, 8.0, 0.0)
    assert kept.of(ADA, 2 * spent.HALF_LIFE) == 2.0
    for number in range(3 * spent.LOOKED_OVER):
        kept.add(number, 0.5, 1e6 + number * spent.HALF_LIFE)
    assert len(kept._by) <= spent.LOOKED_OVER + 1


@pytest.mark.parametrize(("had", "order"), [(0.0, ["short", "long"]), (90.0, ["long", "short"])])
def test_long_work_gives_way_between_its_parts_to_who_has_had_less(had, order):
    clock, done = Clock(), []
    queue = RunQueue(1, clock)
    compute(queue, clock, EVE, had)

    def short():
        with queue.slot(visitor=EVE):
            done.append("short")

    with queue.slot(visitor=ADA):
        other = start(short)
        until(lambda: queue.report()["waiting"] == 1)
        queue.give_way()  # too early: a part has not passed
        assert done == []
        clock.now += 5.0
        queue.give_way()
        done.append("long")
        assert queue.seconds() == pytest.approx(5.0)
    other.join(20)
    assert done == order


def test_work_that_gave_way_comes_back_though_who_overtook_it_waits_for_what_it_holds(monkeypatch):
    """A page that waits for a lock of another page would else stop both for ever."""
    monkeypatch.setattr(run_queue, "BACK_AFTER", 0.01)
    monkeypatch.setattr(run_queue, "PART", 0.0)
    monkeypatch.setattr(host, "ASK_AGAIN", 0.01)
    queue, held, done = RunQueue(1), threading.Lock(), []

    def short():
        with queue.slot(visitor=EVE), held:
            done.append("short")

    with queue.slot(visitor=ADA), held:
        other = start(short)
        until(lambda: queue.report()["waiting"] == 1)
        queue.give_way()
        assert queue.report()["computing"] == 2
        done.append("long")
    other.join(20)
    assert done == ["long", "short"]
    assert queue.report() == {"computing": 0, "waiting": 0, "at_once": 1}


def test_work_that_takes_too_long_is_ended_and_the_page_says_what_to_do(monkeypatch):
    clock, told = Clock(), []
    queue = RunQueue(1, clock)
    monkeypatch.setattr(run_queue, "RUNS", queue)
    monkeypatch.setattr(failures.messages, "problem", lambda *words: told.append(words))
    with queue.slot():
        Visitors().still_wanted()
        clock.now += waiting.settings.DEADLINE + 1
        with pytest.raises(run_queue.TookTooLong) as ended:
            Visitors().still_wanted()
    assert failures.tell_without_traceback(ended.value)
    assert told == [("page", failures.TOO_LONG, f"{waiting.settings.DEADLINE} {failures.LESS}")]


def test_what_is_taken_away_is_the_work_of_who_took_it(monkeypatch):
    """It is made in a thread that belongs to nobody."""
    clock, asks = Clock(), [ADA]
    queue = RunQueue(1, clock)
    monkeypatch.setattr(run_queue, "RUNS", queue)

    class Knows(Host):
        def visitor(self):
            return asks[0]

    monkeypatch.setattr(host, "_host", Knows())

    def work():
        clock.now += 3.0

    make = run_queue.queued(work)
    asks[0] = host.NOBODY
    make()
    assert queue._spent.of(ADA, clock.now) == 3.0
