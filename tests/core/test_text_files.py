"""Text out of uploaded files: what is read, and what is refused in words."""

import pytest

from core import settings
from core.text_files import read_lines, read_table, read_text

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


def test_lines_that_hold_anything_are_kept_apart():
    assert read_lines(b"one\r\n\n two  three \n\n") == ["one", "two three"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_of_a_table_have_names_whatever_stands_between_them(separator):
    rows = (("id", "english"), ("1", "I am here."), ("2", ""), ("3", "You too."))
    content = "\n".join(separator.join(row) for row in rows).encode()
    assert read_table(content) == {"id": ["1", "2", "3"], "english": ["I am here.", "You too."]}


def test_a_cell_in_quotes_may_hold_what_stands_between_cells():
    assert read_table(b'english,french\n"Yes, sir.",Oui.\n')["english"] == ["Yes, sir."]


def test_a_table_needs_a_line_below_its_names():
    with pytest.raises(ValueError, match="the table has one line"):
        read_table(b"english,french\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"english\nYes, I am here.\n", "line 2 has more cells"),
        (b'english,french\n"' + b"a" * 200_000 + b"\n", "the table cannot be read"),
    ],
)
def test_a_table_that_is_none_is_refused_saying_why(content, words):
    with pytest.raises(ValueError, match=words):
        read_table(content)


def test_lines_may_end_as_on_an_old_mac():
    assert read_table(b"english,french\rYes.,Oui.\r")["french"] == ["Oui."]
