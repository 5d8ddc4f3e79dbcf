"""Norms: what each takes notice of, and what a block passes through where its norm stands."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.experiments.block.stacks import silent
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import exact, largest
from core.experiments.since_2017.given import Given
from core.seeded import seeded
from core.transformer.block import Block
from core.transformer.norms import layer_norm, rms_norm

Rows = Float[Tensor, "batch tokens d_model"]


def layered(x: Rows) -> Rows:
    """LayerNorm before anything was learned."""
    return layer_norm(x, torch.ones_like(x[0, 0])).scaled_norm


def rooted(x: Rows) -> Rows:
    """RMSNorm before anything was learned."""
    return rms_norm(x, torch.ones_like(x[0, 0])).scaled_norm


@claim(
    said="A post-norm Transformer can never pass its input through unchanged.",
    verdict="imprecise",
    instead="One block cannot, unless its input is normalised. From the second block on it is, and a block with F = 0 keeps it.",
    sources=("vaswani2017", "xiong2020"),
)
def never_identity(given: Given, seed: int) -> Finding:
    """Your tokens through a block of each kind whose last maps are 0, and through a second post-norm block."""
    x = exact(given.x)[None]
    with seeded(seed):
        block = Block(x.shape[-1], 1, d_ff=4 * x.shape[-1]).double().requires_grad_(False)
    inside, behind = (silent(block, place) for place in ("pre", "post"))
    pre, post = inside(x).resid_post, behind(x).resid_post
    again = behind(post).resid_post
    apart = ((post - x).norm() / x.norm().clamp(min=1e-12)).item()
    kept = largest(again - post)
    numbers = (
        Number("pre-norm is off your tokens by", largest(pre - x), ".1e"),
        Number("post-norm, in lengths of them", apart),
        Number("a second post-norm block moves its input by", kept, ".1e"),
    )
    return Finding(
        numbers,
        holds=largest(pre - x) == 0 and apart > 0.1 and kept < 1e-2,
        says=f"With maps of 0 a pre-norm block is off your tokens by {numbers[0].text}, a post-norm block by {numbers[1].text} "
        f"of their length, and a second one moves what the first made by {numbers[2].text}.",
    )


@claim(
    said="RMSNorm makes training stabler than LayerNorm does.",
    verdict="imprecise",
    instead="Its paper claims the same quality for less work. It leaves the mean alone; where that is 0 both are one.",
    sources=("zhang2019", "ba2016"),
)
def stabler_norm(given: Given, seed: int) -> Finding:
    """Your tokens with their means taken away, twice as large, and with 3 added to each number: how far each norm moves."""
    x = exact(given.x)[None]
    x = x / x.square().mean().sqrt().clamp(min=1e-12)
    centred = x - x.mean(-1, keepdim=True)
    alike = largest(layered(centred) - rooted(centred))
    layer_scaled, root_scaled = (largest(norm(2 * x) - norm(x)) for norm in (layered, rooted))
    layer_shifted, root_shifted = (largest(norm(x + 3) - norm(x)) for norm in (layered, rooted))
    numbers = (
        Number("both differ on tokens of mean 0 by", alike, ".1e"),
        Number("times 2 moves LayerNorm by", layer_scaled, ".1e"),
        Number("times 2 moves RMSNorm by", root_scaled, ".1e"),
        Number("plus 3 moves LayerNorm by", layer_shifted, ".1e"),
        Number("plus 3 moves RMSNorm by", root_shifted),
    )
    return Finding(
        numbers,
        holds=max(alike, layer_scaled, root_scaled, layer_shifted) < 0.01 < 0.1 < root_shifted,
        says=f"Where your tokens have a mean of 0 both give the same, to within {numbers[0].text}; adding 3 to every number "
        f"moves LayerNorm by {numbers[3].text} and RMSNorm by {numbers[4].text}.",
    )
