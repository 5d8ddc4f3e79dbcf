"""The cookie by which a visitor is known again: who gets one, when, and of what kind."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config

from pages.parts.progress import identity
from pages.server import settings
from pages.server.learner import Learner

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OURS = "0123456789abcdef" * 2
SIGNED = "[0-9a-f]{32}[.][A-Za-z0-9_-]{43}"


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", str(tmp_path / "data"))
    monkeypatch.setattr(settings, "DATABASE", "")
    return tmp_path / "data"


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
    assert re.fullmatch(f"learner={SIGNED}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax", first[1])
    assert first[1] != second[1]


def test_whoever_has_one_keeps_it():
    ours = identity.signed(OURS)
    for cookie in (f"learner={ours}", f"_xsrf=2|a|b; learner={ours}", f"odd[]={{}}@; learner={ours}; x"):
        assert asked(PAGE | {"cookie": cookie}) == ["other=1"]


@pytest.mark.parametrize("odd", ["", "x", OURS, f"{OURS}.", f"{OURS}.x", "../../etc", "a" * 5000, "é" * 32])
def test_a_number_that_this_server_did_not_sign_is_replaced(odd):
    assert len(asked(PAGE | {"cookie": f"learner={odd}"})) == 2
    assert identity.number(odd) is None


def test_no_letter_of_a_signed_number_can_be_changed(folder):
    ours = identity.signed(OURS)
    assert identity.number(ours) == OURS
    changed = [
        ours[:place] + ("0" if ours[place] != "0" else "1") + ours[place + 1 :] for place in range(len(ours) - 1)
    ]
    assert [each for each in changed if identity.number(each)] == []
    assert identity.number(identity.signed("not a number")) is None


def test_what_cookies_are_signed_with_outlives_the_process_and_is_read_by_its_owner_alone(folder, monkeypatch):
    ours = identity.signed(OURS)
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(identity, "_read", {})  # another process
    assert identity.number(ours) == OURS
    kept.unlink()
    identity._read.clear()
    assert identity.number(ours) is None


def test_servers_that_share_a_database_share_their_secret(folder, monkeypatch):
    monkeypatch.setattr(settings, "DATABASE", "postgresql://x")
    monkeypatch.setattr(config, "is_manually_set", lambda name: name == "server.cookieSecret")
    monkeypatch.setattr(config, "get_option", {"server.cookieSecret": "one"}.get)
    ours = identity.signed(OURS)
    assert not folder.exists()
    assert identity.number(ours) == OURS
    monkeypatch.setattr(config, "get_option", {"server.cookieSecret": "other"}.get)
    assert identity.number(ours) is None


def test_where_no_secret_can_be_kept_nobody_gets_a_number_and_pages_are_answered(folder):
    folder.write_text("no folder")
    assert asked(PAGE) == ["other=1"]
    assert identity.number(f"{OURS}.x") is None


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
