"""What is read out of many attention matrices."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.analysis.flow import mean_of_all, mean_of_layer, rollout
from core.analysis.grouping import grouped, groups
from core.analysis.head_statistics import SPREAD, Words, even_share, head_statistic, is_there, ranking, statistics
from core.analysis.overview import thumbnails
from tests.core.shapes import normal

LAYERS, HEADS, TOKENS = 2, 3, 7
CLOSE = {"atol": 1e-6, "rtol": 0}
WORDS = Words(
    ("[CLS]", "un", "##believ", "##able", ",", "Un", "[SEP]"),
    (True, False, False, False, False, False, True),
    (-1, 0, 0, 0, 1, 2, -1),
)


def weights(seed: int = 0) -> torch.Tensor:
    return normal(LAYERS, HEADS, TOKENS, TOKENS, seed=seed).softmax(-1)


def only(query_to_key: dict[int, int]) -> torch.Tensor:
    """One head that gives everything to one key per query, by default to itself."""
    matrix = torch.eye(TOKENS)
    for query, key in query_to_key.items():
        matrix[query] = 0
        matrix[query, key] = 1
    return matrix[None, None]


@pytest.mark.parametrize(
    ("name", "matrix", "expected"),
    [
        ("itself", only({}), 1.0),
        ("previous token", only({i: i - 1 for i in range(1, TOKENS)}), 1.0),
        ("next token", only({i: i + 1 for i in range(TOKENS - 1)}), 1.0),
        ("first token", only(dict.fromkeys(range(TOKENS), 0)), 1.0),
        ("separator", only(dict.fromkeys(range(TOKENS), 6)), 1.0),
        ("punctuation", only(dict.fromkeys(range(TOKENS), 4)), 1.0),
        ("same word elsewhere", only({1: 5, 5: 1}), 1.0),
        ("same word elsewhere", only({1: 5}), 0.5),
        ("behind the same word before", only({5: 2}), 1.0),
        ("behind the same word before", only({5: 1}), 0.0),
        ("previous token", only({}), 0.0),
        (SPREAD, only({}), 0.0),
        (SPREAD, torch.full((1, 1, TOKENS, TOKENS), 1 / TOKENS), 1.0),
    ],
)
def test_a_head_that_does_one_thing_alone_gets_1_for_it(name, matrix, expected):
    assert head_statistic(matrix, WORDS, name).item() == pytest.approx(expected, abs=1e-6)


def test_every_statistic_lies_between_0_and_1():
    for name in statistics(within=True):
        found = head_statistic(weights(), WORDS, name)
        assert found.shape == (LAYERS, HEADS)
        assert ((found >= 0) & (found <= 1)).all()


def test_statistics_of_cross_attention_need_only_the_keys():
    across = normal(LAYERS, HEADS, 3, TOKENS, seed=1).softmax(-1)
    assert "previous token" not in statistics(within=False)
    for name in statistics(within=False):
        assert head_statistic(across, WORDS, name).shape == (LAYERS, HEADS)


def test_a_sentence_without_punctuation_gives_0_and_no_division_by_zero():
    words = Words(("a", "b"), (False, False), (0, 1))
    assert head_statistic(torch.full((1, 1, 2, 2), 0.5), words, "punctuation").item() == 0


@pytest.mark.parametrize(
    ("name", "causal", "expected"),
    [
        ("punctuation", False, 1 / 7),
        ("same word elsewhere", False, 1 / 7),
        ("previous token", False, 1 / 7),
        ("first token", True, (1 + 1 / 2 + 1 / 3) / 3),
        ("next token", True, 0),
        (SPREAD, False, 1),
    ],
)
def test_a_head_that_looks_evenly_is_what_found_heads_are_held_against(name, causal, expected):
    words = Words(("a", "b", "c"), (False,) * 3, (0, 1, 2)) if causal else WORDS
    assert even_share(words, name, len(words.pieces), causal=causal) == pytest.approx(expected)


def test_what_a_text_does_not_have_is_not_looked_for():
    words = Words(("a", "b"), (False, False), (0, 1))
    assert [is_there(words, name) for name in ("punctuation", "same word elsewhere", "next token", SPREAD)] == [
        False,
        False,
        True,
        True,
    ]


def test_one_token_has_no_neighbours_and_no_spread():
    words = Words(("a",), (False,), (0,))
    alone = torch.ones(1, 1, 1, 1)
    assert [head_statistic(alone, words, name).item() for name in ("previous token", "next token", SPREAD)] == [0, 0, 0]


def test_the_ranking_names_the_best_heads_first():
    statistic = torch.tensor([[0.1, 0.9, 0.2], [0.5, 0.0, 0.8]])
    assert [(layer, head) for layer, head, _ in ranking(statistic, 3)] == [(0, 1), (1, 2), (1, 0)]
    assert len(ranking(statistic, 99)) == int((statistic > 0).sum())
    assert ranking(torch.zeros(2, 3), 9) == []


@given(seed=integers(0, 1000))
def test_theorem_rows_of_a_rollout_sum_to_1(seed):
    torch.testing.assert_close(rollout(weights(seed)).sum(-1), torch.ones(TOKENS), **CLOSE)


def test_a_rollout_of_heads_that_look_at_themselves_is_the_identity():
    eye = torch.eye(TOKENS).expand(LAYERS, HEADS, -1, -1)
    torch.testing.assert_close(rollout(eye), torch.eye(TOKENS), **CLOSE)


def test_a_rollout_of_two_layers_by_hand():
    first, second = weights()[:, :1].mean(1)
    halves = [(layer + torch.eye(TOKENS)) / 2 for layer in (first, second)]
    torch.testing.assert_close(rollout(weights()[:, :1]), halves[1] @ halves[0], **CLOSE)


def test_means_are_over_heads_and_over_all():
    torch.testing.assert_close(mean_of_layer(weights(), 1), weights()[1].mean(0))
    torch.testing.assert_close(mean_of_all(weights()), weights().flatten(0, 1).mean(0), **CLOSE)


def test_pieces_of_a_word_become_one_row_and_one_column():
    found = groups(WORDS, hide_special=False, merge_pieces=True)
    assert found == ((0,), (1, 2, 3), (4,), (5,), (6,))
    merged = grouped(weights(), found, found)
    expected = weights()[..., 1:4, :].mean(-2)
    torch.testing.assert_close(merged[..., 1, 1], expected[..., 1:4].sum(-1), **CLOSE)


@given(seed=integers(0, 1000))
def test_theorem_merging_pieces_keeps_every_row_a_budget_of_1(seed):
    found = groups(WORDS, hide_special=False, merge_pieces=True)
    torch.testing.assert_close(grouped(weights(seed), found, found).sum(-1), torch.ones(LAYERS, HEADS, 5), **CLOSE)


def test_hiding_special_tokens_leaves_out_what_they_got_and_shares_nothing_anew():
    found = groups(WORDS, hide_special=True, merge_pieces=False)
    torch.testing.assert_close(grouped(weights(), found, found), weights()[..., 1:6, 1:6], **CLOSE)


def test_a_small_picture_shows_the_strongest_weight_of_each_block():
    large = torch.zeros(1, 512, 512)
    large[0, 300, 77] = 1.0
    small = thumbnails(large, 128)
    assert small.shape == (1, 128, 128)
    assert small[0, 75, 19] == 255
    assert (small > 0).sum() == 1


@given(rows=integers(1, 40), columns=integers(1, 40), most=integers(1, 17))
def test_theorem_a_small_picture_has_at_most_so_many_cells_and_the_same_maximum(rows, columns, most):
    large = normal(2, rows, columns, seed=rows).sigmoid()
    small = thumbnails(large, most)
    assert max(small.shape[1:]) <= most
    torch.testing.assert_close(small.amax((1, 2)).float(), (255 * large.amax((1, 2))).round())


def test_a_matrix_that_fits_is_not_made_smaller():
    small = thumbnails(weights()[0], 128)
    torch.testing.assert_close(small.float() / 255, weights()[0], atol=0.5 / 255 + 1e-6, rtol=0)


def test_the_entropy_of_two_equal_keys_is_ln_2_over_ln_n():
    matrix = torch.zeros(1, 1, TOKENS, TOKENS)
    matrix[..., :2] = 0.5
    assert head_statistic(matrix, WORDS, SPREAD).item() == pytest.approx(math.log(2) / math.log(TOKENS))
