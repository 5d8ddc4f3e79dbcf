"""What replaces attention: a table of fixed size, written by sums or by the delta rule, against softmax on recall.

Keys and values are random directions: what is asked is whether each key still finds its own value.
"""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import normalize

from core.attention import attend
from core.experiments.claim import Finding, Number, claim
from core.experiments.since_2017.given import Given

EVERY: Final = 32  # pairs between two looks at what is still found
MOST: Final = 512  # pairs
KINDS: Final = ("softmax", "linear attention", "delta rule")
SHARPNESS: Final = 4.0  # of the softmax: random directions of few numbers are not far from each other


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    width     numbers in a key, and in a value.
    rate      how much of what is missing the delta rule writes.
    rewritten whether every key had another value before, which is asked for no more.
    seed      of keys and values.
    """

    width: int = 32
    rate: float = 0.5
    rewritten: bool = False
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Written:
    """The pairs, one after the other; old: values that the keys had before, where they had others."""

    keys: Float[Tensor, "pairs head_dim"]
    values: Float[Tensor, "pairs value_dim"]
    old: Float[Tensor, "pairs value_dim"] | None


@dataclass(frozen=True, eq=False)
class Recall:
    """What is kept, and what is still found.

    state, corrected   of linear attention and of the delta rule, after MOST pairs.
    before             what the delta rule kept before the last of them.
    found              a row for each of KINDS: the share of keys that find their value, among the first EVERY pairs, the
                       first 2 EVERY, and so on.
    newest             the same at the end, among the last EVERY pairs alone.
    """

    state: Float[Tensor, "head_dim value_dim"]
    corrected: Float[Tensor, "head_dim value_dim"]
    before: Float[Tensor, "head_dim value_dim"]
    found: Float[Tensor, "kinds counts"]
    newest: Float[Tensor, "kinds"]


def drawn(settings: Settings, pairs: int = MOST) -> Written:
    """Random directions."""
    rng = torch.Generator().manual_seed(settings.seed)
    keys, values, old = (normalize(torch.randn(pairs, settings.width, generator=rng), dim=-1) for _ in range(3))
    return Written(keys, values, old if settings.rewritten else None)


def recall(settings: Settings, pairs: int = MOST, every: int = EVERY) -> Recall:
    """Write so many pairs, and after every few of them ask for all that were written until then."""
    written = drawn(settings, pairs)
    keys, values, old = written.keys, written.values, written.old
    state = torch.zeros(settings.width, settings.width)
    corrected, before = state, state
    found = []
    for at in range(pairs):
        k = keys[at : at + 1]
        for v in (values[at : at + 1],) if old is None else (old[at : at + 1], values[at : at + 1]):
            before = corrected
            state = state + k.T @ v
            corrected = corrected + settings.rate * k.T @ (v - k @ corrected)
        if (at + 1) % every == 0:
            asked = keys[: at + 1]
            answers = (by_softmax(written, at + 1), asked @ state, asked @ corrected)
            hits = torch.stack([right(answer, written, at + 1) for answer in answers]).float()
            found.append(hits.mean(1))
    return Recall(state, corrected, before, torch.stack(found, dim=1), hits[:, -every:].mean(1))


def by_softmax(written: Written, pairs: int) -> Float[Tensor, "pairs value_dim"]:
    """What attention finds among the first pairs, all of which it keeps, also those that were written over."""
    keys, values = written.keys[:pairs], written.values[:pairs]
    kept, brought = keys, values
    if written.old is not None:
        kept, brought = torch.cat([keys, keys]), torch.cat([written.old[:pairs], values])
    sharp = SHARPNESS * keys.shape[1]
    return attend(*(rows[None, None] for rows in (keys * sharp, kept, brought))).output[0, 0]


def right(answers: Float[Tensor, "pairs value_dim"], written: Written, pairs: int) -> Bool[Tensor, "pairs"]:
    """Which answers are nearest to the value that the key has now, among all that were written."""
    candidates = written.values[:pairs]
    if written.old is not None:
        candidates = torch.cat([candidates, written.old[:pairs]])
    return (answers @ candidates.T).argmax(-1) == torch.arange(pairs)


def left_of_two(rate: float) -> tuple[float, float]:
    """How much of its newer and of its older value the delta rule keeps of a key of length 1 that meets no other keys."""
    return rate, (1 - rate) * rate


@claim(
    said="Linear attention does what attention does, only faster.",
    verdict="wrong",
    instead="It keeps one table of fixed size, as lesson 1 kept one vector. Attention keeps every pair, and pays for it.",
    sources=("katharopoulos2020", "vaswani2017"),
)
def only_faster(given: Given, seed: int) -> Finding:
    """Write pairs of random keys and values, then ask for each: the share that is found, and how many numbers are kept."""
    width, pairs = given.width, given.pairs
    found = recall(Settings(width, given.rate, seed=seed), pairs, every=pairs).found
    softmax, linear = found[0, -1].item(), found[1, -1].item()
    numbers = (
        Number(f"found of {pairs} pairs by softmax", softmax),
        Number(f"found of {pairs} pairs by linear attention", linear),
        Number("numbers that softmax keeps", 2 * pairs * width, ",d"),
        Number("numbers that linear attention keeps", width * width, ",d"),
    )
    return Finding(
        numbers,
        holds=softmax > 0.95 and linear < 0.8,
        says=f"Of {pairs} pairs of width {width}, softmax finds {softmax:.1%} among {numbers[2].text} numbers and linear "
        f"attention {linear:.1%} in {numbers[3].text}.",
    )


@claim(
    said="What is written into a memory of fixed size cannot be taken back.",
    verdict="wrong",
    instead="A sum cannot. The delta rule looks up what is there and writes the difference, so that the newer value stands.",
    sources=("schlag2021", "katharopoulos2020"),
)
def no_way_back(given: Given, seed: int) -> Finding:
    """Give every one of a few keys a second value: how many find it, and not the first."""
    pairs = max(1, min(given.pairs, given.width // 2))
    found = recall(Settings(given.width, given.rate, rewritten=True, seed=seed), pairs, every=pairs).found
    _, linear, delta = found[:, -1].tolist()
    numbers = (
        Number("keys that were written twice", pairs, ",d"),
        Number("that find the second value, linear attention", linear),
        Number("that find the second value, delta rule", delta),
    )
    return Finding(
        numbers,
        holds=delta > 0.75 > linear,
        says=f"Of {pairs} keys that were given a second value, {linear:.1%} find it in a sum and {delta:.1%} where the delta "
        "rule wrote.",
    )
