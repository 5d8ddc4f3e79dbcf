"""Several processes of the app behind nginx, on this machine: `make replicas N=2`.

python -m deploy.replicas N [PORT]

A process that dies is started again; its visitors go on with another one meanwhile.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from core import machine

ROOT = Path(__file__).parents[1]
TEMPLATE = Path(__file__).with_name("nginx.conf.template")
PORT = 8501
WARM = 180.0  # seconds in which a process must have loaded its models
# nginx asks a process that failed again after so many seconds
SERVER = "server 127.0.0.1:{} max_fails=1 fail_timeout=5s;"
MAIN = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes auto;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lab.conf;
}}
"""


def configuration(listen: str, ports: list[int], proxies: str = "") -> str:
    """What nginx is told about the app. proxies: before it, that are believed, as PROXIES in README.md."""
    servers = "\n    ".join(SERVER.format(port) for port in ports)
    return Template(TEMPLATE.read_text("utf-8")).safe_substitute(LISTEN=listen, SERVERS=servers, PROXIES=proxies)


@dataclass
class Replica:
    """One process of the app, which is there once it was started, and the port where it answers."""

    port: int
    environment: dict[str, str]  # what whoever starts it did not set otherwise
    own: dict[str, str]  # what it alone is told
    process: subprocess.Popen = field(init=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "serve.py", "--server.port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--server.headless", "true"], cwd=ROOT, env=self.environment | os.environ | self.own
        )

    def is_warm(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status == 200
        except OSError:
            return False


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on, held together so that they differ."""
    probes = [socket.socket() for _ in range(n)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def nginx() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def shared(n: int) -> dict[str, str]:
    """What so many processes are told alike: one secret, so that what one has signed, another accepts; and that together
    they compute as many pages as there are cores and take half of the memory, for visitors who come by nginx."""
    return {
        "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
        "ATTENTION_LAB_RUNS": str(max(1, (os.cpu_count() or 1) // n)),
        "ATTENTION_LAB_PUBLIC": "yes",
        "ATTENTION_LAB_MEMORY_BYTES": str(machine.memory() // 2 // n),
    }


def watched(at: str, n: int) -> list[dict[str, str]]:
    """Where each of so many processes tells its numbers: at the address that is set, and at the ports that follow; nowhere
    where none is set."""
    host, _, port = at.rpartition(":")
    if not (port.isascii() and port.isdigit()):
        return [{}] * n  # what is wrong with it the server says
    return [{"ATTENTION_LAB_METRICS": f"{host}:{int(port) + place}"} for place in range(n)]


def furnish(folder: Path, told: str) -> None:
    """Lay out a folder for nginx: what it is told of the app, what of itself, and the way to where it keeps large bodies."""
    (folder / "lab.conf").write_text(told, "utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), "utf-8")
    # where root starts it, its workers are nobody: without this they cannot get to their own folders in here
    folder.chmod(0o711)


@contextmanager
def running(n: int, port: int) -> Iterator[list[Replica]]:
    """So many warm replicas, and nginx before them. Raises SystemExit in words where that cannot be."""
    program = nginx()
    if program is None:
        raise SystemExit(
            "nginx is not installed: apt-get install nginx, or brew install nginx, or use deploy/compose.yaml"
        )
    environment = shared(n)
    own = watched(os.environ.get("ATTENTION_LAB_METRICS", ""), n)
    replicas = [Replica(number, environment, told) for number, told in zip(free_ports(n), own, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        furnish(Path(folder), configuration(str(port), [each.port for each in replicas], os.environ.get("PROXIES", "")))
        for replica in replicas:
            replica.start()
        front = None
        try:
            wait_until_warm(replicas)
            front = subprocess.Popen([program, "-p", folder, "-c", f"{folder}/nginx.conf", "-g", "daemon off;"])
            wait_until_open(front, port)
            yield replicas
        finally:
            for process in [front, *(each.process for each in replicas)]:
                if process is not None:
                    process.terminate()
                    process.wait(timeout=20)


def wait_until_warm(replicas: list[Replica]) -> None:
    """Raises SystemExit when one ends or takes too long."""
    end = time.monotonic() + WARM
    for replica in replicas:
        while not replica.is_warm():
            if replica.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("a process of the app did not come up: what it printed above says why")
            time.sleep(0.2)


def wait_until_open(front: subprocess.Popen, port: int) -> None:
    """Raises SystemExit when nginx ends, most often because somebody else listens there."""
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return
        except OSError:
            if front.poll() is not None:
                raise SystemExit(f"nginx did not start at port {port}: what it printed above says why") from None
            time.sleep(0.1)


def main(n: int, port: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with running(n, port) as replicas:
        print(f"\n  {n} processes behind nginx: http://localhost:{port}\n", flush=True)
        while True:
            for replica in replicas:
                if replica.process.poll() is not None:
                    print(f"the process at port {replica.port} ended; it is started again", flush=True)
                    replica.start()
            time.sleep(1)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else PORT)
    except KeyboardInterrupt:
        sys.exit(0)
