"""What lesson 13 says of numbers: what a stack has learned, what blocks cost, what is still found; and who is right."""

import math
from typing import Any, Final

from jaxtyping import Float
from torch import Tensor

from core.experiments.since_2017 import memory
from core.experiments.since_2017.depth import pre_and_post
from core.experiments.since_2017.experts import sizes
from core.numerals import how_many, short, written
from core.training.copying import GUESSING, Copied
from core.transformer.design import ACTIVE, EXPERTS, Cost

BOTH, ONLY_PRE, ONLY_POST, NEITHER = "both", "only pre-norm", "only post-norm", "neither"
TIMES: Final = ("8 times the weights, 2 times the work", "8 times both", "2 times both")
LAYER, RMS, NO_NORM = "LayerNorm's", "RMSNorm's", "of neither"
NOTICED: Final = 1e-3


def stands(name: str, found: Copied) -> str:
    """What became of a training."""
    if found.diverged:
        last = found.losses[-1]
        loss = (
            f"the loss was {last:.3g}, more than ten times that of guessing"
            if math.isfinite(last)
            else "the loss is no number any more"
        )
        return f"{name}: diverged after {how_many(len(found.losses), 'update')} and was stopped, {loss}."
    learned = (
        "it has learned to copy"
        if found.loss < 0.1
        else "it has learned nothing yet"
        if found.loss > 0.9 * GUESSING
        else "it is on its way"
    )
    return f"{name}: loss {found.loss:.2f} after {how_many(len(found.losses), 'update')}, {learned}."


def of_costs(then: Cost, now: Cost, changes: int) -> str:
    """What the block of 2017 and the one beside it cost; names in braces are those of `costs`."""
    met = " (a token meets {met:,})" if now.used < now.parameters else ""
    are = "is" if changes == 1 else "are"
    differs = f"{{changes}} of 5 choices {are} not as in 2017." if changes else "All five choices are as in 2017."
    return (
        f"{differs} "
        "With D = {d_model} the block of 2017 has {then_has:,} parameters and the "
        f"one beside it {{now_has:,}}{met}; {{n_tokens:,}} tokens take {{then_work}} and {{now_work}} FLOPs in products of "
        "matrices; of each token {then_keeps:,} and {now_keeps:,} numbers of keys and values are kept."
    )


def costs(then: Cost, now: Cost) -> dict[str, Any]:
    """The numbers of it."""
    work = {f"{name}_work": short(cost.flops) for name, cost in (("then", then), ("now", now))}
    return work | {
        "then_has": then.parameters,
        "now_has": now.parameters,
        "met": now.used,
        "then_keeps": then.cached,
        "now_keeps": now.cached,
    }


def who_learned(depth: int, seed: int) -> tuple[str, str]:
    """Which of two stacks has learned, pre-norm and post-norm, and their losses."""
    pre, post = pre_and_post(depth, seed)
    learned = tuple(each.loss < GUESSING / 2 for each in (pre, post))
    return {(True, True): BOTH, (True, False): ONLY_PRE, (False, True): ONLY_POST}.get(learned, NEITHER), (
        f"Losses after {len(pre.losses)} updates: {pre.loss:.2f} with pre-norm, {post.loss:.2f} with post-norm; guessing gives "
        f"{GUESSING:.2f}."
    )


def whose_moves(layer: float, root: float) -> tuple[str, str]:
    """Which norm's rows moved, by so much each."""
    answer = NO_NORM if max(layer, root) <= NOTICED else RMS if root > layer else LAYER
    return (
        answer,
        f"LayerNorm's by {written(layer, '.1e')}, RMSNorm's by {root:.2f}: LayerNorm takes the mean away first.",
    )


def times_as_much() -> tuple[str, str]:
    """What experts cost, in weights and in work, over one network."""
    one, every, met = sizes(64, EXPERTS, ACTIVE)
    weights, work = every / one, met / one
    answer = TIMES[2] if weights < EXPERTS / 2 else TIMES[0] if work < EXPERTS / 2 else TIMES[1]
    return answer, f"{weights:.2f} times the weights, {work:.2f} times the work: the router comes on top."


def of_recall(settings: memory.Settings) -> str:
    """What is still found; names in braces are given beside it."""
    newer, older = memory.left_of_two(settings.rate)
    written_over = (
        "writes the newer one over the older"
        if older == 0
        else f"at this rate leaves {newer:.2f} of the newer and {older:.2f} of the older, of a key that is alone"
    )
    twice = (
        " Here every key was given a second value, which is asked for: softmax keeps both and mixes them, the delta rule "
        f"{written_over}."
        if settings.rewritten
        else ""
    )
    return (
        "Ask for each key: of 32, 128 and 512 pairs softmax finds {softmax}, linear attention {linear}, the delta rule {delta}. "
        f"{{newest_says}}{twice} Softmax keeps every pair, {{all_kept:,}} numbers at the end; the others keep {{fixed:,}}, "
        "whatever comes. That is lesson 1 again: one vector, however large, is full one day."
    )


def at(found: Float[Tensor, "kinds counts"], kind: int) -> str:
    """What one kind of memory still finds, at the first number of pairs, the fourth and the last."""
    return " · ".join(f"{share:.2f}" for share in found[kind, [0, 3, 15]].tolist())
