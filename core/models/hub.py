"""The Hugging Face Hub is asked for the files of a model by its name, and never by what those files say."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from huggingface_hub import set_client_factory
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils._http import default_client_factory

_silent: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def unasked() -> Iterator[None]:
    """A block in which this thread reaches no hub, whatever a library wants of it; it is told that it is offline."""
    before = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(before)


def _refuse(request: Any) -> None:
    if _silent.get():
        raise OfflineModeIsEnabled(f"{request.url.host} is not asked while a model is opened")


def _client() -> Any:
    client = default_client_factory()
    client.event_hooks = {
        "request": [_refuse, *client.event_hooks["request"]],
        "response": client.event_hooks["response"],
    }
    return client


# the library's switch for all of this is one for the whole process, in which another visitor may be fetching a model
set_client_factory(_client)
