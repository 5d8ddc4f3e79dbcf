"""Many heads: one reshape, one more map, and what it buys. Experiments take (x, layer, seed).

x (1, tokens, d_model), a layer as wide as the tokens; the seed draws whatever the learner does not give.
"""

from core.experiments.multi_head.circuits import heads_add_up, key_bias, two_products
from core.experiments.multi_head.copy_task import Progress, copy_task, trained_to_copy
from core.experiments.multi_head.diversity import diverse, one_wide_head, part_ways
from core.experiments.multi_head.mixing import concatenated, heads_are_layers, own_group
from core.experiments.multi_head.sharing import always_many, enhanced, same_size
from core.experiments.multi_head.splitting import batched, block_diagonal, cut_input, just_reshape

CLAIMS = (
    enhanced,
    batched,
    just_reshape,
    cut_input,
    block_diagonal,
    same_size,
    own_group,
    concatenated,
    two_products,
    key_bias,
    heads_add_up,
    heads_are_layers,
    one_wide_head,
    part_ways,
    diverse,
    always_many,
)

__all__ = ["CLAIMS", "Progress", "copy_task", "trained_to_copy"]
