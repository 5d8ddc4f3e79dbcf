"""Of four matrices of a head two products act, a bias of the keys does nothing, and heads add up."""

from dataclasses import replace

import torch
from torch import Tensor

from core.attention import MultiHeadAttention
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import SHOWN, Tokens, exact, largest, normal, rounding
from core.experiments.multi_head.layers import GRADIENT_TOKENS, exact_layer, head_columns, head_dim, mixing_error
from core.numerals import how_many


@claim(
    said="W_Q, W_K, W_V and W_O each do something of their own.",
    verdict="imprecise",
    instead="Two products act: W_Q W_Kᵀ decides where a head looks, W_V W_O what it brings, both of the rank of one head's width "
    "at most. Turn W_Q, and W_K back, and nothing changes.",
    sources=("elhage2021",),
)
def two_products(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """Ranks of both products of head 0; what its weights notice when it takes over W_V and W_O of the last head, when it
    takes over W_Q and W_K, and when W_Q is turned and W_K turned back."""
    x, layer = exact(x), exact_layer(layer)
    width, maps = head_dim(layer), layer.maps
    own, last = slice(0, width), slice(-width, None)
    looks = maps.w_query[:, own] @ maps.w_key[:, own].T
    brings = maps.w_value[:, own] @ layer.w_output[own]
    ranks = [int(torch.linalg.matrix_rank(each)) for each in (looks, brings)]
    before = layer(x)
    turn = torch.linalg.qr(normal(width, width, seed=seed)).Q
    turned = with_head_0(layer, "w_query", maps.w_query[:, own] @ turn, "b_query", maps.b_query[own] @ turn)
    both = with_head_0(turned, "w_key", maps.w_key[:, own] @ turn, "b_key", maps.b_key[own] @ turn)
    other = with_head_0(layer, "w_value", maps.w_value[:, last], "b_value", maps.b_value[last])
    other = replace(other, w_output=torch.cat([layer.w_output[last], layer.w_output[width:]]))
    asking = with_head_0(layer, "w_query", maps.w_query[:, last], "b_query", maps.b_query[last])
    asking = with_head_0(asking, "w_key", maps.w_key[:, last], "b_key", maps.b_key[last])
    weights = [largest((made(x).attention.weights - before.attention.weights)[:, 0]) for made in (both, other, asking)]
    mixed = largest(other(x).mixed - before.mixed)
    numbers = (
        Number("rank of W_Q W_Kᵀ of head 0", ranks[0], ",.0f"),
        Number("rank of W_V W_O of head 0", ranks[1], ",.0f"),
        Number("numbers of a token", x.shape[-1], ",.0f"),
        Number("weights move by, W_Q and W_K turned", weights[0], ".1e"),
        Number("weights move by, W_V and W_O of the last head", weights[1]),
        Number("outputs move by, W_V and W_O of the last head", mixed),
        Number("weights move by, W_Q and W_K of the last head", weights[2]),
    )
    reason = "" if layer.n_heads > 1 else ": you have 1 head, which is the last one, too"
    return Finding(
        numbers,
        holds=max(ranks) <= width < x.shape[-1]
        and weights[0] <= rounding(before.attention, torch.ones(1))
        and weights[1] == 0
        and min(weights[2], mixed) > SHOWN,
        says=f"The products of head 0 have ranks {numbers[0].text} and {numbers[1].text} in {numbers[2].text} × "
        f"{numbers[2].text}; turned W_Q and W_K move its weights by {numbers[3].text}, the last head's W_V and W_O move them by "
        f"{numbers[4].text} (and outputs by {numbers[5].text}), its W_Q and W_K by {numbers[6].text}{reason}.",
    )


def with_head_0(
    layer: MultiHeadAttention, weight: str, of_weight: Tensor, bias: str, of_bias: Tensor
) -> MultiHeadAttention:
    """The layer with other columns of a map for its first head."""
    width = head_dim(layer)
    rest, of_rest = getattr(layer.maps, weight)[:, width:], getattr(layer.maps, bias)[width:]
    changed = {weight: torch.cat([of_weight, rest], dim=1), bias: torch.cat([of_bias, of_rest])}
    return replace(layer, maps=replace(layer.maps, **changed))


@claim(
    said="Every bias of an attention layer is of use.",
    verdict="wrong",
    instead="A vector that is added to all keys moves all scores of a query alike, and the softmax takes that out again. So the "
    "bias of the keys has no gradient.",
    sources=("vaswani2017",),
    identity=True,
)
def key_bias(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """What a random vector moves when it is added to all keys, and when it is added to all queries; and the gradients."""
    x, layer = exact(x)[:, :GRADIENT_TOKENS], exact_layer(layer)
    before, drawn = layer(x), normal(layer.maps.b_key.shape[0], seed=seed)
    moved = {
        name: replace(layer, maps=replace(layer.maps, **{name: getattr(layer.maps, name) + drawn}))(x).attention
        for name in ("b_key", "b_query")
    }
    with torch.enable_grad():
        biases = {name: getattr(layer.maps, name).clone().requires_grad_() for name in ("b_key", "b_query")}
        mixed = replace(layer, maps=replace(layer.maps, **biases))(x).mixed
        total = (mixed * normal(*mixed.shape, seed=seed + 1)).sum()
        of_key, of_query = torch.autograd.grad(total, list(biases.values()))
    numbers = (
        Number("scores move by, added to keys", largest(moved["b_key"].scores - before.attention.scores)),
        Number("weights move by, added to keys", largest(moved["b_key"].weights - before.attention.weights), ".1e"),
        Number("weights move by, added to queries", largest(moved["b_query"].weights - before.attention.weights)),
        Number("gradient to the keys' bias", largest(of_key), ".1e"),
        Number("gradient to the queries' bias", largest(of_query), ".1e"),
    )
    unseen = rounding(moved["b_key"], torch.ones(1))
    return Finding(
        numbers,
        holds=numbers[1].value <= unseen and numbers[3].value <= unseen * (1 + largest(of_query) + largest(total)),
        says=f"One vector added to all keys moves scores by up to {numbers[0].text} and weights by {numbers[1].text}, added to "
        f"all queries it moves weights by {numbers[2].text}; the gradients to the two biases are at most {numbers[3].text} and "
        f"{numbers[4].text}.",
    )


@claim(
    said="Behind W_O nobody can tell what one head has brought.",
    verdict="wrong",
    instead="Side by side and then times W_O is a sum: each head times its own rows of W_O, and b_O. Every head can be told.",
    sources=("elhage2021", "kobayashi2020"),
    identity=True,
)
def heads_add_up(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The difference between the layer's output and the sum of what its heads bring, each by its own rows of W_O."""
    x, layer = exact(x), exact_layer(layer)
    trace = layer(x)
    rows = [layer.w_output[head_columns(layer, torch.tensor([head]))] for head in range(layer.n_heads)]
    brought = torch.stack([trace.attention.output[0, head] @ own for head, own in enumerate(rows)])
    error = Number(
        "sum of the heads against the output", largest(brought.sum(0) + layer.b_output - trace.mixed[0]), ".1e"
    )
    lengths = brought.norm(dim=-1).mean(-1)
    most = Number("mean length of what the longest head brings", lengths.max().item())
    return Finding(
        (error, most),
        holds=error.value <= mixing_error(layer, trace),
        says=f"What {how_many(layer.n_heads, 'head')} bring, added up with b_O, differs from the layer's output by {error.text}; "
        f"head {int(lengths.argmax())} brings the longest vectors, {most.text} on average.",
    )
