"""A small proxy that shows a server under a path, and takes the path away from what it passes on, as Jupyter's does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

NONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _pour(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until there is no more. A tab that is closed ends both ways."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def under(prefix: str, port: int) -> Iterator[str]:
    """The address at which a server of this port stands under a path; what is asked for beside it is not there."""

    class Passed(StreamRequestHandler):
        rbufsize = 0  # what follows the head is passed on as it comes

        def handle(self) -> None:
            lines = []
            while line := self.rfile.readline().rstrip(b"\r\n"):
                lines.append(line)
            method, path, version = lines[0].split(b" ") if lines else (b"", b"", b"")
            if not path.startswith(f"{prefix}/".encode()):
                self.wfile.write(NONE)
                return
            rest = lines[1:]
            if not any(line.lower().startswith(b"upgrade:") for line in rest):
                # one request a connection: the next one has a path of its own
                rest = [*(line for line in rest if not line.lower().startswith(b"connection:")), b"Connection: close"]
            with socket.create_connection(("localhost", port)) as far:
                first = b" ".join((method, path.removeprefix(prefix.encode()), version))
                far.sendall(b"\r\n".join([first, *rest, b"", b""]))
                back = threading.Thread(target=_pour, args=(far, self.connection))
                back.start()
                _pour(self.connection, far)
                back.join()

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("localhost", 0), Passed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_address[1]}{prefix}"
        finally:
            server.shutdown()
