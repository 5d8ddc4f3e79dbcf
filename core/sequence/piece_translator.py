"""What every trained translator does alike, recurrent or not: it reads pieces, and tells in words what it wrote."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from core import settings
from core.analysis import alignment
from core.sequence.vocabulary import Pieces, Vocabulary


def check_length(pieces: Pieces, most: int) -> None:
    """Raise ValueError in words where there is nothing to read, or more than can be read."""
    if not pieces.ids:
        raise ValueError("the text holds no word: type a sentence")
    if len(pieces.ids) > most:
        raise ValueError(f"the text has {len(pieces.ids)} word pieces: at most {most} are read at once; shorten it")


def longest(n_source: int) -> int:
    """How many pieces are written at most: a translator that never ends has lost the thread."""
    return 2 * n_source + 10


def mean_probability(probabilities: Float[Tensor, "steps vocab_size"], written: Pieces) -> float:
    """Of the written pieces, each given those before it: the geometric mean."""
    rows = probabilities[: len(written.ids)]
    return rows.gather(1, torch.tensor(written.ids, device=rows.device)[:, None]).log().mean().exp().item()


def of_words(
    weights: Float[Tensor, "target longer"], read: Pieces, written: Pieces
) -> Float[Tensor, "target_words source_words"]:
    """Weights between pieces as those between words, without what went to the marks of the end."""
    within = weights[:, : len(read.ids)]
    within = within / within.sum(dim=1, keepdim=True)
    return alignment.of_words(within, written.word_of, read.word_of).cpu()


class PieceTranslator:
    """A translator between two languages that are cut into the same pieces.

    figures   what was measured of it after training, as the model card tells it.
    """

    def __init__(self, name: str, vocabulary: Vocabulary, figures: dict | None):
        self.name = name
        self.vocabulary = vocabulary
        self.figures = figures or {}

    def read(self, text: str) -> Pieces:
        """The pieces of a text as the encoder reads them.

        Raises   ValueError if there is nothing to translate, or more than can be read.
        """
        pieces = self.vocabulary.read(text)
        check_length(pieces, settings.MAX_TRANSLATED)
        return self.vocabulary.ended(pieces)

    def longest(self, n_source: int) -> int:
        """How many pieces are written at most."""
        return longest(n_source)

    def bare(self, pieces: Pieces) -> Pieces:
        """Without the mark of the end, if it is there."""
        ended = pieces.ids[-1] == self.vocabulary.end
        return Pieces(pieces.ids[:-1], pieces.words[:-1], pieces.word_of[:-1]) if ended else pieces

    def _given(self, source: str | Sequence[str], target: str | Sequence[str], most: int) -> tuple[Pieces, Pieces]:
        """Two sentences that belong together, of at most so many pieces each."""
        read, written = (
            self.vocabulary.of_words(text.split() if isinstance(text, str) else text) for text in (source, target)
        )
        for pieces in (read, written):
            check_length(pieces, most)
        return read, written

    def _wrote(self, ids: Sequence[int]) -> Pieces:
        """What was written, the mark of the end as a word of its own."""
        ended = ids[-1] == self.vocabulary.end
        pieces = self.vocabulary.group(ids[:-1] if ended else ids)
        return self.vocabulary.ended(pieces) if ended else pieces

    def _padded(self, sources: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Lines of ids filled up to the longest, and how many of each are real."""
        lengths = torch.tensor([len(ids) for ids in sources])
        padded = torch.full((len(sources), int(lengths.max())), self.vocabulary.pad)
        for row, ids in enumerate(sources):
            padded[row, : len(ids)] = torch.tensor(ids)
        return padded, lengths
