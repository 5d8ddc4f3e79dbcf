"""Self-attention on sets: the numbers that were promised."""

import pytest
import torch

from core.attention import Projections
from core.experiments.self_attention import CLAIMS
from core.experiments.self_attention.maps import count_products
from core.lessons import material
from tests.core.experiments.learner import tokens_and_maps
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}


def find(name: str, **size: int):
    return BY_NAME[name](*tokens_and_maps(1, **size), 0)


def test_shuffling_commutes_with_the_layer_to_the_last_digits_of_either_precision():
    finding = find("equivariant", n_tokens=7)
    assert 0 < finding["before or after, in double precision"] <= 1e-10
    assert 1e-9 < finding["before or after, in single precision"] <= 1e-5
    assert finding["before or after, with a causal mask"] > 0.1


def test_outputs_move_with_their_tokens_and_their_mean_stays():
    finding = find("invariant")
    assert finding["outputs move by"] > 0.1
    assert finding["their mean moves by"] <= 1e-10


def test_one_wide_product_does_the_work_of_three():
    finding = find("fused")
    assert finding["largest difference"] <= 1e-12
    assert (finding["products, separate"], finding["products, fused"]) == (3, 1)


def test_products_are_counted_as_they_run():
    a, b = normal(3, 5, seed=1), normal(5, 7, seed=2)
    product, count = count_products(lambda: a @ b + torch.matmul(a, b) + 0 * (a @ b))
    assert count == 3
    torch.testing.assert_close(product, 2 * (a @ b))


def test_all_tokens_at_once_get_what_each_would_get_alone():
    assert find("all_at_once")["largest difference"] <= 1e-12


def test_every_token_attends_to_itself():
    finding = find("only_the_others")
    assert 0 < finding["smallest weight on itself"] <= finding["mean weight on itself"] < 1


def test_a_weight_too_small_to_store_is_still_not_forbidden():
    x, maps = tokens_and_maps(1)
    finding = BY_NAME["only_the_others"](1e4 * x, maps, 0)
    assert finding["smallest weight on itself"] == 0
    assert finding.holds
    assert "too small" in finding.says


def test_weights_are_one_way_and_correlations_are_mutual():
    finding = find("correlation")
    assert finding["weights: largest difference between the two directions"] > 0.1
    assert finding["correlations: largest difference between the two directions"] < 1e-12
    assert finding["smallest weight"] > 0 > finding["smallest correlation"]


@pytest.mark.parametrize("n_tokens", [2, 3, 7])
def test_under_untrained_maps_preference_is_a_coin_toss(n_tokens):
    finding = find("love", n_tokens=n_tokens)
    assert finding["prefers token 0, untrained"] == pytest.approx(0.5, abs=0.1)
    assert finding["smallest weight"] >= 0


def test_equal_tokens_leave_nothing_to_prefer():
    x, maps = tokens_and_maps(1)
    x[:, 1] = x[:, 0]
    finding = BY_NAME["love"](x, maps, 0)
    assert not finding.holds
    assert "equal" in finding.says


def test_a_silenced_token_keeps_its_weight_and_delivers_nothing():
    finding = find("weight_is_importance")
    assert finding["weight, value zeroed"] == finding["weight"] > 0.2
    assert finding["contribution, value zeroed"] == 0 < finding["contribution"]


def test_a_light_token_with_a_long_value_delivers_more_than_the_heaviest():
    x = torch.tensor([[[0.1, 1.0], [3.0, 0.0]]])
    like_first = Projections.without_bias(torch.eye(2)[:, 1:], torch.eye(2)[:, 1:], torch.eye(2))
    finding = BY_NAME["weight_is_importance"](x, like_first, 0)
    assert finding["tokens whose largest weight is not their largest contribution"] == 1


def test_the_first_token_of_a_real_head_gets_half_of_the_weight_and_delivers_little():
    """Layer 3, head 1 on the lesson's own sentence."""
    given = material.head_on_sentence("The animal did not cross the street because it was too tired", 3, 1)
    finding = BY_NAME["first_token_says_much"](given.x, given.maps, 0)
    assert finding.holds
    assert finding["its share of the weights"] > 0.4
    assert finding["its share of weight × ‖v‖, row by row"] < 0.25


def test_the_parameters_do_not_know_the_length_of_the_sentence():
    finding = find("same_for_every_sentence", d_model=5, width=3)
    assert finding["parameters"] == 3 * (5 * 3 + 3)
    assert finding["weights for 3 tokens"] == 9
    assert finding["weights for 300 tokens"] == 90_000


def test_another_token_0_moves_its_own_vectors_only():
    finding = find("learned_vectors")
    assert finding["vectors of token 0 move by"] > 0.1
    assert finding["vectors of all others move by"] == 0


def test_a_query_map_with_one_column_more_is_refused_in_words():
    finding = find("sizes", width=3)
    assert "a query has 4 numbers and a key has 3" in finding.says
    assert finding["numbers in an output"] == 6


def test_self_comes_without_scaled_dot_products_and_they_come_without_self():
    finding = find("another_name", n_tokens=7)
    assert finding["weights, self and additive"] == 49
    assert finding["weights, cross and scaled dot product"] == 4 * 7
    assert finding["weights move by with the other score"] > 0.01
