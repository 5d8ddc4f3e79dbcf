"""What writing costs with every number kept: against the library's own `generate`, with its cache, on the same weights.

    python -m tests.benchmarks.writing

Both write the same tokens, turn by turn in one process, on one thread as a visitor's run does. The aims are 1.3 times as long
per token with what all heads of all layers did kept, and 1.1 times without.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM

from core.lessons import writing_lab
from core.models import loading, offline
from core.models.writer import Writer

TOKENS, ROUNDS = 128, 9
BEGINNING = "Once upon a time there was a little girl named Lily. She"


def measure(rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Milliseconds for a token: the library, without keeping, with every number kept. Medians."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measure(rounds)
    finally:
        torch.set_num_threads(threads)


def _measure(rounds: int) -> tuple[float, float, float]:
    loaded = loading.load(offline.STORY, "cpu")
    begun = list(writing_lab.begin(loaded, BEGINNING).ids)
    library = AutoModelForCausalLM.from_pretrained(offline.folder(offline.STORY), dtype=torch.float32).eval()
    expected: list[int] = []

    def by_library() -> None:
        ids = torch.tensor([begun])
        mask = torch.ones_like(ids)
        how = {"max_new_tokens": TOKENS, "min_new_tokens": TOKENS, "do_sample": False, "pad_token_id": 0}
        expected[:] = cast(Any, library).generate(ids, attention_mask=mask, **how)[0].tolist()

    def by_writer(*, keeps: bool) -> Callable[[], None]:
        def run() -> None:
            writer, ids = Writer(loaded, keeps=keeps), list(begun)
            for _ in range(TOKENS):
                writer.read(ids)
                ids.append(int(writer.scores(len(ids) - 1).argmax()))
            assert ids == expected

        return run

    runs = (by_library, by_writer(keeps=False), by_writer(keeps=True))
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds + 1):
        for run, taken in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(1000 * (time.perf_counter() - start) / TOKENS)
    # the first round warms up
    library_ms, plain, kept = (statistics.median(taken[1:]) for taken in times)
    return library_ms, plain, kept


if __name__ == "__main__":
    library_ms, plain, kept = measure()
    print(f"library {library_ms:.2f} ms a token, without keeping {plain:.2f} ({plain / library_ms:.2f} times)")
    print(f"every number kept {kept:.2f} ms ({kept / library_ms:.2f} times)")
