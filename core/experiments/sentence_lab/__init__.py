"""What attention is not. Experiments take (sentences,): on each, words are ordered by five measures."""

from core.experiments.sentence_lab.importance import SENTENCES, attention_is_importance, rollout_is_better

CLAIMS = (attention_is_importance, rollout_is_better)

__all__ = ["CLAIMS", "SENTENCES"]
