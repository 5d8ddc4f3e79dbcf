"""A class that reads long texts stays below the bound of the server, and what was let go of comes back equal."""

import random

import numpy as np
import pytest

from core import host, machine, memory
from core.host import Host, Visitor
from core.memory import Memory
from core.models import loading, offline
from tests.pages.screen import assert_no_failure, open_page, sent

CLASS = 100
WORDS = 510  # with [CLS] and [SEP] the 512 tokens that the model reads
ROOM = 500_000_000  # bytes beyond what the process takes before: five readings
AT_WORK = 250_000_000  # bytes that one page takes for a moment


def text(turn: int) -> str:
    chosen = random.Random(turn)
    return " ".join(chosen.choice(("cat", "dog", "tree", "house", "river")) for _ in range(WORDS))


class Class(Host):
    """Each page belongs to the visitor who is there now."""

    name = ""

    def visitor(self) -> Visitor:
        return Visitor("", self.name)


@pytest.fixture
def small(monkeypatch):
    """A server with little room."""
    loading.load(offline.NAME)
    open_page("self_attention"), open_page("multi_head"), open_page("sentence_lab")
    made = Memory(machine.resident() + ROOM)
    monkeypatch.setattr(host, "_host", Class())
    monkeypatch.setattr(memory, "MEMORY", made)
    return made


def reads(name: str, turns: tuple[int, ...]) -> list[dict[str, np.ndarray]]:
    """What a visitor's page shows of long texts, one after the other, before two lessons."""
    host._host.name, found = name, []
    app = open_page("sentence_lab", lab_text=text(turns[0]))
    for turn in turns:
        app.text_input(key="lab_text").set_value(text(turn)).run()
        assert_no_failure(app)
        found.append(sent(app, "lab")[1])
    for slug in ("self_attention", "multi_head"):
        assert_no_failure(open_page(slug))
    return found


@pytest.mark.long
def test_a_hundred_visitors_who_each_left_two_readings_of_512_tokens_stay_below_the_bound(small):
    first = reads("visitor 0", (0, 1))
    for number in range(1, CLASS):
        reads(f"visitor {number}", (2 * number, 2 * number + 1))
    now = small.report()
    assert now.resident <= now.bound + AT_WORK
    again = reads("visitor 0", (0, 1))
    assert [each.keys() for each in again] == [each.keys() for each in first]
    for before, after in zip(first, again, strict=True):
        assert all(np.array_equal(before[name], after[name]) for name in before)
