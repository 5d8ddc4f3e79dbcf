"""Lesson 7: masks. Who may see whom, what leaks when it is done wrong, how far windows reach."""

import re
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.attention import Projections, SelfAttentionTrace, masks, self_attend
from core.experiments.masks import MaskAfterSoftmaxTrace, attend_mask_after_softmax, leak
from core.experiments.measure import largest
from core.lessons import material
from core.lessons.material import Head
from core.lessons.shown import Matrices, Shown
from core.trace import matrices, steps

KINDS = ("nothing hidden", "causal", "padding", "band", "causal band", "causal with padding")


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    kind           one of KINDS.
    window         of a band: how many neighbours to each side may be seen.
    padded         how many tokens at the end are filler, which no other token may look at; left: at the beginning.
    flipped        cells (query, key) that the learner clicked: allowed becomes hidden and the other way round.
    n_layers       how many such layers lie on top of each other, for the reach.
    after_softmax  measure the leak of the wrong way.
    """

    kind: str = "causal"
    window: int = 2
    padded: int = 0
    left: bool = False
    flipped: frozenset[tuple[int, int]] = frozenset()
    n_layers: int = 2
    after_softmax: bool = False


@dataclass(frozen=True)
class Lesson:
    """Attention under a mask, the wrong way beside it, and what each lets through.

    leak           (outputs, edited tokens): how far an output moves when a token is replaced.
    layers_needed  (queries, keys): layers until the input of a key can have reached the output of a query; 0 = itself,
                   NaN = not within the layers there are.
    reached        where that is possible at all within the layers there are.
    """

    trace: SelfAttentionTrace
    wrong: MaskAfterSoftmaxTrace
    allowed: Bool[Tensor, "queries keys"]
    leak: Float[Tensor, "outputs edits"]
    layers_needed: Float[Tensor, "queries keys"]
    reached: Bool[Tensor, "queries keys"]

    @property
    def hidden_leak(self) -> float:
        """The largest move of an output when another token is replaced that it may not see; 0 where it may see all.

        A token's own output moves with it whatever is hidden, since it is the one that asks.
        """
        return largest(self.leak[~self.allowed & ~torch.eye(len(self.allowed), dtype=torch.bool)])

    @property
    def leak_scale(self) -> float:
        """The end of a scale on which a leak can be seen: the largest one, though what is allowed moves outputs further.

        Where nothing leaks it is the largest move that another token makes; 1 where none makes any.
        """
        return self.hidden_leak or largest(self.leak[~torch.eye(len(self.allowed), dtype=torch.bool)]) or 1.0

    @property
    def smallest_row_sum(self) -> float:
        """Of the wrong way: what is left of the budget of 1 in the row that lost most."""
        return self.wrong.cut.sum(-1).min().item()


def allowed_by(n_tokens: int, settings: Settings) -> Bool[Tensor, "queries keys"]:
    """The mask of these settings. Raises ValueError naming a query that would see nothing."""
    allowed = {
        "causal": masks.causal(n_tokens),
        "band": masks.local(n_tokens, settings.window),
        "causal with padding": masks.causal(n_tokens),
        "causal band": masks.causal(n_tokens) & masks.local(n_tokens, settings.window),
    }.get(settings.kind, masks.everything(n_tokens, n_tokens))
    if "padding" in settings.kind:
        real = masks.padding(torch.tensor([max(1, n_tokens - settings.padded)]), n_tokens)[0, 0, 0]
        real = real.flip(0) if settings.left else real
        # a filler that may see nothing is given itself, as libraries do: nobody reads what comes out of it
        allowed = allowed & real
        allowed = allowed | (torch.eye(n_tokens, dtype=torch.bool) & ~real & ~allowed.any(-1, keepdim=True))
    allowed = allowed.clone()
    for query, key in settings.flipped:
        if query < n_tokens and key < n_tokens:
            allowed[0, 0, query, key] = ~allowed[0, 0, query, key]
    dead = masks.unattending(allowed)
    if dead is not None:
        raise ValueError(f"the token at place {dead[2]} would see nothing: its softmax is 0/0. Leave it one key")
    return allowed[0, 0]


def blinds(n_tokens: int, settings: Settings) -> str:
    """Why these settings make no mask, in words; "" where they make one."""
    try:
        allowed_by(n_tokens, settings)
    except ValueError as error:
        return str(error)
    return ""


def run(x: Float[Tensor, "1 tokens d_model"], maps: Projections, settings: Settings) -> Lesson:
    """Attend under the mask, the right way and the wrong way, and measure what flows."""
    allowed = allowed_by(x.shape[1], settings)
    mask = allowed[None, None]
    trace = self_attend(x, maps, mask)
    wrong = attend_mask_after_softmax(trace.queries, trace.keys, trace.values, mask)
    through = masks.receptive_field(allowed, settings.n_layers)
    reached = through.any(0)
    return Lesson(
        trace,
        wrong,
        allowed,
        leak(x, maps, mask, settings.after_softmax),
        torch.where(reached, through.float().argmax(0).float(), torch.nan),
        reached,
    )


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    return {
        "allowed": result.allowed.numpy(),
        "mask": np.where(result.allowed.numpy(), 0, -np.inf).astype(np.float32),
        "early": result.wrong.unmasked[0, 0].numpy(),
        "wrong": result.wrong.cut[0, 0].numpy(),
        "leak": result.leak.numpy(),
        "layers_needed": result.layers_needed.numpy(),
        "reached": result.reached.numpy(),
    }


def shown(given: Head, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(given.x, given.maps, settings)
    tensors = matrices(steps(result.trace)) | beside(result)
    return Shown(tensors, {"queries": given.words, "keys": given.words})


def moved_by_another_word(text: str, layer: int, head: int, at_most: int) -> tuple[float, float]:
    """Under a causal mask, how far outputs before the last word move, at most, when that word is another one.

    Returns   in layer 0, where every vector stands for its own token, and in `layer`, whose vectors were mixed before
              without a mask. Both 0 where the last word is beyond what is read.
    """
    other = re.sub(r"\w+(?=\W*$)", lambda last: "wide" if last[0] != "wide" else "old", text)
    moved = {}
    for depth in {0, layer}:
        one, two = (material.head_on_sentence(each, depth, head, 0, at_most) for each in (text, other))
        same = next((at for at, (a, b) in enumerate(zip(one.words, two.words, strict=False)) if a != b), 0)
        first, second = (
            self_attend(each.x, each.maps, masks.causal(each.x.shape[1])).attention.output[0, 0, :same]
            for each in (one, two)
        )
        moved[depth] = largest((first - second).norm(dim=-1))
    return moved[0], moved[layer]


def movers(x: Float[Tensor, "1 tokens d_model"], maps: Projections, after_softmax: bool) -> Float[Tensor, "outputs"]:
    """How far each output moves when the last token is replaced, under a causal mask put before or after the softmax."""
    last = x.shape[1] - 1
    return leak(x, maps, masks.causal(last + 1), after_softmax, edits=[last])[:, 0]
