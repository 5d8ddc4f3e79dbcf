"""How much memory there is, and how much of it this process has."""

import ctypes
import sys
from pathlib import Path
from typing import Final

import psutil

_GROUPS: Final = ("memory.max", "memory/memory.limit_in_bytes")  # of Linux, in its second version and in its first
_FOLDER: Final = Path("/sys/fs/cgroup")


def memory(folder: Path = _FOLDER) -> int:
    """Bytes that this process may have: those of the machine, or of the container, if those are fewer.

    folder   where Linux says how many a container may have.
    """
    found = [psutil.virtual_memory().total]
    for name in _GROUPS:
        try:
            said = (folder / name).read_text().strip()
        except OSError:
            continue
        if said.isdigit():  # else there is no limit
            found.append(int(said))
    return min(found)


def resident() -> int:
    """Bytes of memory that this process has now."""
    return _PROCESS.memory_info().rss


def give_back() -> None:
    """What this process has let go of goes back to the system, where the system's library would keep it for the next one."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


_PROCESS: Final = psutil.Process()
