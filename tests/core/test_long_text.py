"""A long text as a model reads it: cut without loss, in windows or in one pass, and then the library's own weights."""

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from
from transformers import AutoModelForCausalLM

from core.lessons import material
from core.lessons.cost import long_map, long_text
from core.models import loading, offline, one_pass
from core.models.errors import ModelError

WHOLE = slice(None)


def test_a_text_is_cut_into_windows_that_the_model_reads_and_no_further():
    found = long_text.cut("word " * 1500, at_most=1024)
    assert [len(window) for window in found.windows] == [512, 512]
    assert found.pieces[:2] == found.pieces[512:514] == ("[CLS]", "word")
    assert found.read == pytest.approx(2 * 510 / 1500, rel=1e-3)
    assert long_text.cut("a word or two").read == 1


@given(
    words=lists(sampled_from(["cat", "x" * 7000, "日" * 4000, "\n", "  "]), max_size=9),
    at=sampled_from([" ", "\n", ""]),
)
def test_theorem_sheets_are_the_text_and_end_between_words(words, at):
    """For all texts: nothing is lost, and only what is longer than a sheet is cut inside."""
    text = at.join(words)
    found = list(long_text.sheets(text))
    assert "".join(found) == text
    assert all(0 < len(each) <= long_text.SHEET for each in found)
    assert len(found) <= 1 + 2 * len(text) // long_text.SHEET


def test_a_text_of_one_word_has_a_map_and_one_of_none_is_refused():
    one = long_text.cut("cat")
    assert one.pieces == ("[CLS]", "cat", "[SEP]")
    *_, (_, operands) = long_text.read(one, 3, 1)
    *_, (_, _, overview) = long_map.look(*operands)
    head = material.head_on_sentence("cat", 3, 1)
    queries, keys = (
        head.x @ w + b for w, b in ((head.maps.w_query, head.maps.b_query), (head.maps.w_key, head.maps.b_key))
    )
    expected = (queries @ keys.mT / 32**0.5).softmax(-1)[0]
    torch.testing.assert_close(overview.largest, expected, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="holds no token"):
        long_text.cut("  ")


def test_our_own_text_is_long_enough_for_the_whole_map():
    assert len(long_text.own_text()) > 5 * long_text.MOST


def story(n_tokens: int) -> long_text.LongText:
    return long_text.cut(
        "Tim had a big red ball. Sue saw it, and the dog ran to her! " * n_tokens, offline.STORY, n_tokens
    )


def seen(text: long_text.LongText, layer: int, head: int) -> tuple[long_map.Weights, long_map.Overview]:
    """All of a map."""
    *_, (share, heads) = long_text.read(text, layer, head)
    *_, (_, whole, overview) = long_map.look(*heads, text.allowed)
    assert share == 1
    return whole, overview


@pytest.fixture(scope="module")
def theirs():
    """What the library's own attention gives in every layer, and for what."""
    text = story(61)
    model = AutoModelForCausalLM.from_pretrained(
        offline.folder(offline.STORY), dtype=torch.float32, attn_implementation="eager"
    )
    with torch.inference_mode():
        return text, model(torch.tensor(text.windows), output_attentions=True).attentions


def test_a_text_that_is_read_in_one_pass_begins_as_the_stories_did_and_has_no_end():
    text = story(61)
    assert text.pieces[:3] == ("<|endoftext|>", "Tim", "␣had")
    assert len(text.pieces) == len(text.windows[0]) == 61
    assert len(text.windows) == 1


@pytest.mark.parametrize("layer", range(6))
def test_every_cell_of_one_pass_is_the_librarys_own(theirs, layer):
    text, attentions = theirs
    for head in (0, 2, 5):
        whole, overview = seen(text, layer, head)
        torch.testing.assert_close(whole.tile(WHOLE, WHOLE), attentions[layer][:, head][None], atol=1e-5, rtol=0)
        torch.testing.assert_close(overview.largest, attentions[layer][0, head], atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def long() -> long_map.Weights:
    """Of more tokens than are looked at, or go through a block, at once."""
    return seen(story(2500), 1, 4)[0]


@given(row=integers(0, 2499))
def test_theorem_a_row_of_a_long_text_is_its_softmax_over_what_came_before(long, row):
    """For all rows: what a tile holds is what double precision finds, and sums to 1."""
    found = long.tile(slice(row, row + 1), WHOLE)[0, 0, 0]
    scores = long.queries[0, 0, row].double() @ long.keys[0, 0, : row + 1].double().T / 32**0.5
    torch.testing.assert_close(found[: row + 1].double(), scores.softmax(-1), atol=1e-6, rtol=1e-4)
    assert not found[row + 1 :].any()
    assert float(found.sum()) == pytest.approx(1, abs=1e-4)


def test_who_left_ends_the_pass_between_two_heads(monkeypatch):
    def left() -> None:
        raise InterruptedError

    begun = long_text.read(story(9), 1, 0)
    next(begun)
    monkeypatch.setattr(one_pass, "still_wanted", left)
    with pytest.raises(InterruptedError):
        next(begun)


def test_one_pass_is_for_a_llama_and_a_head_that_it_has():
    with pytest.raises(ModelError, match="not in Llama's format"):
        next(one_pass.read(loading.load(offline.NAME), [1, 2], 0, 0))
    with pytest.raises(ValueError, match="no head 6 in a layer 0: story-gpt has 6 layers of 6 heads"):
        next(one_pass.read(loading.load(offline.STORY), [1, 2], 0, 6))
