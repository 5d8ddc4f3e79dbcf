"""Attention tile by tile: equal to `attend` and to torch, and no table of all pairs is ever made."""

import inspect

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode

from core.attention import attend, masks
from core.attention.streaming import band, beginning_at, causal, stream
from tests.core.shapes import BATCH, HEAD_DIM, HEADS, KEYS, QUERIES, VALUE_DIM, normal, operands

TOKENS = 31
WHOLE = slice(None)
MASKS = {
    "all": (None, masks.everything(TOKENS, TOKENS)),
    "causal": (causal, masks.causal(TOKENS)),
    "band": (band(3), masks.local(TOKENS, 3)),
}


def square(seed: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As many queries as keys."""
    return tuple(
        normal(BATCH, HEADS, TOKENS, width, seed=seed + at, dtype=dtype)
        for at, width in enumerate((HEAD_DIM, HEAD_DIM, VALUE_DIM))
    )


@given(seed=integers(0, 1000), block=integers(5, 40), kind=sampled_from(sorted(MASKS)), size=sampled_from([1.0, 1e3]))
def test_theorem_tile_by_tile_is_attend(seed, block, kind, size):
    """For all queries, keys, values, masks and blocks: output, weights and log-sum are those of the whole table."""
    queries, keys, values = square(seed)
    by_position, table = MASKS[kind]
    made, whole = (
        stream(size * queries, keys, values, by_position, block=block),
        attend(size * queries, keys, values, table),
    )
    close = {"atol": 1e-12 * size, "rtol": 0}
    torch.testing.assert_close(made.output, whole.output, **close)
    torch.testing.assert_close(made.tile(WHOLE, WHOLE), whole.weights, **close)
    torch.testing.assert_close(made.log_sum, whole.masked.logsumexp(-1), atol=1e-12 * size, rtol=1e-12)


@given(first=integers(0, TOKENS - 1), n_queries=integers(1, TOKENS), kind=sampled_from(sorted(MASKS)))
def test_theorem_some_of_the_queries_keep_their_places(first, n_queries, kind):
    """For all parts of the queries and masks: their outputs and tiles are those that they have among all queries."""
    queries, keys, values = square(1)
    by_position, table = MASKS[kind]
    rows = slice(first, first + n_queries)
    made = stream(queries[..., rows, :], keys, values, beginning_at(by_position, first), block=7)
    whole = attend(queries, keys, values, table)
    torch.testing.assert_close(made.output, whole.output[..., rows, :], atol=1e-12, rtol=0)
    torch.testing.assert_close(made.tile(WHOLE, WHOLE), whole.weights[..., rows, :], atol=1e-12, rtol=0)


def test_in_a_tile_that_nobody_sees_are_zeros():
    queries, keys, values = square(1)
    found = stream(queries, keys, values, causal).tile(slice(2, 5), slice(5, 9))
    torch.testing.assert_close(found, queries.new_zeros(BATCH, HEADS, 3, 4), atol=0, rtol=0)


@given(
    seed=integers(0, 1000),
    block=integers(1, 9),
    rows=sampled_from([slice(0, 2), slice(1, 5), slice(3, 3)]),
    columns=sampled_from([slice(0, 7), slice(6, 7), slice(2, 5)]),
)
def test_theorem_a_tile_is_its_part_of_the_weights(seed, block, rows, columns):
    """For all rectangles of a table that is not square."""
    given_ = operands(seed, torch.float64)
    found = stream(*given_, block=block).tile(rows, columns)
    torch.testing.assert_close(found, attend(*given_).weights[..., rows, columns], atol=1e-12, rtol=0)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_it_agrees_with_torch(block):
    queries, keys, values = operands()
    single = {"atol": 1e-6, "rtol": 0}  # a few roundings of single precision
    torch.testing.assert_close(
        stream(queries, keys, values, block=block, scale=0.3).output,
        scaled_dot_product_attention(queries, keys, values, scale=0.3),
        **single,
    )
    queries, keys, values = square(1, torch.float32)
    expected = scaled_dot_product_attention(queries, keys, values, is_causal=True)
    torch.testing.assert_close(stream(queries, keys, values, causal, block=block).output, expected, **single)


def test_half_precision_is_summed_in_single():
    queries, keys, values = (tensor.half() for tensor in operands())
    made = stream(queries, keys, values, block=2)
    exact = attend(*(tensor.double() for tensor in (queries, keys, values)))
    assert made.output.dtype == torch.float16
    torch.testing.assert_close(made.output.double(), exact.output, atol=2 * 2**-11, rtol=2**-11)  # rounded once


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that an operation makes."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.numbers = max(self.numbers, made.numel())
        return made


@pytest.mark.parametrize("allowed", [None, causal, band(5)], ids=["all", "causal", "band"])
def test_no_tensor_grows_with_the_square_of_the_tokens(allowed):
    n_tokens, block = 509, 16
    queries, keys, values = (normal(1, 1, n_tokens, 3, seed=at) for at in range(3))
    with Largest() as largest:
        stream(queries, keys, values, allowed, block=block)
    assert largest.numbers == max(3 * n_tokens, block**2)


def test_a_query_that_may_attend_to_nothing_is_named():
    with pytest.raises(ValueError, match=r"query 3 \(batch 0, head 0\) may attend to no key"):
        stream(*operands(), lambda queries, keys: (queries != 3) & (keys >= 0), block=2)


def test_impossible_sizes_are_refused_in_words():
    queries, keys, values = operands()
    plain = inspect.unwrap(stream)
    with pytest.raises(ValueError, match="a query has 10 numbers and a key has 11"):
        plain(queries[..., :10], keys, values)
    with pytest.raises(ValueError, match="7 keys and 6 values"):
        plain(queries, keys, values[:, :, :6])
    with pytest.raises(ValueError, match="a tile of 0 by 0 holds no score"):
        plain(queries, keys, values, block=0)


def test_sizes_of_the_result():
    made = stream(*operands())
    assert made.output.shape == (BATCH, HEADS, QUERIES, VALUE_DIM)
    assert made.log_sum.shape == (BATCH, HEADS, QUERIES)
    assert made.tile(WHOLE, WHOLE).shape == (BATCH, HEADS, QUERIES, KEYS)
