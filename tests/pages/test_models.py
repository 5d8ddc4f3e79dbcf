"""Which models a visitor may open: on this machine all, on an open server those that it offers."""

from types import SimpleNamespace

import pytest
import streamlit as st
from starlette.datastructures import Headers

from core.models import offline
from core.models.errors import ModelError
from pages.parts import models
from pages.parts.models import may_load
from pages.server import run_queue, settings


def test_a_server_on_this_machine_alone_may_open_everything():
    for name in (offline.NAME, "gpt2", "/srv/model"):
        may_load(name, loopback=True)


def test_an_open_server_opens_what_it_offers_and_nothing_else(monkeypatch):
    monkeypatch.setattr(settings, "MODELS", ("gpt2", "/srv/model"))
    for name in (offline.NAME, "gpt2", "/srv/model"):
        may_load(name, loopback=False)
    for name in ("bert-base-uncased", "/etc", "../model", "", "gpt2 "):
        with pytest.raises(ModelError, match=f"this server opens {', '.join(offline.NAMES)}, gpt2, /srv/model only"):
            may_load(name, loopback=False)


HOME = {"Origin": "http://localhost:8501"}


def may(monkeypatch, public: bool | None, address: str, sent: dict[str, str]) -> bool:
    monkeypatch.setattr(settings, "PUBLIC", public)
    monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=Headers(sent)))
    return models.may_open_anything()


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "0.0.0.0", "192.168.1.5", ""])
@pytest.mark.parametrize(
    "sent", [{}, HOME, {"Origin": "http://127.0.0.1"}, {"Host": "localhost", "X-Forwarded-For": "::1"}]
)
def test_nothing_that_a_visitor_sends_gives_rights_on_a_public_server(monkeypatch, address, sent):
    assert not may(monkeypatch, True, address, sent)
    assert may(monkeypatch, False, address, sent)


@pytest.mark.parametrize(
    ("address", "sent", "right"),
    [
        ("localhost", HOME, True),
        ("localhost", {}, True),
        ("0.0.0.0", HOME, False),
        ("", HOME, False),
        ("localhost", {"Origin": "https://lab.example"}, False),
        ("localhost", HOME | {"X-Forwarded-For": "192.0.2.1"}, False),
        ("localhost", HOME | {"forwarded": "for=192.0.2.1"}, False),
    ],
)
def test_where_nothing_is_set_the_address_decides_and_a_proxy_takes_rights_away(monkeypatch, address, sent, right):
    assert may(monkeypatch, None, address, sent) == right


def test_a_download_leaves_the_slot_and_loading_is_in_it(monkeypatch):
    """Loading takes a processor; waiting for a hub does not."""
    computing = {}

    def note(what: str):
        return lambda *_: computing.setdefault(what, run_queue.RUNS.report()["computing"])

    monkeypatch.setattr(models.folder, "must_be_fetched", lambda name: True)
    monkeypatch.setattr(models.folder, "find", note("fetching"))
    monkeypatch.setattr(models.loading, "load", note("loading"))
    monkeypatch.setattr(models, "_agreed", lambda *_: True)
    monkeypatch.setattr(models, "may_open_anything", lambda: True)
    with run_queue.RUNS.slot():
        models.open_or("lab", "owner/name", "cpu", None)
    assert computing == {"fetching": 0, "loading": 1}
