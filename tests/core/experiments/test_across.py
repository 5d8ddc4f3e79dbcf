"""The claims about the operator on models at hand, layer by layer."""

from core.experiments import across, attention
from core.models import offline


def test_every_layer_of_a_model_has_its_turn_with_another_head():
    (first, *_), again = list(across.layers(offline.NAME)), list(across.layers("vit"))
    assert len(again) == 6
    assert [tuple(each.shape[:2]) for each in first] == [(1, 1)] * 3
    found = across.across([offline.NAME])
    assert [each.claimed.claim.name for _, each in found] == [claim.name for claim in attention.CLAIMS]
    assert {each.of for _, each in found} == {6}
    assert all(each.numbers for _, each in found)
    rows = across.rows(found)
    assert all(len(row) == len(across.HEAD) for row in rows)
    assert rows[0][0] == offline.NAME
    assert rows[0][4] == "6 of 6 layers"


def test_a_decoder_asks_for_each_piece_that_it_writes_among_those_and_what_was_read():
    asked = [(queries.shape[2], keys.shape[2]) for queries, keys, _ in across.layers(offline.TRANSFORMER)]
    n_read, n_written = asked[0][0], asked[-1][0]
    assert n_written > 2
    assert asked == 3 * [(n_read, n_read)] + 2 * [(n_written, n_written)] + 2 * [(n_written, n_read)]


def test_a_model_that_is_not_there_is_told_in_one_line():
    (row,) = across.rows(across.across(["no/such-model-anywhere"]))
    assert row[0] == "no/such-model-anywhere"
    assert row[4]
    assert not row[3]
