"""Self-, cross- and multi-head attention agree with torch, with loops and with each other."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.attention import MultiHeadAttention, Projections, cross_attend, masks, merge_heads, self_attend, split_heads
from core.attention.heads import merge_without_transpose, split_without_transpose
from core.attention.projections import project
from core.experiments.self_attention.fused import project_fused
from tests.core.shapes import normal

BATCH, TOKENS, HEADS, HEAD_DIM = 2, 7, 3, 5
D_MODEL = HEADS * HEAD_DIM


def torch_module() -> torch.nn.MultiheadAttention:
    module = torch.nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True, dtype=torch.float64)
    for index, parameter in enumerate(module.parameters()):
        parameter.data = normal(*parameter.shape, seed=index, dtype=torch.float64)
    return module.requires_grad_(False)


@pytest.mark.parametrize("allowed", [None, masks.causal(TOKENS), masks.local(TOKENS, 1)])
def test_multi_head_agrees_with_torch(allowed):
    module, x = torch_module(), normal(BATCH, TOKENS, D_MODEL, seed=9, dtype=torch.float64)
    # torch's module says True = forbidden, the opposite of `allowed`
    forbidden = None if allowed is None else ~allowed[0, 0]
    expected, weights = module(x, x, x, attn_mask=forbidden, average_attn_weights=False)
    trace = MultiHeadAttention.from_torch(module)(x, allowed)
    torch.testing.assert_close(trace.mixed, expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(trace.attention.weights, weights, atol=1e-12, rtol=0)


def test_all_heads_at_once_equal_one_head_after_the_other():
    x, maps = normal(BATCH, TOKENS, D_MODEL, seed=1), Projections.random(D_MODEL, D_MODEL, seed=2)
    together = self_attend(x, maps, n_heads=HEADS)
    for head in range(HEADS):
        alone = self_attend(x, maps.head(head, HEADS))
        torch.testing.assert_close(together.attention.output[:, [head]], alone.attention.output, atol=1e-6, rtol=0)


def test_one_wide_product_gives_the_same_numbers_as_three():
    x, maps = normal(BATCH, TOKENS, D_MODEL, seed=1), Projections.random(D_MODEL, D_MODEL, seed=2)
    for one, three in zip(project_fused(x, maps), project(x, x, maps), strict=True):
        torch.testing.assert_close(one, three, atol=1e-6, rtol=0)


def test_one_head_is_plain_self_attention_times_w_output():
    x, layer = normal(BATCH, TOKENS, D_MODEL, seed=1), MultiHeadAttention.random(D_MODEL, 1, seed=2)
    plain = self_attend(x, layer.maps).attention.output[:, 0]
    torch.testing.assert_close(layer(x).mixed, plain @ layer.w_output, atol=1e-6, rtol=0)


def test_the_mixture_is_the_sum_of_what_each_head_adds():
    """concat(heads) @ W_O = sum of head_i @ (its rows of W_O)."""
    x, layer = normal(BATCH, TOKENS, D_MODEL, seed=1), MultiHeadAttention.random(D_MODEL, HEADS, seed=2)
    trace = layer(x)
    rows = layer.w_output.reshape(HEADS, HEAD_DIM, D_MODEL)
    added = sum(trace.attention.output[:, head] @ rows[head] for head in range(HEADS))
    torch.testing.assert_close(trace.mixed, added, atol=1e-5, rtol=0)


def test_a_muted_head_adds_nothing():
    x, layer = normal(BATCH, TOKENS, D_MODEL, seed=1), MultiHeadAttention.random(D_MODEL, HEADS, seed=2)
    rows = layer.w_output.reshape(HEADS, HEAD_DIM, D_MODEL)
    full, ablated = layer(x), layer(x, ablated=(1,))
    torch.testing.assert_close(full.mixed - ablated.mixed, full.attention.output[:, 1] @ rows[1], atol=1e-5, rtol=0)
    torch.testing.assert_close(ablated.attention.output, full.attention.output)


@given(seed=integers(0, 1000))
def test_theorem_self_attention_is_permutation_equivariant(seed):
    """F(shuffled x) = shuffled F(x), and the mean over tokens does not change at all."""
    x = normal(1, TOKENS, D_MODEL, seed=seed, dtype=torch.float64)
    maps = double(Projections.random(D_MODEL, D_MODEL, 3))
    order = torch.randperm(TOKENS, generator=torch.Generator().manual_seed(seed))
    before, after = self_attend(x, maps).attention, self_attend(x[:, order], maps).attention
    torch.testing.assert_close(after.output, before.output[:, :, order], atol=1e-10, rtol=0)
    torch.testing.assert_close(after.weights, before.weights[:, :, order][..., order], atol=1e-10, rtol=0)
    torch.testing.assert_close(after.output.mean(2), before.output.mean(2), atol=1e-10, rtol=0)


def test_cross_attention_of_a_sequence_to_itself_is_self_attention():
    x, maps = normal(BATCH, TOKENS, D_MODEL, seed=1), Projections.random(D_MODEL, D_MODEL, seed=2)
    torch.testing.assert_close(cross_attend(x, x, maps).attention.output, self_attend(x, maps).attention.output)


def test_cross_attention_has_a_row_per_query_and_a_column_per_key():
    maps = Projections.random(D_MODEL, HEAD_DIM, seed=2)
    trace = cross_attend(normal(BATCH, 4, D_MODEL, seed=1), normal(BATCH, TOKENS, D_MODEL, seed=3), maps)
    assert trace.attention.weights.shape == (BATCH, 1, 4, TOKENS)


@given(n_heads=integers(1, 6), head_dim=integers(1, 5))
def test_theorem_merging_undoes_splitting(n_heads, head_dim):
    x = normal(BATCH, TOKENS, n_heads * head_dim, seed=1)
    assert torch.equal(merge_heads(split_heads(x, n_heads)), x)


def test_head_h_of_token_n_is_a_slice_of_its_own_row():
    x = normal(BATCH, TOKENS, D_MODEL, seed=1)
    split = split_heads(x, HEADS)
    assert split.shape == (BATCH, HEADS, TOKENS, HEAD_DIM)
    for head in range(HEADS):
        assert torch.equal(split[:, head], x[..., head * HEAD_DIM : (head + 1) * HEAD_DIM])


def test_without_the_transpose_shapes_agree_and_numbers_do_not():
    x = normal(BATCH, TOKENS, D_MODEL, seed=1)
    assert split_without_transpose(x, HEADS).shape == split_heads(x, HEADS).shape
    assert not torch.equal(split_without_transpose(x, HEADS), split_heads(x, HEADS))
    heads = split_heads(x, HEADS)
    assert merge_without_transpose(heads).shape == merge_heads(heads).shape
    assert not torch.equal(merge_without_transpose(heads), merge_heads(heads))


def test_a_number_of_heads_that_does_not_divide_is_refused_in_words():
    with pytest.raises(ValueError, match="15 numbers cannot be shared by 4 heads"):
        split_heads(normal(BATCH, TOKENS, D_MODEL, seed=1), 4)


def double(maps: Projections) -> Projections:
    return Projections(*(tensor.double() for tensor in vars(maps).values()))
