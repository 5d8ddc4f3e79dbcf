"""Lesson 13: what its parts do on a few numbers, what its blocks cost, and what it says of trainings."""

import math

import pytest
import torch

from core.experiments.since_2017 import memory
from core.experiments.since_2017.gates import by_two_units, more_nonlinear
from core.lessons import since_2017
from core.lessons.since_2017 import Settings, plans, words
from core.training.copying import GUESSING, Copied
from core.transformer.design import HEADS, KINDS, NOW, THEN, Design, build, counted, size

ROWS = ((1.0, 0.0, 2.0, 0.0, 1.0, -1.0), (0.0, 1.0, 0.0, 2.0, -1.0, 1.0), (5.0, 1.0, 0.0, 0.0, 2.0, 0.0))


def test_with_f_0_a_pre_norm_block_is_the_identity_and_a_post_norm_block_only_after_another_one():
    skips = since_2017.run(ROWS, Settings()).trace.skips
    assert torch.equal(skips.pre[0], torch.tensor(ROWS))
    assert (skips.post[0] - torch.tensor(ROWS)).abs().max() > 0.1
    torch.testing.assert_close(skips.again, skips.post, atol=1e-4, rtol=0)


def test_layer_norm_does_not_notice_a_shift_and_neither_norm_a_scale():
    layer, root = since_2017.moved_by(torch.tensor(ROWS)[None], 3.0)
    assert layer < 1e-4 < 0.1 < root
    scaled = since_2017.run(ROWS, Settings(scale=4.0, shift=0.0))
    assert (scaled.layer_says, scaled.root_says) == ("it does not notice", "it does not notice")


def test_two_units_of_swiglu_are_a_product_and_no_relu_network_without_biases_is():
    a, b = torch.randn(2, 100, dtype=torch.float64)
    torch.testing.assert_close(by_two_units(a, b), a * b, atol=1e-14, rtol=0)
    errors = [since_2017.run(ROWS, Settings(units=units)).relu_error for units in (2, 8, 32)]
    assert errors[0] > errors[1] > errors[2] > 0.05


def test_tables_of_fixed_size_forget_and_softmax_does_not():
    found = since_2017.remembered(memory.Settings()).found
    assert found[0].min() == 1
    assert found[1:, 0].min() > 0.9
    assert found[1:, -1].max() < 0.1


def test_what_the_delta_rule_still_finds_is_what_is_newest_and_a_sum_knows_no_newest():
    result = since_2017.run(ROWS, Settings())
    _, linear, delta = result.recall.newest.tolist()
    assert delta > 0.5 > 0.1 > linear
    assert result.newest_says.endswith("a sum treats all alike.")
    all_at_once = memory.recall(memory.Settings(), 32, 32)
    torch.testing.assert_close(all_at_once.newest, all_at_once.found[:, -1])


def test_the_gate_that_is_doubled_is_the_gate_of_the_claim():
    result = since_2017.run(ROWS, Settings(seed=5))
    claimed = more_nonlinear(since_2017.given(result), 0, 1)[
        "SwiGLU: what comes out of twice your tokens, over what comes out of them"
    ]
    assert result.swiglu_ratio == pytest.approx(claimed, rel=1e-4)


def test_what_is_written_again_is_found_by_the_delta_rule_alone():
    found = memory.recall(memory.Settings(rewritten=True), 16, 16).found[:, 0]
    assert found[2] > 0.9
    assert max(found[0], found[1]) < 0.8


@pytest.mark.parametrize(("d_model", "n_tokens"), [(64, 48), (96, 7)])
def test_a_block_of_2017_costs_what_the_formulas_say(d_model, n_tokens):
    """12D² + 13D parameters, 24ND² + 4N²D FLOPs."""
    cost = counted(THEN, d_model, n_tokens)
    assert cost.parameters == 12 * d_model**2 + 13 * d_model == size(build(THEN, d_model))
    assert cost.flops == 24 * n_tokens * d_model**2 + 4 * n_tokens**2 * d_model
    assert cost.used == cost.parameters
    assert cost.cached == 2 * d_model


@pytest.mark.parametrize("network", KINDS)
def test_what_is_counted_is_what_is_built_for_every_network(network):
    design = Design(network=network)
    cost, block = counted(design, 32, 8), build(design, 32)
    assert cost.parameters == size(block)
    assert (cost.used < cost.parameters) == (network == "experts")
    assert block(torch.randn(2, 8, 32)).resid_post.shape == (2, 8, 32)


def test_a_plan_marks_what_differs_and_leads_around_each_half():
    boxes = plans.boxes((THEN, NOW), 48)
    assert not any(box["differs"] for box in boxes if box["plan"] == 0)
    then, now = ([box for box in boxes if box["plan"] == number] for number in (0, 1))
    assert [box["word"] for box in then[1:4]] == ["attention", "tokens + attention", "LayerNorm"]
    assert [box["word"] for box in now[1:4]] == ["RMSNorm", "attention", "tokens + attention"]
    assert [box["skips"] for box in then] == [None, None, 1, None, None, 4, None]
    assert [box["skips"] for box in now] == [None, None, None, 1, None, None, 4]
    assert [box["word"] for box in plans.plan(Design(network="experts"), 1, frozenset(), 48)][4] == "experts"
    assert THEN.unlike(THEN) == frozenset()
    assert THEN.n_kv_heads == HEADS


def test_of_a_training_it_is_said_what_became_of_it():
    learned, nothing = (Copied((loss,) * 6, (), (), False) for loss in (0.01, GUESSING))
    assert "has learned to copy" in words.stands("2017", learned)
    assert "learned nothing" in words.stands("2017", nothing)
    for last in (math.nan, math.inf):
        told = words.stands("yours", Copied((2.7, last), (), (), True))
        assert told == "yours: diverged after 2 updates and was stopped, the loss is no number any more."
    once = words.stands("yours", Copied((42.0,), (), (), True))
    assert once.startswith("yours: diverged after 1 update and was stopped, the loss was 42, more than ten times")


def says(rows, **settings):
    """What is said of the norms' place, pre, post and once more, and of what is doubled."""
    result = since_2017.run(rows, Settings(**settings))
    return result.pre_says, result.post_says, result.again_says, result.doubled_says


def test_that_what_is_normalised_stays_so_is_said_only_where_it_does():
    stays = "what is normalised stays so"
    assert stays in says(ROWS)[2]
    _, post, again, _ = says(((1.0, -1.0, 1.0, -1.0), (-1.0, 1.0, 1.0, -1.0)))
    assert post == "with F = 0 what comes out is X, to within 5 × 10⁻⁶"
    assert stays in again
    small = says(((0.001, 0.0, 0.0, 0.0, 0.0, 0.0),))[2]
    assert stays not in small
    assert "with F = 0 still moves it by up to 1." in small
    assert stays not in says(((0.0, 0.0, 0.0),))[2]


def test_no_distance_that_is_not_0_is_told_as_0_00_and_no_ratio_of_nothing():
    assert since_2017.said_passed(0.002, 0.5) == "what comes out differs from X by up to 2 × 10⁻³"
    assert since_2017.said_moved(0.004) == "its rows move by up to 4 × 10⁻³"
    assert says(((0.0, 0.0, 0.0),))[3] == (
        "Double the input, and what comes out is 0 as before; of a ReLU network without biases it is 0 as before"
    )
    assert "it has 2.00 times its length" in says(ROWS)[3]


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_what_the_delta_rule_leaves_of_two_values_of_one_key_is_what_its_table_holds(rate):
    pairs = memory.Settings(8, rate, rewritten=True)
    given = memory.drawn(pairs, 1)
    newer, older = memory.left_of_two(rate)
    held = given.keys @ memory.recall(pairs, 1, 1).corrected
    torch.testing.assert_close(held, newer * given.values + older * given.old)
    assert ("writes the newer one over the older" in words.of_recall(pairs)) == (rate == 1)


def test_one_choice_is_told_as_one_and_a_table_is_a_table():
    assert "choices is not" in words.of_costs(*since_2017.costs(Settings()), 1)
    assert "choices are not" in words.of_costs(*since_2017.costs(Settings()), 5)
    assert plans.plan(Design(places="learned"), 0, frozenset(), 48)[0]["told"] == "a learned table was added once"
