"""What a person sees of a token: the same signs whatever the tokenizer writes, and nothing invisible."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis.strategies import text
from transformers import PreTrainedTokenizerFast

from core.models.pieces import pieces, readable
from tests.core.models import folders


def shown(tokenizer: PreTrainedTokenizerFast, words: str) -> list[tuple[str, int]]:
    encoding = tokenizer(words, return_special_tokens_mask=True, verbose=False)
    special = [bool(mark) for mark in encoding["special_tokens_mask"]]
    found = pieces(tokenizer, encoding["input_ids"], special, encoding.word_ids())
    return [(each.text, each.word) for each in found]


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (folders.word_pieces(), [("[CLS]", -1), ("cat", 0), ("play", 1), ("##ing", 1), ("[SEP]", -1)]),
        (folders.byte_pieces(), [("cat", 0), ("pl", 1), ("##a", 1), ("##y", 1), ("##ing", 1)]),
        (folders.sentence_pieces(), [("cat", 0), ("play", 1), ("##ing", 1), ("</s>", -1)]),
        (folders.unsplit_pieces(), [("cat", 0), ("play", 1), ("##ing", 1), ("</s>", -1)]),
        (folders.clip_pieces(), [("cat", 0), ("pl", 1), ("##a", 1), ("##y", 1), ("##ing", 1)]),
    ],
    ids=["word pieces", "bytes", "sentence pieces", "unsplit", "ends of words"],
)
def test_every_tokenizer_marks_what_continues_a_word_in_the_same_way(tokenizer, expected):
    assert shown(tokenizer, "cat playing") == expected


@pytest.mark.parametrize("tokenizer", [folders.clip_pieces(), folders.sentence_pieces(), folders.word_pieces()])
def test_a_tokenizer_that_counts_no_words_is_read_by_its_signs(tokenizer):
    encoding = tokenizer("cat play", "cat", return_special_tokens_mask=True)
    special = [bool(mark) for mark in encoding["special_tokens_mask"]]
    found = pieces(tokenizer, encoding["input_ids"], special, [None] * len(special))
    assert found[-1 - special[-1]].text == "cat"
    assert next(each.word for each in found if each.word >= 0) == 0


def test_a_special_token_in_the_text_is_shown_as_it_is():
    assert ("[MASK]", 1) in shown(folders.word_pieces(), "cat [MASK]")


def test_a_piece_of_an_emoji_is_shown_as_its_bytes():
    assert [piece for piece, _ in shown(folders.byte_pieces(), "😀")] == ["‹F0 9F›", "##‹98›", "##‹80›"]
    assert [piece for piece, _ in shown(folders.sentence_pieces(), "😀")][1:-1] == [
        "##‹F0›",
        "##‹9F›",
        "##‹98›",
        "##‹80›",
    ]


def test_a_byte_that_is_a_letter_is_shown_as_the_letter():
    assert [piece for piece, _ in shown(folders.sentence_pieces(), "the x")][:3] == ["the", "␣", "##x"]


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        (" ", "␣"),
        ("\n", "⏎"),
        ("\r\n", "␍⏎"),
        ("\t\t", "⇥⇥"),
        ("a b", "a b"),
        ("\0", "U+0000"),
        ("\x1b[31m", "U+001B[31m"),
        ("\u202eabc", "U+202Eabc"),
        ("\u2028", "U+2028"),
        ("\xa0", "U+00A0"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("مرحبا", "مرحبا"),
        ("👩\u200d👩", "👩\u200d👩"),
        ("<b>$x^2$</b> **", "<b>$x^2$</b> **"),
        ("", ""),
    ],
)
def test_what_is_invisible_gets_a_sign_and_what_is_visible_stays(hidden, seen):
    assert readable(hidden) == seen


@given(words=text())
def test_theorem_nothing_that_is_shown_controls_the_screen_or_turns_its_direction(words):
    """For all texts: no control, direction, line or paragraph sign is left, joiners of letters excepted."""
    left = {unicodedata.category(char) for char in readable(words) if char not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Zl", "Zp"}


@given(words=text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_theorem_the_pieces_of_a_word_put_together_are_the_word(words):
    found = shown(folders.byte_pieces(), words)
    assert "".join(piece.removeprefix("##") for piece, _ in found) == words
    assert [word for _, word in found] == [0] * len(found)
