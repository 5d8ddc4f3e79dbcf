"""Signs that take no room are words nowhere: not between spaces, not in the pieces of a tokenizer, not in an alignment."""

import pytest

from core.sequence.vocabulary import clean, foreign
from core.text_files import read_text
from core.transformer import mirror
from core.vision import pairs
from core.zero_width import takes_room, words_of
from tests.core.models import folders
from tests.core.models.test_pieces import shown

SIGNS = "\u200b\u200c\u200d\u2060\ufeff"


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_that_takes_no_room_is_no_word_of_a_text(sign):
    for text in (f"{sign}one two", f"{sign} one two", f"one {sign} two", f"one {sign}{sign} two{sign}"):
        assert len(words_of(text)) == 2
        assert len(clean(text).split(" ")) == 2
        assert {word for _, word in shown(folders.byte_pieces(), text)} == {0, 1}
        assert takes_room(text)
    assert not takes_room(f"{sign} {sign}\n")
    with pytest.raises(ValueError, match="no text"):
        read_text(f"{sign}\n{sign}".encode())


def test_words_are_read_without_such_signs_and_an_emoji_stays_whole():
    assert clean("h\u200bo\ufeffuse\u2060 x") == "house x"
    assert clean("👩\u200d👩 x") == "👩\u200d👩 x"
    assert foreign("\u200b\ufeff") is None
    assert pairs.read("\ufeffred \u200b circle") == "red circle"
    assert mirror.read("\u200bab") == mirror.read("ab")
