"""Traces of blocks of every kind and of their parts, and what the letters of their formulas stand for."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from core.attention import merge_heads, split_heads
from core.transformer.block import Block
from core.transformer.experts import Experts
from core.transformer.feed_forward import FeedForward
from core.transformer.norms import layer_norm, rms_norm
from core.transformer.positions import rotate
from tests.core.formula_examples import Example, Names, of_maps, of_operator
from tests.core.shapes import normal


def block(**more: Any) -> Callable[[], Example]:
    """A block of some kind, none of whose numbers is 0."""

    def made() -> Example:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            of = Block(8, 4, d_hidden=10, **more).eval()
        for rank, parameter in enumerate(of.parameters()):
            parameter.data = normal(*parameter.shape, seed=rank)
        trace = of(normal(1, 5, 8, seed=1))
        return trace, of_block(of, trace)

    return made


def of_block(made: Block, trace: Any) -> Names:
    """The letters of a block. Each norm is known by what it is given."""
    inside, layer = trace.attention, made.attention
    head_dim, shares = trace.resid_pre.shape[-1] // layer.heads, layer.heads // layer.kv_heads
    names = of_maps(layer.maps) | {"W_O": layer.out_proj.weight.T, "b_O": layer.out_proj.bias}
    names |= of_operator(inside.queries, inside.keys, inside.values)
    first, last = (trace.resid_pre, trace.resid_mid), (trace.resid_mid, trace.resid_sum)
    tokens = first if made.norm_place == "pre" else last
    norms = dict(zip(map(id, tokens), (made.norm_attention, made.norm_mlp), strict=True))
    norm = {name: lambda x: norms[id(x)](x) for name in ("LN", "RMSNorm")}
    return (
        names
        | norm
        | (of_experts(made.feed_forward) if isinstance(made.feed_forward, Experts) else of_network(made.feed_forward))
        | {
            "Z": trace.resid_pre,
            "X": trace.normed,
            "B": None if layer.buckets is None else layer.buckets(5, 5),
            "split": lambda rows: split_heads(rows, rows.shape[-1] // head_dim),
            "merge": merge_heads,
            "turn": lambda rows: rotate(rows, torch.arange(rows.shape[-2])),
            "share": lambda heads: heads.repeat_interleave(shares, dim=1),
        }
    )


def of_network(made: FeedForward) -> Names:
    """The letters of the network behind attention."""
    maps = {"1": made.expand, "2": made.contract} | ({"3": made.up} if made.up is not None else {})
    names = {f"W_{number}": layer.weight.T for number, layer in maps.items()}
    names |= {f"b_{number}": layer.bias for number, layer in maps.items()}
    bends = {"GELU": nn.functional.gelu, "ReLU": nn.functional.relu, "SiLU": nn.functional.silu}
    return names | bends


def of_experts(made: Experts) -> Names:
    """The letters of routed experts: the numbers of what each says come first, so that a gate meets all of them."""
    return {
        "W_R": made.router.weight.T,
        "softmax": lambda scores: scores.softmax(-1),
        "top": made.top,
        "experts": lambda x: torch.stack([expert(x).ff_out for expert in made.experts], dim=-1).movedim(-2, 0),
        "sum": lambda said: said.sum(-1).movedim(0, -1),
    }


def network(kind: Any, bias: bool) -> Callable[[], Example]:
    """The network behind attention by itself."""

    def made() -> Example:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            of = FeedForward(6, 8, kind, bias)
        x = normal(1, 5, 6, seed=1)
        return of(x), of_network(of) | {"X": x}

    return made


def norm(of: Any) -> Callable[[], Example]:
    """A norm by itself, far from mean 0 and size 1."""

    def made() -> Example:
        x, gain, shift = 3 + 2 * normal(1, 5, 7, seed=1), normal(7, seed=2), normal(7, seed=3)
        trace = layer_norm(x, gain, shift, 0.1) if of is layer_norm else rms_norm(x, gain, 0.1)
        names = {"X": x, "gamma": gain, "beta": shift, "varepsilon": 0.1}
        return trace, names | {"mean": lambda rows: rows.mean(-1, keepdim=True)}

    return made


BLOCKS: dict[str, Callable[[], Example]] = {
    "a block that normalises first": block(),
    "a block that normalises last": block(norm_place="post", feed_forward="relu", positions="T5"),
    "a block of 2017 with RMSNorm": block(norm_place="post", norm="rms"),
    "a block of today": block(norm="rms", feed_forward="swiglu", kv_heads=2, positions="RoPE"),
    "a block whose heads share": block(kv_heads=1),
    "a block whose queries turn": block(positions="RoPE"),
    "a block of experts": block(experts=3, active=2),
    "a gated network": network("swiglu", True),
    "a network without biases": network("relu", False),
    "LayerNorm": norm(layer_norm),
    "RMSNorm": norm(rms_norm),
}
