"""Word alignment: from pieces to words, links, and the alignment error rate."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sets, tuples

from core.analysis import alignment
from core.analysis.alignment import Gold

LINKS = sets(tuples(integers(0, 6), integers(0, 4)), min_size=1)


def gold(sure, possible=frozenset()):
    return Gold(frozenset(sure), frozenset(sure) | frozenset(possible))


def test_weights_of_words_sum_over_source_pieces_and_average_over_target_pieces():
    weights = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]])
    found = alignment.of_words(weights, (0, 0, 1), (0, 0, 1))
    torch.testing.assert_close(found, torch.tensor([[(0.8 + 0.2) / 2, (0.2 + 0.8) / 2], [1.0, 0.0]]))


@given(seed=integers(0, 1000))
def test_theorem_rows_that_sum_to_1_still_do(seed):
    weights = torch.rand(5, 7, generator=torch.Generator().manual_seed(seed)).softmax(-1)
    found = alignment.of_words(weights, (0, 1, 1, 2, 2), (0, 0, 1, 2, 2, 2, 3))
    torch.testing.assert_close(found.sum(1), torch.ones(3))


@given(drawn=LINKS)
def test_theorem_what_people_drew_has_no_error(drawn):
    assert alignment.error_rate([drawn], [gold(drawn)]) == 0


@given(drawn=LINKS, more=LINKS)
def test_theorem_possible_links_cost_nothing(drawn, more):
    assert alignment.error_rate([drawn | more], [gold(drawn, more)]) == 0


@given(found=LINKS)
def test_theorem_links_that_nobody_drew_are_all_wrong(found):
    assert alignment.error_rate([found], [gold({(9, 9)})]) == 1


def test_the_error_rate_of_a_worked_example():
    # 3 links found; 2 of them possible, 1 of them sure; 2 are sure: 1 - (1 + 2) / (3 + 2)
    found = {(0, 0), (1, 1), (2, 0)}
    assert alignment.error_rate([found], [gold({(0, 0), (2, 2)}, {(1, 1)})]) == pytest.approx(1 - 3 / 5)


def test_the_diagonal_joins_the_ends():
    links = alignment.diagonal(7, 5)
    assert {(0, 0), (6, 4)} <= links
    assert len(links) == 7
    assert alignment.diagonal(1, 5) == {(0, 0)}


def test_pharaoh_writes_source_first():
    assert alignment.pharaoh({(0, 1), (2, 0)}) == "0-2 1-0"


def test_the_words_that_links_count_stand_between_spaces_and_the_two_sides_between_bars():
    """Splitting a side at its spaces gives as many words as are counted, whatever a word is."""
    source, target = ("I", "do", "n't", "|||"), ("je", "a b", "")
    assert alignment.tokens(source, target) == "I do n't &#124;&#124;&#124; ||| je a␣b ␣"
    left, right = alignment.tokens(source, target).split(" ||| ")
    assert (len(left.split(" ")), len(right.split(" "))) == (len(source), len(target))
