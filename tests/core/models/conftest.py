"""No test of this folder may reach for the network, and models run on the processor unless a test says otherwise."""

import socket

import pytest

from core import settings
from core.memory import MEMORY


@pytest.fixture(autouse=True)
def on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEVICE", "cpu")


@pytest.fixture(autouse=True)
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses that were asked for; none of them answers."""
    asked: list[object] = []

    def refuse(address: object, *_: object, **__: object) -> None:
        asked.append(address)
        raise OSError("the tests have no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: refuse(address))
    return asked


@pytest.fixture
def no_models():
    """The shelf of open models, empty before and after."""
    MEMORY.forget()
    yield
    MEMORY.forget()
