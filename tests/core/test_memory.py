"""What is kept lies within one bound, goes when nobody asked for it, and comes back equal."""

import re
import threading
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from core import machine, memory
from core.host import Host, Visitor
from core.memory import AT_WORK, FULL, LEAST, UNASKED, Memory, size_of
from tests.threads import start, until

BOUND = 1009


class Machine:
    """A process that has as much memory as is kept, and something more."""

    def __init__(self, bound: int = BOUND):
        self.other, self.now, self.given_back = 0, 0.0, 0
        self.memory = Memory(bound, self.resident, self.give_back, lambda: self.now)

    def resident(self) -> int:
        return self.other + sum(each.n_bytes for each in self.memory._kept.values())

    def give_back(self) -> None:
        self.given_back += 1

    def keep(self, key: object, n_bytes: int = 0, made: list | None = None, stays: bool = False) -> object:
        def make() -> tuple[object, int]:
            if made is not None:
                made.append(key)
            return key, n_bytes

        return self.memory.keep(key, make, lambda value: value[1], stays=stays)


def test_what_was_asked_for_longest_ago_goes_first_and_is_made_again():
    one, made = Machine(), []
    for key in ("a", "b", "c"):
        one.keep(key, 331, made)
    one.keep("a", 331, made)
    one.keep("d", 331, made)  # there is room for three
    assert one.resident() <= BOUND
    for key in ("a", "c", "d"):
        one.keep(key, 331, made)
    assert made == ["a", "b", "c", "d"]
    assert one.keep("b", 331, made) == ("b", 331)
    assert made[-1] == "b"


def test_what_the_rest_of_the_process_takes_is_no_room_but_a_part_stays_for_what_is_kept():
    one = Machine()
    for key in range(8):
        one.keep(key, 101)
    one.other = 10 * BOUND
    one.keep("new", 7)
    assert 0 < one.memory.report().kept <= BOUND // LEAST + 101
    one.other = 0
    assert one.memory.report() == (BOUND, one.resident(), one.resident(), 0, 0)


def test_what_stays_never_goes_and_what_is_too_large_for_all_is_kept_until_the_next():
    one, made = Machine(), []
    one.keep("ours", 13, made, stays=True)
    one.keep("large", 3 * BOUND, made)
    assert one.keep("large", 0, made) == ("large", 3 * BOUND)
    one.keep("next", 17, made)
    one.keep("ours", 0, made)
    one.keep("large", 3 * BOUND, made)
    assert made == ["ours", "large", "next", "large"]


def test_before_something_is_made_there_is_room_for_what_the_last_one_like_it_took():
    one, most = Machine(), []

    def make(n_bytes: int) -> int:
        one.other += AT_WORK * n_bytes
        most.append(one.resident())
        one.other = 0
        return n_bytes

    for key in range(17):
        one.memory.keep(key, partial(make, 101), int, like="reading")
    assert max(most) <= BOUND
    assert one.memory.report().kept > BOUND // 2
    one.memory.keep("small", lambda: 1, int, like="word")  # nothing like it was made: it takes nobody's room
    before = one.memory.report().kept
    one.memory.keep("next", lambda: 1, int, like="word")
    assert one.memory.report().kept == before + 1


def test_room_that_could_not_be_made_is_not_waited_for_ever_after(monkeypatch):
    """What the process has is read from a file, and a process may have too many of them open."""
    one = Machine()
    one.memory.keep("last", lambda: 401, int, like="reading")
    with monkeypatch.context() as broken:
        broken.setattr(one.memory, "_resident", lambda: int("no number"))
        with pytest.raises(ValueError, match="no number"):
            one.memory.keep("next", lambda: 1, int, like="reading")
    one.memory.keep("other", lambda: 101, int, like="word")
    assert one.memory.report().kept == 401 + 101


def test_what_nobody_asked_for_in_a_long_time_goes_though_there_is_room():
    one, made = Machine(), []
    one.keep("old", 3, made)
    one.now = UNASKED - 1
    one.keep("young", 5, made)
    one.now = UNASKED
    one.keep("new", 7, made)
    one.keep("young", 5, made)
    one.keep("old", 3, made)
    assert made == ["old", "young", "new", "old"]


def test_what_many_ask_for_at_once_is_made_once_and_those_who_wait_give_their_place_up(monkeypatch):
    one, made, aside, go_on = Machine(), [], [], threading.Event()

    class Lends(Host):
        def aside(self):
            aside.append(1)
            return super().aside()

    monkeypatch.setattr(memory.host, "_host", Lends())

    def make() -> str:
        made.append(1)
        go_on.wait(20)
        return "made"

    found = []
    threads = [start(lambda: found.append(one.memory.keep("key", make, len))) for _ in range(7)]
    until(lambda: len(aside) == 6)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert (found, made) == (["made"] * 7, [1])


def test_what_two_make_at_once_since_a_third_one_failed_is_the_same_for_both(monkeypatch):
    one, aside, found = Machine(), threading.Event(), []
    failing, fails, making, made = (threading.Event() for _ in range(4))

    class Lends(Host):
        def aside(self):
            aside.set()
            return super().aside()

    monkeypatch.setattr(memory.host, "_host", Lends())

    def fail() -> list[str]:
        failing.set()
        fails.wait(20)
        raise ValueError("it failed")

    def slow() -> list[str]:
        making.set()
        made.wait(20)
        return ["slow"]

    def ask() -> None:
        with pytest.raises(ValueError, match="it failed"):
            one.memory.keep("key", fail, len)

    threads = [start(ask)]
    failing.wait(20)
    threads.append(start(lambda: found.append(one.memory.keep("key", slow, len))))
    aside.wait(20)
    fails.set()
    making.wait(20)
    quick = one.memory.keep("key", lambda: ["quick"], len)  # who comes now does not know of the one who waited
    made.set()
    for thread in threads:
        thread.join()
    assert found[0] is quick
    assert one.memory.keep("key", slow, len) is quick


def test_what_could_not_be_made_is_made_by_the_next_who_asks():
    one = Machine()
    with pytest.raises(ValueError, match="wrong"):
        one.memory.keep("key", partial(int, "wrong"))
    assert one.memory.keep("key", lambda: 7) == 7
    assert not one.memory._making


def test_room_that_is_lent_is_made_and_never_more_than_a_share_but_for_one_alone():
    one, inside = Machine(), []
    most, guard = 0, threading.Lock()
    for key in range(9):
        one.keep(key, 101)
    with one.memory.lend(BOUND // 2):
        assert one.resident() + BOUND // 2 <= BOUND

    def work(n_bytes: int) -> None:
        nonlocal most
        with one.memory.lend(n_bytes):
            with guard:
                inside.append(n_bytes)
                most = max(most, sum(inside) if len(inside) > 1 else 0)
            threading.Event().wait(0.002)
            with guard:
                inside.remove(n_bytes)

    threads = [start(partial(work, n_bytes)) for n_bytes in (101, 103, 107, 2 * BOUND, 109, 113)]
    for thread in threads:
        thread.join(20)
    assert most <= one.memory.share
    assert one.memory.report().lent == 0


def test_what_was_brought_is_counted_until_it_is_gone_and_refused_in_words_where_it_is_too_much():
    class Picture:
        pass

    one, first, second = Machine(), Picture(), Picture()
    one.memory.hold(first, one.memory.share - 3)
    with pytest.raises(ValueError, match=re.escape(FULL)):
        one.memory.hold(second, 5)
    assert one.memory.report().brought == one.memory.share - 3
    first.itself = first  # Python lets go of a circle only when it looks for one
    del first
    one.memory.hold(second, 5)
    assert one.memory.report().brought == 5


def test_of_what_is_kept_for_a_visitor_another_one_gets_nothing(monkeypatch):
    made = []
    host = Host()
    monkeypatch.setattr(memory.host, "_host", host)
    monkeypatch.setattr(memory, "MEMORY", Machine().memory)

    def make(text: str, _beside: object = None) -> list[str]:
        made.append(text)
        return [text]

    own, ours = memory.kept(make), memory.kept_for_all(make)
    for name in ("ada", "ben", "ada"):
        monkeypatch.setattr(host, "visitor", lambda name=name: Visitor("", name))
        assert own("one", object()) == own(text="one") == ["one"]
        assert own("two") == ["two"]
        assert ours("three") == ["three"]
    assert made == ["one", "two", "three", "one", "two"]


def test_what_is_made_of_ours_is_made_once_for_everybody_and_of_what_somebody_typed_for_each(monkeypatch):
    host, made = Host(), []
    monkeypatch.setattr(memory.host, "_host", host)
    monkeypatch.setattr(memory, "MEMORY", Machine().memory)

    @memory.kept_for_all_if(lambda text, _beside=None: text == "ours")
    def read(text: str, _beside: object = None) -> list[str]:
        made.append(text)
        return [text]

    for name in ("ada", "ben", "ada"):
        monkeypatch.setattr(host, "visitor", lambda name=name: Visitor("", name))
        assert read("ours", object()) == ["ours"]
        assert read(text="typed") == ["typed"]
    assert made == ["ours", "typed", "typed"]


@dataclass(frozen=True)
class Result:
    tensors: dict[str, torch.Tensor]
    picture: np.ndarray
    again: partial
    net: nn.Module


def test_what_is_kept_for_a_visitor_goes_when_the_visitor_does():
    one, made = Machine(), []

    def keep(whose: str | None) -> None:
        one.memory.keep("key", lambda: made.append(whose), whose=whose)

    for whose in ("ada", "ben", None):
        keep(whose)
    one.memory.forget("ada")
    for whose in ("ada", "ben", None):
        keep(whose)
    assert made == ["ada", "ben", None, "ada"]


def test_what_grows_is_as_large_as_when_it_was_asked_for_last():
    one, text = Machine(), []
    one.memory.keep("text", lambda: text, len, grows=True)
    text += range(11)
    assert one.memory.keep("text", lambda: [], len, grows=True) is text
    assert one.memory.report().kept == 11


def test_a_result_is_as_large_as_its_tensors_and_arrays_each_counted_once():
    whole = torch.zeros(11, 13)
    picture = np.zeros((17, 19), np.uint8)
    result = Result({"a": whole, "b": whole[3:5]}, picture[1:], partial(len, [picture]), nn.Linear(23, 29))
    letters = size_of(("a", "b"))
    assert size_of(result) == 11 * 13 * 4 + 17 * 19 + letters
    assert size_of([result, picture], {id(result)}) == 17 * 19
    looped: list = [whole]
    looped.append(looped)
    assert size_of(looped) == 11 * 13 * 4


def test_much_that_is_let_go_of_is_given_back_to_the_system():
    one = Machine(memory.TRIM)
    for key in range(5):
        one.keep(key, memory.TRIM - 1)
    assert one.given_back == 2


@pytest.mark.parametrize(
    ("name", "said", "is_less"),
    [
        ("memory.max", "1009\n", True),
        ("memory/memory.limit_in_bytes", "1009", True),
        ("memory.max", "max\n", False),
        ("memory/memory.limit_in_bytes", "9223372036854771712", False),
    ],
)
def test_a_container_has_what_it_may_take_and_else_what_the_machine_has(tmp_path, name, said, is_less):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(said)
    assert machine.memory(tmp_path) == (1009 if is_less else machine.memory(tmp_path / "nowhere"))


def test_this_process_has_memory_and_gives_back_what_it_does_not_need():
    assert 1e6 < machine.resident() < machine.memory()
    machine.give_back()
