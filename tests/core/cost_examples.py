"""Traces of lesson 12, and what the letters of their formulas stand for."""

import math
from collections.abc import Callable
from typing import Any

import torch

from core.attention import masks
from core.cost.sizes import Sizes
from core.lessons import material
from core.lessons.cost import bill, cheaper, learned, paths, tiles

Example = tuple[Any, dict[str, Any]]


def of_sizes() -> Example:
    sizes = Sizes(5, 66, 6, 3, 7, 11, 2, 4)
    names = {"batch": 2, "N": torch.tensor(bill.LENGTHS, dtype=torch.float64), "D": 66, "D_kv": 33, "D_ff": 7}
    names |= {"matrices": 2, "heads": 6, "layers": 11, "bytes": 4, "tile": 13, "d": 11, "D_c": 17}
    return bill.by_length(bill.Settings(sizes, 13, 17)), names


def of_what_is_learned() -> Example:
    sizes = Sizes(5, 66, 6, 3, 7, 11, 2, 4)
    d = torch.tensor(learned.widths(sizes), dtype=torch.float64)[None]
    names = {"layers": 11, "matrices": 2, "D": d, "D_kv": d / 2, "D_ff": torch.floor(7 * d / 66)}
    return learned.by_width(sizes), names


def of_paths() -> Example:
    settings = paths.Settings(1009, 7, 6, 3, 5, 3)
    depths = torch.tensor(paths.DEPTHS, dtype=torch.float64)
    n = {each: depths * 0 + 1009 for each in ("recurrent", "convolved", "dilated", "attended", "windowed")}
    lengths = torch.tensor(bill.LENGTHS, dtype=torch.float64)[None]
    names = {name: {"N": length} for name, length in n.items()}
    names |= {"N": lengths, "D": 7, "kernel": 3, "layers": depths, "w": 5.0, "dilation": 3.0}
    return paths.by_depth_and_length(settings), names | {"min": lambda one, other: torch.minimum(one, other + 0 * one)}


def of_tiles() -> Example:
    head = material.head_on_sentence("The cat sleeps.", 3, 1)
    result = tiles.run(head.x, head.maps, tiles.Settings(2, 5, "causal"))
    trace, rows, columns = result.trace, result.rows, result.columns
    table = torch.zeros(6, 6).masked_fill(~masks.causal(6)[0, 0], -torch.inf)
    names = {"Q": trace.queries, "K": trace.keys, "V": trace.values, "d": 32.0, "e": math.e}
    names |= {"Q_i": trace.queries[..., rows, :], "K_j": trace.keys[..., columns, :], "M": table[rows, columns]}
    names |= {"V_j": trace.values[..., columns, :], "m": result.before.maximum[..., None]}
    names |= {"l": result.before.total[..., None], "o": result.before.mixed}
    names |= {"m_new": trace.maximum, "l_new": trace.total, "o_new": trace.mixed}
    more = {"max": lambda m, tile: torch.maximum(m, tile.amax(-1, keepdim=True))}
    return trace, names | more | {"rowsum": lambda tile: tile.sum(-1, keepdim=True)}


def of_what_is_cheaper() -> Example:
    read = material.encode("The cat sleeps.")
    settings = cheaper.Settings(3, 1, 2, 1, True, 4)
    result = cheaper.run(read, settings, tuple(torch.zeros(6) for _ in range(4)))
    layer = material.layer_of(3)
    maps = layer.maps.head(1, 12)
    all_keys = read.x(3) @ layer.maps.w_key + layer.maps.b_key
    group = all_keys.unflatten(-1, (12, 32))[:, :, :3].mean(2)  # head 1 is in the first of four groups of three
    hidden = [torch.zeros(mask.shape).masked_fill(~mask, -torch.inf) for mask in (result.mask_k, result.mask_w)]
    names = {
        "X": read.x(3),
        "d": 32.0,
        "M": 0.0,
        "M_few": hidden[0],
        "M_near": hidden[1],
        "mean": lambda keys: group[:, None],
    }
    names |= {"W_Q": maps.w_query, "W_K": maps.w_key, "W_V": maps.w_value}
    names |= {"b_Q": maps.b_query, "b_K": maps.b_key, "b_V": maps.b_value}
    operands = {"Q": result.trace.queries, "K": result.trace.keys, "V": result.trace.values}
    return result.trace, names | operands | {"softmax": lambda scores: scores.softmax(-1)}


EXAMPLES: dict[str, Callable[[], Example]] = {
    "the bill": of_sizes,
    "what is learned": of_what_is_learned,
    "paths": of_paths,
    "a tile": of_tiles,
    "what is cheaper": of_what_is_cheaper,
}
