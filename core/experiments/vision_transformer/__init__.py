"""Pictures as sentences. Experiments take (the pixels that the model reads, a seed)."""

from core.experiments.vision_transformer.cutting import (
    destroys_position,
    free_of_bias,
    is_a_convolution,
    no_order,
    order_needs_positions,
)
from core.experiments.vision_transformer.reading import (
    class_token_required,
    global_from_the_start,
    shows_the_object,
    straight_to_softmax,
)
from core.experiments.vision_transformer.small_data import few_pictures

CLAIMS = (
    destroys_position,
    order_needs_positions,
    is_a_convolution,
    free_of_bias,
    no_order,
    class_token_required,
    straight_to_softmax,
    global_from_the_start,
    shows_the_object,
    few_pictures,
)

__all__ = ["CLAIMS", "destroys_position", "few_pictures"]
