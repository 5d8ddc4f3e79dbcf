"""The map of a long text: squares are the largest and the mean of their cells, from far away and from near."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers, sampled_from

from core.attention import attend, masks
from core.attention.streaming import causal, stream
from core.lessons.cost import long_map
from tests.core.shapes import normal


def by_hand(weights: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Square by square out of the whole table."""
    rows = [weights.split(side, 0)[row].split(side, 1) for row in range(-(-len(weights) // side))]
    return tuple(
        torch.stack([torch.stack([of(each) for each in row]) for row in rows]) for of in (torch.amax, torch.mean)
    )


@settings(max_examples=12)
@given(n_tokens=integers(1, 60), squares=integers(1, 20), seed=integers(0, 100), later=sampled_from([True, False]))
def test_theorem_squares_are_the_largest_and_the_mean_of_their_cells(n_tokens, squares, seed, later):
    """For all lengths and numbers of squares, also where the last ones are cut off, and where no later key is seen."""
    operands = [normal(1, 1, n_tokens, 3, seed=seed + at) for at in range(3)]
    *_, (share, whole, overview) = long_map.look(*operands, None if later else causal, squares=squares)
    found = attend(*operands, None if later else masks.causal(n_tokens))
    largest, mean = by_hand(found.weights[0, 0], overview.side)
    assert share == 1
    assert len(overview.largest) <= squares
    torch.testing.assert_close(overview.largest, largest, atol=1e-6, rtol=0)
    torch.testing.assert_close(overview.mean, mean, atol=1e-6, rtol=0)
    torch.testing.assert_close(whole.tile(slice(None), slice(None)), found.weights, atol=1e-6, rtol=0)


OPERANDS = [normal(1, 1, 61, 3, seed=at) for at in range(3)]
WEIGHTS = attend(*OPERANDS).weights[0, 0]


@settings(max_examples=30)
@given(top=integers(-9, 80), left=integers(-9, 80), span=integers(1, 99), cells=integers(1, 40))
def test_theorem_a_part_is_what_lies_there(top, left, span, cells):
    """For all places, also those beyond the text: it begins at a square, is covered, and holds its cells."""
    found = long_map.near(stream(*OPERANDS), 100, top, left, span, cells)
    assert found is not None
    place, seen = found
    part = WEIGHTS[place.top : place.top + place.n_queries, place.left : place.left + place.n_keys]
    assert part.shape == (place.n_queries, place.n_keys)
    assert seen.side == -(-min(span, 61) // cells)
    assert place.top <= max(0, min(top, 61 - span)) or span > 61
    torch.testing.assert_close(seen.largest, by_hand(part, seen.side)[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(seen.mean, by_hand(part, seen.side)[1], atol=1e-6, rtol=0)


@pytest.mark.parametrize(("span", "asked"), [(1, True), (256, True), (257, False), (700, False)])
def test_what_the_overview_shows_already_is_not_computed_again(span, asked):
    """The squares of 700 tokens are three wide; a part of 257 would have such squares, too."""
    operands = [normal(1, 1, 700, 3, seed=at) for at in range(3)]
    *_, (_, whole, overview) = long_map.look(*operands, squares=300)
    assert overview.side == 3
    assert (long_map.near(whole, overview.side, 0, 0, span) is not None) == asked


def test_who_left_ends_the_look_at_a_part(monkeypatch):
    def left() -> None:
        raise InterruptedError

    operands = [normal(1, 1, 9, 3, seed=at) for at in range(3)]
    *_, (_, whole, overview) = long_map.look(*operands)
    monkeypatch.setattr(long_map, "still_wanted", left)
    with pytest.raises(InterruptedError):
        long_map.near(whole, overview.side + 1, 0, 0, 9)
