"""The claims of lesson 12 hold on a sentence and the sizes of BERT, and their numbers are those of the ledger."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers

from core.attention import project_heads
from core.cost.sizes import Sizes
from core.experiments.cost import CLAIMS, Given, dearer, dominates, every_head, generates, long_texts
from core.lessons import material
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
    assert dearer(bert, 0)["attention over recurrence, 384 tokens"] == 0.5


def test_an_experiment_leaves_what_it_is_given_alone(sentence):
    before = [tensor.clone() for tensor in (sentence.queries, sentence.keys, sentence.values)]
    for claim in CLAIMS:
        claim(sentence, 0)
    assert all(
        torch.equal(*pair) for pair in zip(before, (sentence.queries, sentence.keys, sentence.values), strict=True)
    )
