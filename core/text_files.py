"""Text out of an uploaded file: UTF-8 and UTF-16 are read, everything else is refused in words."""

import codecs
import csv
import io
import unicodedata

from core import settings

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(content: bytes) -> str:
    """The text of a file in one line. Raises ValueError saying what was got, what is accepted and what to do."""
    text = _checked(content)
    if len(text) > settings.MAX_TEXT:
        raise ValueError(f"the text has {len(text):,} characters: at most {settings.MAX_TEXT:,} are read; shorten it")
    return " ".join(text.split())


def read_lines(content: bytes) -> list[str]:
    """The lines of a text file that hold anything. Raises ValueError as `read_text`."""
    return [line for line in (" ".join(line.split()) for line in _checked(content).split("\n")) if line]


def read_table(content: bytes) -> dict[str, list[str]]:
    """The columns of a CSV file by the names in its first line, each with the cells that hold anything.

    Raises   ValueError as `read_text`, and for a file without a second line.
    """
    text = _checked(content)
    try:
        dialect = csv.Sniffer().sniff(text[:4000], ",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        names, *rows = csv.reader(io.StringIO(text), dialect)
    except csv.Error as error:
        raise ValueError(f"the table cannot be read ({error}): save it as CSV again") from None
    longer = next((number for number, row in enumerate(rows, 2) if len(row) > len(names)), None)
    if longer:
        raise ValueError(
            f"line {longer} has more cells than the first line has names: put sentences with commas in quotes"
        )
    if not rows:
        raise ValueError("the table has one line: the first line names the columns, the sentences stand below it")
    cells = {name.strip(): [row[at].strip() for row in rows if at < len(row)] for at, name in enumerate(names)}
    return {name: [cell for cell in column if cell] for name, column in cells.items()}


def _checked(content: bytes) -> str:
    if len(content) > settings.MAX_UPLOAD_BYTES:
        raise ValueError(
            f"the file has {len(content):,} bytes: at most {settings.MAX_UPLOAD_BYTES:,} are accepted; shorten it"
        )
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise ValueError("the file holds no text: choose another one")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t\r\f" for letter in text):
        raise ValueError("the file holds control characters, so it is no plain text: save it as UTF-8 text")
    return text


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"byte {error.start:,} of the file does not belong to {encoding.removesuffix('-sig').upper()} text: "
            "UTF-8 and UTF-16 are accepted; save the file as UTF-8"
        ) from None
