"""Where the norm stands, in shallow stacks and in deep ones."""

from dataclasses import replace
from typing import Final

from core.experiments.claim import Finding, Number, claim
from core.experiments.since_2017.given import Given
from core.host import trained_once
from core.training.copying import GUESSING, Copied, Copying, Settings
from core.transformer.design import THEN, Design

DEEP, SHALLOW = 16, 2
UPDATES: Final = 100  # of each stack: by then what can learn it has learned
LEARNS, LEARNED_NOTHING = 1.5, 2.5  # losses in nats; guessing is 2.77
# as in 2017, but for a learned table of places, with which the task is learned soonest
BASE: Final[Design] = replace(THEN, places="learned")


@trained_once(32)
def copied(settings: Settings, updates: int = UPDATES) -> Copied:
    """The end of a training."""
    training = Copying(settings, updates)
    while training.advance():
        pass
    return training.stands()


def pre_and_post(depth: int, seed: int, updates: int = UPDATES) -> tuple[Copied, Copied]:
    """Two stacks that differ in where their norms stand."""
    pre, post = (
        copied(Settings(replace(BASE, norm_place=place), depth, seed=seed), updates) for place in ("pre", "post")
    )
    return pre, post


def steeper(one: Copied, other: Copied) -> float:
    """How many times longer the first gradient of the last block's last map is; 0 where there is none."""
    return one.gradients[-1] / other.gradients[-1] if other.gradients and other.gradients[-1] else 0.0


@claim(
    said="Pre-norm trains more stably than post-norm.",
    verdict="imprecise",
    instead="In deep stacks without a warm-up it does. Two blocks learn either way.",
    sources=("xiong2020", "vaswani2017"),
)
def stabler_place(given: Given, seed: int, updates: int = UPDATES) -> Finding:
    """Stacks of 2 and of 16 blocks learn to copy letters, with either place of the norm: last losses and first gradients."""
    (pre, post), (pre_deep, post_deep) = (pre_and_post(depth, seed, updates) for depth in (SHALLOW, DEEP))
    numbers = (
        Number(f"{SHALLOW} blocks, pre-norm", pre.loss),
        Number(f"{SHALLOW} blocks, post-norm", post.loss),
        Number(f"{DEEP} blocks, pre-norm", pre_deep.loss),
        Number(f"{DEEP} blocks, post-norm", post_deep.loss),
        Number("guessing, ln 16", GUESSING),
        Number(f"gradient of the last map at first, {SHALLOW} blocks, post over pre", steeper(post, pre), ".2f"),
        Number(f"gradient of the last map at first, {DEEP} blocks, post over pre", steeper(post_deep, pre_deep), ".2f"),
    )
    return Finding(
        numbers,
        holds=max(pre.loss, post.loss, pre_deep.loss) < LEARNS and post_deep.loss > LEARNED_NOTHING,
        says=f"With {SHALLOW} blocks the losses end at {numbers[0].text} with pre-norm and {numbers[1].text} with post-norm, "
        f"with {DEEP} at {numbers[2].text} and {numbers[3].text}, where guessing gives {numbers[4].text}.",
    )
