"""The step that shows what a beam looked at, whichever translator it belongs to."""

from typing import Any

from core.lessons import looking_back
from core.sequence.decoding import Tree as Lines
from core.sequence.vocabulary import Vocabulary
from pages.parts import translations
from pages.parts.figures import Tree
from pages.parts.lesson import StepDeclared, step


def tree(lines: Lines, vocabulary: Vocabulary, width: int, **more: Any) -> StepDeclared:
    """The tree of the lines, and why one of them won. width: of the beam; more: as of a step."""
    nodes, means = looking_back.nodes(lines, vocabulary), looking_back.means(lines)
    return step(
        "beam",
        Tree(
            "choices",
            nodes,
            translations.as_words([node["word"] for node in nodes]),
            note="Filled: won. Framed: followed. ×: cut. ■: ended.",
        ),
        "A beam follows up to {w} lines at once and cuts the others, of which as many stand here as there is room for; a row "
        "is a step, the likeliest line on the left. The "
        "number is the score of a line so far: the logarithms of its pieces' probabilities, added up (0 would be certain, "
        "−0.7 a half, −2.3 a tenth). "
        + (
            "There was one line to choose from at the end."
            if len(means) == 1
            else "Of {e} lines at the end that with the highest mean of a piece won: {won:.3f}; the next has {next:.3f}."
        ),
        title="The beam's tree",
        shape=f"{len(lines.nodes)} nodes",
        w=width,
        e=len(means),
        won=means[0],
        next=means[-1] if len(means) == 1 else means[1],
        **more,
    )
