"""What is brought is written nowhere on its way to the page, and is bounded: of each visitor, and of all together."""

import pytest
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime import memory_uploaded_file_manager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from core.memory import FULL, Memory
from pages.server import settings, uploads
from pages.server.uploads import AROUND, Incoming, Uploads

LARGEST = config.get_option("server.maxUploadSize") * 2**20
SHARE = 40_009  # bytes for all


async def take(request: Request) -> JSONResponse:
    async with request.form() as form:
        file = form["file"].file
        return JSONResponse({"on disk": file._rolled, "size": len(file.read())})


@pytest.fixture
def memory(monkeypatch):
    made = Memory(4 * SHARE, resident=lambda: 0)
    monkeypatch.setattr(uploads, "MEMORY", made)
    return made


def sent(manager: Uploads, session: str, name: str, n_bytes: int) -> str:
    """Upload a file; why it was refused, "" where it was not."""
    manager.add_file(session, UploadedFileRec(name, name, "image/png", b"x" * n_bytes))
    (found,) = manager.get_files(session, [name])
    try:
        assert uploads.read(UploadedFile(found, FileURLs())) == b"x" * n_bytes
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("size", [3, 2**20 + 7, LARGEST])
def test_the_largest_file_that_is_taken_lies_in_memory(monkeypatch, size):
    monkeypatch.setattr(MultiPartParser, "spool_max_size", MultiPartParser.spool_max_size)
    monkeypatch.setattr(
        memory_uploaded_file_manager,
        "MemoryUploadedFileManager",
        memory_uploaded_file_manager.MemoryUploadedFileManager,
    )
    uploads.keep_in_memory()
    assert memory_uploaded_file_manager.MemoryUploadedFileManager is Uploads
    asks = TestClient(Starlette(routes=[Route("/", take, methods=["POST"])]))
    assert asks.post("/", files={"file": b"x" * size}).json() == {"on disk": False, "size": size}


def test_of_a_visitor_no_more_is_taken_at_once_than_is_accepted_and_what_was_there_stays(monkeypatch, memory):
    monkeypatch.setattr(settings, "MAX_UPLOADED_BYTES", 10_007)
    manager = Uploads("/upload")
    assert sent(manager, "ada", "1", 5003) == ""
    assert sent(manager, "ada", "2", 5003) == (
        "your files would have 12,006 bytes together: at most 10,007 are taken at once; bring fewer"
    )
    assert len(manager.get_files("ada", ["1"])[0].data) == 5003
    assert sent(manager, "ben", "3", 5003) == ""
    manager.remove_file("ada", "1")
    assert sent(manager, "ada", "4", 5003) == ""


def test_of_all_visitors_no_more_is_taken_at_once_than_there_is_room_for(memory):
    manager = Uploads("/upload")
    refused = [sent(manager, f"visitor {number}", "file", SHARE // 4) for number in range(5)]
    assert refused == ["", "", "", FULL, FULL]  # each takes a little more than what is in it
    assert memory.report().brought == 3 * (SHARE // 4 + AROUND)
    for number in range(5):
        manager.remove_session_files(f"visitor {number}")
    assert memory.report().brought == 0


def test_what_was_read_leaves_its_room_to_others(monkeypatch, memory):
    manager = Uploads("/upload")

    class Run:
        session_id, uploaded_file_mgr = "ada", manager

    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda **_: Run)
    assert [sent(manager, "ada", f"{number}", SHARE // 2) for number in range(7)] == [""] * 7
    assert memory.report().brought == 7 * AROUND
    assert [len(each.data) for each in manager.get_files("ada", list("0123456"))] == [0] * 7


def test_who_sends_while_too_much_is_on_its_way_is_refused_and_others_are_taken_afterwards():
    routes = [Route("/", take, methods=["POST"])]
    asks = TestClient(Starlette(routes=routes, middleware=[Middleware(Incoming, most=70_001)]))
    assert asks.post("/", files={"file": b"x" * 80_000}).status_code == 413
    for _ in range(3):
        assert asks.post("/", files={"file": b"x" * 50_000}).json()["size"] == 50_000
