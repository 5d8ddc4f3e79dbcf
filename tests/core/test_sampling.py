"""What is done to scores before a token is drawn, and the draw."""

import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from core.analysis.sampling import Sampling, draws, ranked
from tests.core.shapes import normal

SCORES = torch.tensor([0.2, 0.5, 0.3]).log()


def shares(scores: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """The probability of each token in the order of the vocabulary."""
    found = ranked(scores, sampling)
    return torch.zeros(len(scores), dtype=torch.float64).scatter(0, found.ids, found.probabilities)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.2, 0.5, 0.3]),
        (Sampling(temperature=0.0), [0, 1, 0]),
        (Sampling(temperature=0.5), [4 / 38, 25 / 38, 9 / 38]),
        (Sampling(top_k=2), [0, 5 / 8, 3 / 8]),
        (Sampling(top_k=1000), [0.2, 0.5, 0.3]),
        (Sampling(top_p=0.0), [0, 1, 0]),
        (Sampling(top_p=0.6), [0, 5 / 8, 3 / 8]),
        (Sampling(top_k=2, top_p=0.6), [0, 1, 0]),
    ],
)
def test_three_tokens_by_hand(sampling, expected):
    torch.testing.assert_close(shares(SCORES, sampling), torch.tensor(expected, dtype=torch.float64), atol=1e-7, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_what_stays_is_what_stays_in_the_library(seed):
    scores = normal(1, 97, seed=seed)
    warped = TemperatureLogitsWarper(0.7)(None, scores)
    warped = TopPLogitsWarper(0.8)(None, TopKLogitsWarper(31)(None, warped))
    expected = warped.softmax(-1)[0].double()
    torch.testing.assert_close(shares(scores[0], Sampling(0.7, 31, 0.8)), expected, atol=1e-6, rtol=0)


def test_a_token_is_drawn_as_often_as_its_probability_says():
    found = ranked(SCORES, Sampling())
    assert [found.drawn(share) for share in (0.0, 0.49, 0.51, 0.79, 0.81, 0.9999)] == [1, 1, 2, 2, 0, 0]
    written = [found.drawn(share) for share in draws(3)]
    assert written.count(2) / len(written) == pytest.approx(0.3, abs=0.03)


def test_what_may_not_be_drawn_never_is():
    found = ranked(SCORES, Sampling(top_k=2))
    assert {found.drawn(share) for share in (0.0, 0.7, 1 - 1e-16, 1.0)} == {1, 2}


def test_a_seed_draws_the_same_numbers_again_and_another_one_others():
    assert draws(5) == draws(5)
    assert draws(5)[:9] != draws(6)[:9]
