"""What is brought is written nowhere on its way to the page."""

import pytest
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config

from pages.server import uploads

LARGEST = config.get_option("server.maxUploadSize") * 2**20


@pytest.mark.parametrize("size", [3, 2**20 + 7, LARGEST])
def test_the_largest_file_that_is_taken_lies_in_memory(monkeypatch, size):
    async def take(request: Request) -> JSONResponse:
        async with request.form() as form:
            file = form["file"].file
            return JSONResponse({"on disk": file._rolled, "size": len(file.read())})

    monkeypatch.setattr(MultiPartParser, "spool_max_size", MultiPartParser.spool_max_size)
    uploads.keep_in_memory()
    asks = TestClient(Starlette(routes=[Route("/", take, methods=["POST"])]))
    assert asks.post("/", files={"file": b"x" * size}).json() == {"on disk": False, "size": size}
