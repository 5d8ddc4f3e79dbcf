"""Cutting a picture into patches: nothing is lost, the order is that of reading, and it is a strided convolution."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.vision.patches import cut_into_patches, joined
from tests.core.shapes import normal


@given(batch=st.integers(1, 3), rows=st.integers(1, 5), columns=st.integers(1, 5), size=st.integers(1, 7))
def test_cut_and_put_together_again_nothing_has_changed(batch, rows, columns, size):
    images = normal(batch, 3, rows * size, columns * size, seed=1)
    patches = cut_into_patches(images, size)
    assert patches.shape == (batch, rows * columns, 3 * size**2)
    assert torch.equal(joined(patches, size, columns), images)


@given(rows=st.integers(1, 4), columns=st.integers(1, 4), size=st.integers(1, 5))
def test_it_is_torchs_unfold(rows, columns, size):
    images = normal(2, 3, rows * size, columns * size, seed=2)
    expected = torch.nn.functional.unfold(images, size, stride=size).mT
    assert torch.equal(cut_into_patches(images, size), expected)


@given(size=st.sampled_from([2, 4, 8]), width=st.integers(1, 11))
def test_embedding_patches_by_a_matrix_is_a_convolution_with_that_stride(size, width):
    images = normal(2, 3, 16, 16, seed=3, dtype=torch.float64)
    weight = normal(width, 3 * size**2, seed=4, dtype=torch.float64)
    convolved = torch.nn.functional.conv2d(images, weight.reshape(width, 3, size, size), stride=size)
    torch.testing.assert_close(cut_into_patches(images, size) @ weight.T, convolved.flatten(2).mT)


def test_patches_that_do_not_fill_the_picture_are_refused():
    with pytest.raises(ValueError, match="do not fill a picture of 12 x 15: choose a divisor of both"):
        cut_into_patches(torch.zeros(1, 3, 12, 15), 4)
