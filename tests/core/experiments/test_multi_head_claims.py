"""Many heads: the two bugs, the counts, and the toys that are trained."""

from dataclasses import replace

import pytest
import torch

from core.attention import MultiHeadAttention, Projections
from core.experiments.multi_head import CLAIMS, copy_task
from core.experiments.multi_head.copy_task import CopyModel, letters_copied, wanted
from core.experiments.multi_head.layers import exact_layer, reordered
from tests.core.experiments.learner import tokens_and_layer
from tests.core.shapes import normal

BY_NAME = {claim.name: claim for claim in CLAIMS}


def find(name: str, **size: int):
    return BY_NAME[name](*tokens_and_layer(1, **size), 0)


def test_heads_at_once_heads_one_by_one_and_torch_agree():
    finding = find("batched")
    assert finding["heads at once against one by one"] <= 1e-13
    assert finding["against torch"] <= 1e-13


def test_a_layer_with_biases_agrees_with_torch_too():
    module = torch.nn.MultiheadAttention(6, 3, batch_first=True)
    for index, parameter in enumerate(module.parameters()):
        parameter.data = normal(*parameter.shape, seed=index)
    finding = BY_NAME["batched"](normal(1, 7, 6, seed=9), MultiHeadAttention.from_torch(module), 0)
    assert finding.holds
    assert finding["against torch"] <= 1e-12


def test_two_bare_reshapes_hide_from_a_leak_test_and_one_alone_leaks_16_of_28_pairs():
    finding = find("just_reshape", n_tokens=8, n_heads=4, head_dim=2)
    assert finding["bare split and bare merge change outputs by"] > 0.5
    assert finding["future pairs"] == 28
    assert finding["leaks, right"] == finding["leaks, bare split and bare merge"] == 0
    assert finding["leaks, bare split alone"] == finding["leaks, bare merge alone"] == 16


def leaks_of_a_bare_merge(n_tokens: int, layer: MultiHeadAttention) -> int:
    """The count without any attention: row t of a bare merge holds what tokens up to some last one have seen."""
    width = layer.maps.w_value.shape[1]
    token_of_number = torch.arange(n_tokens * width) // (width // layer.n_heads) % n_tokens
    last_seen = token_of_number.reshape(n_tokens, width).amax(dim=-1)
    return int((last_seen - torch.arange(n_tokens)).clamp(min=0).sum())


@pytest.mark.parametrize(("n_tokens", "n_heads"), [(2, 2), (5, 2), (5, 3), (7, 4), (8, 12)])
def test_the_leaks_of_a_bare_merge_can_be_counted_without_attention(n_tokens, n_heads):
    x, layer = tokens_and_layer(1, n_tokens=n_tokens, n_heads=n_heads)
    assert BY_NAME["just_reshape"](x, layer, 0)["leaks, bare merge alone"] == leaks_of_a_bare_merge(n_tokens, layer)


def test_leaks_are_counted_among_the_first_8_tokens():
    assert find("just_reshape", n_tokens=11)["future pairs"] == 28


def test_a_head_reads_every_feature_of_the_input():
    finding = find("cut_input", n_heads=2, head_dim=4)
    assert finding["features"] == finding["features read by head 0"] == 8
    assert finding["features read if the input were cut"] == 4


def test_twelve_small_blocks_are_a_twelfth_of_twelve_heads():
    finding = find("block_diagonal", n_heads=3, head_dim=2)
    assert finding["weights in 12 blocks of 64 × 64"] == 49_152
    assert finding["weights of 12 heads"] == 589_824
    assert finding["your weights in blocks"] == 12
    assert finding["your weights"] == 36
    assert 0 < finding["share of your map outside its blocks"] < 1


@pytest.mark.parametrize(("head_dim", "ways"), [(2, 4), (4, 6)])
def test_four_squares_of_weights_serve_every_number_of_heads(head_dim, ways):
    finding = find("same_size", n_heads=3, head_dim=head_dim)
    assert finding["weights"] == 4 * (3 * head_dim) ** 2
    assert finding["numbers of heads"] == ways  # divisors of 6, and divisors of 12


def test_heads_meet_in_w_o_and_nowhere_before():
    finding = find("own_group")
    assert finding["gradient before W_O"] == 0
    assert finding["gradient after W_O"] > 0.1


def test_a_silent_head_changes_its_own_numbers_before_w_o_and_all_after_it():
    finding = find("concatenated", n_heads=3, head_dim=2)
    assert finding["numbers that head 0 changes, side by side"] == 2
    assert finding["numbers that head 0 changes, after W_O"] == finding["numbers of a token"] == 6
    assert finding["reversed heads, side by side: beyond moving, numbers change by"] <= 1e-14
    assert finding["reversed heads with their rows of W_O: outputs change by"] <= 1e-14


def test_reordered_heads_carry_all_their_weights_along():
    _, layer = tokens_and_layer(1)
    turned = reordered(exact_layer(layer), torch.tensor([2, 0, 1]))
    for name, tensor in vars(layer.maps).items():
        expected = torch.cat([tensor[..., 4:6], tensor[..., 0:4]], dim=-1).double()
        assert torch.equal(getattr(turned.maps, name), expected)
    assert torch.equal(turned.w_output, torch.cat([layer.w_output[4:6], layer.w_output[0:4]]).double())


def test_heads_may_swap_places_and_layers_may_not():
    finding = find("heads_are_layers")
    assert finding["heads swapped"] <= 1e-14
    assert finding["layers swapped"] > 0.1


def test_the_other_layer_is_another_one_even_for_the_same_seed():
    x, layer = tokens_and_layer(7)
    assert BY_NAME["heads_are_layers"](x, layer, 7)["layers swapped"] > 0.01


def test_one_head_is_self_attention_times_w_o():
    assert find("enhanced")["largest difference"] <= 1e-14


def test_shared_keys_and_values_shrink_what_is_kept_by_the_number_of_heads():
    finding = find("always_many", n_heads=3, head_dim=2)
    assert finding["your numbers per token, every head its own"] == 12
    assert finding["your numbers per token, one head shared"] == 4
    assert finding["12 heads of 64, every head its own"] == 1536
    assert finding["12 heads of 64, one head shared"] == 128


def test_heads_that_share_keys_still_look_differently():
    finding = find("always_many", n_heads=3, head_dim=2)
    assert finding.holds
    assert finding["weights of your heads differ by, one head shared"] > 0.1


def test_a_head_that_delivers_nothing_is_not_missed():
    x, layer = tokens_and_layer(1)
    maps = layer.maps
    w_value = maps.w_value.clone()
    w_value[:, :2] = 0
    maps = Projections.without_bias(maps.w_query, maps.w_key, w_value)
    finding = BY_NAME["diverse"](x, replace(layer, maps=maps), 0)
    assert finding["smallest relative change"] == 0
    assert finding["largest relative change"] > 0.1
    assert "muting head 0 changes your layer's output by 0 " in finding.says


def test_muting_the_only_head_silences_the_layer():
    assert find("diverse", n_heads=1)["largest relative change"] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(2))
def test_one_head_cannot_copy_two_tokens_and_two_heads_can(seed):
    finding = BY_NAME["one_wide_head"](*tokens_and_layer(1), seed)
    assert finding.holds
    assert finding["error, 1 head"] >= 0.5
    assert finding["error, 2 heads"] <= 0.002


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_network_behind_one_head_takes_letters_apart_and_a_linear_map_does_not(seed):
    linear, network, both = (letters_copied(heads, deep, seed) for heads, deep in ((1, False), (1, True), (2, False)))
    assert linear <= 0.5
    assert network == pytest.approx(1, abs=0.01)
    assert both == pytest.approx(1, abs=0.01)


def test_twins_part_where_their_rows_of_w_o_differ():
    finding = BY_NAME["part_ways"](*tokens_and_layer(1), 0)
    assert finding["twins differ by"] == 0
    assert finding["twins with rows of W_O of their own differ by"] > 0.3
    assert next(copy_task(2, seed=0, identical=True, same_output=False)).difference == 0


def test_heads_with_the_same_start_stay_the_same_for_ever():
    finding = BY_NAME["part_ways"](*tokens_and_layer(1), 0)
    assert finding.holds
    assert finding["twins differ by"] == 0
    assert finding["strangers differ by"] > 0.1
    assert finding["error of the twins"] >= 0.5


@pytest.mark.parametrize("seed", range(3))
def test_no_single_head_gets_below_one_half_whatever_its_weights(seed):
    """One mixture cannot hand over two tokens: half the variance of each is lost."""
    assert CopyModel(1, seed, identical=False).progress(0).loss >= 0.5


def test_training_reports_its_start_its_way_and_its_end():
    run = list(copy_task(2, seed=0, steps=25, every=10))
    assert [progress.step for progress in run] == [0, 10, 20, 25]
    assert run[-1].loss < run[0].loss
    _, _, weights, difference = run[-1]
    assert weights.shape == (2, 8, 8)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 8))
    assert difference == pytest.approx((weights[0] - weights[1]).abs().max().item())
    assert not weights.requires_grad


def test_training_repeats_from_its_seed_and_differs_from_another():
    ends = [list(copy_task(2, seed, steps=3))[-1].loss for seed in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]
    assert next(copy_task(2, seed=1)).loss != next(copy_task(2, seed=2)).loss


def test_twins_start_equal_and_strangers_do_not():
    assert next(copy_task(2, seed=0, identical=True)).difference == 0
    assert next(copy_task(2, seed=0)).difference > 0.1


def test_four_heads_share_the_same_width():
    run = list(copy_task(4, seed=0, steps=2))
    assert run[-1].weights.shape == (4, 8, 8)
    assert CopyModel(4, 0, identical=False).w_value.shape == CopyModel(1, 0, identical=True).w_value.shape == (4, 8)


def test_the_reported_loss_is_what_random_sequences_cost():
    model = CopyModel(2, 0, identical=False)
    random = normal(4000, 8, 4, seed=1)
    assert model.progress(0).loss == pytest.approx(model.loss(random).item(), rel=0.03)  # 4,000 sequences


def test_what_is_wanted_is_the_previous_and_the_first_token():
    x = torch.arange(2 * 3 * 2, dtype=torch.float32).reshape(2, 3, 2)
    assert wanted(x)[1, 2].tolist() == [8.0, 9.0, 6.0, 7.0]
