"""Programs in which notebooks are opened: each serves at a port of its own, with this project known to its kernels."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = 180_000  # milliseconds until a kernel has imported torch, on a machine that does other things as well


@contextmanager
def serving(folder: Path, program: Sequence[str], answers: str, **own: str) -> Iterator[str]:
    """The address of a program from when it answers there.

    folder    its home, where its log lies, too.
    program   what stands behind `python -m`; to it is added the port.
    own       of its environment.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # beside what the tests themselves were told to find
    known = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"HOME": str(folder), "PYTHONPATH": known, "OMP_NUM_THREADS": "1", **own}
    command = [sys.executable, "-m", *program, f"--port={port}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/{answers}", timeout=5)
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)
