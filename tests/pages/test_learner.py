"""The cookie by which a visitor is known again: who gets one, when, and of what kind."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.server.learner import Learner

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OURS = "0123456789abcdef" * 2


def asked(headers: dict[str, str], status: int = 200, **scope) -> list[str]:
    """The cookies that a request is answered with."""
    sent = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": status, "headers": [(b"set-cookie", b"other=1")]})
            await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    request = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": raw} | scope
    # the browser tests keep a loop running in this thread
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, Learner(app)(request, None, send)).result()
    starts = [message for message in sent if message["type"] == "http.response.start"]
    return [value.decode() for start in starts for name, value in start["headers"] if name == b"set-cookie"]


def test_whoever_asks_for_a_page_gets_a_number_of_their_own_for_a_year():
    first, second = asked(PAGE), asked(PAGE)
    assert first[0] == second[0] == "other=1"
    assert re.fullmatch("learner=[0-9a-f]{32}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax", first[1])
    assert first[1] != second[1]


def test_whoever_has_one_keeps_it():
    for cookie in (f"learner={OURS}", f"_xsrf=2|a|b; learner={OURS}", f"odd[]={{}}@; learner={OURS}; x"):
        assert asked(PAGE | {"cookie": cookie}) == ["other=1"]


@pytest.mark.parametrize("odd", ["", "x", OURS[:-1], OURS + "0", OURS.upper(), "../../etc", "a" * 5000, "é" * 32])
def test_an_odd_or_forged_number_is_replaced(odd):
    assert len(asked(PAGE | {"cookie": f"learner={odd}"})) == 2


def test_a_page_that_is_only_confirmed_brings_one_too_and_an_error_none():
    assert len(asked(PAGE, 304)) == 2
    assert len(asked(PAGE, 404)) == 1


@pytest.mark.parametrize(
    ("headers", "scope"),
    [({"accept": "*/*"}, {}), ({}, {}), (PAGE, {"method": "POST"}), (PAGE, {"type": "websocket"})],
    ids=str,
)
def test_files_forms_and_websockets_bring_none(headers, scope):
    assert asked(headers, **scope) in (["other=1"], [])


@pytest.mark.parametrize(
    ("headers", "scope", "secure"),
    [
        ({}, {"scheme": "https"}, True),
        ({"x-forwarded-proto": "https"}, {}, True),
        ({"x-forwarded-proto": "https, http"}, {}, True),
        ({"x-forwarded-proto": "http"}, {}, False),
    ],
    ids=str,
)
def test_served_by_https_it_is_sent_by_https_alone(headers, scope, secure):
    assert asked(PAGE | headers, **scope)[1].endswith("; Secure") == secure
