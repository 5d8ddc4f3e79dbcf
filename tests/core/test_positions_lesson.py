"""Lesson 6: what it says of positions, on a real model and by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers

from core.lessons import material
from core.lessons.positions import by_hand, questions, real
from core.models import loading, offline
from core.models.embedding import embed, hidden_states
from core.trace import steps

SENTENCE = "The animal did not cross the street because it was too tired"


@pytest.fixture(scope="module")
def read():
    return material.encode(SENTENCE)


@pytest.fixture(scope="module")
def changed(read):
    return {change: real.run(read, real.Settings(change)) for change in real.CHANGES}


# a real model ---------------------------------------------------------------------------------------------------------


def test_words_places_and_norm_make_what_the_model_itself_reads(read):
    """Down to the last digit before layer 0, and within rounding behind every layer."""
    loaded = loading.load(offline.NAME)
    trace = embed(loaded, read.tokens.ids, range(len(read.tokens.ids)))
    assert torch.equal(trace.normed.cpu()[0], read.hidden[0])
    torch.testing.assert_close(hidden_states(loaded, trace.normed), read.hidden, atol=1e-4, rtol=0)


def test_as_typed_nothing_moves(changed):
    assert changed["as typed"].trace.answer.moved.max() < 1e-5
    assert changed["as typed"].likeness == pytest.approx(1)


def test_one_head_looks_at_the_token_before_and_cannot_find_it_without_positions(changed):
    head = changed["as typed"].head
    assert head == (0, 2)
    assert changed["as typed"].trace.answer.looks_back[0][head] > 0.99
    assert changed["zeroed"].trace.answer.looks_back_now[0][head] < 0.2
    assert changed["shifted"].trace.answer.looks_back_now[0][head] > 0.99
    assert changed["zeroed"].strongest_now < 0.2


def test_the_trace_is_of_the_head_that_was_measured(changed):
    result = changed["swapped"]
    before = result.trace.head.attention.weights[0, 0].diagonal(-1).mean()
    assert before.item() == pytest.approx(result.trace.answer.looks_back_now[0][result.head].item())
    assert [made.name for made in steps(result.trace)][:4] == ["embedded", "positions", "summed", "normed"]


def test_without_positions_every_vector_moves_by_half_its_length_and_more(changed):
    assert changed["zeroed"].moved_last > 0.5
    assert changed["zeroed"].likeness < 0.8


def test_a_shift_of_all_is_seen_by_the_model_that_adds_positions(changed):
    assert real.placed(14, changed["shifted"].settings)[:3] == (5, 6, 7)
    assert changed["shifted"].trace.answer.moved.mean(-1).min() > 0.2


def test_exchanged_places_move_their_two_words_most_before_layer_0_and_reach_others_above(changed):
    moved = changed["swapped"].trace.answer.moved[0]
    assert (moved[0] > 1e-5).nonzero().flatten().tolist() == [2, 5]
    assert moved[-1].min() > 0.1


def test_one_layer_is_equivariant_and_the_whole_model_is_not(changed):
    swapped = changed["swapped"]
    assert swapped.alone_most < 1e-5
    assert 0.1 < swapped.others < swapped.trace.answer.moved[0, -1].max()
    assert swapped.likeness < 0.9


def test_two_places_exchanged_are_two_words_typed_in_the_other_order(read, changed):
    """And without places the whole model does not see an order either."""
    loaded, ids = loading.load(offline.NAME), read.tokens.ids
    order = real.exchanged(len(ids), real.Settings())
    other = [ids[token] for token in order]

    def hidden(ids, places):
        return hidden_states(loaded, embed(loaded, ids, places).normed)

    typed = real.moves(read.hidden, hidden(other, range(len(ids)))[:, list(order)])  # an exchange undoes itself
    torch.testing.assert_close(typed, changed["swapped"].trace.answer.moved[0], atol=1e-4, rtol=0)
    nowhere = (None,) * len(ids)
    torch.testing.assert_close(hidden(other, nowhere)[:, list(order)], hidden(ids, nowhere), atol=1e-4, rtol=0)


def test_places_behind_the_last_vector_are_refused_in_words(read):
    with pytest.raises(ValueError, match="no vector for place 512: all-MiniLM-L6-v2 learned 512 places, 0 to 511"):
        real.run(read, real.Settings("shifted", shift=499))


@pytest.mark.parametrize(("pair", "taken"), [(None, (2, 5)), ((1, 3), (1, 3)), ((1, 99), (2, 5))])
def test_a_pair_outside_the_sentence_falls_back(pair, taken):
    assert real.pair_of(14, real.Settings(pair=pair)) == taken


def test_the_table_knows_neighbourhood_and_not_in_a_line():
    """The cosine of MiniLM's own positions: near ones are alike, and 5 apart more so than 3 apart."""
    found = real.table_by_distance()
    assert found[0].item() == pytest.approx(1)
    assert found[1] == pytest.approx(0.85, abs=0.01)
    assert found[5] > found[3] + 0.1
    assert found[64:].abs().max() < 0.5 < found[6]


def test_what_is_shown_has_words_for_every_axis(read):
    shown = real.shown(read, real.Settings())
    assert shown.tensors["moved"].shape == (len(shown.tokens["depth"]), len(shown.tokens["queries"]))
    assert shown.tensors["looks_back"].shape == (len(shown.tokens["layers"]), len(shown.tokens["heads"]))
    assert shown.tensors["by_distance"].shape == (1, 512)


# by hand --------------------------------------------------------------------------------------------------------------

WRITTEN = by_hand.Written(
    ("cat", "sat", "mat"),
    ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)),
    ((2.0, 0.0, 1.0), (0.0, 1.0, -1.0)),
    ((1.0, 3.0, 0.0), (0.5, 1.0, 2.0)),
    ((1.0, 0.5, -0.5, 2.0),),
    ((0.5, 1.0, 2.0, -1.0),),
)


@given(shift=integers(0, by_hand.FURTHEST))
def test_theorem_a_common_shift_leaves_ropes_score(shift):
    query, key = torch.tensor(WRITTEN.query), torch.tensor(WRITTEN.key)
    still, later = (by_hand.turn_vectors(query.double(), key.double(), by_hand.Settings(shift=by)) for by in (0, shift))
    torch.testing.assert_close(later.scores, still.scores, atol=1e-9, rtol=0)


def test_a_common_shift_changes_the_score_of_added_sinusoids():
    rotary, added = by_hand.run(WRITTEN, by_hand.Settings()).by_shift
    assert rotary.max() - rotary.min() < 1e-9
    assert added.max() - added.min() > 1


def test_both_scores_follow_how_far_the_key_stands():
    result = by_hand.run(WRITTEN, by_hand.Settings())
    assert result.by_offset.shape == (2, 2 * by_hand.AROUND + 1)
    here = result.by_offset[:, by_hand.AROUND - 3]  # the key stands 3 places before the query
    assert here[0] == pytest.approx(result.trace.rotary.scores.item())
    assert here[1] == pytest.approx(result.trace.rotary.added_scores.item())


def test_joining_and_mapping_is_mapping_and_adding():
    result = by_hand.run(WRITTEN, by_hand.Settings())
    assert result.joining_error < 1e-12
    assert result.trace.combined.mapped.shape == (1, 3, 3)


@given(offset=integers(-40, 40), width=integers(1, 32))
def test_theorem_one_rotation_moves_all_places(offset, width):
    result = by_hand.run(WRITTEN, by_hand.Settings(width=2 * width, offset=offset, n_places=8))
    assert result.rotation_error < 1e-9
    assert result.length_error < 1e-12


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": ((1.0, 2.0),)}, "the query has 4 numbers and the key 2"),
        ({"w_x": ((1.0,),)}, "X has 2 columns and W_x has 1 rows"),
        ({"w_x": ((1.0,), (1.0,))}, "W_x has 1 columns and W_p has 3"),
        ({"x": ((1.0,),), "w_x": ((1.0,),), "w_p": ((1.0,),)}, "1 numbers do not make pairs"),
        ({"query": ((1.0,),), "key": ((1.0,),)}, "1 numbers do not make pairs"),
    ],
)
def test_tables_that_do_not_fit_are_refused_in_words(change, says):
    written = by_hand.Written(**(vars(WRITTEN) | change))
    with pytest.raises(ValueError, match=says):
        by_hand.run(written, by_hand.Settings())


def test_by_hand_has_words_for_every_axis():
    shown = by_hand.shown(WRITTEN, by_hand.Settings(shift=100))
    assert (shown.tokens["queries"], shown.tokens["keys"]) == (["q at 105"], ["k at 102"])
    assert len(shown.tokens["places"]) == len(shown.tensors["codes"]) == 50


def test_biases_by_distance_start_at_nothing_and_stop_at_the_places_that_are_shown():
    shown = by_hand.shown(WRITTEN, by_hand.Settings(n_places=8))
    assert shown.tensors["penalty"].shape == (by_hand.HEADS, 8, 8)
    assert shown.tensors["penalty"][0, 3].tolist() == [-1.5, -1.0, -0.5, 0.0, -0.5, -1.0, -1.5, -2.0]
    assert shown.tensors["buckets"][3].tolist() == [3, 2, 1, 0, 17, 18, 19, 20]


# questions ------------------------------------------------------------------------------------------------------------


def test_without_positions_and_mask_a_toy_guesses():
    assert questions.guessed_without_positions(0) == 0.5


def test_a_shift_by_1000_leaves_ropes_score_and_moves_that_of_added_codes():
    rotary, added = questions.changed_by_shift(by_hand.run(WRITTEN, by_hand.Settings()))
    assert rotary < 1e-9
    assert added > 1
