"""A PostgreSQL server of a test's own: Debian's, in a folder, at a free port of this computer.

python -m tests.server.postgresql    makes sure that its programs are there
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.replicas import free_ports
from tests import debian


def programs() -> Path | None:
    """The folder of its programs, which Debian leaves out of the path; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


def get() -> None:
    """Install Debian's, where none is there and this user may. Raises SystemExit in words when none can be had."""
    if programs() is None:
        debian.install("postgresql")
    if programs() is None:
        raise SystemExit("There is no PostgreSQL for the tests of a shared database: install one.")


class Server:
    """One that can be killed and started again."""

    def __init__(self, folder: Path):
        self.folder = folder
        (self.port,) = free_ports(1)
        # it refuses to run as root
        self._user = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
        if self._user is not None:
            os.chown(folder, self._user, -1)
        self._run("initdb", "-D", "data", "-U", "lab", "--auth=trust", "--no-sync")

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://lab@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        told = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", told, "start")

    def kill(self) -> None:
        """End it as a power cut does."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *told: str) -> None:
        folder = programs()
        assert folder is not None
        subprocess.run(
            [folder / program, *told], cwd=self.folder, user=self._user, check=True, stdout=subprocess.DEVNULL
        )


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


if __name__ == "__main__":
    get()
