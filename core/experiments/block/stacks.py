"""Many blocks on top of each other: what keeps their tokens apart."""

from copy import deepcopy

import torch

from core.analysis.stream import coupling, drawn_direction, spread
from core.experiments.block.given import Given
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import Tokens, largest, normal
from core.seeded import seeded
from core.transformer.block import Block, Part
from core.transformer.norms import layer_norm

DEEP = 12  # layers, where a model has fewer its own come again
EQUAL = 1e-6  # tokens whose spread is below are equal, but for rounding
APART = 0.05
PASSED = 1e-3  # of its length: a vector that moves by less has passed, but for what keeps a norm from dividing by zero
UNTRAINED_TOKENS, UNTRAINED_WIDTH, UNTRAINED_HEADS = 8, 32, 4


def spread_behind(blocks: tuple[Block, ...], x: Tokens, depth: int, parts: tuple[Part, ...]) -> list[float]:
    """How far tokens are from being all the same before each layer and behind the last, with parts taken out."""
    found, here = [spread(x).item()], x
    for layer in range(depth):
        here = blocks[layer % len(blocks)](here, without=parts).resid_post
        found.append(spread(here).item())
    return found


@claim(
    said="The more layers are stacked, the stronger the model becomes.",
    verdict="imprecise",
    instead="Only with skips, and after training. Attention alone makes all tokens the same, doubly exponentially with depth.",
    sources=("dong2021",),
)
def ever_stronger(given: Given, seed: int) -> Finding:
    """The blocks of the model with attention alone, and as they are: how much of the tokens tells them apart?"""
    given = given.exact()
    alone, whole = (spread_behind(given.blocks, given.x, DEEP, parts) for parts in (("skip", "MLP", "norm"), ()))
    equal = next((layer for layer, left in enumerate(alone) if left < EQUAL), None)
    numbers = (
        Number("spread before the first layer", alone[0], ".2f"),
        Number("attention alone, behind 2 layers", alone[2], ".2g"),
        Number("attention alone, behind 4 layers", alone[4], ".1e"),
        Number(f"as the blocks are, behind {DEEP}", whole[-1], ".2f"),
    )
    told = f"less than a millionth behind {equal}" if equal else f"{alone[-1]:.1g} behind {DEEP}"
    again = f" (the {len(given.blocks)} come again)" if 1 < len(given.blocks) < DEEP else ""
    return Finding(
        numbers,
        holds=equal is not None and equal > 0 and whole[-1] > APART,
        says=f"Your tokens in the model's own blocks: at first {numbers[0].text} of their length tells them apart, with "
        f"attention alone {numbers[1].text} behind 2 layers and {told}; as the blocks are, {numbers[3].text} does behind "
        f"{DEEP}{again}.",
    )


@claim(
    said="Depth alone helps: attention on attention mixes ever more finely.",
    verdict="wrong",
    instead="Within four layers of attention, weights that nobody trained make all tokens equal. Skips keep them apart.",
    sources=("dong2021",),
)
def depth_alone(given: Given, seed: int) -> Finding:
    """Your tokens through twelve layers of attention that nobody trained, as wide as the model and of as many heads."""
    given = given.exact()
    blocks = drawn_blocks(seed, given.x.shape[-1], given.block.attention.n_heads, d_ff=1)  # their MLPs are taken out
    alone, skips = (spread_behind(blocks, given.x, DEEP, parts) for parts in (("skip", "MLP", "norm"), ("MLP", "norm")))
    numbers = (
        Number("spread before the first layer", alone[0], ".2f"),
        *(Number(f"attention alone, behind {depth}", alone[depth], ".1g") for depth in (1, 2, 3, 4)),
        Number(f"with skips, behind {DEEP}", skips[-1], ".2f"),
    )
    return Finding(
        numbers,
        holds=alone[0] > APART and alone[4] < EQUAL and skips[-1] > APART,
        says=f"Your tokens, {given.x.shape[-1]} numbers each, in layers drawn at random: at first {numbers[0].text} of their "
        f"length tells them apart, with attention alone {numbers[1].text}, {numbers[2].text}, {numbers[3].text} and "
        f"{numbers[4].text} behind 1, 2, 3 and 4 layers; with skips {numbers[5].text} does behind {DEEP}; lesson 9's toy has "
        f"other tokens, of {UNTRAINED_WIDTH} numbers, and so other shares.",
    )


def untrained(seed: int) -> tuple[Tokens, tuple[Block, ...]]:
    """Random tokens and twelve blocks that nobody trained, in double precision."""
    blocks = drawn_blocks(seed, UNTRAINED_WIDTH, UNTRAINED_HEADS, 4 * UNTRAINED_WIDTH)
    return normal(1, UNTRAINED_TOKENS, UNTRAINED_WIDTH, seed=seed), blocks


def drawn_blocks(seed: int, width: int, n_heads: int, d_ff: int) -> tuple[Block, ...]:
    """Twelve blocks that nobody trained, in double precision."""
    with seeded(seed):
        blocks = [Block(width, n_heads, d_ff=d_ff, norm_place="post") for _ in range(DEEP)]
    return tuple(block.double().eval().requires_grad_(False) for block in blocks)


@claim(
    said="A block that normalises last cannot learn to do nothing.",
    verdict="imprecise",
    instead="So it is for a token of any size: the norm changes it. One that is normalised already passes, so a stack can do "
    "nothing from its second norm on.",
    sources=("xiong2020", "cs231n2025"),
)
def cannot_do_nothing(given: Given, seed: int) -> Finding:
    """Both halves deliver nothing: what do blocks that normalise first and last make of tokens, before their first norm?"""
    given = given.exact()
    tokens = given.into_norm(given.x)
    size = tokens.norm().clamp(min=1e-12)
    made = {place: silent(given.block, place)(tokens).resid_post for place in ("pre", "post")}
    changed = {place: ((found - tokens).norm() / size).item() for place, found in made.items()}
    one = torch.ones(tokens.shape[-1]).to(tokens)
    once = layer_norm(tokens, one).scaled_norm
    again = largest(layer_norm(once, one).scaled_norm - once)
    slopes = torch.autograd.functional.jacobian(
        lambda row: layer_norm(row[None, None], one, epsilon=0.0).scaled_norm[0, 0], tokens[0, 0]
    )
    values = torch.linalg.svdvals(slopes.nan_to_num())  # a token of zeros has no direction to keep
    lost = int((values <= 1e-9 * values.max()).sum())
    numbers = (
        Number("normalises last: tokens change by", changed["post"], ".2f"),
        Number("normalises first: by", changed["pre"], ".2f"),
        Number("a norm on top of a norm changes a number by", again, ".1e"),
        Number("directions that a norm takes out of a token (of its mean, of its length)", lost, "d"),
    )
    return Finding(
        numbers,
        holds=changed["post"] > PASSED > again and changed["pre"] == 0,
        says=f"With halves that deliver nothing, tokens change by {numbers[0].text} of their length where the norm comes last "
        f"and by {numbers[1].text} where it comes first; a second norm moves no number by more than {numbers[2].text}.",
    )


def silent(block: Block, place: str) -> Block:
    """The same sizes with norms of gain 1 at another place, and nothing delivered by either half."""
    made = deepcopy(block)
    made.norm_place = "pre" if place == "pre" else "post"
    for name, weights in made.named_parameters():
        if name.startswith("norm"):
            weights.fill_(1.0 if name.endswith("weight") else 0.0)
        elif name.startswith(("attention.out_proj", "feed_forward.contract")):
            weights.zero_()
    return made


@claim(
    said="A Transformer is a type of layer that uses self-attention and layer normalisation.",
    verdict="imprecise",
    instead="It is an architecture: attention, an MLP, skips, norms. Without attention no token hears another, without skips all "
    "become the same.",
    sources=("vaswani2017", "dong2021"),
)
def type_of_layer(given: Given, seed: int) -> Finding:
    """The model without attention: does a token hear another? And with attention and norms, as it is said: are they alike?"""
    given = given.exact()
    x = given.entering(given.x)
    direction, off = drawn_direction(x.shape[-1], seed), ~torch.eye(x.shape[1], dtype=torch.bool)

    between, heard = (
        largest(coupling(lambda tokens, parts=parts: given.block(tokens, without=parts).resid_post, x, direction)[off])
        for parts in (("attention",), ())
    )
    left, whole = (spread_behind(given.blocks, given.x, DEEP, parts)[-1] for parts in (("skip", "MLP"), ()))
    numbers = (
        Number("without attention, between tokens", between, ".3g"),
        Number("with attention, between tokens", heard, ".3g"),
        Number(f"spread behind {DEEP} layers, attention and norms alone", left, ".1g"),
        Number("the whole block", whole, ".2f"),
    )
    return Finding(
        numbers,
        holds=between == 0 < heard and left < EQUAL and whole > APART,
        says=f"Without attention a push of one token moves the others by {numbers[0].text}, with it by up to {numbers[1].text}; "
        f"behind {DEEP} layers {numbers[2].text} of their length tells them apart with attention and norms alone, "
        f"{numbers[3].text} with the whole block.",
    )
