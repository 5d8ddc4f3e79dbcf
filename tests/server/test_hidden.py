"""The figures of the process are not for visitors."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.server.hidden import Hidden

SERVER = TestClient(Hidden(Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("an answer"))])))


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/lab/_stcore/metrics", "/_stcore/metrics/", "/_stcore/metrics?a=1"]
)
def test_a_visitor_reads_no_figures_of_the_process(path):
    assert SERVER.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/masks", "/_stcore/health", "/metrics"])
def test_everything_else_is_answered(path):
    assert SERVER.get(path).text == "an answer"
