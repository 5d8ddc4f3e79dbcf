"""The face of a card: words that stand for themselves, and formulas. Nothing else that somebody wrote means anything."""

import re
from typing import Final

from core.recall.formulas import Part, parts
from pages.parts.messages import literal

# what leads somewhere, loads something, defines words or takes room without bound is shown as it was written
_MORE_THAN_A_FORMULA: Final = re.compile(
    r"\\(href|url|html|include|rule|kern|mkern|mskip|hskip|hspace|raisebox|raise|lower|[gex]?def|let|futurelet|global|"
    r"(re)?newcommand|providecommand|char|tag|begingroup|@)"
)
_BLANKS: Final = re.compile(r"(?<=\n)[ \t]+")


def markdown(text: str) -> str:
    """A text as Markdown in which every sign is itself, but for formulas."""
    return "".join(map(_part, parts(text))).strip()


def _part(part: Part) -> str:
    if part.kind == "formula" and not _MORE_THAN_A_FORMULA.search(part.text):
        return f"${' '.join(part.text.split())}$"
    words = part.text if part.kind == "words" else f"${part.text}$"
    # a line stays a line, and keeps what it begins with
    indented = _BLANKS.sub(lambda blanks: "\u00a0" * len(blanks[0].expandtabs(2)), words)
    lines = (literal(line) if line.strip() else "\u00a0" * bool(line) for line in indented.split("\n"))
    return "  \n".join(lines)
