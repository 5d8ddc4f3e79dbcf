"""What a head does, in numbers: how much of its attention goes where, averaged over the queries."""

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Weights = Float[Tensor, "layers heads queries keys"]
Cells = Bool[Tensor, "#queries keys"]


@dataclass(frozen=True)
class Words:
    """What the statistics need to know of the tokens: what each says, which are special, which word each belongs to."""

    pieces: tuple[str, ...]
    special: tuple[bool, ...]
    word: tuple[int, ...]


def shifted(n_tokens: int, by: int) -> Cells:
    """The cells in which the key stands `by` places after the query."""
    return torch.eye(n_tokens, dtype=torch.bool).roll(by, dims=1) & (
        torch.arange(n_tokens)[:, None] + by == torch.arange(n_tokens)
    )


def first(words: Words) -> Cells:
    """The first token, for every query."""
    return _columns([place == 0 for place in range(len(words.pieces))])


def separator(words: Words) -> Cells:
    """Special tokens but the first: [SEP], </s>."""
    return _columns([special and place > 0 for place, special in enumerate(words.special)])


def punctuation(words: Words) -> Cells:
    """Tokens that hold nothing but punctuation."""
    marks = (
        bool(piece) and all(unicodedata.category(letter).startswith("P") for letter in piece) for piece in words.pieces
    )
    return _columns([mark and not special for mark, special in zip(marks, words.special, strict=True)])


def same_word(words: Words) -> Cells:
    """Other places with the same text as the query, whatever their case."""
    texts = [piece.lower() for piece in words.pieces]
    return torch.tensor([[a == b and i != j for j, b in enumerate(texts)] for i, a in enumerate(texts)])


def behind_the_last(words: Words) -> Cells:
    """The place behind the last earlier one with the same text as the query: where what came next then is read (induction)."""
    cells = torch.zeros(len(words.pieces), len(words.pieces), dtype=torch.bool)
    last: dict[str, int] = {}
    for place, (piece, special) in enumerate(zip(words.pieces, words.special, strict=True)):
        if special:
            continue
        word = piece.lower()
        if word in last and last[word] + 1 < place:
            cells[place, last[word] + 1] = True
        last[word] = place
    return cells


def _columns(chosen: list[bool]) -> Cells:
    return torch.tensor([chosen])


INDUCTION = "behind the same word before"
# what a head may attend to, and the cells of the matrix that this means: those that compare a query with a key need
# both to be of the same sequence
WITHIN: dict[str, Callable[[Words], Cells]] = {
    "previous token": lambda words: shifted(len(words.pieces), -1),
    "next token": lambda words: shifted(len(words.pieces), 1),
    "itself": lambda words: shifted(len(words.pieces), 0),
    "same word elsewhere": same_word,
    INDUCTION: behind_the_last,
}
ACROSS: dict[str, Callable[[Words], Cells]] = {
    "first token": first,
    "separator": separator,
    "punctuation": punctuation,
}
SPREAD = "everything evenly"


def statistics(*, within: bool) -> tuple[str, ...]:
    """The names of the statistics; within: for attention of a sequence to itself."""
    return (*(WITHIN if within else ()), *ACROSS, SPREAD)


def head_statistic(weights: Weights, words: Words, name: str) -> Float[Tensor, "layers heads"]:
    """One number per head, 0 to 1. words are those of the keys.

    For a target: the share of attention that goes there, averaged over the queries that have such a token. For the
    entropy: averaged over queries and divided by ln(keys), so that 1 means evenly over everything.
    """
    if name == SPREAD:
        entropy = -torch.special.xlogy(weights, weights).sum(-1).mean(-1)
        return entropy / max(math.log(weights.shape[-1]), 1e-12)
    cells = (WITHIN | ACROSS)[name](words).expand(weights.shape[-2:])
    asked = cells.any(-1)
    if not asked.any():
        return torch.zeros(weights.shape[:2])
    return (weights * cells).sum(-1)[..., asked].mean(-1)


def is_there(words: Words, name: str) -> bool:
    """Whether there is anything among the keys that this statistic is about."""
    return name == SPREAD or bool((WITHIN | ACROSS)[name](words).any())


def even_share(words: Words, name: str, n_queries: int, *, causal: bool) -> float:
    """The statistic of a head that gives every key the same. causal: every key that is not later than the query."""
    even = torch.ones(n_queries, len(words.pieces))
    even = even.tril() if causal else even
    return head_statistic((even / even.sum(-1, keepdim=True))[None, None], words, name).item()


def ranking(statistic: Float[Tensor, "layers heads"], count: int) -> list[tuple[int, int, float]]:
    """The heads with the largest numbers: (layer, head, number), best first. A head with 0 is none of them."""
    n_heads = statistic.shape[1]
    best = statistic.flatten().topk(min(count, statistic.numel()))
    return [
        (place // n_heads, place % n_heads, value)
        for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        if value > 0
    ]
