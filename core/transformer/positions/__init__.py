"""Ways to tell attention where a token stands: codes added to its vector, queries and keys that turn, biases by distance."""

from core.transformer.positions.added import LearnedPositions, sinusoidal
from core.transformer.positions.relative import BucketBias, alibi, alibi_slopes, offsets, relative_buckets
from core.transformer.positions.rotary import Pairing, angles, as_pairs, from_pairs, rotate, rotation

__all__ = [
    "BucketBias",
    "LearnedPositions",
    "Pairing",
    "alibi",
    "alibi_slopes",
    "angles",
    "as_pairs",
    "from_pairs",
    "offsets",
    "relative_buckets",
    "rotate",
    "rotation",
    "sinusoidal",
]
