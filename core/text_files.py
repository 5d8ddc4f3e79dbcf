"""Text out of an uploaded file: UTF-8 and UTF-16 are read, everything else is refused in words."""

import codecs
import re

from core import settings
from core.zero_width import takes_room

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # all but tab, ends of lines and of pages
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(content: bytes) -> str:
    """The text of a file in one line. Raises ValueError saying what was got, what is accepted and what to do."""
    text = checked(content)
    if len(text) > settings.MAX_TEXT:
        raise ValueError(f"the text has {len(text):,} characters: at most {settings.MAX_TEXT:,} are read; shorten it")
    return " ".join(text.split())


def checked(content: bytes, most: int = settings.MAX_UPLOAD_BYTES) -> str:
    """The text of a file of so many bytes at most as it stands, with lines that end in \\n. Raises ValueError as `read_text`."""
    if len(content) > most:
        raise ValueError(f"the file has {len(content):,} bytes: at most {most:,} are accepted; shorten it")
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if not takes_room(text):
        raise ValueError("the file holds no text: choose another one")
    text = text.removesuffix("\n")
    if _CONTROL.search(text):
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
