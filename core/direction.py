"""In which direction words are written, and what keeps a word of Arabic or Hebrew from turning round what stands beside it.

Everything that is taken away holds words in the order in which they are read; these functions are for what lays lines out.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LEFTWARD: Final = ("R", "AL")  # Unicode's classes of letters that are written to the left
_MARK: Final = re.compile(r"\[\w+\]|<.+>")  # as models have them at both ends of a text
_ISOLATE: Final = "\u2068"  # this mark and the next have no width: between them a text finds its own direction
_END: Final = "\u2069"


def has_leftward(text: str) -> bool:
    """Whether a text has a letter that is written to the left."""
    return any(unicodedata.bidirectional(letter) in _LEFTWARD for letter in text)


def begins_right(words: Iterable[str]) -> bool:
    """Whether a line of these words is read from the right: most letters of those that are no marks are written to the left."""
    texts = (word for word in words if not _MARK.fullmatch(word))
    classes = [unicodedata.bidirectional(letter) for text in texts for letter in text if letter.isalpha()]
    return 2 * sum(each in _LEFTWARD for each in classes) > len(classes)


def isolated(text: str) -> str:
    """A text that stands among others: one that is written to the left leaves them in their places."""
    return f"{_ISOLATE}{text}{_END}" if has_leftward(text) else text


def isolated_in_svg(drawing: str) -> str:
    """An SVG file in which every text is laid out by itself, as a word is that stands alone."""
    return re.sub(r"(?<=>)[^<>\n]+(?=</t(?:ext|span)>)", lambda found: isolated(found[0]), drawing)
