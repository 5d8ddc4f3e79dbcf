"""Claims on several seeds: what varies is what the seed drives, and the table says how often each held."""

import csv
import io

import pytest
import torch

from core import host
from core.experiments import ledger, runs
from core.experiments.__main__ import chosen, main
from core.experiments.claim import Finding, Number
from core.experiments.inputs import of_seed
from core.experiments.runs import Claimed, Tried


def test_a_seed_chooses_and_draws_what_claims_are_tried_on_and_always_the_same():
    one, again, other = of_seed(3), of_seed(3), of_seed(4)
    assert (one.text, one.scene, one.half, one.seed) == (again.text, again.scene, again.half, again.seed)
    assert one.text != other.text
    assert one.scene != other.scene
    assert one.half != other.half
    assert (one.picture.shape, one.picture.mean()) != (other.picture.shape, other.picture.mean())


@pytest.mark.long
def test_what_trains_no_toy_says_so_truly_and_what_does_is_marked():
    """Everything that is measured without being asked for is quick."""

    class Refusing(host.Host):
        def training(self):
            raise AssertionError("it trains")

    before, given = host.current(), of_seed(1)
    host.run_under(Refusing())
    try:
        for row in ledger.ROWS:
            if not row.trains:
                tried = runs.once(Claimed(row.name, row.claim), given)
                assert tried.finding, (row.name, tried.failed)
    finally:
        host.run_under(before)


def test_numbers_of_all_seeds_stand_from_the_least_to_the_largest():
    assert runs.spread([Number("a", 1.0)]) == "1.000"
    assert runs.spread([Number("a", 2.0), Number("a", -1.0), Number("a", 0.5)]) == "−1.000 to 2.000"


def test_a_claim_that_fails_on_a_seed_is_said_to_have_held_so_many_times():
    scaling = next(row for row in ledger.ROWS if row.claim.name == "scaling")
    claimed = Claimed(scaling.name, scaling.claim)
    found = [
        Tried(claimed.name, seed, Finding((Number(f"key {seed}", seed),), seed > 0, "."), 0.5) for seed in range(3)
    ]
    (summary,) = runs.summaries([claimed], found)
    assert (summary.held, summary.of, summary.result) == (2, 3, "2 of 3 held")
    assert summary.numbers == (("key …", "0 to 2.000"),)
    (failed,) = runs.summaries([claimed], [Tried(claimed.name, 0, None, 0.1, "the model is missing")])
    assert failed.result == "failed: the model is missing"


def test_the_command_writes_the_table_that_it_prints(tmp_path, capsys):
    main(["--seeds", "2", "--jobs", "1", "--only", "15", "71", "--out", str(tmp_path / "found.csv")])
    printed = capsys.readouterr().out
    rows = list(csv.reader(io.StringIO((tmp_path / "found.csv").read_text("utf-8-sig"))))
    assert rows[0] == list(runs.HEAD)
    assert [row[0] for row in rows[1:]] == ["15a", "15b", "15c", "71"]
    assert " to " in rows[1][3]
    assert rows[4][4] == "held, no seed"
    assert "| 71 |" in printed
    assert "4 of 4 sentences held on every one of 2 seeds" in printed


@pytest.mark.long
def test_a_cluster_of_two_processes_finds_the_same():
    claims = chosen([15, 21, 71], every=False)
    here, there = runs.run(claims, 2, 1), runs.run(claims, 2, 2, ray="local")
    assert [(each.name, each.seed, each.finding) for each in there] == [(e.name, e.seed, e.finding) for e in here]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--only", "88"], "there is no claim 88"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--jobs", "-1"], "--jobs is -1"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_words(given, words, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        main([*given, "--out", str(tmp_path / "found.csv")])
    assert words in str(stopped.value)


def test_every_claim_of_the_course_can_be_run():
    everything = chosen(None, every=True)
    assert len({each.name for each in everything}) == len(everything)
    assert len(everything) == len(ledger.ROWS) + len(ledger.beyond())


def test_a_run_leaves_no_trace_in_the_randomness_of_the_world():
    state = torch.get_rng_state()
    of_seed(2)
    assert torch.equal(state, torch.get_rng_state())
