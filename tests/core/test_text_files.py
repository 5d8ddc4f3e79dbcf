"""Text out of uploaded files: what is read, and what is refused in words."""

import pytest

from core import settings
from core.text_files import read_text

SENTENCE = "Straße, 猫, ไทย, עברית, e\u0301 and 🙂"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_are_read(encoding):
    assert read_text(SENTENCE.encode(encoding)) == SENTENCE


def test_utf_16_of_the_other_byte_order_is_read():
    assert read_text(b"\xfe\xff" + SENTENCE.encode("utf-16-be")) == SENTENCE


def test_lines_become_one_sentence():
    assert read_text(b"one\r\ntwo\n\n three\t four") == "one two three four"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no text"),
        (b" \n\t ", "holds no text"),
        ("Größe".encode("latin-1"), "byte 2 of the file does not belong to UTF-8"),
        (b"\xff\xfea", "does not belong to UTF-16"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "byte 0"),
        (b"MZ\x00\x01\x02", "control characters"),
        (b"a\x00b", "control characters"),
        (b"\x1b[31mred", "control characters"),
        (b"a" * (settings.MAX_TEXT + 1), "at most 5,000 are read"),
        (b"a" * (settings.MAX_UPLOAD_BYTES + 1), "at most 1,000,000 are accepted"),
    ],
)
def test_everything_else_is_refused_saying_why(content, words):
    with pytest.raises(ValueError, match=words):
        read_text(content)
