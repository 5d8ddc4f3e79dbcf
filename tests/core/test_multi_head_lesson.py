"""Lesson 8: what two products of a head do, on made-up numbers and on the layer of the model that opens the lesson."""

import pytest
import torch

from core.attention import MultiHeadAttention
from core.lessons import material, multi_head
from core.lessons.multi_head import WRONG_MERGE, WRONG_SPLIT, Settings, circuits
from tests.core.formula_examples import biased
from tests.core.shapes import normal

X = normal(1, 7, 15, seed=1)
LAYER = MultiHeadAttention(biased(15, 15, seed=3), normal(15, 15, seed=11), normal(15, seed=12), 3)


@pytest.fixture(scope="module")
def given() -> material.Layer:
    return material.layer_on_sentence("The animal did not cross the street because it was too tired", 3)


@pytest.mark.parametrize("muted", [(), (1,)])
def test_by_its_products_a_layer_is_what_it_is(muted):
    found = multi_head.run(X, LAYER, Settings(3, ablated=muted)).circuits
    assert found.weights_error < 1e-5
    assert found.sum_error < 1e-3
    assert (found.trace.brought[0, list(muted)] == 0).all()


def test_both_products_of_every_head_of_the_model_have_rank_32_of_384(given):
    result = multi_head.run(given.x, given.layer, Settings())
    assert (result.circuits.ranks == 32).all()
    w_query, w_key, w_value, w_output = circuits.of_heads(given.layer)
    for left, right, values in ((w_query, w_key, 0), (w_value, w_output.mT, 1)):
        whole = torch.linalg.svdvals((left[5] @ right[5].mT).double())
        torch.testing.assert_close(result.circuits.singular[5, values].double(), whole[:64], atol=1e-5, rtol=1e-5)


def test_a_bias_of_the_keys_moves_scores_and_no_weight(given):
    found = multi_head.run(given.x, given.layer, Settings()).circuits
    assert found.bias_scores.abs().max() > 5
    assert 0 < found.bias_weights.max() < 1e-5
    assert 0 < found.own_bias < 0.1  # training never heard of it


def test_another_number_of_heads_is_compared_with_the_layer_as_it_was_trained(given):
    changes = {heads: multi_head.run(given.x, given.layer, Settings(heads)).change for heads in (1, 8, 12)}
    assert changes[12] == 0
    assert changes[8] == pytest.approx(0.53, abs=0.01)
    assert changes[1] > 1


def test_with_one_head_two_bare_reshapes_find_nothing_to_mix_up():
    wrong = multi_head.run(X, LAYER, Settings(1, WRONG_SPLIT, WRONG_MERGE))
    right = multi_head.run(X, LAYER, Settings(1))
    assert wrong.strangers == wrong.merged_strangers == 0
    torch.testing.assert_close(wrong.built.mixed, right.built.mixed)
