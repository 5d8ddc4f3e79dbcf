"""One block, many models. Experiments take (given, seed): the learner's row and scene, and what is drawn from."""

from core.experiments.model_family.families import billions, decoder_part, embedding_is_new, versatile
from core.experiments.model_family.given import Given
from core.experiments.model_family.systems import (
    causal_is_language,
    every_pair,
    fills_gaps,
    head_for_each_task,
    left_alone,
    video_system,
)

CLAIMS = (
    fills_gaps,
    left_alone,
    head_for_each_task,
    decoder_part,
    billions,
    embedding_is_new,
    versatile,
    every_pair,
    video_system,
    causal_is_language,
)

__all__ = ["CLAIMS", "Given", "every_pair"]
