"""Progress and recall in a real PostgreSQL that two replicas share: what was said to be kept is there, whatever is killed."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from pages.parts.progress import store
from pages.parts.progress.card_store import Answer, CardStore
from pages.parts.progress.store import Done, Store
from tests.browser.server import ROOT
from tests.server import postgresql

LEARNER = "a" * 32
WRITER = """
import sys, time
from sqlalchemy import create_engine
from pages.parts.progress.card_store import Answer, CardStore
from pages.parts.progress.store import Done, Store, options

address, learner, name = sys.argv[1:]
engine = create_engine(address, **options(address))
kept, cards = Store(engine), CardStore(engine)
number = 0
while True:
    now = int(time.time())
    kept.write(learner, [Done("masks", "claim", f"{name}{number}", 1, now), Done("masks", "step", "", number, now)])
    cards.answer(learner, [Answer(name, number, 5, now)])
    print(number, flush=True)
    number += 1
"""

pytestmark = pytest.mark.long


@pytest.fixture
def server():
    with tempfile.TemporaryDirectory() as folder:  # short, and for all to enter: pytest's own is neither
        Path(folder).chmod(0o755)
        with postgresql.running(Path(folder)) as running:
            yield running


def writer(server, name: str) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, server.address, LEARNER, name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def last(process: subprocess.Popen) -> int:
    """What a writer said last that it had kept."""
    said = process.communicate()[0].split()
    return int(said[-1])


def stores(address: str) -> tuple[Store, CardStore]:
    engine = create_engine(address, **store.options(address))
    return Store(engine), CardStore(engine)


def test_two_replicas_write_at_once_one_and_then_the_database_are_killed_and_nothing_is_lost(server):
    """Both begin with no table there, and write the same row again and again beside their own."""
    writers = {name: writer(server, name) for name in ("p", "q")}
    for process in writers.values():
        while int(process.stdout.readline()) < 29:
            pass
    writers["p"].kill()
    until = {"p": last(writers["p"])}
    while int(writers["q"].stdout.readline()) < until["p"] + 31:
        pass
    server.kill()
    until["q"] = last(writers["q"])
    assert writers["q"].returncode == 1  # it noticed
    server.start()
    kept, cards = stores(server.address)
    rows = kept.read(LEARNER)
    claims = {row.item for row in rows if row.kind == "claim"}
    answers, _ = cards.read(LEARNER)
    for name, number in until.items():
        assert {f"{name}{each}" for each in range(number + 1)} <= claims
        assert [each.number for each in answers if each.card == name][: number + 1] == list(range(number + 1))
    assert max(row.value for row in rows if row.kind == "step") >= max(until.values())


def test_it_keeps_what_the_file_keeps(server):
    """Of two answers to the same card at once one counts; the last one can be taken back; erasing takes all."""
    kept, cards = stores(server.address)
    kept.write(LEARNER, [Done("masks", "step", "", 7, 1_000)])
    kept.write(LEARNER, [Done("masks", "step", "", 5, 2_000)])
    assert [row.value for row in kept.read(LEARNER)] == [7]
    first, second = Answer("k", 0, 5, 1_000), Answer("k", 0, 1, 1_001)
    assert cards.answer(LEARNER, [first])
    assert not cards.answer(LEARNER, [second])
    cards.put(LEARNER, "own", "注意力 $q \\cdot k$")
    assert cards.read(LEARNER) == ([first], {"own": "注意力 $q \\cdot k$"})
    assert cards.take_back(LEARNER, first)
    assert kept.erase(LEARNER) == 1
    assert cards.erase(LEARNER) == 1
    assert kept.read(LEARNER) == []
