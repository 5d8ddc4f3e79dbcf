"""The statistical aligner finds a dictionary from sentences alone."""

import random

import numpy as np

from core.training import word_aligner

DICTIONARY = {"red": "rouge", "car": "voiture", "the": "la", "big": "grande", "house": "maison", "sees": "voit"}


def test_it_finds_who_translates_whom_though_the_order_differs():
    rng = random.Random(0)
    sources, orders = [], []
    for _ in range(400):
        sources.append(rng.sample(list(DICTIONARY), 4))
        orders.append([0, 2, 1, 3])
    targets = [[DICTIONARY[words[place]] for place in order] for words, order in zip(sources, orders, strict=True)]
    found = word_aligner.align(sources, targets)
    right = [links.argmax(1).tolist() == order for links, order in zip(found, orders, strict=True)]
    assert np.mean(right) > 0.98
    assert all(links.shape == (4, 4) and (links >= 0).all() and (links <= 1).all() for links in found)


def test_a_word_without_counterpart_is_linked_to_nothing():
    rng = random.Random(1)
    sources = [rng.sample(list(DICTIONARY), 2) for _ in range(400)]
    targets = [[*(DICTIONARY[word] for word in words), "donc"] for words in sources]
    found = word_aligner.align(sources, targets)
    assert np.mean([links[2].max() for links in found]) < 0.3 < np.mean([links[0].max() for links in found])


def test_case_does_not_matter():
    upper = word_aligner.align([["The", "car"]] * 5, [["LA", "Voiture"]] * 5)
    lower = word_aligner.align([["the", "car"]] * 5, [["la", "voiture"]] * 5)
    np.testing.assert_array_equal(upper[0], lower[0])
