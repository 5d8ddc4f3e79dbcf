"""A passage twice: does a head look behind the last occurrence of the token that was read, and what is it worth?"""

import statistics
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.head_statistics import INDUCTION, Words, even_share, head_statistic
from core.lessons.writing_lab import begin, mean_bits, start_mark
from core.models.loaded import LoadedModel
from core.models.spelled import Spelled, spelled
from core.models.writer import Writer, limit

LOOKS: Final = 0.3  # of its attention there, and a head is said to look there
FEWEST: Final = 3  # tokens of a passage


@dataclass(frozen=True, eq=False)
class Induction:
    """A passage, read twice in one text.

    tokens          of the passage, once.
    first, second   how surprising each token of it was, in bits, the first time and the second.
    scores          for each head the share of its attention that goes behind the last occurrence of the token that is read,
                    averaged over the tokens that stood there before.
    even            the share of a head that looks evenly.
    layer, head     the head with the largest share.
    silenced        the second time with that head silent; None for a family whose heads cannot be silenced.
    first_silenced  the mean of the first time, in bits, with that head silent.
    others          what the second half costs more, in bits a token, when another head of the same layer is silent.
    """

    tokens: tuple[Spelled, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    scores: Float[Tensor, "layers heads"]
    even: float
    layer: int
    head: int
    silenced: tuple[float, ...] | None
    first_silenced: float | None
    others: tuple[float, ...]

    @property
    def share(self) -> float:
        """Of the best head."""
        return float(self.scores[self.layer, self.head])

    @property
    def looks(self) -> bool:
        """Whether it is a head that looks there."""
        return self.share >= LOOKS

    @property
    def cost(self) -> float | None:
        """What the second half costs more without that head, in bits a token."""
        return None if self.silenced is None else mean_bits(list(self.silenced)) - mean_bits(list(self.second))

    @property
    def others_cost(self) -> float | None:
        """The middle one of what it costs without another head of its layer."""
        return statistics.median(self.others) if self.others else None


def twice(loaded: LoadedModel, text: str) -> Induction:
    """Read a passage two times, one after the other.

    Raises   ValueError for a passage that is too short, or too long to stand twice in what the model reads at once.
    """
    mark = start_mark(loaded)
    once = begin(loaded, text, marked=False).ids
    room = (limit(loaded) - (mark is not None)) // 2
    if len(once) < FEWEST:
        raise ValueError(
            f"the passage has {len(once)} tokens: at least {FEWEST} are needed, so that one can come again"
        )
    if len(once) > room:
        raise ValueError(
            f"the passage has {len(once)} tokens: at most {room} fit twice into what {loaded.name} reads at once"
        )
    before = () if mark is None else (mark,)
    ids, half = (*before, *once, *once), len(before) + len(once)
    plain = Writer(loaded)
    plain.read(ids)
    weights = torch.zeros(len(plain.weights(0)), loaded.n_heads, len(ids), len(ids))
    for place in range(len(ids)):
        for layer, heads in enumerate(plain.weights(place)):
            # a layer may have fewer heads than the first
            weights[layer, : len(heads), place, : place + 1] = heads[: loaded.n_heads].cpu()
    words = Words(tuple(map(str, ids)), tuple(place < len(before) for place in range(len(ids))), tuple(range(len(ids))))
    scores = head_statistic(weights, words, INDUCTION)
    even = even_share(words, INDUCTION, len(ids), causal=True)
    layer, head = divmod(int(scores.argmax()), scores.shape[1])
    bits = plain.bits
    first, second = bits[len(before) : half], bits[half:]
    silenced = first_silenced = None
    others: list[float] = []
    if loaded.recorded:
        for each in (head, *(other for other in range(scores.shape[1]) if other != head)):
            without = Writer(loaded, [(layer, each)])
            without.read(ids)
            if each == head:
                silenced, first_silenced = tuple(without.bits[half:]), mean_bits(without.bits[len(before) : half])
            else:
                others.append(mean_bits(without.bits[half:]) - mean_bits(second))
    return Induction(
        tuple(spelled(loaded, once)),
        tuple(first),
        tuple(second),
        scores,
        even,
        layer,
        head,
        silenced,
        first_silenced,
        tuple(others),
    )
