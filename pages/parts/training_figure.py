"""The figure of the training lab: the curves of its runs, where they stand, what their heads look at, what they write."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from core.training_lab.played import LabRun
from core.training_lab.run import Learner, Stand
from core.training_lab.tasks import SIDE, pixels
from pages.parts.payload import pack

POINTS: Final = 240  # of a curve: more are brought together to their means
TOLD: Final = ("First", "Second")


def payload(run: LabRun, opened: Sequence[tuple[int, int]], *, going: bool) -> bytes:
    """What the browser draws. While it goes on, the latest moment alone travels; then all that were kept.

    opened   of each run, the layer and the head whose map is drawn large.
    """
    learners, history = run.learners, run.look()
    moments = history[-1:] if going else history
    watched, example = run.watches, run.watches.example
    first = 0 if run.task.prose else len(example.source)
    heads = [each.heads for each in moments[-1]]
    words: dict[str, Any] = {
        "run": id(run),
        "of": run.updates,
        "names": list(TOLD[: len(learners)]),
        "tokens": list(watched.tokens),
        "wanted": list(watched.wanted),
        "gold": [(first + place, gold) for place, gold in enumerate(example.gold) if gold >= 0],
        "heads": [counted(each) for each in heads],
        "silent": [sorted(each.silent) for each in learners],
        "open": [list(each) for each in opened[: len(learners)]],
        "parts": [list(each.parts) for each in learners],
        "prose": run.task.prose,
        "side": SIDE if run.task.d_patch else 0,
        "guessing": run.task.guessing,
        "tested": f"{len(run.task.tests)} examples",
        "moments": [_moment(learners, each) for each in moments],
    }
    tensors: dict[str, np.ndarray] = {}
    if run.task.d_patch:
        drawn = np.stack([pixels(each).numpy() for each in run.task.shown(example)])
        tensors["pictures"] = (drawn * 255).round().astype(np.uint8)
    for number, learner in enumerate(learners):
        losses = list(learner.losses)
        gradients = [float(np.hypot.reduce(each)) for each in list(learner.gradients)]
        tensors[f"losses{number}"] = _thinned(losses)
        tensors[f"gradients{number}"] = _thinned(gradients)
        shares = [(update, right[number]) for update, right in list(run.accuracy)]
        tensors[f"accuracy{number}"] = np.array(shares, dtype=np.float32)[:: 1 + len(shares) // POINTS]
        # weights of what diverged may be no numbers: nothing is drawn of them
        maps = np.nan_to_num(np.concatenate([each[number].maps.numpy() for each in moments]))
        tensors[f"maps{number}"] = (maps * 255).round().astype(np.uint8)
        tensors[f"allowed{number}"] = moments[-1][number].allowed.numpy()
    return pack(words, tensors, exact=frozenset(tensors))


def counted(heads: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many layers attend, and how many heads each has."""
    return (1 + heads[-1][0], 1 + heads[-1][1]) if heads else (0, 0)


def _thinned(values: list[float]) -> np.ndarray:
    """Updates, counted from 1, and values; of many neighbours the mean, at the last of them."""
    every = -(-len(values) // POINTS) or 1
    means = [
        (min(at + every, len(values)), float(np.mean(values[at : at + every]))) for at in range(0, len(values), every)
    ]
    return np.array(means, dtype=np.float32).reshape(-1, 2)


def _moment(learners: Sequence[Learner], stands: Sequence[Stand]) -> dict[str, Any]:
    """Where all runs stood."""
    done = [each.update for each in stands]
    return {
        "update": max(done),
        "loss": [each.losses[at - 1] if at else None for each, at in zip(learners, done, strict=True)],
        "right": [each.right for each in stands],
        "exact": [each.exact for each in stands],
        "lengths": [list(each.by_length.items()) for each in stands],
        "gradients": [
            list(each.gradients[at - 1]) if at else [0.0] * len(each.parts)
            for each, at in zip(learners, done, strict=True)
        ],
        "written": [
            [{"source": line.source, "written": line.written, "wanted": line.wanted} for line in each.written]
            for each in stands
        ],
    }
