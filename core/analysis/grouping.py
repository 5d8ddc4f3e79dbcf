"""Fewer rows and columns: special tokens left out, pieces of a word put together."""

from itertools import groupby

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.head_statistics import Words

Groups = tuple[tuple[int, ...], ...]


def groups(words: Words, *, hide_special: bool, merge_pieces: bool) -> Groups:
    """The places that make up each token to be shown. Pieces of one word stand together, in order."""
    places = [place for place, special in enumerate(words.special) if not (hide_special and special)]
    if not merge_pieces:
        return tuple((place,) for place in places)

    def belongs_to(place: int) -> tuple[str, int]:
        word = words.word[place]
        return ("special", place) if words.special[place] or word < 0 else ("word", word)

    return tuple(tuple(found) for _, found in groupby(places, key=belongs_to))


def grouped(
    weights: Float[Tensor, "*stack queries keys"], queries: Groups, keys: Groups
) -> Float[Tensor, "*stack query_groups key_groups"]:
    """The weights between groups: summed over the keys of a group, averaged over its queries.

    A row still sums to 1 unless tokens were left out; then what went to them is missing.
    """
    to_keys = membership(keys, weights.shape[-1], weights)
    to_queries = membership(queries, weights.shape[-2], weights)
    to_queries = to_queries / to_queries.sum(0)
    return to_queries.mT @ weights @ to_keys


def membership(found: Groups, n_tokens: int, like: Tensor) -> Float[Tensor, "tokens groups"]:
    """1 where a token belongs to a group."""
    member = torch.zeros(n_tokens, len(found), dtype=like.dtype, device=like.device)
    for column, group in enumerate(found):
        member[list(group), column] = 1
    return member
