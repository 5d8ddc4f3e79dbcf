"""The translators and the live training: what it costs to keep every number, and to let somebody watch."""

import statistics
import threading
import time
from collections.abc import Callable

import torch

from core.models import checkpoints
from core.sequence.decoding import greedy_many
from core.sequence.trained import TrainedTranslator
from core.training.live import Run
from core.training.toy import Settings, ToyTraining

TEXT = "The old man sees the red house and the little black dog."
WISH, PROBE = Settings("grammar", "additive", 0), "the big old red car sees a dog"
ROUNDS = 30
TURNS = 5


def _median(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def traced() -> tuple[float, float]:
    """Milliseconds of a greedy translation without and with every number kept."""
    translator = checkpoints.of_kind(checkpoints.load("translator-attention", "cpu"), TrainedTranslator)
    ids = translator.read(TEXT).ids
    marks = (translator.vocabulary.start, translator.vocabulary.end, translator.longest(len(ids)))

    def plain() -> None:
        with torch.inference_mode():
            table = translator.model.encode(torch.tensor([ids]), torch.tensor([len(ids)]))
        greedy_many(translator.model, table, *marks)

    return _median(plain), _median(lambda: translator.translate(TEXT))


def watched() -> tuple[float, float]:
    """Updates per second of a plain loop, and of a run that somebody watches as the page does: in turns, the medians."""
    taken = [(_plain(), _watched()) for _ in range(TURNS)]
    alone, seen = zip(*taken, strict=True)
    return statistics.median(alone), statistics.median(seen)


def _plain() -> float:
    plain = ToyTraining(WISH)
    began = time.perf_counter()
    while plain.advance():
        pass
    return plain.updates / (time.perf_counter() - began)


def _watched() -> float:
    run, done = Run(WISH, PROBE), threading.Event()

    def look() -> None:
        while not done.wait(0.4):
            run.look()

    threading.Thread(target=look, daemon=True).start()
    began = time.perf_counter()
    run.play()
    while run.state != "finished":
        time.sleep(0.02)
    taken = time.perf_counter() - began
    done.set()
    return run.look()[-1].of / taken
