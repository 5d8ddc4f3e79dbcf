"""What stands beside the open matrix of the sentence lab: another head, another sentence, or what both differ by."""

from functools import partial
from typing import NamedTuple

import numpy as np

from core.lessons import sentence_lab
from pages.parts.step_viewer import LONGEST_LABEL


class Beside(NamedTuple):
    """What stands beside the open matrix.

    words, tensors   as of `panel`; place: which head it is, if it is another one of the same sentence.
    again            the call that makes it once more.
    change           the difference, where that is what stands there; else None.
    """

    words: dict
    tensors: dict
    place: tuple[int, int] | None
    again: partial
    change: np.ndarray | None = None


def differing(words: dict, weights: np.ndarray, other: Beside) -> Beside:
    """In place of what stands beside the open matrix, the difference of both; where there is none, a note says why."""
    try:
        change = sentence_lab.difference(weights, other.tensors["second_weights"])
    except ValueError as error:
        note = [[f"There is no difference to show: {error}.", None]]
        return other._replace(words={**other.words, "note": note})
    sides = {
        axis: [
            {**one, "text": text[:LONGEST_LABEL]}
            for one, text in zip(
                words["tokens"][axis],
                sentence_lab.together(
                    *([each["text"] for each in side["tokens"][axis]] for side in (words, other.words))
                ),
                strict=True,
            )
        ]
        for axis in ("queries", "keys")
    }
    title = f"{words['title']} − {other.words['title'][0].lower()}{other.words['title'][1:]}"
    note = [["Warm colours: more in the first; blue: more in the other. One scale for all: −1 to 1.", None]]
    said = {"title": title, "note": note, "tokens": sides, "cross": words["cross"], "kind": "head", "signed": True}
    return other._replace(words=said, tensors={"second_weights": change}, change=change)
