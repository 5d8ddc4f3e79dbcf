"""A text becomes tokens, or is refused in words; of a long text, the part that one chooses is used."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis.strategies import integers, text

from core import settings
from core.models import offline
from core.models.errors import ModelError
from core.models.loading import load
from core.models.reading import tokenize
from tests.core.models import folders
from tests.core.models.families import IMAGE
from tests.core.models.folders import LIMIT, model_of


@pytest.fixture(scope="module")
def minilm():
    return load(offline.NAME, "cpu")


def test_a_sentence_by_hand(minilm):
    tokens = tokenize(minilm, "Tokenization works!")
    assert tokens.pieces == ("[CLS]", "token", "##ization", "works", "!", "[SEP]")
    assert tokens.ids == (101, 19204, 3989, 2573, 999, 102)
    assert tokens.special == (True, False, False, False, False, True)
    assert tokens.word == (-1, 0, 0, 1, 2, -1)
    assert (tokens.total, tokens.start, tokens.used) == (4, 0, 4)


def test_words_of_a_pair_are_counted_on(minilm):
    tokens = tokenize(minilm, "one two", "three one")
    assert tokens.pieces == ("[CLS]", "one", "two", "[SEP]", "three", "one", "[SEP]")
    assert tokens.word == (-1, 0, 1, -1, 2, 3, -1)


@pytest.mark.parametrize(
    "said",
    [
        "a",
        "😀",
        "مرحبا بالعالم",
        "e\u0301\u0302",
        "a\x00b\x07",
        "<script>alert(1)</script>",
        "**bold** $\\frac{1}{2}$",
        "한국어",
    ],
)
def test_any_text_with_a_token_is_read_and_every_tuple_has_an_entry_per_token(minilm, said):
    tokens = tokenize(minilm, said)
    columns = (tokens.pieces, tokens.ids, tokens.special, tokens.word)
    assert {len(column) for column in columns} == {tokens.used + 2}
    assert tokens.total == tokens.used > 0


@pytest.mark.parametrize("said", ["", " ", "\n\t", "\x00", "\u200b"])
def test_a_text_without_tokens_is_refused_in_words(minilm, said):
    with pytest.raises(ValueError, match="the text is empty, or holds nothing this model has a token for"):
        tokenize(minilm, said)


def test_half_of_a_character_is_refused_in_words(minilm):
    with pytest.raises(ValueError, match="half of a character"):
        tokenize(minilm, "a\ud83db")


def test_a_text_as_long_as_the_setting_is_read_and_a_longer_one_refused(minilm, monkeypatch):
    monkeypatch.setattr(settings, "MAX_TEXT", 11)
    assert tokenize(minilm, 11 * "x").used
    for first, second, name in ((12 * "x", None, "the text"), ("x", 12 * "x", "the second text")):
        with pytest.raises(ValueError, match=f"^{name} has 12 characters: at most 11 are accepted; shorten it"):
            tokenize(minilm, first, second)


def test_a_megabyte_is_refused_before_it_is_cut(minilm):
    with pytest.raises(ValueError, match="the text has 1000000 characters: at most 5000 are accepted"):
        tokenize(minilm, 1_000_000 * "a")


WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen"


@given(start=integers(0, 12), limit=integers(3, 15))
def test_theorem_the_window_is_the_part_of_the_whole_that_begins_at_start(minilm, start, limit):
    """For all starts and limits: between the special tokens stand `limit - 2` tokens of the whole from `start` on."""
    whole = tokenize(minilm, WORDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "MAX_TOKENS", limit)
        part = tokenize(minilm, WORDS, start=start)
    if limit - 2 >= 13:
        assert part == whole
        return
    inside = slice(1 + start, min(1 + start + limit - 2, 14))
    assert part.ids == (101, *whole.ids[inside], 102)
    assert part.pieces == ("[CLS]", *whole.pieces[inside], "[SEP]")
    assert part.word == (-1, *whole.word[inside], -1)
    assert (part.total, part.start, part.used) == (13, start, len(whole.ids[inside]))


@given(at_most=integers(3, 15))
def test_theorem_fewer_tokens_on_request_are_the_same_window(minilm, at_most):
    """For all numbers: asking for at most so many tokens is the window of a setting of so many; never more than it."""
    asked = tokenize(minilm, WORDS, start=2, at_most=at_most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "MAX_TOKENS", at_most)
        assert tokenize(minilm, WORDS, start=2) == asked
        assert tokenize(minilm, WORDS, start=2, at_most=100) == asked


def test_so_few_tokens_that_no_word_fits_are_refused_in_words(minilm):
    with pytest.raises(ModelError, match="2 tokens are too few for the special ones of all-MiniLM-L6-v2"):
        tokenize(minilm, WORDS, at_most=2)


@pytest.mark.parametrize("start", [-1, 13, 10**9])
def test_a_start_outside_a_long_text_is_refused_in_words(minilm, monkeypatch, start):
    monkeypatch.setattr(settings, "MAX_TOKENS", 7)
    with pytest.raises(ValueError, match=f"the text has 13 tokens: begin at 0 to 12, not at {start}"):
        tokenize(minilm, WORDS, start=start)


def test_a_pair_that_is_too_long_is_cut_as_one_text(minilm, monkeypatch):
    monkeypatch.setattr(settings, "MAX_TOKENS", 6)
    tokens = tokenize(minilm, "one two three", "four five six", start=2)
    assert tokens.pieces == ("[CLS]", "three", "[SEP]", "four", "five", "[SEP]")


@given(words=text(max_size=200))
def test_theorem_any_text_is_read_or_refused_in_words(minilm, words):
    """For all texts: read when the library finds a token between [CLS] and [SEP], else refused."""
    if len(minilm.tokenizer(words)["input_ids"]) > 2:
        tokens = tokenize(minilm, words)
        assert tokens.used == len(tokens.ids) - 2 > 0
    else:
        with pytest.raises(ValueError, match="the text is empty"):
            tokenize(minilm, words)


@pytest.mark.usefixtures("no_models")
def test_a_model_with_few_positions_reads_as_many_tokens(tmp_path):
    model = load(folders.bert(tmp_path / "bert"))
    tokens = tokenize(model, 50 * "cat ")
    assert (len(tokens.ids), tokens.total, tokens.used) == (LIMIT, 50, LIMIT - 2)


@pytest.mark.usefixtures("no_models")
def test_a_decoder_reads_one_text_and_has_no_special_tokens_here(tmp_path):
    model = load(folders.gpt2(tmp_path / "gpt2"))
    assert tokenize(model, "a cat").special == (False, False)
    with pytest.raises(ValueError, match="reads one text: leave the second one empty"):
        tokenize(model, "a", "b")


@pytest.mark.usefixtures("no_models")
def test_a_model_of_pictures_reads_no_text(tmp_path):
    model = load(folders.save(tmp_path / "vit", model_of("vit", **IMAGE), None))
    with pytest.raises(ModelError, match=r"reads no text \(vision\): choose a text model"):
        tokenize(model, "a cat")


def test_a_tokenizer_is_used_by_one_thread_at_a_time(minilm):
    """Eight threads cut texts of their own; each gets what it gets alone."""
    texts = [WORDS.split(" ", index)[-1] for index in range(8)] * 20
    alone = [tokenize(minilm, said).ids for said in texts]
    with ThreadPoolExecutor(8) as pool:
        assert [tokens.ids for tokens in pool.map(lambda said: tokenize(minilm, said), texts)] == alone
