"""A statistical word aligner: which words of two sentences translate each other, found by counting alone.

IBM model 2 with a prior for the diagonal, learned by expectation maximisation in both directions, which then have to
agree. It needs no labels: only that words which translate each other keep meeting in the same pairs.
Source: Dyer, Chahuneau and Smith 2013 (the model); Liang, Taskar and Klein 2006 (agreement).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch

# that a word has no counterpart
_NULL_SHARE: Final = 0.08
# how steeply the prior falls with the distance from the diagonal, in units of the sentence's length
_TENSION: Final = 4.0
# a small Dirichlet prior keeps rare words from collecting whatever is left over
_CONCENTRATION: Final = 0.01


class _Links:
    """Every possible link of a corpus in flat arrays: which pair of words it joins and which word it explains."""

    def __init__(self, given: list[np.ndarray], explained: list[np.ndarray], n_given: int):
        lengths = np.array([(len(a), len(b)) for a, b in zip(given, explained, strict=True)])
        first, second, prior = [], [], []
        for a, b in zip(given, explained, strict=True):
            # the word 0 of every sentence is the empty one
            first.append(np.tile(np.concatenate([[0], a]), len(b)))
            second.append(np.repeat(b, len(a) + 1))
            prior.append(_prior(len(a), len(b)).ravel())
        self.prior = np.concatenate(prior)
        per_word = np.repeat(lengths[:, 0] + 1, lengths[:, 1])
        self.starts = np.concatenate([[0], np.cumsum(per_word)[:-1]])
        self.per_word = per_word
        keys, self.pair = np.unique(
            np.concatenate(second).astype(np.int64) * n_given + np.concatenate(first), return_inverse=True
        )
        self.given_of_pair = keys % n_given
        self.shapes = [(len(b), len(a) + 1) for a, b in zip(given, explained, strict=True)]

    def posterior(self, table: np.ndarray) -> np.ndarray:
        """For every word that is explained, how likely each given word is the one that it translates."""
        joint = table[self.pair] * self.prior
        return joint / np.repeat(np.add.reduceat(joint, self.starts), self.per_word)

    def learn(self, iterations: int) -> np.ndarray:
        """Expectation maximisation: count the links under the present table, make a table of the counts."""
        table = np.ones(len(self.given_of_pair))
        for _ in range(iterations):
            counts = np.bincount(self.pair, self.posterior(table), len(table)) + _CONCENTRATION
            totals = np.bincount(self.given_of_pair, counts)[self.given_of_pair]
            table = _exp_digamma(counts) / _exp_digamma(totals)
        return self.posterior(table)


def _exp_digamma(counts: np.ndarray) -> np.ndarray:
    return torch.from_numpy(counts).digamma().exp().numpy()


def _prior(n_given: int, n_explained: int) -> np.ndarray:
    """(explained, 1 + given): near the diagonal is likelier; the first column is the empty word."""
    row = (np.arange(n_explained) + 0.5)[:, None] / n_explained
    column = (np.arange(n_given) + 0.5)[None, :] / n_given
    near = np.exp(-_TENSION * np.abs(row - column))
    near *= (1 - _NULL_SHARE) / near.sum(axis=1, keepdims=True)
    return np.concatenate([np.full((n_explained, 1), _NULL_SHARE), near], axis=1)


def _numbered(sentences: Iterable[Sequence[str]]) -> tuple[list[np.ndarray], int]:
    """The words of each sentence as numbers from 1 on, whatever their case."""
    known: dict[str, int] = {}
    numbered = [np.array([known.setdefault(word.casefold(), len(known) + 1) for word in words]) for words in sentences]
    return numbered, len(known) + 1


def align(sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]], iterations: int = 6) -> list[np.ndarray]:
    """For every pair of sentences, given as words, how surely each two words translate each other.

    Returns   for each pair an array (target words, source words) in [0, 1]: the product of what the two directions
              believe. No sentence may be empty.
    """
    numbered_sources, n_sources = _numbered(sources)
    numbered_targets, n_targets = _numbered(targets)
    forward = _Links(numbered_sources, numbered_targets, n_sources)
    of_targets = _unpacked(forward.learn(iterations), forward.shapes)
    backward = _Links(numbered_targets, numbered_sources, n_targets)
    of_sources = _unpacked(backward.learn(iterations), backward.shapes)
    return [a * b.T for a, b in zip(of_targets, of_sources, strict=True)]


def _unpacked(flat: np.ndarray, shapes: list[tuple[int, int]]) -> list[np.ndarray]:
    """One array per pair again, without the column of the empty word."""
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(shape)[:, 1:].astype(np.float32) for part, shape in zip(parts, shapes, strict=True)]
