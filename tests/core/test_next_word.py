"""Lesson 7's reason: guesses under the mask do not know what comes, and without it they do."""

import pytest

from core.lessons.next_word import next_word
from core.models import loading, offline
from core.models.writer import Writer

SENTENCE = "The animal did not cross the street because it was too tired"


def test_under_the_mask_a_later_word_moves_no_guess_and_without_it_it_moves_many():
    found = next_word(SENTENCE)
    under, without = found.moved
    assert under == 0
    assert without > 0.01
    assert (found.word, found.other) == ("tired", "dog")


def test_the_guesses_under_the_mask_are_those_of_the_model_that_writes():
    found, loaded = next_word(SENTENCE), loading.load(offline.STORY)
    writer = Writer(loaded)
    writer.read([loaded.tokenizer.bos_token_id, *loaded.tokenizer(SENTENCE)["input_ids"]])
    for place, guess in enumerate(found.masked):
        shares = writer.scores(place).softmax(-1)
        assert guess.share == pytest.approx(float(shares.max()), abs=1e-4)
        assert (guess.follows is None) == (place == len(found.masked) - 1)
    rights = [each.right for each in found.masked[:-1]]
    assert rights == pytest.approx([2**-bits for bits in writer.bits[1:]], abs=1e-4)
    assert [each.token for each in found.lifted] == [each.token for each in found.masked]


def test_one_word_has_no_guess_before_it_and_nothing_is_refused_by_name():
    assert next_word("Hello").moved is None
    assert len(next_word("Hello").masked) > 1
