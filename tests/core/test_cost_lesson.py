"""Lesson 12: tiles end at `attend`, what is cheaper is measured against the model as it is, and paths are as long as told."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from core.attention import attend
from core.experiments.measure import largest
from core.lessons import material
from core.lessons.cost import bill, cheaper, paths, tiles
from core.models import loading, offline

SENTENCE = "The animal did not cross the street because it was too tired"


@pytest.fixture(scope="module")
def read() -> material.Encoded:
    return material.encode(SENTENCE)


@pytest.mark.parametrize("mask", tiles.MASKS)
@pytest.mark.parametrize("block", [1, 3, 5, 16])
def test_after_all_tiles_the_output_is_that_of_attend(read, mask, block):
    maps = material.layer_of(3).maps.head(1, 12)
    n_tiles = tiles.tiles_of(14, min(block, 14))
    result = tiles.run(read.x(3), maps, tiles.Settings(block, n_tiles, mask))
    assert result.done.all()
    assert result.difference <= tiles.EQUAL
    assert "They are those of attend" in result.stands


def test_rows_are_done_once_they_met_all_keys_and_not_before(read):
    maps = material.layer_of(3).maps.head(1, 12)
    result = tiles.run(read.x(3), maps, tiles.Settings(4, 6))  # the second tile of the second row of four
    assert result.done.tolist() == [True] * 4 + [False] * 10
    assert (result.rows, result.columns, result.in_memory) == (slice(4, 8), slice(4, 8), 16)
    assert result.difference <= tiles.EQUAL < result.open_difference
    assert result.so_far.total[0, 0, 8:].sum() == 0


@pytest.mark.parametrize("met", [1, 5, 6, 11, 16])
@pytest.mark.parametrize("mask", tiles.MASKS)
def test_rows_are_done_under_way_or_have_met_nothing_by_what_each_may_still_see(read, mask, met):
    """A row that met all it may see is never said to be off; one that met none of it is never said to be under way."""
    result = tiles.run(read.x(3), material.layer_of(3).maps.head(1, 12), tiles.Settings(4, met, mask))
    left = (result.visible & ~result.met).sum(-1)
    seen = (result.visible & result.met).sum(-1)
    assert result.done.tolist() == (left == 0).tolist()
    assert result.begun.tolist() == ((left > 0) & (seen > 0)).tolist()
    assert (result.so_far.total[0, 0] > 0).tolist() == (seen > 0).tolist()
    assert result.difference <= tiles.EQUAL
    assert "0.00" not in result.stands
    assert ("have met nothing" in result.stands) == (int(((left > 0) & (seen == 0)).sum()) > 1)


def test_only_rows_that_have_begun_are_walked(read, monkeypatch):
    walked, walk = [], tiles.walk
    monkeypatch.setattr(tiles, "walk", lambda *given: walked.append(given[3]) or walk(*given))
    tiles.run(read.x(3), material.layer_of(3).maps.head(1, 12), tiles.Settings(4, 6))
    assert walked == [slice(0, 4), slice(4, 8)]


def test_the_whole_model_with_attention_as_it_is_gives_its_own_vector(read):
    with torch.inference_mode():
        found = cheaper.read_through(read.x(0), attend)
    torch.testing.assert_close(found[0], read.hidden[-1].mean(0), atol=1e-5, rtol=0)


def test_the_model_itself_which_may_live_on_another_device_is_not_asked(read, monkeypatch):
    def elsewhere(*_):
        raise RuntimeError("on another device")

    for module in loading.load(offline.NAME).model.modules():
        monkeypatch.setattr(module, "forward", elsewhere)
    assert cheaper.read_through(read.x(0), attend).shape == (1, 384)


def test_what_saves_nothing_changes_nothing_and_what_saves_more_errs_more(read):
    """All 14 weights kept, a window over the whole sentence, twelve heads of keys and values."""
    result = cheaper.run(read, cheaper.Settings())
    for errors, at in ((result.by_kept, 4), (result.by_window, 5), (result.with_first, 5), (result.by_shared, 0)):
        assert errors.memory[at] == 1
        assert errors.outputs[at] <= 1e-5
        assert errors.vectors[at] <= 1e-5
        assert errors.vectors[5 - at if at in (0, 5) else 0] > 0.05


def test_the_first_token_makes_a_window_better_on_a_real_sentence(read):
    result = cheaper.run(read, cheaper.Settings())
    assert (result.with_first.vectors[:4] < result.by_window.vectors[:4]).all()


@pytest.mark.parametrize("kept", cheaper.KEPT)
def test_the_memory_of_few_weights_is_one_number_with_the_keys_that_are_kept(read, kept):
    """As a share in the table and as bytes in the sentence, for 14 tokens."""
    result = cheaper.run(read, replace(cheaper.Settings(), kept=kept), tuple(torch.zeros(6) for _ in range(4)))
    share = result.by_kept.memory[cheaper.KEPT.index(kept)].item()
    assert result.few_bytes == round(share * result.weights_bytes)
    assert result.few_bytes == 72 * 14 * (kept * 8 if kept < 14 else 14 * 4)
    every = "all of its 14 weights"
    assert result.largest == {1: "its largest weight, which gets what the others had", 16: every, 32: every}.get(
        kept, f"its {kept} largest weights, which share what the others had"
    )


@pytest.mark.parametrize("kept", cheaper.KEPT)
def test_each_row_keeps_its_largest_weights(read, kept):
    result = cheaper.run(read, replace(cheaper.Settings(), kept=kept), tuple(torch.zeros(6) for _ in range(4)))
    weights = result.trace.attention.weights[0, 0]
    assert (result.mask_k.sum(-1) == min(kept, 14)).all()
    smallest = weights.masked_fill(~result.mask_k, 2).amin(-1)
    assert (weights.masked_fill(result.mask_k, 0).amax(-1) <= smallest).all()


@given(n_heads=sampled_from([12, 6]), shared=sampled_from([6, 3, 2, 1]))
def test_theorem_a_group_shares_one_mean(n_heads, shared):
    """For all numbers: each head takes from its own group alone, and as much from each."""
    (means,) = cheaper.grouping(n_heads, [shared])
    size = n_heads // shared
    expected = torch.block_diag(*[torch.full((size, size), 1 / size)] * shared)
    torch.testing.assert_close(means, expected)


@given(
    n_tokens=integers(2, 200),
    kernel=integers(2, 9),
    window=integers(1, 20),
    dilation=integers(2, 4),
    kind=sampled_from(paths.KINDS[1:]),
)
def test_theorem_the_last_token_hears_the_first_after_so_many_layers_and_no_fewer(
    n_tokens, kernel, window, dilation, kind
):
    """For all lengths: the path of a layered kind is the fewest layers whose reach is the whole text."""
    at = paths.Settings(n_tokens, kernel=kernel, window=window, dilation=dilation)
    layers = paths.paths(at)[kind]
    assert paths.reach(at, layers)[kind] == n_tokens
    assert kind == "attention" or paths.reach(at, layers - 1)[kind] < n_tokens


@given(kernel=integers(2, 5), dilation=integers(2, 5), n_layers=integers(1, 3))
def test_theorem_dilated_convolutions_hear_every_token_that_they_reach(kernel, dilation, n_layers):
    """For all that are no further apart than they have places: the sums of all steps back leave none out."""
    at = paths.Settings(10_000, kernel=kernel, dilation=min(dilation, kernel))
    back = {0}
    for layer in range(n_layers):
        back = {one + place * at.dilation**layer for one in back for place in range(kernel)}
    assert back == set(range(paths.reach(at, n_layers)["dilated"]))


def test_attention_takes_less_work_than_recurrence_below_its_width():
    for n_tokens, words in ((767, "less"), (768, "exactly as much"), (769, "more")):
        assert words in paths.run(paths.Settings(n_tokens, 768)).compared


@pytest.mark.parametrize(("n_tokens", "saved"), [(64, False), (128, False), (256, True)])
def test_a_text_that_fits_into_one_tile_saves_nothing_and_that_is_said(n_tokens, saved):
    result = bill.run(replace(bill.Settings(), sizes=replace(bill.OURS, n_tokens=n_tokens)))
    assert ("no longer with its square" in result.grows) == saved
    assert ("nothing is saved" in result.grows) != saved


def test_a_sentence_of_one_tile_is_done_at_once():
    head = material.head_on_sentence("Yes", 0, 0)
    result = tiles.run(head.x, head.maps, tiles.Settings(16, 1))
    assert tiles.tiles_of(result.n_tokens, result.settings.block) == 1
    assert largest(result.so_far.output - result.whole) <= tiles.EQUAL
