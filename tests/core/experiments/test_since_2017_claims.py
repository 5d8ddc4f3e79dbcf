"""The claims of lesson 13: they hold on a learner's numbers, and the numbers are the ledger's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers

from core.experiments.since_2017 import CLAIMS, Given
from core.experiments.since_2017.depth import DEEP, SHALLOW, pre_and_post
from tests.core.experiments.test_claims import check_sentence
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}
TRAINED = {"stabler_place", "more_nonlinear", "stabler_experts"}
IDENTITIES = {claim.name for claim in CLAIMS if claim.identity}


def numbers(seed: int = 1, **other) -> Given:
    """What a learner may bring."""
    return Given(3 * normal(5, 7, seed=seed) + 1, **other)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_on_generic_numbers_in_one_sentence(claim):
    finding = claim(numbers(), 0)
    assert finding.holds, finding
    check_sentence(finding)


@pytest.mark.parametrize("rows", [torch.zeros(1, 3), torch.ones(4, 1)], ids=["zeros", "one number"])
@pytest.mark.parametrize("claim", [each for each in CLAIMS if each.name not in {"stabler_place", "stabler_experts"}])
def test_numbers_that_show_nothing_crash_nothing(claim, rows):
    check_sentence(claim(Given(rows, experts=1, active=1, width=1, pairs=1), 0))


@settings(max_examples=10)
@given(seed=integers(0, 1000), experts=integers(1, 16))
def test_theorem_what_follows_from_the_formula_holds_for_all_numbers(seed, experts):
    for name in IDENTITIES:
        assert BY_NAME[name](numbers(seed, experts=experts, active=min(experts, 1 + seed % 4)), seed).holds


def test_the_ledgers_numbers_of_blocks_and_experts():
    costs = BY_NAME["times_as_many"](numbers(), 0)
    assert costs["8 experts of width 64, times one network"] == pytest.approx(8.0156, abs=1e-4)
    assert costs["what a token meets that asks 2, times one network"] == pytest.approx(2.0156, abs=1e-4)
    kept = BY_NAME["keys_of_its_own"](numbers(), 0)
    assert (kept.numbers[0].value, kept.numbers[1].value) == (1536, 128)
    both = BY_NAME["unchanged"](numbers(), 0)
    assert [each.value for each in both.numbers[:2]] == [12 * 768**2 + 13 * 768, 12 * 768**2 + 2 * 768]
    assert both["choices of five that differ"] == 4  # every head has its own keys in what is counted


def test_the_ledgers_numbers_of_norms_and_gates():
    gates = BY_NAME["more_nonlinear"](numbers(), 0)
    swiglu, plain = (each.value for each in gates.numbers[2:])
    assert swiglu <= 1e-3 < 0.05 <= plain
    assert BY_NAME["stabler_norm"](numbers(), 0)["both differ on tokens of mean 0 by"] <= 1e-5


def test_only_in_deep_stacks_does_the_place_of_the_norm_decide():
    (pre, post), (pre_deep, post_deep) = (pre_and_post(depth, 0) for depth in (SHALLOW, DEEP))
    assert max(pre.loss, post.loss) < 0.2
    assert pre_deep.loss < 1.5 < 2.6 < post_deep.loss


def test_a_sum_forgets_as_the_ledger_measured():
    found = BY_NAME["only_faster"]
    shares = [found(numbers(pairs=pairs), 0)[f"found of {pairs} pairs by linear attention"] for pairs in (32, 128, 512)]
    assert shares == pytest.approx([1.0, 0.43, 0.04], abs=0.05)
