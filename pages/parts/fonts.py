"""Which fonts draw the letters of a figure for paper, and for which of them this server has none."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

from matplotlib import font_manager
from matplotlib.ft2font import FaceFlags, FT2Font

# the first of these that is installed and knows a letter draws it; then whatever else is installed
_PREFERRED: Final = ("Source Sans 3", "DejaVu Sans")
_BOXES: Final = ("Last Resort", ".LastResort", "Adobe Blank")  # they know every letter, and draw none
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"})


@cache
def _letters(path: str, face: int) -> frozenset[int]:
    """What a font can draw; nothing of one that is made of pictures, which matplotlib cannot make larger."""
    try:
        font = FT2Font(path, face_index=face)
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(font.get_charmap()) if font.face_flags & FaceFlags.SCALABLE else frozenset()


def chosen(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names of fonts that draw all letters of some texts, as far as there are any, and the letters for which there is
    none, in the order in which they come."""
    installed = {font.name: font for font in font_manager.fontManager.ttflist if font.style == "normal"}
    names = [name for name in _PREFERRED if name in installed]
    left = {ord(letter) for text in texts for letter in text if unicodedata.category(letter) not in _UNSEEN}
    for name in names:
        left -= _letters(installed[name].fname, installed[name].index)
    for name, font in sorted(installed.items()) if left else ():
        if not name.startswith(_BOXES) and (known := left & _letters(font.fname, font.index)):
            names.append(name)
            left -= known
    without = dict.fromkeys(letter for text in texts for letter in text if ord(letter) in left)
    return names or ["sans-serif"], list(without)
