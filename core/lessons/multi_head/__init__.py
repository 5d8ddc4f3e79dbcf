"""Lesson 8: many heads by one reshape, the two ways to get it wrong, and what a head is worth."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.analysis.sinks import Sink, delivery
from core.attention import MultiHeadAttention, MultiHeadTrace, merge_heads, multi_head_attend, split_heads
from core.attention.heads import merge_without_transpose, split_without_transpose
from core.experiments.multi_head.splitting import LEAK_TOKENS, causal_layer, future_leaks
from core.lessons.material import Layer
from core.lessons.multi_head import circuits
from core.lessons.multi_head.circuits import Circuits, Spectra
from core.lessons.self_attention import MEASURES, by_layer
from core.lessons.shown import Matrices, Shown
from core.trace import matrices, steps

SPLITS = {"view, then transpose": split_heads, "reshape alone": split_without_transpose}
MERGES = {"transpose, then reshape": merge_heads, "reshape alone": merge_without_transpose}
RIGHT_SPLIT, WRONG_SPLIT = SPLITS
RIGHT_MERGE, WRONG_MERGE = MERGES


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    n_heads   into how many heads the projections are cut; a divisor of their width.
    split     one of SPLITS; merge: one of MERGES.
    ablated   heads that deliver zeros.
    mixing    whether W_O follows.
    """

    n_heads: int = 12
    split: str = RIGHT_SPLIT
    merge: str = RIGHT_MERGE
    ablated: tuple[int, ...] = ()
    mixing: bool = True

    @property
    def right(self) -> bool:
        """Whether heads are split, merged and mixed as they should be, however many there are."""
        return self.split == RIGHT_SPLIT and self.merge == RIGHT_MERGE and self.mixing


@dataclass(frozen=True)
class Lesson:
    """Multi-head attention as the learner built it, and as the layer is: with its own number of heads.

    circuits      the heads by their products: cut as the learner cut them, but rightly.
    cut           (heads, tokens, head_dim): the wide rows of queries, rightly cut but not yet stacked.
    split_origin  (heads, tokens): the token whose numbers each row of the stack of queries holds.
    merged_slots  (slots, tokens, head_dim): the merged rows, cut into the slots of the heads.
    merge_origin  (slots, tokens): the token whose query asked for what each slot of each merged row holds.
    """

    built: MultiHeadTrace
    right: MultiHeadTrace
    circuits: Circuits
    cut: Float[Tensor, "heads tokens head_dim"]
    split_origin: Int[Tensor, "heads tokens"]
    merged_slots: Float[Tensor, "heads tokens head_dim"]
    merge_origin: Int[Tensor, "heads tokens"]

    @property
    def change(self) -> float:
        """How far the result is from what the layer gives, relative to its size."""
        return ((self.built.mixed - self.right.mixed).norm() / self.right.mixed.norm().clamp(min=1e-12)).item()

    @property
    def strangers(self) -> int:
        """Rows of the stack of queries that hold another token's numbers."""
        return _strangers(self.split_origin)

    @property
    def merged_strangers(self) -> int:
        """Slots of the merged rows that hold what another token asked for."""
        return _strangers(self.merge_origin)


def _strangers(origin: Int[Tensor, "heads tokens"]) -> int:
    return int((origin != torch.arange(origin.shape[1])).sum())


def divisors(width: int) -> list[int]:
    """The numbers of heads that share a width evenly, up to 16."""
    return [n for n in range(1, 17) if width % n == 0]


def run(
    x: Float[Tensor, "1 tokens d_model"], layer: MultiHeadAttention, settings: Settings, known: Spectra | None = None
) -> Lesson:
    """Build the layer with the learner's heads, split, merge and muted heads, and beside it the layer as it is.

    known   the `spectra` of the learner's heads, where somebody has kept them.
    """
    own = layer.n_heads
    layer = replace(layer, n_heads=settings.n_heads)
    built = build(x, layer, settings)
    right = built if settings == Settings(own) else replace(layer, n_heads=own)(x)
    rightly = built if settings.right else layer(x, ablated=settings.ablated)
    n_tokens, n_heads = x.shape[1], settings.n_heads
    places = torch.arange(n_tokens * n_heads)
    # without its transpose, a reshape deals out the blocks of head_dim numbers in the order in which they lie in memory
    dealt_to_heads = (places // n_heads).reshape(n_heads, n_tokens)
    own = torch.arange(n_tokens).expand(n_heads, n_tokens)
    split_origin = own if settings.split == RIGHT_SPLIT else dealt_to_heads
    dealt_to_tokens = split_origin.flatten().reshape(n_tokens, n_heads).T
    return Lesson(
        built,
        right,
        circuits.run(x, layer, rightly, settings.ablated, known),
        split_heads(built.projected, n_heads)[0],
        split_origin,
        split_heads(built.merged, n_heads)[0],
        split_origin if settings.merge == RIGHT_MERGE else dealt_to_tokens,
    )


def beside(result: Lesson, whole: Sink | None) -> Matrices:
    """What figures show beside the trace. whole: of all layers of the model, where there is one."""
    weights, values = result.built.attention.weights[0], result.built.values[0]
    return {
        "delivered": delivery(weights, values).shares.numpy(),
        **({} if whole is None else {"first_token": by_layer(whole, weights.shape[-1])}),
        "cut": result.cut.numpy(),
        "split_origin": result.split_origin.float().numpy(),
        "merged_slots": result.merged_slots.numpy(),
        "merge_origin": result.merge_origin.float().numpy(),
    } | circuits.beside(result.circuits)


def shown(given: Layer, settings: Settings, whole: Sink | None = None) -> Shown:
    """All that the figures show."""
    result = run(given.x, given.layer, settings)
    tensors = matrices(steps(result.built)) | beside(result, whole)
    return Shown(
        tensors, {"queries": given.words, "keys": given.words, "measures": MEASURES, "circuits": circuits.LINES}
    )


def build(x: Float[Tensor, "1 tokens d_model"], layer: MultiHeadAttention, settings: Settings) -> MultiHeadTrace:
    """Multi-head attention with the learner's split and merge in place of the right ones."""
    split, merge = SPLITS[settings.split], MERGES[settings.merge]
    return multi_head_attend(x, layer, ablated=settings.ablated, split=split, merge=merge, mixing=settings.mixing)


def formulas(settings: Settings) -> dict[str, str]:
    """The formulas of this split and merge, without a mask, in place of what the trace declares.

    kept is 0 for heads that are muted and 1 for all others.
    """
    found = {"masked": "<scaled>"}
    if settings.split != RIGHT_SPLIT:
        inside = {"queries": "<projected>", "keys": "<x>W_K + b_K", "values": "<x>W_V + b_V"}
        found |= {name: rf"\operatorname{{reshape}}\left({made}\right)" for name, made in inside.items()}
    merge = "merge" if settings.merge == RIGHT_MERGE else "reshape"
    outputs = r"[\text{kept}] \odot <output>" if settings.ablated else "<output>"
    found["merged"] = rf"\operatorname{{{merge}}}\left({outputs}\right)"
    if not settings.mixing:
        found["mixed"] = "<merged>"
    return found


def leaks(x: Float[Tensor, "1 tokens d_model"], layer: MultiHeadAttention, settings: Settings) -> int:
    """How many pairs (output, later token) leak under a causal mask among the first LEAK_TOKENS tokens."""
    cut = replace(layer, n_heads=settings.n_heads)
    return future_leaks(causal_layer(cut, SPLITS[settings.split], MERGES[settings.merge]), x[:, :LEAK_TOKENS])
