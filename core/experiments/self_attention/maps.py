"""What is learned in self-attention, what is computed, and in how many products."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from core.attention import SCALED_DOT, Projections, attend, cross_attend, project, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import (
    SHOWN,
    Tokens,
    edited,
    exact,
    exact_maps,
    largest,
    refusal,
    rounding,
    some,
    untrained_additive,
)
from core.experiments.self_attention.fused import project_fused
from core.numerals import how_many


@claim(
    said="Queries, keys and values are learned during training.",
    verdict="wrong",
    instead="The three maps are learned. The vectors are computed anew from every input.",
    sources=("vaswani2017",),
)
def learned_vectors(x: Tokens, maps: Projections, seed: int) -> Finding:
    """How far the vectors of token 0 and of the others move when token 0 is replaced, under the same maps."""
    x, maps = exact(x), exact_maps(maps)
    replaced = replace_first(x)
    before, after = self_attend(x, maps), self_attend(replaced, maps)
    moved = torch.cat(
        [getattr(after, name)[0, 0] - getattr(before, name)[0, 0] for name in ("queries", "keys", "values")], dim=-1
    )
    own, others = (
        Number("vectors of token 0 move by", largest(moved[0])),
        Number("vectors of all others move by", largest(moved[1:])),
    )

    reason = "" if own.value > 0 else ", because your maps do not read what was changed"
    return Finding(
        (own, others),
        holds=others.value == 0 < own.value,
        says=f"Under the same maps, another token 0 moves its query, key and value by up to {own.text} and those of "
        f"other tokens by {others.text}{reason}.",
    )


def replace_first(x: Tensor) -> Tensor:
    """The same tokens with another token 0."""
    changed = x.clone()
    changed[:, 0] = edited(changed[:, 0])
    return changed


@claim(
    said="W_Q, W_K and W_V may each have a width of their own.",
    verdict="imprecise",
    instead="All three read D features. W_Q and W_K must deliver equally many, W_V may deliver any number.",
    sources=("vaswani2017",),
    identity=True,
)
def sizes(x: Tokens, maps: Projections, seed: int) -> Finding:
    """What attention answers to a query map that is one column too wide, and to a value map of twice the width."""
    made = self_attend(exact(x), exact_maps(maps))
    wide_queries = torch.cat([made.queries, made.queries[..., :1]], dim=-1)
    wide_values = torch.cat([made.values, made.values], dim=-1)
    refused = refusal(attend, wide_queries, made.keys, made.values)
    width = attend(made.queries, made.keys, wide_values).output.shape[-1]

    return Finding(
        (
            Number("columns of W_Q", wide_queries.shape[-1], ",.0f"),
            Number("columns of W_K", made.keys.shape[-1], ",.0f"),
            Number("columns of W_V", wide_values.shape[-1], ",.0f"),
            Number("numbers in an output", width, ",.0f"),
        ),
        holds=bool(refused) and width == wide_values.shape[-1],
        says=f"W_V with {how_many(wide_values.shape[-1], 'column')} works beside W_K with {made.keys.shape[-1]}, but "
        f"W_Q with {wide_queries.shape[-1]} is refused: “{refused}”.",
    )


@claim(
    said="The widths of the maps are the same for every sentence, only the number of tokens varies.",
    verdict="right",
    instead="No learned number knows how long a sentence is. Only the table of weights grows.",
    sources=("vaswani2017",),
    identity=True,
)
def same_for_every_sentence(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The number of parameters and of weights when the same maps read your tokens over and over, as 3 and as 300."""
    x, maps = exact(x), exact_maps(maps)
    tables = [self_attend(repeated(x, n_tokens), maps).attention.weights for n_tokens in (3, 300)]
    parameters = sum(tensor.numel() for tensor in vars(maps).values())
    numbers = (
        Number("parameters", parameters, ",.0f"),
        Number("weights for 3 tokens", tables[0].numel(), ",.0f"),
        Number("weights for 300 tokens", tables[1].numel(), ",.0f"),
    )

    return Finding(
        numbers,
        holds=[table.numel() for table in tables] == [9, 90_000]
        and all(largest(table.sum(-1) - 1) < 1e-9 for table in tables),
        says=f"The same {numbers[0].text} parameters make {numbers[1].text} weights for 3 tokens and "
        f"{numbers[2].text} for 300.",
    )


def repeated(x: Tensor, n_tokens: int) -> Tensor:
    """The same tokens over and over until there are so many."""
    return x[:, torch.arange(n_tokens) % x.shape[1]]


@claim(
    said="Queries, keys and values can be made by one fused product.",
    verdict="right",
    instead="The same numbers come out of 1 product in place of 3. Whether that is faster depends on the hardware.",
    sources=("cs231n2025",),
    identity=True,
)
def fused(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The difference between 3 products and 1 with the maps side by side, and the products counted as they run."""
    x, maps = exact(x), exact_maps(maps)
    separate, three = count_products(lambda: torch.cat(project(x, x, maps), dim=-1))
    together, one = count_products(lambda: torch.cat(project_fused(x, maps), dim=-1))
    difference = Number("largest difference", largest(separate - together), ".1e")
    numbers = (difference, Number("products, separate", three, ",.0f"), Number("products, fused", one, ",.0f"))

    return Finding(
        numbers,
        holds=difference.value <= 1e-12 * (1 + largest(together)) and (three, one) == (3, 1),
        says=f"{three} products and {one} product give the same {together.shape[-1]:,} numbers per token, with a "
        f"largest difference of {difference.text}.",
    )


def count_products(compute: Callable[[], Tensor]) -> tuple[Tensor, int]:
    """The result of a computation, and how many matrix products it took."""

    class Counter(TorchFunctionMode):
        products = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):
            self.products += func in (torch.Tensor.matmul, torch.Tensor.__matmul__, torch.matmul)
            return func(*args, **(kwargs or {}))

    with Counter() as counter:
        return compute(), counter.products


@claim(
    said="All outputs of self-attention can be computed at the same time.",
    verdict="right",
    instead="No output waits for another: one call for all tokens gives what one call per token gives.",
    sources=("vaswani2017",),
    identity=True,
)
def all_at_once(x: Tokens, maps: Projections, seed: int) -> Finding:
    """The difference between one call for all tokens and one call for each, for up to 16 of them."""
    x, maps = exact(x), exact_maps(maps)
    made = self_attend(x, maps)
    tokens = some(x.shape[1], at_most=16)
    alone = torch.cat([cross_attend(x[:, [token]], x, maps).attention.output for token in tokens], dim=2)
    difference = Number("largest difference", largest(made.attention.output[:, :, tokens] - alone), ".1e")

    return Finding(
        (difference, Number("tokens", len(tokens), ",.0f")),
        holds=difference.value <= rounding(made.attention, made.values),
        says=f"1 call for all tokens and 1 call for each of {how_many(len(tokens), 'token')} differ by "
        f"{difference.text}.",
    )


@claim(
    said="Self-attention is another name for scaled dot-product attention.",
    verdict="wrong",
    instead="Self says where queries, keys and values come from, scaled dot product says how a pair is scored. "
    "Either comes without the other.",
    sources=("vaswani2017", "luong2015"),
)
def another_name(x: Tokens, maps: Projections, seed: int) -> Finding:
    """Self-attention with another score, and scaled dot products between two different sequences: do both run?"""
    x, maps = exact(x), exact_maps(maps)
    n_tokens, n_asking = x.shape[1], (x.shape[1] + 1) // 2
    score = untrained_additive(maps.w_key.shape[1], seed)
    scaled_self, additive_self = (self_attend(x, maps, score=s).attention.weights for s in (SCALED_DOT, score))
    scaled_cross = cross_attend(x[:, :n_asking], x, maps).attention.weights
    deviation = max(largest(weights.sum(-1) - 1) for weights in (additive_self, scaled_cross))
    numbers = (
        Number("weights, self and additive", additive_self.numel(), ",.0f"),
        Number("weights, cross and scaled dot product", scaled_cross.numel(), ",.0f"),
        Number("deviation of a row sum from 1", deviation, ".1e"),
        Number("weights move by with the other score", largest(additive_self - scaled_self)),
    )

    other = numbers[3].value > SHOWN
    return Finding(
        numbers,
        holds=deviation < 1e-9 and other and scaled_cross.shape != additive_self.shape,
        says=f"Self-attention with an additive score gives {n_tokens} × {n_tokens} weights, which differ from those of the "
        f"scaled dot product by up to {numbers[3].text}{'' if other else ' (your tokens leave no score a choice)'}; scaled "
        f"dot products from the first {how_many(n_asking, 'token')} to all give {n_asking} × {n_tokens}.",
    )
