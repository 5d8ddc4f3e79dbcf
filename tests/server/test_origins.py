"""A stream is opened by a page of this server alone, and nobody outside is asked whose page it is."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config, net_util
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pages.server.origins import Origins


def opened(**headers: str) -> tuple[bool, str]:
    """Whether a handshake with these headers reaches Streamlit, and for which host it then asks."""
    hosts, answers = [], []

    async def app(scope, receive, send):
        found = dict(scope["headers"])
        origin = found.get(b"origin")
        hosts.append(found[b"host"].decode())
        # what comes through is let in by Streamlit too, without asking anybody
        assert _is_origin_allowed(origin and origin.decode(), hosts[0])

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        answers.append(message["type"])

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    # in a thread of its own: the browser tests have a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, Origins(app)({"type": "websocket", "headers": named}, receive, send)).result()
    assert answers == ([] if hosts else ["websocket.close"])
    return bool(hosts), hosts[0] if hosts else ""


@pytest.fixture(autouse=True)
def asks_nobody(monkeypatch):
    def asked():
        raise AssertionError("an outside address was asked")

    monkeypatch.setattr(net_util, "get_external_ip", asked)
    monkeypatch.setattr(net_util, "get_internal_ip", asked)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "lab.example"},
        {"host": "lab.example", "origin": "https://lab.example"},
        {"host": "lab.example:8501", "origin": "http://lab.example:8501"},
    ],
)
def test_a_page_of_the_host_that_is_asked_opens_the_stream(headers):
    assert opened(**headers) == (True, headers["host"])


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("lab.example", "https://evil.example"),
        ("lab.example", "https://lab.example.evil.example"),
        ("lab.example", "http://localhost"),
        ("lab.example", "http://lab.example:9999"),
        ("lab.example", "null"),
        ("lab.example", ""),
        ("lab.example", "http://[::1"),
        ("localhost:8501", "https://evil.example"),
        ("localhost:8501", "http://localhost:8501.evil.example"),
        ("localhost:8501", "http://localhost:8501@evil.example"),
        ("", "https://evil.example"),
    ],
)
def test_a_page_of_somebody_else_is_refused_before_streamlit_looks(host, origin):
    assert opened(host=host, origin=origin) == (False, "")


def test_behind_a_proxy_the_host_that_it_was_asked_for_counts():
    origin = "https://hub.example"
    assert opened(host="127.0.0.1:8501", origin=origin, x_forwarded_host="hub.example") == (True, "hub.example")
    assert not opened(host="127.0.0.1:8501", origin=origin, x_forwarded_host="other.example")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "[::1]:8501"])
def test_on_one_computer_its_names_are_one(host):
    assert opened(host=host, origin="http://localhost:8888") == (True, "localhost:8888")


def test_what_the_configuration_allows_is_let_in(monkeypatch):
    options = {"server.corsAllowedOrigins": ["https://school.example"], "server.enableCORS": True}
    plain = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: options.get(name, plain(name)))
    assert opened(host="lab.example", origin="https://school.example") == (True, "school.example")
    assert not opened(host="lab.example", origin="http://school.example")[0]
    options["server.enableCORS"] = False
    assert opened(host="lab.example", origin="https://anybody.example") == (True, "lab.example")
