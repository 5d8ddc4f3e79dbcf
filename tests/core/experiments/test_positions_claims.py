"""The claims of lesson 6: they hold on a learner's numbers and on a real model's."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.experiments.positions import CLAIMS, Given
from core.lessons import material
from core.lessons.positions import by_hand, real
from core.training import order
from core.transformer.positions import sinusoidal
from tests.core.experiments.test_claims import check_sentence
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}
TRAINED = {"order_unknown", "fixed_function", "never_ends", "which_side"}  # they train toys
IDENTITIES = {claim.name for claim in CLAIMS if claim.identity}


def numbers(seed: int = 1, **other) -> Given:
    """What a learner may bring, in sizes that are distinct primes."""
    made = Given(
        normal(5, 14, seed=seed),
        sinusoidal(torch.arange(5), 14).float(),
        normal(14, 3, seed=seed + 1),
        normal(14, 3, seed=seed + 2),
        normal(7, 22, seed=seed + 3),
        normal(11, 22, seed=seed + 4),
        lambda: sinusoidal(torch.arange(101), 26),
    )
    return replace(made, **other)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_on_generic_numbers_in_one_sentence(claim):
    finding = claim(numbers(), 0)
    assert finding.holds, finding
    check_sentence(finding)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_on_a_real_model(claim):
    read = material.encode("The animal did not cross the street because it was too tired")
    finding = claim(real.given(real.run(read, real.Settings()), 10_000.0, 64, 50, 1000), 0)
    assert finding.holds, finding
    check_sentence(finding)


@pytest.mark.parametrize("draw", [torch.zeros, torch.ones], ids=["zeros", "ones"])
@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if claim.name not in TRAINED], ids=lambda claim: claim.name
)
def test_numbers_that_show_nothing_crash_nothing(claim, draw):
    found = numbers(
        x=draw(1, 14),
        positions=draw(1, 14),
        w_x=draw(14, 3),
        w_p=draw(14, 3),
        queries=draw(1, 22),
        keys=draw(1, 22),
        learned_table=lambda: draw(2, 26),
        width=2,
        n_places=8,
        shift=1,
    )
    check_sentence(claim(found, 0))


@pytest.mark.parametrize("silent", ["queries", "keys"])
def test_where_every_distance_scores_the_same_no_preference_is_claimed(silent):
    finding = BY_NAME["locality"](numbers(**{silent: torch.zeros(7, 22)}), 0)
    assert not finding.holds
    assert "cannot be judged" in finding.says
    check_sentence(finding)


def test_on_numbers_by_hand_the_claim_on_learned_tables_is_tried_on_one_that_was_learned():
    written = by_hand.Written(("cat",), ((1.0, 0.0),), ((1.0,), (0.0,)), ((2.0,), (1.0,)), ((1.0, 0.5),), ((0.5, 1.0),))
    settings = by_hand.Settings()
    finding = BY_NAME["no_neighbours"](by_hand.given(by_hand.run(written, settings), written, settings), 0)
    assert finding["rows"] == len(real.learned_table()) == 512
    assert finding.holds


@given(seed=integers(0, 1000), shift=integers(1, 1000), width=integers(1, 32))
def test_theorem_what_follows_from_the_formula_holds_for_all_numbers(seed, shift, width):
    for name in IDENTITIES:
        assert BY_NAME[name](numbers(seed, shift=shift, width=2 * width), seed).holds


def test_the_ledgers_numbers():
    finding = BY_NAME["order_unknown"](numbers(), 0)
    assert 0.495 <= finding["no codes, no mask"] <= 0.51
    assert min(finding["sinusoids, no mask"], finding["no codes, causal mask"]) >= 0.99
    joined = BY_NAME["joined"](numbers(), 0)
    assert joined["joined and mapped, against mapped and added"] <= 1e-10
    turned = BY_NAME["added_code"](numbers(), 0)
    assert turned["turned: scores change by"] <= 1e-9
    assert turned["turning changes lengths by"] <= 1e-12
    assert turned["added: scores change by"] > 1
    assert BY_NAME["one_rotation"](numbers(), 0)["moved codes are off by"] <= 1e-6
    assert BY_NAME["one_of_its_own"](numbers(), 0)["nearest two with 32 hands"] == pytest.approx(1.47, abs=0.01)
    swing = BY_NAME["ever_less_alike"](numbers(), 0)
    assert swing["largest rise"] > 0.1


def test_the_refusal_of_a_learned_table_names_the_place():
    table = order.untrained("learned", False, 0).table
    with pytest.raises(ValueError, match="no vector for place 8"):
        table(torch.tensor([order.TRAINED]))
