"""Word alignment: from pieces to words, from weights to links, and how far links are from what people drew."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from core.analysis.grouping import Groups, grouped

Link = tuple[int, int]


@dataclass(frozen=True)
class Gold:
    """The links that people drew in one pair of sentences, each (target word, source word), counted from 0.

    sure       links that everybody would draw.
    possible   links that one may draw; the sure ones are among them.
    """

    sure: frozenset[Link]
    possible: frozenset[Link]


def of_words(
    weights: Float[Tensor, "target source"], target_word_of: Sequence[int], source_word_of: Sequence[int]
) -> Float[Tensor, "target_words source_words"]:
    """Weights of pieces as weights of words: summed over the pieces of a source word, the mean over those of a target
    word, so that a row that sums to 1 still does."""
    return grouped(weights, _places(target_word_of), _places(source_word_of))


def _places(word_of: Sequence[int]) -> Groups:
    """For each word the places of its pieces."""
    return tuple(tuple(place for place, word in enumerate(word_of) if word == each) for each in range(max(word_of) + 1))


def strongest(weights: Float[Tensor, "target_words source_words"]) -> set[Link]:
    """One link per target word: to the source word with the largest weight."""
    return {(row, int(column)) for row, column in enumerate(weights.argmax(dim=1))}


def agreement(
    weights: Float[Tensor, "layers heads target_words source_words"],
    reference: Float[Tensor, "target_words source_words"],
) -> Float[Tensor, "layers heads"]:
    """For every head, the share of target words whose largest weight lies where the reference has its own."""
    return (weights.argmax(-1) == reference.argmax(-1)).float().mean(-1)


def diagonal(n_target: int, n_source: int) -> set[Link]:
    """The links of somebody who knows neither language: the same place in both sentences, measured from its start."""
    return {(row, round(row * (n_source - 1) / max(1, n_target - 1))) for row in range(n_target)}


def error_rate(found: Sequence[set[Link]], gold: Sequence[Gold]) -> float:
    """Alignment error rate, 0 at best and 1 at worst: 1 - (|A and S| + |A and P|) / (|A| + |S|), over all sentences.

    Source: Och and Ney 2003, section 4.2.
    """
    right = sum(len(links & drawn.sure) + len(links & drawn.possible) for links, drawn in zip(found, gold, strict=True))
    return 1 - right / (sum(map(len, found)) + sum(len(drawn.sure) for drawn in gold))


def pharaoh(links: set[Link]) -> str:
    """Links in the format that aligners exchange: source-target, counted from 0, as in `0-0 1-2`."""
    return " ".join(f"{source}-{target}" for target, source in sorted(links, key=lambda link: (link[1], link[0])))


def tokens(source: Sequence[str], target: Sequence[str]) -> str:
    """The words that the links of `pharaoh` count, between spaces, as aligners exchange them: `source ||| target`."""
    return " ||| ".join(" ".join(map(_one_word, side)) for side in (source, target))


def _one_word(word: str) -> str:
    """A word that is no separator of the format: a space in it is ␣, three bars are written as Moses writes them."""
    return "&#124;&#124;&#124;" if word == "|||" else "␣".join(word.split(" ")) or "␣"
