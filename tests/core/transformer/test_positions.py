"""Positions: theorems of the four schemes, and their agreement with the library's own."""

import inspect
import math

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import floats, integers, sampled_from
from transformers import LlamaConfig, LlamaModel
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj import modeling_gptj
from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor
from transformers.models.t5.modeling_t5 import T5Attention

import core.models.pretrained as pretrained
from core.attention import attend, masks
from core.attention.heads import split_heads
from core.transformer import positions
from tests.core.shapes import BATCH, HEADS, KEYS, QUERIES, VALUE_DIM, normal, operands

PAIRS, WIDTH = 11, 22
EXACT = {"atol": 1e-9, "rtol": 0}
BASES = floats(10, 100_000)
PLACES = integers(0, 2000)
PAIRING = sampled_from(["interleaved", "halves"])


def vectors(seed: int, n: int = 1) -> torch.Tensor:
    return normal(n, WIDTH, seed=seed, dtype=torch.float64)


def at(*places: int) -> torch.Tensor:
    return torch.tensor(places)


# sinusoids ------------------------------------------------------------------------------------------------------------


@given(place=PLACES, base=BASES)
def test_theorem_every_code_is_as_long_as_the_root_of_its_hands(place, base):
    """For all places and bases: ||p||^2 = D/2, since sin^2 + cos^2 = 1 for each of D/2 hands."""
    assert positions.sinusoidal(at(place), WIDTH, base).square().sum().item() == pytest.approx(PAIRS)


@given(place=PLACES, offset=integers(-500, 500), base=BASES)
def test_theorem_one_matrix_moves_every_place_by_the_same_offset(place, offset, base):
    """For all t: p_{t+k} = p_t R_k, with an R_k that does not know t and that keeps lengths."""
    matrix = positions.rotation(offset, WIDTH, base)
    moved = positions.sinusoidal(at(place), WIDTH, base) @ matrix
    torch.testing.assert_close(moved, positions.sinusoidal(at(place + offset), WIDTH, base), **EXACT)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(WIDTH, dtype=torch.float64), **EXACT)


@given(place=PLACES, other=PLACES, shift=PLACES, base=BASES)
def test_theorem_the_product_of_two_codes_knows_their_distance_alone(place, other, shift, base):
    """p_m · p_n = sum over the hands of cos((m - n) theta_i): the same for every pair so far apart, and for its mirror."""
    here, there = positions.sinusoidal(at(place, other), WIDTH, base)
    later, still_later = positions.sinusoidal(at(place + shift, other + shift), WIDTH, base)
    by_hand = positions.angles(at(place - other), WIDTH, base).cos().sum()
    torch.testing.assert_close(here @ there, by_hand, **EXACT)
    torch.testing.assert_close(later @ still_later, by_hand, **EXACT)


def test_similarity_falls_and_rises_again():
    """The published figures for 64 numbers and base 10,000: at 32 places it is larger than at 16."""
    codes = positions.sinusoidal(torch.arange(33), 64)
    found = [(codes[0] @ codes[offset]).item() for offset in (0, 1, 2, 4, 8, 16, 32)]
    assert found == pytest.approx([32.0, 30.9, 28.3, 23.9, 22.4, 19.4, 19.6], abs=0.05)


def test_no_two_of_two_thousand_places_have_codes_that_are_near():
    codes = positions.sinusoidal(torch.arange(2000), 64)
    nearest = (torch.cdist(codes, codes) + 1e9 * torch.eye(2000)).min().item()
    assert nearest == pytest.approx(1.47, abs=0.01)


def test_two_numbers_are_one_hand_and_44_steps_of_a_radian_are_seven_turns():
    """44 = 7 * 2 pi + 0.018: with one hand, places 0 and 44 nearly coincide."""
    first, other = positions.sinusoidal(at(0, 44), 2)
    assert (first - other).norm().item() == pytest.approx(0.0177, abs=1e-4)


@pytest.mark.parametrize(("base", "apart"), [(10.0, 1.46), (100_000.0, 0.99)])
def test_a_large_base_brings_neighbours_closer_together(base, apart):
    first, second = positions.sinusoidal(at(0, 1), 16, base)
    assert (first - second).norm().item() == pytest.approx(apart, abs=0.01)


def test_sines_and_cosines_stand_side_by_side():
    (code,) = positions.sinusoidal(at(3), 4)
    assert code.tolist() == pytest.approx([math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)])


def test_sinusoids_are_those_of_the_library_with_their_columns_in_another_order():
    ours = positions.sinusoidal(torch.arange(13), WIDTH).float()
    theirs = modeling_gptj.create_sinusoidal_positions(13, WIDTH)
    torch.testing.assert_close(torch.cat([ours[:, ::2], ours[:, 1::2]], dim=1), theirs, atol=1e-5, rtol=0)


def test_a_number_without_a_partner_is_refused_in_words():
    with pytest.raises(ValueError, match="7 numbers do not make pairs: choose an even width"):
        positions.sinusoidal(at(0), 7)


# a learned table ------------------------------------------------------------------------------------------------------


def test_a_learned_table_has_no_vector_behind_its_last():
    table = positions.LearnedPositions(5, 3)
    assert torch.equal(table(at(4, 0)), table.table[[4, 0]])
    with pytest.raises(ValueError, match="no vector for place 5: the table was trained with 5 places, 0 to 4"):
        table(at(0, 5, 7))


def test_clipped_places_share_the_last_vector():
    table = positions.LearnedPositions(5, 3)
    assert torch.equal(table(at(3, 5, 700), "clip"), table.table[[3, 4, 4]])


# rotary ---------------------------------------------------------------------------------------------------------------


@given(seed=integers(0, 1000), place=PLACES, base=BASES, pairing=PAIRING)
def test_theorem_turning_keeps_lengths(seed, place, base, pairing):
    turned = positions.rotate(vectors(seed), at(place), base, pairing)
    torch.testing.assert_close(turned.norm(), vectors(seed).norm(), **EXACT)


@given(seed=integers(0, 1000), m=PLACES, n=PLACES, shift=integers(0, 1000), base=BASES, pairing=PAIRING)
def test_theorem_a_shift_of_both_leaves_their_product(seed, m, n, shift, base, pairing):
    """(R_m q)·(R_n k) = q·(R_{n-m} k): it depends on how far the key stands from the query and on nothing else."""
    query, key = vectors(seed), vectors(seed + 1)

    def score(query_place: int, key_place: int) -> torch.Tensor:
        turned = [positions.rotate(v, at(p), base, pairing) for v, p in ((query, query_place), (key, key_place))]
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(score(m + shift, n + shift), score(m, n), **EXACT)
    torch.testing.assert_close(score(m, n), score(0, n - m), **EXACT)


@given(place=PLACES, offset=integers(-500, 500), base=BASES)
def test_theorem_a_sinusoid_turned_back_by_k_is_the_one_k_places_on(place, offset, base):
    moved = positions.rotate(positions.sinusoidal(at(place), WIDTH, base), at(-offset), base)
    torch.testing.assert_close(moved, positions.sinusoidal(at(place + offset), WIDTH, base), **EXACT)


@pytest.mark.parametrize("pairing", ["interleaved", "halves"])
def test_pairs_come_back_as_they_were(pairing):
    assert torch.equal(positions.from_pairs(positions.as_pairs(vectors(1, 5), pairing), pairing), vectors(1, 5))


def test_both_pairings_are_one_rotation_of_renumbered_vectors():
    """The columns of W_Q and W_K in another order make one out of the other, so scores can be made equal."""
    halves = vectors(3, 5)
    interleaved = positions.from_pairs(positions.as_pairs(halves, "halves"))
    turned = positions.rotate(interleaved, torch.arange(5))
    expected = positions.rotate(halves, torch.arange(5), pairing="halves")
    torch.testing.assert_close(positions.from_pairs(positions.as_pairs(expected, "halves")), turned, **EXACT)


def test_llama_turns_its_queries_and_keys_as_rotate_does_in_halves():
    """With the library's own weights: what its layer hands to `attend` is what `rotate` makes of x W_Q and x W_K."""
    config = LlamaConfig(
        vocab_size=17,
        hidden_size=HEADS * WIDTH,
        intermediate_size=19,
        num_hidden_layers=1,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        attn_implementation=pretrained.IMPLEMENTATION,
    )
    torch.manual_seed(0)
    model = LlamaModel(config).eval()
    ids = torch.arange(QUERIES)[None]
    with torch.no_grad(), pretrained.record() as layers:
        model(ids)
        layer = model.layers[0]
        x = layer.input_layernorm(model.embed_tokens(ids))
        for name, maps in (("queries", layer.self_attn.q_proj), ("keys", layer.self_attn.k_proj)):
            turned = positions.rotate(split_heads(maps(x), HEADS), torch.arange(QUERIES), 500.0, "halves")
            torch.testing.assert_close(turned, getattr(layers[0], name), atol=1e-6, rtol=0)


def test_gptj_turns_neighbours():
    table = modeling_gptj.create_sinusoidal_positions(KEYS, WIDTH)
    sine, cosine = table[None].chunk(2, dim=-1)
    keys = normal(BATCH, KEYS, HEADS, WIDTH, seed=1)
    theirs = modeling_gptj.apply_rotary_pos_emb(keys, sine, cosine).transpose(1, 2)
    ours = positions.rotate(keys.transpose(1, 2), torch.arange(KEYS))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


# biases by distance ---------------------------------------------------------------------------------------------------


def test_the_slopes_of_eight_heads_are_halves_of_halves():
    assert positions.alibi_slopes(8).tolist() == [2**-i for i in range(1, 9)]


@pytest.mark.parametrize("n_heads", [1, 2, 7, 8, 11, 12, 16])
def test_alibi_gives_blooms_weights_under_a_causal_mask(n_heads):
    """BLOOM writes slope * key, which differs from -slope * distance by one number for each query."""
    queries, keys, values = (normal(1, n_heads, KEYS, VALUE_DIM, seed=seed) for seed in range(3))
    theirs = build_alibi_tensor(torch.ones(1, KEYS), n_heads, torch.float32)[None]
    causal = masks.causal(KEYS)
    expected = attend(queries, keys, values, causal, bias=theirs).weights
    found = attend(queries, keys, values, causal, bias=positions.alibi(n_heads, KEYS, KEYS)).weights
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_alibi_is_the_last_row_of_mpts():
    theirs = build_mpt_alibi_tensor(8, KEYS)
    torch.testing.assert_close(positions.alibi(8, KEYS, KEYS)[0, :, -1:], theirs)


def test_alibi_does_not_tell_before_from_behind():
    bias = positions.alibi(HEADS, KEYS, KEYS)
    assert torch.equal(bias, bias.mT)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (16, 64), (8, 20)])
def test_buckets_are_those_of_t5(bidirectional, n_buckets, max_distance):
    apart = torch.arange(-300, 301)[None]
    theirs = T5Attention._relative_position_bucket(apart, bidirectional, n_buckets, max_distance)
    ours = positions.relative_buckets(apart, n_buckets, max_distance, bidirectional)
    assert torch.equal(ours, theirs)


@given(n_buckets=sampled_from([8, 16, 32]), bidirectional=sampled_from([True, False]))
def test_theorem_a_key_that_is_further_away_never_falls_into_a_nearer_bucket(n_buckets, bidirectional):
    behind = positions.relative_buckets(-torch.arange(200)[None], n_buckets, 128, bidirectional)[0]
    assert (behind.diff() >= 0).all()
    assert behind[-1] == (n_buckets // 2 if bidirectional else n_buckets) - 1


def test_a_bucket_bias_is_one_number_for_each_bucket_and_head():
    bias = positions.BucketBias(HEADS, 8, 20)
    with torch.no_grad():
        bias.table.copy_(normal(8, HEADS, seed=1))
    found = bias(QUERIES, KEYS)
    assert found.shape == (1, HEADS, QUERIES, KEYS)
    buckets = positions.relative_buckets(positions.offsets(QUERIES, KEYS), 8, 20)
    assert found[0, 2, 4, 1] == bias.table[buckets[4, 1], 2]
    queries, keys, values = operands()
    trace = attend(queries, keys, values, bias=found)
    torch.testing.assert_close(trace.masked, trace.scaled + found)


def test_a_text_and_its_mirror_image_get_mirrored_weights_under_alibi_and_not_under_buckets():
    queries, keys, values = (normal(1, HEADS, KEYS, VALUE_DIM, seed=seed) for seed in range(3))
    bucket = inspect.unwrap(positions.BucketBias)(HEADS)
    with torch.no_grad():
        bucket.table.copy_(normal(*bucket.table.shape, seed=9))

    def mirrored(bias: torch.Tensor) -> float:
        there = attend(queries, keys, values, bias=bias).weights
        back = attend(queries.flip(2), keys.flip(2), values.flip(2), bias=bias).weights.flip(2, 3)
        return (there - back).abs().max().item()

    assert mirrored(positions.alibi(HEADS, KEYS, KEYS)) < 1e-6
    assert mirrored(bucket(KEYS, KEYS)) > 0.1
