"""What the picture pages show of a model's heads: names, sums, small maps, and agreement with masks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from core.analysis import objects
from core.analysis.flow import rollout
from core.analysis.patch_attention import LARGEST, SUMMARIES, Chosen, PatchAttention, grid_names
from tests.core.shapes import normal

LAYERS, HEADS, ROWS, COLUMNS = 3, 5, 4, 7


def patch_attention(
    extra: tuple[str, ...] = ("[CLS]", "register 0"), rows: int = ROWS, columns: int = COLUMNS, **more
) -> PatchAttention:
    n = len(extra) + rows * columns
    layers, heads = more.get("layers", LAYERS), more.get("heads", HEADS)
    return PatchAttention(normal(layers, heads, n, n, seed=1).softmax(-1), extra, rows, columns)


def test_patches_are_named_by_column_and_row():
    assert grid_names(2, 3) == ("a1", "b1", "c1", "a2", "b2", "c2")
    assert grid_names(1, 28)[25:] == ("z1", "aa1", "ab1")
    names = grid_names(37, 37)
    assert len(set(names)) == 37**2


@pytest.mark.parametrize("shown", SUMMARIES)
@pytest.mark.parametrize("fuse", ["mean", "max", "min"])
def test_rows_of_every_summary_sum_to_one(shown, fuse):
    found = patch_attention().matrix(Chosen(shown, 2, 4, residual=0.3, fuse=fuse))
    torch.testing.assert_close(found.sum(-1), torch.ones(len(found)))


def test_a_rollout_that_is_all_residual_path_looks_at_itself():
    torch.testing.assert_close(rollout(patch_attention().weights, residual=1.0), torch.eye(2 + ROWS * COLUMNS))


def test_heads_that_share_nothing_leave_the_residual_path_alone():
    apart = torch.eye(4).expand(2, 2, 4, 4).clone()
    apart[:, 1] = apart[:, 1].flip(-1)
    torch.testing.assert_close(rollout(apart, fuse="min"), torch.eye(4))


def test_without_a_residual_path_it_is_the_product_of_the_layers():
    weights = patch_attention().weights
    expected = weights[2].mean(0) @ weights[1].mean(0) @ weights[0].mean(0)
    torch.testing.assert_close(rollout(weights, residual=0.0), expected)


def test_small_maps_hold_the_weights_themselves_where_there_is_room():
    shown = patch_attention()
    assert shown.coarseness == 1
    small = shown.small.float() / 255
    torch.testing.assert_close(small**2, shown.weights.flatten(0, 1), atol=0.004, rtol=0)


def test_and_sums_of_neighbours_where_there_is_not():
    shown = patch_attention(rows=15, columns=15, layers=12, heads=12)
    assert shown.coarseness > 1
    small = shown.small
    assert small.numel() <= LARGEST
    # what is added up loses nothing: each row still sums to one, up to the steps it is sent in
    torch.testing.assert_close(((small.float() / 255) ** 2).sum(-1), torch.ones(small.shape[:2]), atol=0.05, rtol=0)


@given(data=st.data())
def test_the_area_is_the_chance_of_the_rank_test(data):
    n = data.draw(st.integers(2, 30))
    there = data.draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda b: any(b) and not all(b)))
    values = data.draw(st.lists(st.integers(0, 5).map(float), min_size=n, max_size=n))
    mask, values = np.array([there]), np.array([values])
    expected = mannwhitneyu(values[mask], values[~mask]).statistic / (mask.sum() * (~mask).sum())
    assert objects.auc(values, mask)[0] == pytest.approx(expected)


def test_a_map_that_is_the_mask_agrees_wholly_and_an_even_one_is_a_guess():
    mask = np.zeros((1, 8, 8), bool)
    mask[0, :4, :2] = True
    found = objects.agreement({"mask": mask.astype(float), "even": np.ones((1, 4, 4))}, mask)
    assert found["off-centre"] == found["all"]
    assert found["all"]["pictures"] == 1
    assert found["all"]["AUC, mask"] == 1
    assert found["all"]["AUC, even"] == 0.5
    assert found["all"]["mass over area, mask"] == 8
    assert found["all"]["mass over area, even"] == 1


def test_the_gaussian_finds_what_is_centred_and_not_what_is_not():
    centred, corner = np.zeros((2, 16, 16), bool)
    centred[5:11, 5:11] = True
    corner[:5, :5] = True
    both = np.stack([centred, corner]).reshape(2, -1)
    blob = np.broadcast_to(objects.gaussian(16).flatten(), both.shape)
    first, second = objects.auc(blob, both)
    assert first > 0.95
    assert second < 0.3
    assert objects.agreement({}, np.stack([centred, corner]))["off-centre"] == {"pictures": 1}
