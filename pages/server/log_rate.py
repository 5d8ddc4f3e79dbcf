"""The log has a rate: what one place in the code says again and again is counted instead of written.

Whoever sends what no browser sends, as fast as a line allows, would otherwise fill the disk with warnings.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

AT_MOST: Final = 30  # records of one place
WITHIN: Final = 60.0  # seconds


class Rate(logging.Filter):
    """Lets so many records of each place through; the next one afterwards says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self._clock, self._lock = clock, threading.Lock()
        # of each place: when its time began, how many were written in it, how many were left out since the last one
        self._places: dict[tuple[str, str, int], tuple[float, int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.name, record.pathname, record.lineno), self._clock()
        with self._lock:
            since, written, left_out = self._places.get(place, (now, 0, 0))
            if now - since >= WITHIN:
                since, written = now, 0
            if written >= AT_MOST:
                self._places[place] = (since, written, left_out + 1)
                return False
            self._places[place] = (since, written + 1, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out:,} more of this place were left out)", ()
        return True


def limit() -> None:
    """Hold every logger of the process to it, also those that are not there yet."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.addFilter(_RATE)
    logging.setLoggerClass(_Limited)


_RATE: Final = Rate()


class _Limited(logging.Logger):
    """A logger that is made later."""

    def __init__(self, name: str, level: int = logging.NOTSET):
        super().__init__(name, level)
        self.addFilter(_RATE)
