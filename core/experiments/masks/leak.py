"""A leak meter: which outputs move when which tokens are replaced, under a right mask and under a wrong one."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import SCALED_DOT, Projections, Score, attend, self_attend
from core.attention.masks import Allowed
from core.experiments.measure import Tokens, edited
from core.trace import step


@dataclass(frozen=True)
class MaskAfterSoftmaxTrace:
    """The wrong way, step by step: the softmax sees every key, and the mask comes when it is too late."""

    scores: Float[Tensor, "batch heads queries keys"] = step(r"QK^\top", title="Scores", source="vaswani2017")
    scaled: Float[Tensor, "batch heads queries keys"] = step(
        r"\frac{<scores>}{\sqrt{d}}", title="Scaled scores", source="vaswani2017"
    )
    unmasked: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(<scaled>\right)",
        title="Weights over every key",
        source="vaswani2017",
        ours="a mistake, to be seen: the paper masks before the softmax",
    )
    cut: Float[Tensor, "batch heads queries keys"] = step(
        r"<unmasked> \odot [\text{allowed}]",
        title="Weights cut off too late",
        source="vaswani2017",
        ours="a mistake, to be seen: the paper masks before the softmax",
    )
    output: Float[Tensor, "batch heads queries value_dim"] = step(r"<cut>\,V", title="Output", source="vaswani2017")


def attend_mask_after_softmax(
    queries: Float[Tensor, "batch heads queries head_dim"],
    keys: Float[Tensor, "batch heads keys head_dim"],
    values: Float[Tensor, "batch heads keys value_dim"],
    allowed: Allowed,
    *,
    score: Score = SCALED_DOT,
    scale: float | None = None,
) -> MaskAfterSoftmaxTrace:
    """A classic bug: multiply the weights by the mask. Hidden keys still stand in the denominator of the softmax.

    Returns   weights that sum to less than 1 in every row that hides a key.
    """
    seen = attend(queries, keys, values, score=score, scale=scale)
    cut = seen.weights * allowed
    return MaskAfterSoftmaxTrace(seen.scores, seen.scaled, seen.weights, cut, cut @ values)


def leak(
    x: Tokens,
    maps: Projections,
    allowed: Allowed | None,
    after_softmax: bool = False,
    *,
    edits: list[int] | None = None,
) -> Float[Tensor, "outputs edits"]:
    """How far each output moves (Euclidean norm) when a token is replaced by its negative, or by ones if it is zero.

    allowed         True = may attend; None = every key.
    after_softmax   apply the mask the wrong way.
    edits           the tokens to replace, one at a time; None = each of them.
    Returns         a row per output, a column per replaced token. Exactly 0 where nothing flows.
    """
    x = x.detach()
    before = _outputs(x.clone(), maps, allowed, after_softmax)
    moved = []
    for token in range(x.shape[1]) if edits is None else edits:
        changed = x.clone()
        changed[:, token] = edited(changed[:, token])
        moved.append((_outputs(changed, maps, allowed, after_softmax) - before).norm(dim=-1))
    return torch.stack(moved, dim=-1)


def _outputs(
    tokens: Tokens, maps: Projections, allowed: Allowed | None, after_softmax: bool
) -> Float[Tensor, "outputs value_dim"]:
    if allowed is None or not after_softmax:
        return self_attend(tokens, maps, allowed).attention.output[0, 0]
    made = self_attend(tokens, maps)
    return attend_mask_after_softmax(made.queries, made.keys, made.values, allowed).output[0, 0]
