"""Queries, keys and values: the attention operator. Experiments take (queries, keys, values, seed).

queries (1, 1, queries, head_dim), keys (1, 1, keys, head_dim), values (1, 1, keys, value_dim); the seed draws whatever
the learner does not give.
"""

from core.experiments.attention.importance import leave_one_out, weight_is_importance
from core.experiments.attention.mixing import (
    dilution,
    output_is_a_distribution,
    scores_mix_the_values,
    softmax_regularises,
)
from core.experiments.attention.regression import kernel_regression, temperature_is_a_bandwidth
from core.experiments.attention.roles import (
    key_decides_alone,
    many_queries,
    one_operator,
    pairs,
    value_is_matched,
    where_and_what,
)
from core.experiments.attention.scaling import head_width, scale_afterwards, scaling, vanishing_gradient
from core.experiments.attention.scoring import another_name, linear_score, similarity, sizes
from core.experiments.attention.statistics import DotProductStatistics, dot_product_statistics

CLAIMS = (
    one_operator,
    kernel_regression,
    temperature_is_a_bandwidth,
    many_queries,
    where_and_what,
    value_is_matched,
    key_decides_alone,
    sizes,
    similarity,
    linear_score,
    softmax_regularises,
    scores_mix_the_values,
    output_is_a_distribution,
    scaling,
    scale_afterwards,
    vanishing_gradient,
    head_width,
    pairs,
    another_name,
    weight_is_importance,
    dilution,
)

__all__ = ["CLAIMS", "DotProductStatistics", "dot_product_statistics", "leave_one_out"]
