"""Programs in which notebooks are opened: each serves at a port of its own, with this project known to its kernels."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.browser.server import ROOT, free_port, wait_for

SLOW = 180_000  # milliseconds until a kernel has imported torch, on a machine that does other things as well


@contextmanager
def serving(folder: Path, program: Sequence[str], answers: str, **own: str) -> Iterator[str]:
    """The address of a program from when it answers there.

    folder    its home, where its log lies, too.
    program   what stands behind `python -m`; to it is added the port.
    own       of its environment.
    """
    port = free_port()
    # beside what the tests themselves were told to find
    known = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"HOME": str(folder), "PYTHONPATH": known, "OMP_NUM_THREADS": "1", **own}
    command = [sys.executable, "-m", *program, f"--port={port}"]
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/{answers}", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(30)
