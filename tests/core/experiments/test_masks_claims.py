"""Masks: the leak meter, the wrong mask, the band, and the numbers that were promised."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.attention import COSINE, attend, masks, self_attend
from core.experiments.masks import CLAIMS, attend_banded, attend_mask_after_softmax, leak
from core.experiments.masks.span import predicted_centres
from core.trace import references, steps
from tests.core.experiments.learner import operands, tokens_and_maps
from tests.core.shapes import BATCH, HEADS, KEYS, QUERIES, VALUE_DIM
from tests.core.shapes import operands as many_operands

BY_NAME = {claim.name: claim for claim in CLAIMS}


def find(name: str, **size: int):
    return BY_NAME[name](*tokens_and_maps(1, **size), 0)


@given(seed=integers(0, 1000), n_tokens=integers(1, 9))
def test_theorem_under_a_causal_mask_nothing_leaks_back(seed, n_tokens):
    """For all tokens and maps: output i moves exactly 0 when a later token is replaced, and moves otherwise."""
    x, maps = tokens_and_maps(seed, n_tokens=n_tokens)
    moved = leak(x, maps, masks.causal(n_tokens))
    visible = masks.causal(n_tokens)[0, 0]
    assert (moved[~visible] == 0).all()
    assert (moved[visible] > 0).all()


@given(seed=integers(0, 1000), n_tokens=integers(2, 9))
def test_theorem_a_mask_after_the_softmax_leaks_everywhere(seed, n_tokens):
    """For all tokens and maps: every output moves when any token is replaced, and rows that hide a key sum to < 1."""
    x, maps = tokens_and_maps(seed, n_tokens=n_tokens)
    assert (leak(x, maps, masks.causal(n_tokens), after_softmax=True) > 0).all()
    made = self_attend(x, maps)
    wrong = attend_mask_after_softmax(made.queries, made.keys, made.values, masks.causal(n_tokens))
    assert (wrong.cut.sum(-1)[..., :-1] < 1).all()
    torch.testing.assert_close(wrong.cut[..., -1, :].sum(-1), torch.ones(1, 1))


def test_the_leak_meter_has_a_row_per_output_and_a_column_per_replaced_token():
    x, maps = tokens_and_maps(1)
    assert leak(x, maps, None).shape == (7, 7)
    some = leak(x, maps, masks.local(7, 1), edits=[2, 5])
    assert some.shape == (7, 2)
    assert (some[:, 0] > 0).tolist() == [False, True, True, True, False, False, False]
    assert torch.equal(some, leak(x, maps, masks.local(7, 1))[:, [2, 5]])


def test_the_leak_meter_measures_how_far_outputs_move():
    x, maps = tokens_and_maps(1)
    negated = x.clone()
    negated[:, 3] *= -1
    before, after = (self_attend(tokens, maps).attention.output[0, 0] for tokens in (x, negated))
    expected = (after - before).norm(dim=-1)
    torch.testing.assert_close(leak(x, maps, None)[:, 3], expected)


def test_a_token_of_zeros_is_replaced_by_ones():
    x, maps = tokens_and_maps(1)
    x[:, 2] = 0
    assert (leak(x, maps, None)[:, 2] > 0).all()


def test_the_wrong_mask_is_a_trace_like_any_other():
    queries, keys, values = many_operands()
    allowed = masks.everything(QUERIES, KEYS).tril()
    trace = attend_mask_after_softmax(queries, keys, values, allowed, score=COSINE, scale=2.0)
    seen = attend(queries, keys, values, score=COSINE, scale=2.0)
    declared = steps(trace)
    assert [step.name for step in declared] == ["scores", "scaled", "unmasked", "cut", "output"]
    names = set()
    for step in declared:
        assert set(references(step.formula)) <= names
        names.add(step.name)
    assert torch.equal(trace.scaled, seen.scaled)
    assert torch.equal(trace.unmasked, seen.weights)
    assert (trace.cut[~allowed.expand_as(trace.cut)] == 0).all()
    torch.testing.assert_close(trace.output, (seen.weights * allowed) @ values)
    assert trace.output.shape == (BATCH, HEADS, QUERIES, VALUE_DIM)


@given(seed=integers(0, 1000), n_tokens=integers(1, 11), window=integers(0, 13))
def test_theorem_a_band_gives_what_a_masked_table_gives(seed, n_tokens, window):
    """For all lengths and windows, also wider than the sequence: the same outputs from at most N (2w + 1) scores."""
    queries, keys, values = (tensor.double() for tensor in operands(seed, n_queries=n_tokens, n_keys=n_tokens))
    banded = attend_banded(queries, keys, values, window)
    dense = attend(queries, keys, values, masks.local(n_tokens, window))
    torch.testing.assert_close(banded.output.transpose(0, 2), dense.output, atol=1e-12, rtol=0)
    assert banded.scores.numel() == n_tokens * (2 * window + 1)
    assert (banded.weights > 0).sum() == masks.kept(masks.local(n_tokens, window))


def test_64_tokens_with_a_window_of_3_take_448_scores_in_place_of_4096():
    queries, keys, values = operands(1, n_queries=64, n_keys=64)
    assert attend_banded(queries, keys, values, 3).scores.numel() == 448
    assert attend(queries, keys, values, masks.local(64, 3)).scores.numel() == 4096


def test_16_tokens_keep_74_pairs_in_a_band_of_80_scores():
    finding = find("local_saves", n_tokens=16)
    assert finding["pairs kept"] == 74
    assert finding["scores computed, band"] == 80
    assert finding["scores computed, table"] == 256
    assert finding["largest difference"] < 1e-14


def test_a_mask_alone_still_forms_the_whole_table():
    finding = find("mask_alone", n_tokens=16)
    whole = 3 * 256  # scores, masked scores and weights
    assert finding["with a local mask"] == finding["numbers in tables of scores and weights, no mask"] == whole
    assert finding["of one table hidden"] == 256 - 74
    assert finding["with the band alone"] == 3 * 16 * 5


def test_another_last_token_moves_the_last_output_only():
    finding = find("no_look_ahead")
    assert finding["earlier outputs move by"] == 0
    assert finding["the last by"] > 0.1


def test_a_late_mask_leaks_and_a_timely_one_does_not():
    finding = find("mask_afterwards")
    assert finding["smallest row sum"] < 0.5
    assert finding["output 0 moves by, masked afterwards"] > 0.001
    assert finding["output 0 moves by, masked before"] == 0


def test_a_hidden_row_is_zeros_in_one_function_of_torch_no_numbers_in_another_and_refused_here_by_name():
    finding = find("hidden_row", n_tokens=7)
    assert finding["zeros that scaled_dot_product_attention makes of it"] == 3
    assert finding["weights of MultiheadAttention that are no number"] == 7
    assert finding["weight on forbidden keys with −1,000,000,000"] == pytest.approx(1)
    assert "query 3 (batch 0, head 0) may attend to no key" in finding.says


def test_a_softmax_along_the_queries_leaks_though_the_mask_stands_before_it():
    finding = find("either_axis")
    assert finding["smallest row sum, along the queries"] < 1 < finding["largest row sum, along the queries"]
    assert finding["output 0 moves by, along the keys"] == 0
    assert finding["output 0 moves by, along the queries"] > 0.001


def test_a_billion_below_nothing_is_no_number_of_half_precision():
    finding = find("minus_a_billion")
    assert finding["weights differ from those of −∞ by, single precision"] < 1e-6
    assert finding["weights that are no number, all keys hidden by −1,000,000,000"] == 7
    assert finding["weights that are no number, all keys hidden by its smallest number"] == 0
    with pytest.raises(RuntimeError, match="overflow"):
        torch.zeros(1).half().masked_fill(torch.tensor([True]), -1e9)


def test_a_text_that_is_there_takes_one_pass_and_one_that_is_written_a_pass_for_each_token():
    finding = find("all_at_once")
    assert finding["one pass differs from a pass for each beginning by"] < 1e-14
    assert finding["passes to write"] == 6
    assert finding["tokens that one pass over empty places has right"] == 2


def test_without_a_mask_predictions_see_their_answers():
    finding = find("images", n_tokens=7)
    assert finding["predictions"] == finding["predictions that see their answer, no mask"] == 6
    assert finding["predictions that see their answer, causal mask"] == 0
    assert finding["outputs that see the whole input, causal mask"] == 1


def test_self_and_cross_attention_are_global_or_local_as_one_likes():
    finding = find("global_is_self", n_tokens=16)
    counts = [finding[f"pairs: {kind}"] for kind in ("self, global", "self, local", "cross, global", "cross, local")]
    assert counts == [256, 74, 128, 37]


def test_a_predicted_centre_belongs_to_the_token_and_not_to_its_place():
    finding = find("elsewhere", n_tokens=16)
    assert finding["tokens outside their own window"] > 0
    assert finding["centres move by when tokens are shuffled"] < 1e-12
    assert 0 <= finding["lowest centre"] < finding["highest centre"] <= 16


def test_a_token_that_says_nothing_is_centred_in_the_middle():
    """S sigmoid(0) = S / 2."""
    assert predicted_centres(torch.zeros(1, 7, 5).double(), seed=1).tolist() == [3.5] * 7


@pytest.mark.parametrize(("n_tokens", "layers"), [(7, 6), (8, 4), (16, 8), (17, 8), (64, 32), (67, 32)])
def test_a_window_needs_distance_over_w_layers_and_looks_at_64_tokens_at_most(n_tokens, layers):
    finding = find("any_distance", n_tokens=n_tokens)
    assert finding["outputs of one layer that move"] == min(n_tokens, 64)
    assert finding["windowed layers to cover it"] == layers
