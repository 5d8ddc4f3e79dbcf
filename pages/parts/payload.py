"""What a component receives: one safetensors file, words in its metadata, numbers in its tensors."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors.numpy import save

HALF_FROM = 20_000  # a tensor of more numbers than this travels in half precision


def pack(
    words: Mapping[str, Any],
    tensors: Mapping[str, np.ndarray],
    weights: frozenset[str] = frozenset(),
    exact: frozenset[str] = frozenset(),
) -> bytes:
    """Words (anything JSON can say) and tensors as bytes.

    weights   names of tensors in 0..1 that travel as 16-bit fixed point: an error below 1e-5 at half the size.
    exact     names of tensors with which the browser computes on: they travel whole, however large.
    """
    packed = {name: _narrow(tensor, name in weights, name in exact) for name, tensor in tensors.items()}
    return save(packed, metadata={"words": json.dumps(words, ensure_ascii=False)})


def _narrow(tensor: np.ndarray, is_weight: bool, is_exact: bool) -> np.ndarray:
    if tensor.dtype == bool:
        return np.ascontiguousarray(tensor, dtype=np.uint8)
    if tensor.dtype == np.uint8:
        return np.ascontiguousarray(tensor)
    if is_weight:
        return np.ascontiguousarray((tensor * 65535).round(), dtype=np.uint16)
    half = tensor.size > HALF_FROM and not is_exact
    return np.ascontiguousarray(tensor, dtype=np.float16 if half else np.float32)
