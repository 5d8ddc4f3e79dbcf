"""Progress and recall in a real PostgreSQL that two replicas share: what was said to be kept is there, whatever is killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


def said(process: subprocess.Popen, number: int) -> int:
    """Wait until a writer has said at least this number, and return what it said."""
    while (now := int(process.stdout.readline())) < number:
        pass
    return now


def last(process: subprocess.Popen, before: int) -> int:
    """What a writer that has ended said last that it had kept, where nothing more was said the number before."""
    return int((process.communicate()[0].split() or [before])[-1])


@contextmanager
def stores(address: str) -> Iterator[tuple[Store, CardStore]]:
    engine = create_engine(address, **store.options(address))
    yield Store(engine), CardStore(engine)
    engine.dispose()


def test_two_replicas_write_at_once_one_and_then_the_database_are_killed_and_nothing_is_lost(server):
    """Both begin with no table there, and write the same row again and again beside their own."""
    writers = {name: writer(server, name) for name in ("p", "q")}
    until = {name: said(process, 29) for name, process in writers.items()}
    writers["p"].kill()
    until["p"] = last(writers["p"], until["p"])
    until["q"] = said(writers["q"], until["p"] + 31)
    server.kill()
    until["q"] = last(writers["q"], until["q"])
    assert writers["q"].returncode == 1  # it noticed
    server.start()
    with stores(server.address) as (kept, cards):
        rows, (answers, _) = kept.read(LEARNER), cards.read(LEARNER)
    claims = {row.item for row in rows if row.kind == "claim"}
    for name, number in until.items():
        assert {f"{name}{each}" for each in range(number + 1)} <= claims
        assert [each.number for each in answers if each.card == name][: number + 1] == list(range(number + 1))
    assert max(row.value for row in rows if row.kind == "step") >= max(until.values())


def test_it_keeps_what_the_file_keeps(server):
    """Of two answers to the same card at once one counts; the last one can be taken back; erasing takes all."""
    with stores(server.address) as (kept, cards):
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
