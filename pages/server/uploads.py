"""What visitors upload stays in memory, no longer than until it is read, and within bounds: of each, and of all together.

What there is no room for is refused in words, which the page shows in the place of what it would have read.
"""

import threading
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime, memory_uploaded_file_manager
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from core.memory import FULL, MEMORY
from pages.server import settings

REFUSED: Final = "attention-lab/refused"  # the type of a file that was not taken: what is in it says why
LONGEST: Final = 500  # characters of that
AROUND: Final = 1000  # bytes that a file takes beside what is in it


def keep_in_memory() -> None:
    """No part of a form that the server takes at all is written to a file, and what is kept of all of them is bounded."""
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20
    # the app makes one of this name when it starts
    vars(memory_uploaded_file_manager)[MemoryUploadedFileManager.__name__] = Uploads


def read(file: UploadedFile) -> bytes:
    """What is in an uploaded file. The server lets go of it: it can be read once.

    Raises   ValueError saying why it was not taken.
    """
    content, run = file.getvalue(), get_script_run_ctx(suppress_warning=True)
    if file.type == REFUSED:
        raise ValueError(content[:LONGEST].decode(errors="replace"))
    if run is not None and isinstance(run.uploaded_file_mgr, MemoryUploadedFileManager):
        run.uploaded_file_mgr.add_file(run.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))
    return content


@dataclass(eq=False)
class _Held:
    """Room that is held for a file for as long as this is there."""

    n_bytes: int


class Uploads(MemoryUploadedFileManager):
    """Streamlit's, with bounds."""

    def __init__(self, upload_endpoint: str) -> None:
        super().__init__(upload_endpoint)
        self._held: dict[str, dict[str, _Held]] = {}
        self._guard = threading.Lock()

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        if Runtime.exists() and not Runtime.instance().is_active_session(session_id):
            return  # whoever sent it has left meanwhile, and nobody would take it away again
        with self._guard:
            held = self._held.setdefault(session_id, {})
            held.pop(file.file_id, None)
            try:
                held[file.file_id] = _hold(len(file.data) + AROUND, sum(each.n_bytes for each in held.values()))
            except ValueError as error:
                file = file._replace(type=REFUSED, data=str(error).encode())
        super().add_file(session_id, file)

    def remove_file(self, session_id: str, file_id: str) -> None:
        super().remove_file(session_id, file_id)
        with self._guard:
            self._held.get(session_id, {}).pop(file_id, None)

    def remove_session_files(self, session_id: str) -> None:
        super().remove_session_files(session_id)
        with self._guard:
            self._held.pop(session_id, None)


def _hold(n_bytes: int, before: int) -> _Held:
    """Hold room for a file of a visitor who has so many bytes here. Raises ValueError in words where there is none."""
    most = settings.MAX_UPLOADED_BYTES
    if before + n_bytes > most:
        raise ValueError(
            f"your files would have {before + n_bytes:,} bytes together: at most {most:,} are taken at once; bring fewer"
        )
    held = _Held(n_bytes)
    MEMORY.hold(held, n_bytes)
    return held


class Incoming:
    """Middleware that ends what is sent to the server while too much is on its way at once, before it is all in memory."""

    def __init__(self, app: ASGIApp, most: int = MEMORY.share // 2) -> None:
        self._app, self._most = app, most
        self._coming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        mine = 0

        async def counted() -> Message:
            nonlocal mine
            message = await receive()
            n_bytes = len(message.get("body", b""))
            mine, self._coming = mine + n_bytes, self._coming + n_bytes
            if self._coming > self._most:
                raise HTTPException(413, FULL)
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._coming -= mine
