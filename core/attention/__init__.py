"""Attention: `attend`, what it is made of and what is built on it."""

from core.attention import masks
from core.attention.attend import AttentionTrace, attend
from core.attention.heads import merge_heads, split_heads
from core.attention.projections import (
    CrossAttentionTrace,
    MultiHeadAttention,
    MultiHeadTrace,
    Projections,
    SelfAttentionTrace,
    cross_attend,
    multi_head_attend,
    project,
    project_heads,
    self_attend,
)
from core.attention.scores import COSINE, DISTANCE, DOT, SCALED_DOT, Score, additive, random_additive

__all__ = [
    "COSINE",
    "DISTANCE",
    "DOT",
    "SCALED_DOT",
    "AttentionTrace",
    "CrossAttentionTrace",
    "MultiHeadAttention",
    "MultiHeadTrace",
    "Projections",
    "Score",
    "SelfAttentionTrace",
    "additive",
    "attend",
    "cross_attend",
    "masks",
    "merge_heads",
    "multi_head_attend",
    "project",
    "project_heads",
    "random_additive",
    "self_attend",
    "split_heads",
]
