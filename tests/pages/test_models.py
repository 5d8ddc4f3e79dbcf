"""Which models a visitor may open: on this machine all, on an open server those that it offers."""

import pytest

from core.models import offline
from core.models.errors import ModelError
from pages.parts.models import may_load
from pages.server import settings


def test_a_server_on_this_machine_alone_may_open_everything():
    for name in (offline.NAME, "gpt2", "/srv/model"):
        may_load(name, loopback=True)


def test_an_open_server_opens_what_it_offers_and_nothing_else(monkeypatch):
    monkeypatch.setattr(settings, "MODELS", ("gpt2", "/srv/model"))
    for name in (offline.NAME, "gpt2", "/srv/model"):
        may_load(name, loopback=False)
    for name in ("bert-base-uncased", "/etc", "../model", "", "gpt2 "):
        with pytest.raises(ModelError, match="this server opens all-MiniLM-L6-v2, gpt2, /srv/model only"):
            may_load(name, loopback=False)
