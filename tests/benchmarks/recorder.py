"""What recording costs: a forward pass with recorded weights against the library's own, which returns its weights.

    python -m tests.benchmarks.recorder

Both run in one process, turn by turn, so that a busy machine slows both, and in a thread, as every visitor's run does.
The aim is a ratio of at most 1.15.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from transformers import BertConfig, BertModel, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from core.models import offline, pretrained
from core.models.device import available, describe

ROUNDS = 21
LENGTHS = {"cpu": (128, 512), "cuda": (128, 512, 4096)}


@dataclass(frozen=True)
class Row:
    """The medians of one comparison, in milliseconds."""

    device: str
    n_tokens: int
    library: float
    recorded: float

    @property
    def ratio(self) -> float:
        return self.recorded / self.library


def measure(rounds: int = ROUNDS) -> list[Row]:
    """Every length on every device there is."""
    with ThreadPoolExecutor(1) as visitor:
        return visitor.submit(_measure, rounds).result()


def _measure(rounds: int) -> list[Row]:
    rows = []
    for name in available():
        place = torch.device(name)
        for n_tokens in LENGTHS.get(place.type, LENGTHS["cpu"]):
            library = _model("eager", n_tokens).to(place)
            recorded = _model(pretrained.IMPLEMENTATION, n_tokens).to(place)
            ids = torch.randint(1000, 20000, (1, n_tokens), generator=torch.Generator().manual_seed(n_tokens)).to(place)
            rows.append(Row(describe(place), n_tokens, *_medians(library, recorded, ids, rounds)))
    return rows


def _model(implementation: str, n_tokens: int) -> PreTrainedModel:
    """The offline model; beyond its 512 positions one of the same sizes with random weights, which cost the same."""
    folder = offline.folder()
    config = BertConfig.from_pretrained(folder)
    if n_tokens <= config.max_position_embeddings:
        return BertModel.from_pretrained(folder, attn_implementation=implementation).eval()
    config.max_position_embeddings = n_tokens
    return BertModel._from_config(config, attn_implementation=implementation).eval()


def _medians(library: PreTrainedModel, recorded: PreTrainedModel, ids: torch.Tensor, rounds: int) -> list[float]:
    def run_library() -> None:
        library(ids, output_attentions=True)

    def run_recorded() -> None:
        with pretrained.record(tensors=("weights",)):
            recorded(ids)

    runs = (run_library, run_recorded)
    times: list[list[float]] = [[], []]
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for run, taken in zip(runs, times, strict=True):
                taken.append(_milliseconds(run, ids.device))
    # the first round warms up
    return [statistics.median(taken[1:]) for taken in times]


def _milliseconds(run: Callable[[], None], place: torch.device) -> float:
    _wait(place)
    start = time.perf_counter()
    run()
    _wait(place)
    return 1000 * (time.perf_counter() - start)


def _wait(place: torch.device) -> None:
    if place.type == "cuda":
        torch.cuda.synchronize(place)


if __name__ == "__main__":
    disable_progress_bar()
    print(f"{'device':24} {'tokens':>6} {'library ms':>10} {'recorded ms':>11} {'ratio':>6}")
    for row in measure():
        print(f"{row.device:24} {row.n_tokens:6} {row.library:10.2f} {row.recorded:11.2f} {row.ratio:6.3f}")
    if not torch.cuda.is_available():
        print("there is no cuda device here: only the processor was measured")
