"""What many heads cost: the same maps for any number of heads, and keys and values that heads may share."""

from dataclasses import replace

from core.attention import MultiHeadAttention, attend, self_attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import SHOWN, Tokens, exact, largest
from core.experiments.multi_head.layers import exact_layer, mixing_error
from core.numerals import how_many

FEW_TOKENS = 16
MOST_HEADS = 12  # more divisors of D would show nothing new


@claim(
    said="Self-attention enhances multi-head attention.",
    verdict="wrong",
    instead="It is the other way round: many heads extend self-attention. With 1 head the two are the same, times W_O.",
    sources=("vaswani2017",),
    identity=True,
)
def enhanced(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The difference between your layer read as one single head and plain self-attention followed by W_O."""
    x, layer = exact(x), replace(exact_layer(layer), n_heads=1)
    trace = layer(x)
    plain = self_attend(x, layer.maps).attention.output[:, 0] @ layer.w_output + layer.b_output
    difference = Number("largest difference", largest(trace.mixed - plain), ".1e")

    return Finding(
        (difference,),
        holds=difference.value <= mixing_error(layer, trace),
        says=f"Your layer with 1 head differs from plain self-attention times W_O by {difference.text}.",
    )


@claim(
    said="Queries, keys and values are no larger with many heads than with one.",
    verdict="right",
    instead="Heads share out the width: Q, K, V and W_O have 4D² weights (and biases) for every number of heads.",
    sources=("vaswani2017",),
    identity=True,
)
def same_size(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """The parameters of your layer, read with every number of heads up to 12 that divides its width."""
    x, layer = exact(x)[:, :FEW_TOKENS], exact_layer(layer)
    d_model = x.shape[-1]
    divisors = [heads for heads in range(1, min(d_model, MOST_HEADS) + 1) if d_model % heads == 0]
    readings = [replace(layer, n_heads=heads) for heads in divisors]
    sizes = {sum(w.numel() for w in (r.maps.w_query, r.maps.w_key, r.maps.w_value, r.w_output)) for r in readings}
    worked = all(reading(x).attention.weights.shape[1] == reading.n_heads for reading in readings)
    size = Number("weights", max(sizes), ",.0f")
    listed = ", ".join(str(heads) for heads in divisors)
    ways = Number("numbers of heads", len(divisors), ",.0f")

    return Finding(
        (size, ways),
        holds=worked and sizes == {4 * d_model**2},
        says=f"Your layer has {size.text} weights for every number of heads that was tried ({listed}).",
    )


@claim(
    said="All attention in practice is multi-head.",
    verdict="right",
    instead="Almost all. To save memory, recent models let many query heads share one head of keys and values, or a few.",
    sources=("vaswani2017", "shazeer2019", "ainslie2023"),
)
def always_many(x: Tokens, layer: MultiHeadAttention, seed: int) -> Finding:
    """Numbers kept per token with keys and values for every head and with 1 head shared; do heads still look differently?"""
    x, layer = exact(x)[:, :FEW_TOKENS], exact_layer(layer)
    trace = layer(x)
    keys, values = (rows.mean(1, keepdim=True) for rows in (trace.keys, trace.values))
    shared = attend(trace.queries, keys.expand_as(trace.keys), values.expand_as(trace.values))
    each, one = ((k.numel() + v.numel()) // x.shape[1] for k, v in ((trace.keys, trace.values), (keys, values)))
    apart, before = (largest(weights - weights[:, :1]) for weights in (shared.weights, trace.attention.weights))
    numbers = (
        Number("your numbers per token, every head its own", each, ",.0f"),
        Number("your numbers per token, one head shared", one, ",.0f"),
        Number("12 heads of 64, every head its own", 2 * 12 * 64, ",.0f"),
        Number("12 heads of 64, one head shared", 2 * 64, ",.0f"),
        Number("weights of your heads differ by, every head its own", before),
        Number("weights of your heads differ by, one head shared", apart),
    )

    alike = "" if apart > SHOWN else ", so that yours leave nothing to look at differently"
    return Finding(
        numbers,
        holds=one < each and apart > SHOWN,
        says=f"With {how_many(layer.n_heads, 'head')} your layer keeps {numbers[0].text} numbers per token, or "
        f"{numbers[1].text} if heads share the mean of their keys and values (12 heads of 64: {numbers[2].text} or "
        f"{numbers[3].text}); and still their weights differ by up to {numbers[5].text}{alike}.",
    )
