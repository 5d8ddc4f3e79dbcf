"""The text of a card in parts: what is written, and the formulas between dollar signs. Nothing else in it means anything."""

import re
from typing import Final, Literal, NamedTuple

# $$x$$ as in Logseq, or $x$ where no blank stands inside the signs and no digit after them, so that prices stay prices
_FORMULA: Final = re.compile(r"\$\$(.+?)\$\$|\$(?=\S)([^$\n]*?[^\s$])\$(?!\d)", re.DOTALL)
LONGEST: Final = 500  # signs of a formula; a longer one is shown as it was written


class Part(NamedTuple):
    """A piece of a text: words as they are, or a formula in LaTeX without its dollar signs."""

    kind: Literal["words", "formula"]
    text: str


def parts(text: str) -> list[Part]:
    """A text cut where its formulas begin and end; joined with their signs, the parts are the text."""
    found, at = [], 0
    for match in _FORMULA.finditer(text):
        inner = match[1] or match[2]
        if len(inner) > LONGEST:
            continue
        if match.start() > at:
            found.append(Part("words", text[at : match.start()]))
        found.append(Part("formula", inner))
        at = match.end()
    return [*found, Part("words", text[at:])] if at < len(text) else found
