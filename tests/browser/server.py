"""A real server on a free port, started the way a user starts it."""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(
    script: str | Path = "serve.py",
    folder: Path = ROOT,
    log: Path | None = None,
    port: int | None = None,
    full_disk: bool = False,
    **environment: str,
) -> Iterator[tuple[str, int]]:
    """The address of a running app and the number of its process.

    log         the file that gets what it prints.
    full_disk   no file that the process writes can hold a byte, and it prints nothing.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    base = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    address = f"http://localhost:{port}" + (f"/{base}" if base else "")
    with open(log, "w+") if log else tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            [*command, "--server.headless", "true"],
            cwd=folder,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL if full_disk else printed,
            stderr=subprocess.DEVNULL if full_disk else printed,
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))) if full_disk else None,
        )
        try:
            wait_for(f"{address}/_stcore/health", process, printed)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(address: str, process: subprocess.Popen, log: IO[str], patience: float = 120) -> None:
    """Until a process answers there. Raises RuntimeError, with its log where it stopped, where it does not. patience: seconds."""
    for _ in range(int(patience / 0.05)):
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the server stopped: {log.read()}")
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {address}")
