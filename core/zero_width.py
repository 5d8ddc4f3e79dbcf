"""Signs that take no room: wherever a text is cut into words they are none, and part none."""

from typing import Final

JOINERS: Final = (
    "\u200c\u200d"  # they shape letters of Persian or Hindi and hold emoji together, so that they stay in a word
)
_TAKES_NO_ROOM: Final = str.maketrans("", "", f"\u200b\u2060\ufeff{JOINERS}")
_PARTS_NOTHING: Final = str.maketrans("", "", "\u200b\u2060\ufeff")


def words_of(text: str) -> list[str]:
    """The words of a text as spaces part them, as they look: no word, and no part of one, takes no room."""
    return [word for word in text.translate(_PARTS_NOTHING).split() if word.strip(JOINERS)]


def takes_room(text: str) -> bool:
    """Whether there is anything in a text but spaces and signs that take no room."""
    return bool(text.translate(_TAKES_NO_ROOM).strip())
