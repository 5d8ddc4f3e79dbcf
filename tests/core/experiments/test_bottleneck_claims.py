"""Lesson 1: what recurrence forgets, at both ends of every control."""

import math

import pytest
import torch

from core.experiments import bottleneck
from core.experiments.bottleneck import CELLS, CLAIMS, GradientFlow, by_position
from core.experiments.bottleneck.gradient import ratio
from tests.core.experiments.test_claims import check_sentence

BY_NAME = {claim.name: claim for claim in CLAIMS}
QUICK = [claim for claim in CLAIMS if claim.name not in ("fixed_context", "fail_on_long_range")]
ENDS = [
    GradientFlow(),
    GradientFlow(length=2),
    GradientFlow(length=60, gain=0.8, d_hidden=8),
    GradientFlow(length=30, gain=1.2, d_hidden=64, forget_bias=2.0, seed=99),
    GradientFlow(gain=1.0),
]


@pytest.mark.parametrize("flow", ENDS)
@pytest.mark.parametrize("tested", QUICK, ids=lambda claim: claim.name)
def test_a_claim_says_one_sentence_with_finite_numbers(tested, flow):
    check_sentence(tested(flow))


@pytest.mark.parametrize("tested", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_holds_on_the_numbers_that_the_page_opens_with(tested):
    finding = tested(GradientFlow(length=30))
    assert finding.holds
    check_sentence(finding)


@pytest.mark.parametrize("gain", [0.8, 0.9, 1.0, 1.1, 1.2])
@pytest.mark.parametrize("length", [2, 17, 50])
def test_theorem_a_linear_rnn_scales_the_first_gradient_by_its_gain_to_the_power_of_the_steps(gain, length):
    """Gradients pass through length - 1 rotations, each scaled by the gain."""
    found = ratio(by_position("linear RNN", GradientFlow(length=length, gain=gain)))
    assert math.isclose(found, gain ** (length - 1), rel_tol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_over_50_steps_attention_reaches_the_first_input_and_the_others_hardly(seed):
    found = {cell: ratio(by_position(cell, GradientFlow(seed=seed))) for cell in CELLS}
    assert found["attention"] > 1e-2 > 1e-3 > max(found["tanh RNN"], found["GRU"], found["LSTM"])


def test_a_forget_bias_lets_an_lstm_reach_further():
    near, far = (ratio(by_position("LSTM", GradientFlow(forget_bias=bias))) for bias in (0.0, 2.0))
    assert far > 1000 * near


@pytest.mark.parametrize("cell", CELLS)
def test_every_input_has_a_gradient(cell):
    gradient = by_position(cell, GradientFlow(length=4, d_hidden=8))
    assert gradient.shape == (4,)
    assert torch.isfinite(gradient).all()
    assert (gradient > 0).all()


def test_one_vector_loses_what_attention_keeps():
    found = bottleneck.accuracy_by_length(0)
    assert found["additive"][-1] - found["none"][-1] >= 0.25
    assert found["none"] == sorted(found["none"], reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_newtons_rounds_make_the_states_of_a_tanh_rnn_at_once(seed):
    found = BY_NAME["not_parallel"](GradientFlow(seed=seed))
    assert found["rounds"] <= 6
    assert found["states at once against step by step"] <= 1e-9


def test_a_forget_bias_of_1_leaves_a_hundred_thousandth_over_50_inputs_and_2_some_hundredths():
    one, two = (ratio(by_position("LSTM", GradientFlow(forget_bias=bias))) for bias in (1.0, 2.0))
    assert 1e-6 < one < 1e-3 < two < 0.1


def test_parameters_are_counted_as_the_formulas_say():
    finding = BY_NAME["too_many_parameters"](GradientFlow(d_hidden=64))
    assert finding["LSTM layer"] == 8 * 64**2 + 8 * 64
    assert finding["attention alone"] == 4 * 64**2 + 4 * 64
    assert finding["Transformer block"] == 12 * 64**2 + 13 * 64
