"""What the lessons compute: the learner's changes do what they say and nothing else."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import permutations

from core.attention import MultiHeadAttention, Projections, attend, masks, self_attend
from core.lessons import attention, material, multi_head, self_attention, translation
from core.lessons import masks as masking
from core.models import loading, offline
from core.models.errors import ModelError
from tests.core.shapes import normal

TOKENS, D_MODEL, HEAD_DIM = 7, 15, 5
X = normal(1, TOKENS, D_MODEL, seed=1)
MAPS = Projections.random(D_MODEL, HEAD_DIM, seed=2)
LAYER = MultiHeadAttention.random(D_MODEL, 3, seed=3)
CLOSE = {"atol": 1e-6, "rtol": 1e-5}


# self-attention -------------------------------------------------------------------------------------------------------


@given(order=permutations(range(TOKENS)))
def test_theorem_shuffled_in_is_shuffled_out(order):
    result = self_attention.run(X, MAPS, self_attention.Settings(order=tuple(order), double=True))
    assert result.equivariance_error < 1e-12
    assert result.mean_error < 1e-12


def test_64_bits_are_a_million_times_more_exact_than_32():
    order = tuple(reversed(range(TOKENS)))
    wide, narrow = (
        self_attention.run(X, MAPS, self_attention.Settings(order=order, double=double)) for double in (True, False)
    )
    assert wide.equivariance_error < 1e-12
    assert wide.now.x.dtype == torch.float64
    assert 1e6 * wide.equivariance_error < narrow.equivariance_error < 1e-5


def test_dividing_the_scores_is_told_by_the_largest_weight_with_and_without_it():
    result = self_attention.run(X, MAPS, self_attention.Settings())
    scores = result.now.attention.scores[0, 0]
    assert result.undivided == pytest.approx(scores.softmax(-1).max().item())
    assert result.largest_weight == pytest.approx((scores / HEAD_DIM**0.5).softmax(-1).max().item())
    assert result.largest_weight < result.undivided


@pytest.mark.parametrize("order", [(), (0,), (0, 0, 1, 2, 3, 4, 5), (9, 8, 7, 6, 5, 4, 3), tuple(range(8))])
def test_an_order_that_is_none_leaves_the_typed_one(order):
    assert self_attention.complete(order, TOKENS) == tuple(range(TOKENS))


def test_a_token_moves_to_its_goal_and_all_others_keep_their_order():
    assert self_attention.moved((0, 1, 2, 3, 4), 1, 3) == (0, 2, 3, 1, 4)
    assert self_attention.moved((0, 1, 2, 3, 4), 4, 0) == (4, 0, 1, 2, 3)


def test_a_zeroed_value_takes_its_share_of_attention_and_delivers_nothing():
    plain, zeroed = (self_attention.run(X, MAPS, self_attention.Settings(zeroed=place)) for place in (None, 2))
    torch.testing.assert_close(zeroed.now.attention.weights, plain.now.attention.weights)
    delivered = plain.now.attention.weights[..., 2:3] * plain.now.values[:, :, 2:3]
    torch.testing.assert_close(zeroed.now.attention.output, plain.now.attention.output - delivered, **CLOSE)


def test_fused_and_separate_products_agree():
    one, three = (self_attention.run(X, MAPS, self_attention.Settings(fused=fused)) for fused in (True, False))
    torch.testing.assert_close(one.now.attention.output, three.now.attention.output, **CLOSE)


def test_a_higher_temperature_brings_the_weights_closer_together():
    cold, hot = (self_attention.run(X, MAPS, self_attention.Settings(temperature=t)).now for t in (0.5, 4.0))
    assert hot.attention.weights.max() < cold.attention.weights.max()
    torch.testing.assert_close(cold.attention.scaled, 8 * hot.attention.scaled, **CLOSE)


@pytest.mark.parametrize("n_tokens", [3, 4, 5, 6, TOKENS])
def test_swapping_two_tokens_moves_their_outputs_and_leaves_a_third(n_tokens):
    assert len(set(self_attention.places_to_swap(n_tokens))) == 3
    stays, moves, rounding = self_attention.swap(X[:, :n_tokens], MAPS)
    assert max(stays, moves) <= rounding < 1e-2


def test_rounding_of_large_numbers_is_not_taken_for_a_change():
    evenly = replace(MAPS, w_key=torch.zeros_like(MAPS.w_key))
    stays, moves, rounding = self_attention.swap(1e4 * X, evenly)
    assert 1e-5 < max(stays, moves) <= rounding


def test_a_zeroed_token_stays_zeroed_wherever_it_is_moved():
    order = tuple(range(TOKENS))[::-1]
    result = self_attention.run(X, MAPS, self_attention.Settings(order=order, zeroed=2))
    assert result.zeroed == TOKENS - 3
    assert (result.now.values[0, 0, result.zeroed] == 0).all()
    assert (result.typed.values[0, 0, 2] == 0).all()
    assert result.equivariance_error < 1e-5


def test_the_pair_named_is_the_one_that_differs_most_in_what_it_gives():
    result = self_attention.run(X, MAPS, self_attention.Settings())
    weights = result.now.attention.weights[0, 0]
    gives, takes = result.least_mutual
    assert weights[gives, takes] - weights[takes, gives] == (weights - weights.mT).max()


# the operator ---------------------------------------------------------------------------------------------------------


def operands() -> attention.Operands:
    return attention.project(normal(1, 3, D_MODEL, seed=4), X, MAPS)


@pytest.mark.parametrize(
    ("change", "weights_move", "output_moves"),
    [
        ("as they are", False, False),
        ("values times −1", False, True),
        ("keys times −1", True, True),
        ("keys and values shuffled", False, False),
        ("keys alone shuffled", False, True),
    ],
)
def test_what_is_changed_decides_what_moves(change, weights_move, output_moves):
    """Weights are compared key by key, wherever the key stands now."""
    result = attention.run(operands(), attention.Settings(change=change))
    assert (result.weights_moved > 1e-5) == weights_move
    assert (result.output_moved > 1e-5) == output_moves


@pytest.mark.parametrize("score", attention.SCORES)
def test_every_score_shares_out_one_unit(score):
    weights = attention.run(operands(), attention.Settings(score=score)).trace.attention.weights
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 1, 3), **CLOSE)


def test_only_the_scaled_dot_product_brings_a_root():
    for score, scale in (
        ("scaled dot", HEAD_DIM**-0.5),
        ("dot", 1.0),
        ("cosine", 1.0),
        ("additive", 1.0),
        ("distance", 1.0),
    ):
        trace = attention.run(operands(), attention.Settings(score=score)).trace.attention
        torch.testing.assert_close(trace.scaled, trace.scores * scale, **CLOSE)


def test_the_plane_keeps_mixtures_mixtures():
    """The projection of a weighted mean is the weighted mean of the projections."""
    result = attention.run(operands(), attention.Settings())
    weights = result.trace.attention.weights[0, 0]
    torch.testing.assert_close(weights @ result.plane_values, result.plane_outputs, atol=1e-5, rtol=0)
    assert 0 < result.plane_share <= 1


def test_vectors_of_two_numbers_are_their_own_plane():
    values, outputs = normal(4, 2, seed=1), normal(3, 2, seed=2)
    assert attention.plane(values, outputs) == (values, outputs, 1.0)


@pytest.mark.parametrize("values", [torch.ones(4, 3), torch.zeros(1, 5), torch.ones(3, 1)])
def test_the_plane_of_equal_or_narrow_values_is_finite(values):
    points, outputs, share = attention.plane(values, values[:1])
    assert points.shape == (len(values), 2)
    assert points.isfinite().all()
    assert outputs.isfinite().all()
    assert 0 <= share <= 1


def test_one_key_among_n_gets_e_to_the_gap_over_itself_plus_n_minus_1():
    for n_keys, weight in enumerate(attention.dilution(5.0, 64), start=1):
        assert weight == pytest.approx(math.exp(5) / (math.exp(5) + n_keys - 1), rel=1e-5)


# masks ----------------------------------------------------------------------------------------------------------------


def test_the_kinds_of_masks_are_those_of_the_core():
    def kept(**chosen):
        return int(masking.allowed_by(TOKENS, masking.Settings(**chosen)).sum())

    assert kept(kind="nothing hidden") == 49
    assert kept(kind="causal") == 28
    assert kept(kind="band", window=1) == 19
    assert kept(kind="causal band", window=1) == 13
    assert kept(kind="padding", padded=2) == 35
    assert kept(kind="padding", padded=99) == 7
    assert (
        kept(kind="causal with padding", padded=2) == 25
    )  # 28 - 2 - 1: two fillers behind, of which one sees the other
    # two fillers before: neither sees a word, so each is given itself
    assert kept(kind="causal with padding", padded=2, left=True) == 17


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("kind", ["padding", "causal with padding"])
def test_filler_is_computed_and_nobody_else_moves_with_it(kind, left):
    chosen = masking.Settings(kind=kind, padded=2, left=left)
    result = masking.run(X, MAPS, chosen)
    filler = slice(0, 2) if left else slice(TOKENS - 2, TOKENS)
    words = [place for place in range(TOKENS) if place not in range(TOKENS)[filler]]
    assert (result.leak[words][:, filler] == 0).all()
    assert result.leak.diagonal()[filler].gt(0).all()  # it moves by itself, which is no leak
    assert result.hidden_leak == 0
    assert masking.run(X, MAPS, replace(chosen, after_softmax=True)).hidden_leak > 1e-4


def test_a_token_that_may_not_see_itself_moves_and_that_is_no_leak():
    result = masking.run(X, MAPS, masking.Settings(kind="nothing hidden", flipped=frozenset({(3, 3)})))
    assert result.leak[3, 3] > 0
    assert result.hidden_leak == 0


def test_what_the_words_give_does_not_depend_on_the_filler_or_where_it_stands():
    """Real [PAD] tokens, as the model makes them; by hand, rows of zeros."""
    text, made = "The cat sat", {}
    for filler, left in ((0, False), (3, False), (3, True)):
        given = material.head_on_sentence(text, 3, 1, 0, 64, filler, left)
        chosen = masking.Settings(kind="padding", padded=filler, left=left)
        assert given.words.count("[PAD]") == filler
        output = masking.run(given.x, given.maps, chosen).trace.attention.output[0, 0]
        made[filler, left] = output[filler if left else 0 :][: len(given.words) - filler]
    for other in ((3, False), (3, True)):
        torch.testing.assert_close(made[other], made[0, False], atol=1e-5, rtol=1e-5)
    numbers = ((1.0, 2.0),), *(((1.0, 0.0), (0.0, 1.0)),) * 3
    by_hand = material.head_by_hand(("a",), *numbers, 2, True)
    assert by_hand.words == ("[PAD]", "[PAD]", "a")
    assert by_hand.x[0].tolist() == [[0, 0], [0, 0], [1, 2]]


def test_another_last_word_is_heard_before_it_only_where_layers_without_a_mask_came_first():
    text = "The animal did not cross the street because it was too tired"
    at_first, here = masking.moved_by_another_word(text, 3, 1, 64)
    assert at_first == 0
    assert here > 1
    assert masking.moved_by_another_word(text, 0, 1, 64) == (0, 0)


def test_a_clicked_cell_becomes_its_opposite():
    flipped = frozenset({(0, 6), (3, 1)})
    plain, clicked = (masking.allowed_by(TOKENS, masking.Settings(flipped=cells)) for cells in (frozenset(), flipped))
    assert {tuple(cell) for cell in (plain != clicked).nonzero().tolist()} == flipped


def test_the_last_key_of_a_token_cannot_be_taken():
    with pytest.raises(ValueError, match="token at place 0 would see nothing"):
        masking.allowed_by(TOKENS, masking.Settings(flipped=frozenset({(0, 0)})))


def test_clicks_outside_a_shorter_sentence_are_ignored():
    assert masking.allowed_by(2, masking.Settings(flipped=frozenset({(5, 5)}))).tolist() == [
        [True, False],
        [True, True],
    ]


def test_a_causal_mask_before_the_softmax_leaks_nothing_and_after_it_does():
    right, wrong = (masking.run(X, MAPS, masking.Settings(after_softmax=after)) for after in (False, True))
    assert right.hidden_leak == 0
    assert wrong.hidden_leak > 1e-4
    # the scale ends at what leaks, if anything does: beside what is allowed it would be white
    assert wrong.leak_scale == wrong.hidden_leak < right.leak_scale < right.leak.max()
    assert wrong.smallest_row_sum < 0.9


def test_the_last_word_moves_only_itself_or_everything():
    right, wrong = (masking.movers(X, MAPS, after) for after in (False, True))
    assert (right[:-1] == 0).all()
    assert right[-1] > 0
    assert (wrong > 0).all()


def test_each_layer_of_a_window_reaches_one_window_further():
    result = masking.run(X, MAPS, masking.Settings(kind="band", window=1, n_layers=3))
    assert result.layers_needed[0].tolist()[:4] == [0, 1, 2, 3]
    assert result.reached[0].tolist() == [True] * 4 + [False] * 3
    assert result.layers_needed.isnan().equal(~result.reached)


def test_a_mask_that_hides_nothing_has_nothing_to_leak():
    assert masking.run(X, MAPS, masking.Settings(kind="nothing hidden", after_softmax=True)).hidden_leak == 0


def test_the_lesson_uses_the_mask_it_shows():
    result = masking.run(X, MAPS, masking.Settings(kind="causal"))
    expected = self_attend(X, MAPS, masks.causal(TOKENS)).attention.weights
    assert torch.equal(result.trace.attention.weights, expected)


# many heads -----------------------------------------------------------------------------------------------------------


def test_built_right_it_is_the_layer():
    result = multi_head.run(X, LAYER, multi_head.Settings(n_heads=3))
    torch.testing.assert_close(result.built.mixed, LAYER(X).mixed)
    assert result.change == 0
    assert result.strangers == 0


@pytest.mark.parametrize("n_heads", [1, 3, 5, 15])
def test_the_origin_of_a_wrong_split_is_told_row_by_row(n_heads):
    """Every row of the wrong stack is a piece of the very token that is named."""
    result = multi_head.run(X, LAYER, multi_head.Settings(n_heads=n_heads, split=multi_head.WRONG_SPLIT))
    width = D_MODEL // n_heads
    for head in range(n_heads):
        for place in range(TOKENS):
            home = int(result.split_origin[head, place])
            pieces = result.built.projected[0, home].reshape(n_heads, width)
            assert any(torch.equal(piece, result.built.queries[0, head, place]) for piece in pieces)


@pytest.mark.parametrize("split", multi_head.SPLITS)
@pytest.mark.parametrize("merge", multi_head.MERGES)
@pytest.mark.parametrize("n_heads", [1, 3, 5, 15])
def test_every_merged_slot_holds_what_the_query_of_its_origin_asked_for(n_heads, split, merge):
    result = multi_head.run(X, LAYER, multi_head.Settings(n_heads=n_heads, split=split, merge=merge))
    for slot in range(n_heads):
        for place in range(TOKENS):
            asked = (result.split_origin == result.merge_origin[slot, place]).nonzero().tolist()
            pieces = [result.built.attention.output[0, head, row] for head, row in asked]
            assert any(torch.equal(piece, result.merged_slots[slot, place]) for piece in pieces)


@pytest.mark.parametrize("n_heads", [3, 5, 15])
def test_two_bare_reshapes_bring_every_slot_home(n_heads):
    wrong = {"split": multi_head.WRONG_SPLIT, "merge": multi_head.WRONG_MERGE}
    both = multi_head.run(X, LAYER, multi_head.Settings(n_heads=n_heads, **wrong))
    assert both.strangers > 0
    assert both.merged_strangers == 0


def test_two_bare_reshapes_leak_nothing_and_one_alone_leaks_16_pairs_of_28():
    x, layer = normal(1, 8, 16, seed=5), MultiHeadAttention.random(16, 4, seed=6)
    found = {
        (split, merge): multi_head.leaks(x, layer, multi_head.Settings(4, split, merge))
        for split in multi_head.SPLITS
        for merge in multi_head.MERGES
    }
    assert list(found.values()) == [0, 16, 16, 0]


def test_muting_all_heads_leaves_only_the_bias():
    result = multi_head.run(X, LAYER, multi_head.Settings(n_heads=3, ablated=(0, 1, 2)))
    assert (result.built.mixed == 0).all()
    assert result.change == pytest.approx(1)


def test_without_w_output_heads_only_lie_side_by_side():
    result = multi_head.run(X, LAYER, multi_head.Settings(n_heads=3, mixing=False))
    assert torch.equal(result.built.mixed, result.built.merged)


# material -------------------------------------------------------------------------------------------------------------


def test_tables_of_numbers_become_a_layer():
    x, maps = material.by_hand(((1.0, 0.0), (0.0, 1.0)), ((2.0,), (3.0,)), ((1.0,), (1.0,)), ((4.0,), (5.0,)))
    trace = self_attend(x, maps)
    assert trace.queries.flatten().tolist() == [2, 3]
    expected = attend(trace.queries, trace.keys, trace.values).output
    assert torch.equal(trace.attention.output, expected)


def test_tables_that_do_not_fit_are_refused_in_words():
    with pytest.raises(ValueError, match="X has 2 columns and W_K has 3 rows"):
        material.by_hand(((1.0, 0.0),), ((1.0,), (1.0,)), ((1.0,), (1.0,), (1.0,)), ((1.0,), (1.0,)))


def test_the_real_layer_computes_what_bert_computes():
    """The maps taken out of the model, on the states it had, give the attention that it returns itself."""
    from core.models import loading, offline
    from core.models.reading import read

    text = "The animal did not cross the street because it was too tired"
    encoded = material.encode(text)
    mine = material.layer_of(3)(encoded.x(3)).attention.weights
    theirs = read(loading.load(offline.NAME), text).encoder[3].weights.cpu()
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)


# the translation lab ---------------------------------------------------------------------------------------------------


def test_a_model_that_does_not_translate_is_told_apart_also_with_a_translation_given():
    with pytest.raises(ModelError, match="does not translate"):
        translation.heads_of(loading.load(offline.NAME), "", "a white cat", "un chat blanc")
