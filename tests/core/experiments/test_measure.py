"""What experiments share: copies, changes, distances and counted words."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.attention import attend, masks
from core.experiments import measure
from tests.core.shapes import normal


def test_an_exact_copy_shares_nothing_with_what_the_learner_gave():
    given_tensor = normal(3, 5, seed=1, dtype=torch.float64).T.requires_grad_()
    copy = measure.exact(given_tensor)
    assert copy.dtype == torch.float64
    assert torch.equal(copy, given_tensor)
    assert copy.data_ptr() != given_tensor.data_ptr()
    assert copy.is_contiguous()
    assert not copy.requires_grad


@given(seed=integers(0, 1000))
def test_theorem_an_edit_is_always_a_change(seed):
    """For all rows, those of zeros included: no row stays what it was."""
    rows = torch.randint(-1, 2, (7, 2), generator=torch.Generator().manual_seed(seed)).double()
    assert (measure.edited(rows) != rows).any(dim=-1).all()


def test_an_edit_negates_and_turns_zeros_into_ones():
    rows = torch.tensor([[1.0, -2.0], [0.0, 0.0], [0.0, 3.0]])
    assert measure.edited(rows).tolist() == [[-1.0, 2.0], [1.0, 1.0], [0.0, -3.0]]


def test_redrawn_numbers_have_the_size_of_the_old_ones():
    large = 100 * normal(50, 50, seed=1).double()
    other = measure.redrawn(large, seed=1)
    assert other.square().mean().sqrt() == pytest.approx(100, rel=0.1)
    assert (other != large).all()
    assert measure.redrawn(torch.zeros(50, 50).double(), seed=1).std() == pytest.approx(1, rel=0.1)


def test_draws_stay_apart_from_what_the_learner_drew_from_the_same_seed():
    assert not torch.equal(measure.normal(3, 5, seed=7), normal(3, 5, seed=7, dtype=torch.float64))


@given(number=integers(2, 600), seed=integers(0, 1000))
def test_theorem_shuffling_moves_something_and_loses_nothing(number, seed):
    """For all lengths of 2 and more: another order of the same indices."""
    order = measure.shuffled(number, seed)
    assert not torch.equal(order, torch.arange(number))
    assert torch.equal(order.sort().values, torch.arange(number))


@given(number=integers(1, 600), at_most=integers(2, 20))
def test_theorem_some_indices_are_few_and_reach_from_end_to_end(number, at_most):
    """For all lengths: in order, without repetition, the first and the last among them."""
    indices = measure.some(number, at_most)
    assert len(indices) == min(number, at_most)
    assert indices == sorted(set(indices))
    assert (indices[0], indices[-1]) == (0, number - 1)


@given(n_tokens=integers(1, 12), window=integers(0, 13))
def test_theorem_a_square_band_is_a_local_mask(n_tokens, window):
    """For all lengths and windows: the same pairs."""
    assert torch.equal(measure.band(n_tokens, n_tokens, window), masks.local(n_tokens, window))


@given(n_queries=integers(1, 12), n_keys=integers(1, 12))
def test_theorem_a_band_leaves_nobody_without_a_key(n_queries, n_keys):
    """For all sizes, square or not: every query sees at least one key, even with a window of 0."""
    assert masks.unattending(measure.band(n_queries, n_keys, 0)) is None


def test_a_refusal_is_told_and_consent_is_silent():
    queries, keys = normal(1, 1, 2, 3, seed=1), normal(1, 1, 2, 5, seed=2)
    assert "a query has 3 numbers and a key has 5" in measure.refusal(attend, queries, keys, keys)
    assert measure.refusal(attend, keys, keys, keys) == ""


def test_entropy_is_0_for_one_key_and_ln_n_for_an_even_share():
    assert measure.entropy(torch.eye(3)) == 0
    assert measure.entropy(torch.full((2, 7), 1 / 7)) == pytest.approx(math.log(7))


def test_weights_of_0_and_1_are_decided_and_any_between_are_not():
    assert not measure.undecided(torch.eye(3))
    assert measure.undecided(torch.tensor([[0.9, 0.1], [0.0, 1.0]]))


def test_the_unevenness_of_weights_is_their_distance_from_an_even_share():
    assert measure.unevenness(torch.full((2, 4), 0.25)) == 0
    assert measure.unevenness(torch.tensor([[0.75, 0.25]])) == 0.25


def test_rows_differ_when_any_is_unlike_the_first():
    assert not measure.rows_differ(torch.ones(1, 3, 2))
    assert measure.rows_differ(torch.tensor([[1.0], [1.0], [2.0]]))


def test_the_additive_score_of_a_seed_has_the_shape_of_any_other():
    queries, keys = normal(1, 1, 3, 5, seed=1).double(), normal(1, 1, 7, 5, seed=2).double()
    scores = measure.untrained_additive(5, seed=1)(queries, keys)
    assert scores.shape == (1, 1, 3, 7)
    assert scores.dtype == torch.float64
    assert torch.equal(scores, measure.untrained_additive(5, seed=1)(queries, keys))
    assert not torch.equal(scores, measure.untrained_additive(5, seed=2)(queries, keys))
