"""Loading what is heavy before somebody needs it, in the background: torch, transformers, the offline model.

This module imports none of them, so that the first page is painted while they load.
"""

import contextlib
import gc
import threading

_started = threading.Lock()
_ready = threading.Event()


def start() -> None:
    """Begin to warm up in a thread of its own, once for the process."""
    if _started.acquire(blocking=False):
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def ready() -> bool:
    """Whether everything heavy is loaded."""
    return _ready.is_set()


def wait() -> None:
    """Block until everything heavy is loaded; starts the work if nobody did."""
    start()
    _ready.wait()


def _warm_up() -> None:
    try:
        import torch

        from core.models import loading, offline
        from core.models.reading import read

        # two visitors on two cores are faster than one visitor on both
        torch.set_num_threads(1)
        # without the model pages say what is missing and how to get it
        with contextlib.suppress(loading.ModelError):
            read(loading.load(offline.NAME), "warm up")
        # what lives as long as the process need not be looked at by every garbage collection
        gc.collect()
        gc.freeze()
    finally:
        _ready.set()
