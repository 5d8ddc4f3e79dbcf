"""What has to be stored: the table of weights or one tile of it, keys and values for every head or for some."""

from core.attention import attend
from core.attention.streaming import stream
from core.cost import counted
from core.experiments.claim import Finding, Number, claim
from core.experiments.cost.given import Given
from core.experiments.measure import largest, rounding
from core.numerals import how_many
from core.operations import exponentials_at_once, operations

BLOCK = 128  # queries and keys of a tile of the learner's sizes


@claim(
    said="Attention has to keep N × N weights for each head.",
    verdict="imprecise",
    instead="Times batch and heads, where the table is made. It need not be: tile by tile, one number for each query is kept.",
    sources=("vaswani2017", "dao2022"),
)
def whole_table(given: Given, seed: int) -> Finding:
    """The bytes of the weights that attention leaves at your sizes, and of what is kept tile by tile."""
    sizes = given.sizes
    numbers = (
        Number("bytes of the weights of one layer", counted.weights_bytes(sizes), ",.0f"),
        Number(f"bytes tile by tile, {BLOCK} by {BLOCK}", sizes.streamed_bytes(BLOCK), ",.0f"),
    )
    stored, streamed = (number.value for number in numbers)

    short = "" if streamed < stored else ", since so short a text fits into one tile"
    return Finding(
        numbers,
        holds=stored == sizes.weights_bytes and streamed < stored,
        says=f"{how_many(sizes.batch, 'text')} of {how_many(sizes.n_tokens, 'token')} and {how_many(sizes.n_heads, 'head')} "
        f"take {numbers[0].text} bytes of weights in one layer, and {numbers[1].text} tile by tile{short}.",
    )


@claim(
    said="FlashAttention saves memory by moving less data.",
    verdict="imprecise",
    instead="It saves memory by never storing the table. That less is moved between the memories of a GPU makes it fast.",
    sources=("dao2022",),
)
def moving_less(given: Given, seed: int) -> Finding:
    """Scores that lie in memory at once with the whole table and tile by tile, counted, and the difference of the outputs."""
    operands, n_tokens, n_heads = given.operands, given.n_tokens, given.queries.shape[1]
    whole = attend(*operands)
    difference = largest(stream(*operands, block=given.block).output - whole.output)
    ways = (lambda: attend(*operands), lambda: stream(*operands, block=given.block))
    in_table, in_tile = (exponentials_at_once(way) // n_heads for way in ways)
    numbers = (
        Number("scores of a head in memory, whole table", in_table, ",.0f"),
        Number("scores of a head in memory, tile by tile", in_tile, ",.0f"),
        Number("outputs differ by", difference, ".1e"),
    )

    short = "" if in_tile < in_table else ", since so short a text fits into one tile"
    return Finding(
        numbers,
        holds=difference <= rounding(whole, operands[2]) and in_tile < in_table,
        says=f"Your {how_many(n_tokens, 'token')} have {numbers[0].text} scores in a head, of which tiles of {given.block} by "
        f"{given.block} keep {numbers[1].text} at a time{short}, and the outputs differ by {numbers[2].text}.",
    )


@claim(
    said="FlashAttention approximates attention.",
    verdict="wrong",
    instead="It gives the same outputs but for rounding: each tile is rescaled to the largest score so far, and nothing is "
    "left out.",
    sources=("dao2022", "milakov2018"),
    identity=True,
)
def approximates(given: Given, seed: int) -> Finding:
    """How far outputs and weights tile by tile are from those of the whole table, in double precision."""
    operands, everything = given.operands, slice(None)
    whole, made = attend(*operands), stream(*operands, block=given.block)
    numbers = (
        Number("outputs differ by", largest(made.output - whole.output), ".1e"),
        Number("weights differ by", largest(made.tile(everything, everything) - whole.weights), ".1e"),
    )
    weights_off = rounding(whole, whole.weights)

    return Finding(
        numbers,
        holds=numbers[0].value <= rounding(whole, operands[2]) and numbers[1].value <= weights_off,
        says=f"Tile by tile your outputs differ from those of the whole table by {numbers[0].text} and the weights by "
        f"{numbers[1].text}.",
    )


@claim(
    said="FlashAttention does fewer operations.",
    verdict="wrong",
    instead="It does as many products, and a few more sums and exponentials: work stays quadratic. Only memory does not.",
    sources=("dao2022",),
    identity=True,
)
def fewer_operations(given: Given, seed: int) -> Finding:
    """Operations in matrix products, counted by torch while your heads attend in either way."""
    operands, block = given.operands, given.block
    numbers = (
        Number("operations, whole table", operations(lambda: attend(*operands)), ",.0f"),
        Number("operations, tile by tile", operations(lambda: stream(*operands, block=block)), ",.0f"),
    )

    return Finding(
        numbers,
        holds=numbers[0].value == numbers[1].value,
        says=f"Your heads take {numbers[0].text} operations with the whole table and {numbers[1].text} tile by tile.",
    )


@claim(
    said="A cache has to hold keys and values for every head.",
    verdict="wrong",
    instead="Heads of queries can share them, in groups or all of them, if a model is trained so. Averaged afterwards, as "
    "here, they lose much.",
    sources=("shazeer2019", "ainslie2023"),
)
def every_head(given: Given, seed: int) -> Finding:
    """Numbers kept for a token in a layer of your sizes; how far outputs move when your heads share mean keys and values."""
    sizes, (queries, keys, values) = given.sizes, given.operands
    own, one = sizes.shared_by(sizes.n_heads).cached_numbers, sizes.shared_by(1).cached_numbers
    shared = attend(queries, *(rows.mean(1, keepdim=True).expand_as(rows) for rows in (keys, values)))
    before = attend(queries, keys, values).output
    off = ((shared.output - before).norm() / before.norm().clamp(min=1e-300)).item()
    numbers = (
        Number("numbers of a token in a layer, every head its own", own, ",.0f"),
        Number("numbers of a token in a layer, one for all", one, ",.0f"),
        Number("outputs off by, of their length", off),
    )

    alone = "" if one < own else ", for one head has nobody to share with"
    return Finding(
        numbers,
        holds=one < own,
        says=f"With {how_many(sizes.n_heads, 'head')} of {sizes.head_dim} a token leaves {numbers[0].text} numbers in a layer, "
        f"or {numbers[1].text} if all share{alone}; averaging the keys and values of a trained layer puts outputs off by "
        f"{numbers[2].text} of their length.",
    )
