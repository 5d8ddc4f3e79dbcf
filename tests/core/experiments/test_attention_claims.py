"""The operator: the numbers that were promised, and the functions that a page draws."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.attention import attend
from core.experiments.attention import CLAIMS, dot_product_statistics, leave_one_out
from core.experiments.attention.scaling import pull, sensitivity
from core.experiments.attention.statistics import random_sets
from tests.core.experiments.learner import operands
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}
N_KEYS = 64


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("head_dim", [4, 16, 64, 256, 1024])
def test_the_variance_of_a_dot_product_is_its_width_and_scaled_it_is_1(head_dim, seed):
    found = dot_product_statistics(head_dim, N_KEYS, seed)
    error = 5 * math.sqrt((2 + 6 / head_dim) / 4000)  # five standard deviations of a variance of 4,000 draws
    assert found.raw.variance / head_dim == pytest.approx(1, abs=error)
    assert found.scaled.variance == pytest.approx(1, abs=error)


def test_a_wide_head_without_scaling_looks_at_one_key_and_with_scaling_at_many():
    narrow, wide = (dot_product_statistics(head_dim, N_KEYS, seed=0) for head_dim in (16, 1024))
    assert narrow.raw.top_weight == pytest.approx(0.6, abs=0.05)
    assert wide.raw.top_weight == pytest.approx(0.95, abs=0.02)
    assert wide.raw.entropy == pytest.approx(0.13, abs=0.04)
    for found in (narrow, wide):
        assert found.scaled.top_weight == pytest.approx(0.11, abs=0.01)
        assert found.scaled.entropy == pytest.approx(3.69, abs=0.03)
    assert wide.scaled.entropy < math.log(N_KEYS)


def test_the_histogram_holds_every_draw_between_its_edges():
    found = dot_product_statistics(7, 5, seed=1, n_bins=13)
    for spread in (found.raw, found.scaled):
        assert spread.edges.shape == (14,)
        assert spread.counts.sum() == 4000
    widest = [spread.edges.max().item() for spread in (found.raw, found.scaled)]
    assert widest[0] == pytest.approx(widest[1] * math.sqrt(7), rel=1e-5)


def test_statistics_come_from_the_seed_alone():
    first, again, other = (dot_product_statistics(5, 7, seed) for seed in (1, 1, 2))
    assert torch.equal(first.raw.counts, again.raw.counts)
    assert not torch.equal(first.raw.counts, other.raw.counts)
    assert first.scaled.entropy == again.scaled.entropy
    assert first.scaled.entropy != other.scaled.entropy


@pytest.mark.parametrize(
    ("head_dim", "raw", "scaled"), [(16, 0.276, 0.185), (64, 0.221, 0.179), (256, 0.117, 0.182), (1024, 0.068, 0.183)]
)
def test_the_gradient_of_the_unscaled_softmax_is_larger_for_narrow_heads_and_smaller_for_wide_ones(
    head_dim, raw, scaled
):
    queries, keys = random_sets(head_dim, N_KEYS, seed=0)
    for expected, scale in ((raw, 1.0), (scaled, head_dim**-0.5)):
        found = sensitivity(attend(queries, keys, keys, scale=scale).weights)
        assert found == pytest.approx(expected, abs=0.015)  # the mean of 400 rows


def test_the_gradient_back_to_the_query_is_even_over_widths_once_scores_are_scaled():
    finding = BY_NAME["vanishing_gradient"](*operands(seed=1), 0)
    scaled, raw = (
        [finding[f"back to the query, median, {kind}, d = {width:,}"] for width in (16, 64, 256, 1024)]
        for kind in ("scaled", "raw")
    )
    assert scaled == pytest.approx([0.18] * 4, abs=0.01)
    assert raw[1] > 1 > 0.05 > raw[3]


def test_the_pull_of_a_query_is_the_size_of_its_jacobian():
    query, keys = normal(3, seed=1).double(), normal(5, 3, seed=2).double()
    jacobian = torch.autograd.functional.jacobian(lambda q: (keys @ q).softmax(-1), query)
    found = pull((keys @ query).softmax(-1)[None, None, None], keys[None, None])
    assert found.item() == pytest.approx(jacobian.norm().item())


def test_sensitivity_is_the_size_of_the_jacobian_of_softmax():
    weights = normal(3, 5, seed=1).softmax(-1)
    by_torch = [torch.diag(row) - row.outer(row) for row in weights]
    assert sensitivity(weights) == pytest.approx(sum(jacobian.norm().item() for jacobian in by_torch) / 3, rel=1e-5)


@given(seed=integers(0, 1000), n_keys=integers(2, 7))
def test_theorem_leaving_a_key_out_is_deleting_its_row(seed, n_keys):
    """For all operands: hiding pair j moves each output exactly as far as deleting pair j."""
    queries, keys, values = operands(seed, n_keys=n_keys)
    moved = leave_one_out(queries, keys, values)
    output = attend(queries, keys, values).output
    assert moved.shape == (5, n_keys)
    for key in range(n_keys):
        others = torch.arange(n_keys) != key
        deleted = attend(queries, keys[:, :, others], values[:, :, others]).output
        torch.testing.assert_close(moved[:, key], (deleted - output)[0, 0].norm(dim=-1), atol=1e-5, rtol=1e-5)


def test_without_its_only_key_an_output_is_missed_as_a_whole():
    queries, keys, values = operands(seed=1, n_keys=1)
    moved = leave_one_out(queries, keys, values)
    torch.testing.assert_close(moved, values[0, 0].norm(dim=-1).expand(5, 1))


def test_the_shipped_example_weighs_one_key_more_and_misses_another():
    """Seed 3: key 4 weighs 0.32 and key 5 weighs 0.22, but the output moves further without key 5."""
    rng = torch.Generator().manual_seed(3)
    queries, keys, values = (torch.randn(1, 1, rows, 8, generator=rng) for rows in (1, 6, 6))
    weights = attend(queries, keys, values).weights.flatten()
    assert weights.tolist() == pytest.approx([0.12, 0.18, 0.06, 0.10, 0.32, 0.22], abs=0.005)
    moved = leave_one_out(queries, keys, values)[0]
    assert weights[4] > weights[5]
    assert moved[4] < moved[5]
    finding = BY_NAME["weight_is_importance"](queries, keys, values, 0)
    assert finding["queries whose rankings disagree"] == 1
    assert "key 5 weighs 0.220 and key 4 weighs 0.318" in finding.says


def test_two_keys_always_rank_alike():
    finding = BY_NAME["weight_is_importance"](*operands(seed=1, n_keys=2), 0)
    assert not finding.holds
    assert finding["queries whose rankings disagree"] == 0


def test_a_key_that_leads_by_5_keeps_943_thousandths_among_10_and_129_among_1000():
    finding = BY_NAME["dilution"](*operands(seed=1), 0)
    assert finding["weight of one that stands out among 10 keys"] == pytest.approx(math.exp(5) / (math.exp(5) + 9))
    assert finding["weight of one that stands out among 10 keys"] == pytest.approx(0.943, abs=5e-4)
    assert finding["weight of one that stands out among 1,000 keys"] == pytest.approx(0.129, abs=5e-4)
    assert finding["weight of your best key among 10 times the rivals"] < finding["weight of your best key"]


def test_changing_one_query_moves_no_other_output_at_all():
    finding = BY_NAME["many_queries"](*operands(seed=1), 0)
    assert finding["other outputs move by"] == 0
    assert finding["together against alone"] < 1e-12


def test_values_move_no_weight_and_no_score():
    where = BY_NAME["where_and_what"](*operands(seed=1), 0)
    assert where["weights move by, other values"] == 0
    assert where["weights move by, other keys"] > 0.1
    assert where["outputs move by, other values"] > 0.1
    matched = BY_NAME["value_is_matched"](*operands(seed=1), 0)
    assert matched["scores changed by other values"] == 0
    assert matched["scores changed by other keys"] == matched["scores"] == 35


def test_a_query_of_zeros_is_said_to_score_0_with_any_key():
    queries, keys, values = operands(seed=1)
    queries[:, :, 2] = 0
    finding = BY_NAME["value_is_matched"](queries, keys, values, 0)
    assert finding.holds
    assert finding["scores changed by other keys"] == 28
    assert "a query of zeros" in finding.says


def test_pairs_may_be_shuffled_and_keys_alone_may_not():
    finding = BY_NAME["pairs"](*operands(seed=1), 0)
    assert finding["pairs shuffled"] < 1e-14
    assert finding["only keys shuffled"] > 0.1


def test_keys_that_all_weigh_the_same_may_be_shuffled_alone():
    queries, keys, values = operands(seed=1)
    finding = BY_NAME["pairs"](0 * queries, keys, values, 0)
    assert not finding.holds
    assert finding["only keys shuffled"] < 1e-14
    assert "your weights are all equal" in finding.says


def test_the_refusal_of_a_wide_query_is_told_in_words():
    finding = BY_NAME["sizes"](*operands(seed=1), 0)
    assert "a query has 4 numbers and a key has 3" in finding.says
    assert finding["numbers in an output"] == 4


def test_a_key_stretched_5_times_scores_5_times_and_is_no_more_similar():
    finding = BY_NAME["similarity"](*operands(seed=1), 0)
    assert finding["dot product, stretched"] == pytest.approx(5 * finding["dot product"])
    assert finding["cosine, stretched"] == pytest.approx(finding["cosine"])
    assert finding["weight, stretched"] != pytest.approx(finding["weight"], abs=0.1)


def test_without_tanh_all_queries_look_alike():
    finding = BY_NAME["linear_score"](*operands(seed=1), 0)
    assert finding["queries differ by, without tanh"] < 1e-14
    assert finding["queries differ by, with tanh"] > 0.01


def test_scaling_afterwards_makes_rows_sum_to_one_over_root_d():
    finding = BY_NAME["scale_afterwards"](*operands(seed=1, head_dim=16), 0)
    assert finding["row sum, scaled before"] == pytest.approx(1)
    assert finding["row sum, scaled afterwards"] == pytest.approx(0.25)
    assert finding["largest share, scaled afterwards"] > finding["largest share, scaled before"]


def test_the_root_of_twelve_heads_leaves_a_twelfth_of_the_variance():
    finding = BY_NAME["head_width"](*operands(seed=1, head_dim=32), 0)
    by_head, by_model = finding["variance of scores, by the head"], finding["variance of scores, by the embedding"]
    assert by_head == pytest.approx(12 * by_model)
    assert by_head == pytest.approx(1, abs=0.1)
    assert finding["scaled scores of key 0 move by when it comes alone"] < 1e-14
    assert finding["entropy of your weights, by the head"] < finding["entropy of your weights, by the embedding"]


def test_outputs_stay_in_the_box_of_the_values_and_need_not_sum_to_1():
    finding = BY_NAME["output_is_a_distribution"](*operands(seed=1), 0)
    assert finding["outputs outside the box"] == 0
    assert abs(finding["highest sum"] - 1) > 0.01


def test_values_that_are_distributions_make_outputs_that_are():
    queries, keys, values = operands(seed=1)
    finding = BY_NAME["output_is_a_distribution"](queries, keys, values.softmax(-1), 0)
    assert finding["highest sum"] == pytest.approx(1)
    assert "only because your values are" in finding.says


def test_scores_in_place_of_weights_give_another_mixture():
    finding = BY_NAME["scores_mix_the_values"](*operands(seed=1), 0)
    assert finding["mixed by weights"] < 1e-14
    assert finding["mixed by scores"] > 0.1


def test_other_queries_move_the_weights_of_keys_that_stay():
    finding = BY_NAME["key_decides_alone"](*operands(seed=1), 0)
    assert finding["weights move by"] > 0.1


def test_normalising_forgets_what_all_scores_have_in_common():
    finding = BY_NAME["softmax_regularises"](*operands(seed=1), 0)
    assert finding["deviation from 1 afterwards"] < 1e-14
    assert finding["weights move by when 7 is added to all scores"] < 1e-14
    assert abs(finding["lowest sum before"] - 1) > 0.1


def test_all_eight_combinations_of_source_score_and_span_run_and_each_choice_is_felt():
    finding = BY_NAME["another_name"](*operands(seed=1), 0)
    assert finding["combinations"] == 8
    assert min(finding[f"{choice} moves weights by"] for choice in ("who asks", "the score", "the span")) > 0.1
    assert finding["largest deviation of a row sum from 1"] < 1e-14


def test_the_operator_by_hand_is_the_operator():
    assert BY_NAME["one_operator"](*operands(seed=1), 0)["largest difference"] < 1e-14


@pytest.mark.parametrize("name", ["where_and_what", "key_decides_alone", "many_queries", "weight_is_importance"])
def test_one_query_and_one_key_are_told_that_they_cannot_show_it(name):
    finding = BY_NAME[name](*operands(seed=1, n_queries=1, n_keys=1), 0)
    assert finding.holds == BY_NAME[name].identity
    assert "1 query" in finding.says or "1 key" in finding.says
