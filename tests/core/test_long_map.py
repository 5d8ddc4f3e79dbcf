"""The map of a long text: squares are the largest and the mean of their cells, from far away and from near."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers, lists, sampled_from

from core.attention import attend
from core.attention.streaming import stream
from core.lessons import material
from core.lessons.cost import long_map
from tests.core.shapes import normal


def by_hand(weights: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Square by square out of the whole table."""
    rows = [weights.split(side, 0)[row].split(side, 1) for row in range(-(-len(weights) // side))]
    return tuple(
        torch.stack([torch.stack([of(each) for each in row]) for row in rows]) for of in (torch.amax, torch.mean)
    )


@settings(max_examples=12)
@given(n_tokens=integers(1, 60), squares=integers(1, 20), seed=integers(0, 100))
def test_theorem_squares_are_the_largest_and_the_mean_of_their_cells(n_tokens, squares, seed):
    """For all lengths and numbers of squares, also where the last ones are cut off."""
    operands = [normal(1, 1, n_tokens, 3, seed=seed + at) for at in range(3)]
    *_, (share, whole, overview) = long_map.look(*operands, squares=squares)
    found = attend(*operands)
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


def test_a_text_is_cut_into_windows_that_the_model_reads_and_no_further():
    found = long_map.cut("word " * 1500, at_most=2)
    assert [len(window) for window in found.windows] == [512, 512]
    assert found.pieces[:2] == found.pieces[512:514] == ("[CLS]", "word")
    assert found.read == pytest.approx(2 * 510 / 1500, rel=1e-3)
    assert long_map.cut("a word or two").read == 1


@given(
    words=lists(sampled_from(["cat", "x" * 7000, "日" * 4000, "\n", "  "]), max_size=9),
    at=sampled_from([" ", "\n", ""]),
)
def test_theorem_sheets_are_the_text_and_end_between_words(words, at):
    """For all texts: nothing is lost, and only what is longer than a sheet is cut inside."""
    text = at.join(words)
    found = list(long_map.sheets(text))
    assert "".join(found) == text
    assert all(0 < len(each) <= long_map.SHEET for each in found)
    assert len(found) <= 1 + 2 * len(text) // long_map.SHEET


def test_a_text_of_one_word_has_a_map_and_one_of_none_is_refused():
    one = long_map.cut("cat")
    assert one.pieces == ("[CLS]", "cat", "[SEP]")
    *_, (_, operands) = long_map.read(one.windows, 3, 1)
    *_, (_, _, overview) = long_map.look(*operands)
    head = material.head_on_sentence("cat", 3, 1)
    queries, keys = (
        head.x @ w + b for w, b in ((head.maps.w_query, head.maps.b_query), (head.maps.w_key, head.maps.b_key))
    )
    expected = (queries @ keys.mT / 32**0.5).softmax(-1)[0]
    torch.testing.assert_close(overview.largest, expected, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="holds no token"):
        long_map.cut("  ")


def test_our_own_text_is_long_enough_for_the_whole_map():
    assert len(long_map.own_text()) > 5 * long_map.MOST
