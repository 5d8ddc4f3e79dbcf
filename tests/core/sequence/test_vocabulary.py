"""Word pieces: nothing is unknown, nothing is lost, and every piece belongs to a word."""

import pytest
from hypothesis import given
from hypothesis.strategies import text
from tokenizers import Tokenizer

from core.sequence.vocabulary import END, PAD, START, Vocabulary, clean, foreign

SENTENCES = ("I don't know the house.", "L'homme qu'il a vu est là.", "The old man sees the red house.") * 3


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.learn(SENTENCES, 400)


@given(text=text(max_size=40))
def test_theorem_whatever_is_read_is_spelled_again(vocabulary, text):
    """For every text: its pieces spell it, up to spaces and forms of accents."""
    pieces = vocabulary.read(text)
    assert clean(vocabulary.text(pieces.ids)) == clean(text)


@given(text=text(max_size=40))
def test_theorem_every_piece_belongs_to_a_word_and_words_are_in_order(vocabulary, text):
    pieces = vocabulary.read(text)
    assert len(pieces.ids) == len(pieces.word_of)
    assert list(pieces.word_of) == sorted(pieces.word_of)
    assert set(pieces.word_of) == set(range(len(pieces.words)))


def test_words_are_cut_as_each_language_cuts_them(vocabulary):
    assert vocabulary.read("I don't know.").words == ("I", "don't", "know", ".")
    assert vocabulary.read("L'homme qu'il a vu").words == ("L'", "homme", "qu'", "il", "a", "vu")


def test_marks_of_the_model_are_no_text(vocabulary):
    ids = vocabulary.read("the house").ids
    assert vocabulary.text((*ids, vocabulary.end)) == "the house"
    assert {vocabulary.piece(id_) for id_ in (vocabulary.pad, vocabulary.start, vocabulary.end)} == {PAD, START, END}
    # a visitor cannot write one: what looks like it is spelled in letters
    assert vocabulary.end not in vocabulary.read("the </s> house").ids


def test_words_that_are_cut_already_stay_cut(vocabulary):
    given = ["lui", "-", "même", ",", "l'", "homme", "aujourd'", "hui", "."]
    pieces = vocabulary.of_words(given)
    assert pieces.words == tuple(given)
    assert set(pieces.word_of) == set(range(len(given)))
    # punctuation and what follows an apostrophe are read as in running text
    assert not any(vocabulary.piece(id_).startswith("▁") for id_ in pieces.ids[-1:])


def test_a_saved_vocabulary_reads_the_same(vocabulary):
    again = Vocabulary(Tokenizer.from_str(vocabulary.as_json()))
    assert all(again.read(sentence) == vocabulary.read(sentence) for sentence in SENTENCES)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("I see a Привет here", ("Привет", "Cyrillic")),
        ("我爱你", ("我爱你", "Chinese")),
        ("the naïve cœur of 2ª", None),
        ("नमस्ते", ("नमस्ते", "Devanagari")),
        ("🙂 1, 2", None),
    ],
)
def test_letters_of_another_script_are_named(text, met):
    assert foreign(text) == met
