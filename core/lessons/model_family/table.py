"""Mask, objective and tokens of the systems of lesson 14, with what was measured of the small models that are shown."""

from typing import Final

from core.cost import tree
from core.models import checkpoints
from core.models.checkpoints import Small
from core.numerals import short

_HEAD: Final = ("system", "mask", "objective", "tokens", "here")
_ROWS: Final = (
    ("BERT", "none", "say what is hidden", "pieces of words", "a gap in a row of letters"),
    ("GPT", "causal", "say what comes next", "pieces of words", "your sentence, token by token"),
    (
        "T5",
        "none where it reads, causal where it writes",
        "write what a prefix asks for",
        "pieces of words",
        "letters, three prefixes",
    ),
    ("ViT", "none", "name the picture", "squares of a picture", "lesson 11"),
    (
        "CLIP",
        "none for pictures, causal for captions",
        "say which caption belongs to which picture",
        "both",
        "drawn scenes and captions",
    ),
    (
        "Sora",
        "not published",
        "take noise off, told by a text",
        "blocks of space and time",
        "small videos, and no text",
    ),
)


def rows() -> dict[str, list[str]]:
    """The table, column by column."""
    return {head: [row[at] for row in _ROWS] for at, head in enumerate(_HEAD)}


def filled(name: str) -> float:
    """How often a model fills a gap of the first half, as it was measured on rows that it never saw."""
    return checkpoints.of_kind(checkpoints.load(name), Small).figures["quality"]["hidden letters of the first half"]


def of_tree() -> str:
    """The totals of the tree, in words."""
    totals = {each.name: each.total for each in tree.known()}
    said = ", ".join(f"{name} {short(count)}" for name, count in totals.items())
    return (
        f"All numbers that each learned: {said}. In the cells: where they lie, k for thousand, M for million, B for billion. "
        "Of Sora no size was published."
    )
