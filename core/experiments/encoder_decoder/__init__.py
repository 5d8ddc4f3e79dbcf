"""A Transformer that reads and writes. Experiments take (the trained translator, the learner's text, a seed)."""

from core.experiments.encoder_decoder.parts import gpt_is_the_decoder, one_block, points_at_the_word
from core.experiments.encoder_decoder.passes import all_at_once, cache_approximates, generates_at_once, sees_the_target
from core.experiments.encoder_decoder.pictures import without_a_cnn

CLAIMS = (
    all_at_once,
    generates_at_once,
    cache_approximates,
    sees_the_target,
    points_at_the_word,
    gpt_is_the_decoder,
    one_block,
    without_a_cnn,
)

__all__ = ["CLAIMS", "generates_at_once"]
