"""Attention in a recurrent decoder. Experiments take (a translator with additive attention, the learner's text, a seed)."""

from core.experiments.looking_back.learning import any_length, every_word, mystery, supervised
from core.experiments.looking_back.weights import explanation, similarity, still_recurrent, weighted_sum

CLAIMS = (weighted_sum, similarity, supervised, mystery, every_word, explanation, still_recurrent, any_length)

__all__ = ["CLAIMS", "similarity"]
