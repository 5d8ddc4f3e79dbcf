"""What is taken away of a run: its weights as a file, and the whole training as a call that can be made again."""

import json
from dataclasses import asdict
from typing import Final

import numpy as np
from safetensors.torch import save

from core.lessons.shown import Shown
from core.training_lab.changes import Change
from core.training_lab.run import Learner, Settings, watched
from core.training_lab.tasks import Task

VERSION: Final = "training lab 1"


def weights(learner: Learner) -> bytes:
    """The weights as safetensors; its header says what network they belong to, and what each number of a token means."""
    said = {
        "version": VERSION,
        "task": learner.task.name,
        "updates": str(len(learner.losses)),
        "settings": json.dumps(asdict(learner.settings)),
        "vocabulary": json.dumps(learner.task.vocabulary, ensure_ascii=False),
        "silent heads": json.dumps(sorted(learner.silent)),
    }
    return save({name: tensor.contiguous() for name, tensor in learner.network.state_dict().items()}, metadata=said)


def learned(task: Task, settings: Settings, seed: int, updates: int, changes: tuple[Change, ...], text: str) -> Shown:
    """A network, trained from its seed for so many updates; what it writes, and where its heads look on one example."""
    learner = Learner(settings, task, seed, updates, changes)
    while learner.advance():
        pass
    watch = watched(task, task.parse(text))
    stand = learner.stands(watch)
    found = {
        "losses": np.array([learner.losses]),
        "gradients": np.array(learner.gradients).T,
        "right, exact": np.array([[stand.right, stand.exact]]),
    }
    maps = {
        f"weights of layer {layer}, head {head}": rows.numpy()
        for (layer, head), rows in zip(stand.heads, stand.maps, strict=True)
    }
    lines = [
        (name, *words)
        for each in stand.written
        for name, words in (("reads", each.source), ("writes", each.written), ("should write", each.wanted))
    ]
    return Shown(found | maps, {"tokens": watch.tokens, "parts": learner.parts}, lines)
