"""Masks: who may attend to whom, counted and combined."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.attention import attend, masks
from tests.core.shapes import normal

TOKENS = 7


def test_a_causal_mask_lets_nobody_see_what_comes_after():
    allowed = masks.causal(TOKENS)[0, 0]
    for query in range(TOKENS):
        assert allowed[query].tolist() == [key <= query for key in range(TOKENS)]


@given(n_tokens=integers(1, 40), window=integers(0, 45))
def test_theorem_a_band_keeps_n_times_2w_plus_1_minus_w_times_w_plus_1_pairs(n_tokens, window):
    """The count of the ledger, for every window that fits; a wider one keeps all pairs."""
    expected = n_tokens * (2 * window + 1) - window * (window + 1) if window < n_tokens else n_tokens**2
    assert masks.kept(masks.local(n_tokens, window)) == expected


def test_sixteen_tokens_with_window_2_keep_74_pairs():
    assert masks.kept(masks.local(16, 2)) == 74


def test_padding_broadcasts_over_heads_and_queries():
    allowed = masks.padding(torch.tensor([2, 5]), n_keys=5)
    assert allowed.shape == (2, 1, 1, 5)
    assert allowed[:, 0, 0].tolist() == [[True, True, False, False, False], [True] * 5]


@given(n_tokens=integers(1, 12), seed=integers(0, 1000))
def test_theorem_the_past_does_not_depend_on_the_future(n_tokens, seed):
    """Under a causal mask, changing the last token leaves every earlier output exactly as it was."""
    x = normal(1, 1, n_tokens, 5, seed=seed)
    changed = x.clone()
    changed[:, :, -1] += 1
    allowed = masks.causal(n_tokens)
    before, after = (attend(tokens, tokens, tokens, allowed).output for tokens in (x, changed))
    assert torch.equal(before[:, :, :-1], after[:, :, :-1])
    assert not torch.equal(before[:, :, -1], after[:, :, -1])


def test_added_padding_changes_nothing():
    x = normal(1, 1, 4, 5, seed=1)
    padded = torch.cat([x, 99 * torch.ones(1, 1, 3, 5)], dim=2)
    allowed = masks.padding(torch.tensor([4]), n_keys=7)
    torch.testing.assert_close(
        attend(padded, padded, padded, allowed).output[:, :, :4], attend(x, x, x).output, atol=1e-6, rtol=0
    )


@pytest.mark.parametrize(("n_layers", "width"), [(1, 5), (2, 9), (3, 13), (4, 17)])
def test_windowed_layers_reach_2wl_plus_1_tokens(n_layers, width):
    reached = masks.receptive_field(masks.local(41, 2)[0, 0], n_layers)
    assert reached.shape == (n_layers + 1, 41, 41)
    assert reached[n_layers, 20].sum() == width
    assert reached[0, 20].sum() == 1


def test_masks_combine_by_and():
    both = masks.causal(TOKENS) & masks.local(TOKENS, 1)
    assert masks.kept(both) == 2 * TOKENS - 1
