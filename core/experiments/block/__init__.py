"""The block. Experiments take (given, seed): tokens and blocks of a real model or the learner's, and what is drawn."""

from core.experiments.block.given import Given
from core.experiments.block.parts import (
    network_mixes,
    only_attention,
    over_the_sentence,
    same_for_all,
    standard_network,
)
from core.experiments.block.stacks import (
    DEEP,
    EQUAL,
    UNTRAINED_TOKENS,
    UNTRAINED_WIDTH,
    cannot_do_nothing,
    depth_alone,
    ever_stronger,
    type_of_layer,
    untrained,
)

CLAIMS = (
    same_for_all,
    over_the_sentence,
    only_attention,
    network_mixes,
    standard_network,
    ever_stronger,
    depth_alone,
    cannot_do_nothing,
    type_of_layer,
)

__all__ = ["CLAIMS", "DEEP", "EQUAL", "UNTRAINED_TOKENS", "UNTRAINED_WIDTH", "Given", "untrained"]
