"""A training as the command shows it: loss, speed and time left; what was stopped goes on where it was."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from torch import Tensor
from tqdm import tqdm

from core.models import checkpoints
from core.training.loop import Training

WORK = checkpoints.FOLDER.parents[1] / ".training"
SAVE_EVERY: Final = 300  # seconds

Batch = TypeVar("Batch")


def learn(
    name: str, told: Sequence[Any], training: Training, batches: Sequence[Batch], loss: Callable[[Batch], Tensor]
) -> None:
    """Take a training to its end, with a bar. Its state is saved on the way and when it is interrupted.

    told   all that makes this another training than one of the same name: recipe, sizes, data.
    """
    digest = hashlib.sha256(json.dumps([name, *told]).encode()).hexdigest()[:12]
    state = WORK / f"{name}-{digest}.safetensors"
    if state.exists():
        training.resume(state)
        print(f"Going on after update {training.done:,} of {len(batches):,}.", flush=True)
    saved = time.monotonic()
    mean = None
    with tqdm(total=len(batches), initial=training.done, unit="update", mininterval=5) as bar:
        try:
            for update in training.run(batches, loss):
                mean = update.loss if mean is None else 0.98 * mean + 0.02 * update.loss
                bar.set_postfix(loss=f"{mean:.3f}", refresh=False)
                bar.update()
                if time.monotonic() - saved > SAVE_EVERY:
                    training.save(state)
                    saved = time.monotonic()
        except KeyboardInterrupt:
            training.save(state)
            raise
    training.save(state)
