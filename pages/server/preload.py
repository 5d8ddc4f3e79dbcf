"""Loading what is heavy before somebody needs it, in the background: torch, transformers, the offline model.

This module imports none of them, so that the first page is painted while they load.
"""

import atexit
import contextlib
import gc
import os
import threading
from functools import partial
from typing import Final

# Two visitors on two cores are faster than one visitor on both. Said before torch is imported: every run of a page is a
# thread of its own, and each would spend 5 ms on gathering helpers for its first product of matrices.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Objects more after which Python looks for garbage among the youngest, and of these looks, and of those among the middle-aged,
# how many before the next age. Its own 700 have every page looked over twice while it is drawn, and every hundredth answer of
# a server wait a tenth of a second while all of them are.
RARELY: Final = (10_000, 10, 10)

_started = threading.Lock()
_ready = threading.Event()
_complete = threading.Event()
_leaving = threading.Event()


def start() -> None:
    """Begin to load in a thread of its own, once for the process."""
    if _started.acquire(blocking=False):
        thread = threading.Thread(target=_load, name="preload", daemon=True)
        thread.start()
        atexit.register(_leave, thread)


def ready() -> bool:
    """Whether everything heavy is loaded."""
    return _ready.is_set()


def complete() -> bool:
    """Whether, beyond that, every model of the project has been opened: no visitor waits for any."""
    return _complete.is_set()


def wait() -> None:
    """Block until everything heavy is loaded; starts the work if nobody did."""
    start()
    _ready.wait()


def _load() -> None:
    try:
        from core.models import checkpoints, filler, loading, offline
        from core.models.reading import read

        parts = (
            lambda: read(loading.load(offline.NAME), "warm up"),
            _ready.set,
            *(partial(loading.load, name) for name in (offline.STORY, offline.TRANSFORMER)),
            filler.load,
            *(partial(checkpoints.load, name) for name in checkpoints.names()),
        )
        for load in parts:
            if _leaving.is_set():
                return
            # without the model pages say what is missing and how to get it
            with contextlib.suppress(loading.ModelError):
                load()
        # what lives as long as the process need not be looked at by every garbage collection
        gc.collect()
        gc.freeze()
        gc.set_threshold(*RARELY)
    finally:
        _ready.set()
        _complete.set()


def _leave(thread: threading.Thread) -> None:
    """Wait for the model that is being opened: a process that ends in the middle of it is torn down by torch, and says that
    it crashed."""
    _leaving.set()
    thread.join()
