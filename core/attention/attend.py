"""The one attention of this project: every lesson, lab, own model and recorded model calls it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention.masks import Allowed, unattending
from core.attention.scores import SCALED_DOT, Score
from core.trace import step


@dataclass(frozen=True)
class AttentionTrace:
    """Every tensor of one attention call, in the order it was computed; without a cap or a bias, that is the one before."""

    scores: Float[Tensor, "batch heads queries keys"] = step(
        r"QK^\top", title="Scores", source="vaswani2017", also="similarities, energies, logits"
    )
    scaled: Float[Tensor, "batch heads queries keys"] = step(
        r"\frac{<scores>}{\sqrt{d}}", title="Scaled scores", source="vaswani2017"
    )
    capped: Float[Tensor, "batch heads queries keys"] = step(
        r"c_{\mathrm{cap}}\,\tanh\left(\frac{<scaled>}{c_{\mathrm{cap}}}\right)",
        title="Capped scores",
        source="gemma2024",
        unless="scaled",
    )
    biased: Float[Tensor, "batch heads queries keys"] = step(
        r"<capped> + B", title="Scores with a position bias", source="raffel2020", unless="capped"
    )
    masked: Float[Tensor, "batch heads queries keys"] = step(
        r"<biased> + M", title="Masked scores", source="vaswani2017"
    )
    weights: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(<masked>\right)",
        title="Attention weights",
        source="vaswani2017",
        also="attention pattern, alignment, probabilities",
    )
    output: Float[Tensor, "batch heads queries value_dim"] = step(
        r"<weights>\,V", title="Output", source="vaswani2017", also="context, head output, Y = AX where V is X"
    )


def attend(
    queries: Float[Tensor, "batch heads queries head_dim"],
    keys: Float[Tensor, "batch heads keys head_dim"],
    values: Float[Tensor, "batch heads keys value_dim"],
    allowed: Allowed | None = None,
    *,
    score: Score = SCALED_DOT,
    scale: float | None = None,
    bias: Float[Tensor, "#batch #heads #queries keys"] | None = None,
    softcap: float | None = None,
    sinks: Float[Tensor, "heads"] | None = None,
) -> AttentionTrace:
    """Share each query's attention among the keys it may see, and mix their values accordingly.

    allowed   True = may attend; None = every key. Broadcasts over batch, heads and queries.
    score     how a query and a key are compared.
    scale     what scores are multiplied by; None = 1/sqrt(head_dim) where the score asks for it, else 1.
    bias      added to the scaled scores, for example T5's preference for near tokens.
    softcap   squeezes scaled scores into (-softcap, softcap), as Gemma 2 does.
    sinks     one more score per head that takes its share of the softmax and delivers nothing, as in gpt-oss.
    Returns   weights in [0, 1], without unit, summing to 1 over keys for every query (to less than 1 with sinks).
    Raises    ValueError naming the first query that may attend to no key (its softmax is 0/0), or the sizes that do not
              fit.
    Source    Vaswani et al. 2017, eq. 1, section 3.2.1.
    """
    check_sizes(queries, keys, values)
    if allowed is not None:
        _check_somebody_is_visible(allowed)

    scores = score(queries, keys)
    factor = score.scale(queries.shape[-1]) if scale is None else scale
    scaled = scores * factor
    capped = scaled if softcap is None else softcap * torch.tanh(scaled / softcap)
    biased = capped if bias is None else capped + bias
    masked = biased if allowed is None else torch.where(allowed, biased, -torch.inf)
    weights = masked.softmax(dim=-1) if sinks is None else softmax_with_sinks(masked, sinks)
    output = weights @ values

    return AttentionTrace(scores, scaled, capped, biased, masked, weights, output)


def softmax_with_sinks(
    masked: Float[Tensor, "batch heads queries keys"], sinks: Float[Tensor, "heads"]
) -> Float[Tensor, "batch heads queries keys"]:
    """Softmax over the keys and one sink per head; the sink's share is dropped, so rows sum to less than 1."""
    batch, heads, n_queries, _ = masked.shape
    sink_scores = sinks.reshape(1, heads, 1, 1).expand(batch, heads, n_queries, 1)
    return torch.cat([masked, sink_scores], dim=-1).softmax(dim=-1)[..., :-1]


def check_sizes(queries: Tensor, keys: Tensor, values: Tensor) -> None:
    """Raise ValueError in words where keys fit neither the queries nor the values."""
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(
            f"a query has {queries.shape[-1]} numbers and a key has {keys.shape[-1]}: their product needs equally "
            "many; change the width of one of them"
        )
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"there are {keys.shape[-2]} keys and {values.shape[-2]} values: each key needs a value of its own; "
            "add or remove rows until they match"
        )


def _check_somebody_is_visible(allowed: Tensor) -> None:
    dead = unattending(allowed)
    if dead is not None:
        batch, head, query = dead
        raise ValueError(
            f"query {query} (batch {batch}, head {head}) may attend to no key: its softmax is 0/0; "
            "allow at least one key"
        )
