"""Self-attention: a layer over sets. Experiments take (x, maps, seed).

x (1, tokens, d_model), the maps of one head; the seed draws whatever the learner does not give.
"""

from core.experiments.self_attention.maps import (
    all_at_once,
    another_name,
    fused,
    learned_vectors,
    same_for_every_sentence,
    sizes,
)
from core.experiments.self_attention.order import equivariant, invariant
from core.experiments.self_attention.pattern import (
    correlation,
    first_token_says_much,
    love,
    only_the_others,
    weight_is_importance,
)

CLAIMS = (
    learned_vectors,
    sizes,
    same_for_every_sentence,
    fused,
    all_at_once,
    only_the_others,
    correlation,
    love,
    weight_is_importance,
    first_token_says_much,
    equivariant,
    invariant,
    another_name,
)

__all__ = ["CLAIMS"]
