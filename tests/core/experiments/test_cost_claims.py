"""The claims of lesson 12 hold on a sentence and the sizes of BERT, and their numbers are those of the ledger."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers

from core.attention import project_heads
from core.cost.sizes import Sizes
from core.experiments.cost import CLAIMS, Given, ability, dearer, dominates, every_head, generates, long_texts
from core.lessons import material
from core.lessons.cost import bill, learned
from pages.lessons.by_hand.cost import LAYERS
from tests.core.experiments.test_claims import check_sentence
from tests.core.shapes import normal

BERT = Sizes()


def drawn(n_tokens: int = 7, n_heads: int = 3, seed: int = 0, sizes: Sizes = BERT, size: float = 1.0) -> Given:
    """Heads of generic numbers."""
    return Given(*(size * normal(1, n_heads, n_tokens, 5, seed=seed + at) for at in range(3)), sizes)


@pytest.fixture(scope="module")
def sentence() -> Given:
    read, layer = material.encode("The animal did not cross the street because it was too tired"), material.layer_of(3)
    return Given(*project_heads(read.x(3), read.x(3), layer.maps, 12), Sizes())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_holds_on_a_sentence(claim, sentence):
    finding = claim(sentence, 0)
    assert finding.holds, finding
    check_sentence(finding)


@settings(max_examples=4)
@given(seed=integers(0, 1000), n_tokens=integers(1, 9))
def test_theorem_identities_hold_for_all_numbers(seed, n_tokens):
    """And every claim says one sentence, whatever is drawn."""
    for claim in CLAIMS:
        for size in (1.0, 0.0, 1e4):
            finding = claim(drawn(n_tokens, seed=seed, size=size), seed)
            check_sentence(finding)
            assert finding.holds or not claim.identity, finding


def test_the_numbers_of_the_ledger():
    bert = drawn(16)
    assert dominates(bert, 0)["tokens from which they are even"] == 6 * 768
    assert (generates(bert, 0)["tokens that go through, nothing kept"]) == 136
    assert generates(bert, 0)["tokens that go through, keys and values kept"] == 16
    assert every_head(bert, 0)["numbers of a token in a layer, every head its own"] == 1536
    assert every_head(bert, 0)["numbers of a token in a layer, one for all"] == 128
    assert long_texts(drawn(17), 0)["layers, dilated"] == 5
    assert dearer(bert, 0)["scores and mix over recurrence, 384 tokens"] == 0.5


@pytest.mark.parametrize("d_model", learned.WIDTHS)
@pytest.mark.parametrize("n_layers", LAYERS)
def test_a_larger_model_stays_above_what_its_text_allows_at_all_sizes_of_the_page(d_model, n_layers):
    assert ability(drawn(sizes=Sizes(1, d_model, 1, 1, 4 * d_model, n_layers)), 0).holds


@pytest.mark.parametrize(("n_tokens", "holds"), [(1024, True), (4095, True), (4097, False), (100_000, False)])
def test_scores_dominate_from_the_length_on_that_the_sentence_names(n_tokens, holds):
    """Of the page's own sizes, whose heads share keys and values: 4,096 tokens, not six times the width."""
    finding = dominates(drawn(sizes=replace(bill.OURS, n_tokens=n_tokens)), 0)
    assert finding.holds == holds
    assert "even at 4,096 tokens" in finding.says
    assert ("mostly scores" in finding.says) != holds
    check_sentence(finding)


def test_an_experiment_leaves_what_it_is_given_alone(sentence):
    before = [tensor.clone() for tensor in (sentence.queries, sentence.keys, sentence.values)]
    for claim in CLAIMS:
        claim(sentence, 0)
    assert all(
        torch.equal(*pair) for pair in zip(before, (sentence.queries, sentence.keys, sentence.values), strict=True)
    )
