"""What one socket may do: ask so often, and be the only one of its session.

A script can send thousands of messages a second by one socket, and while the server takes them in, nobody else is answered.
So each socket has a rate. Up to a few seconds' worth are taken at once, further ones wait their turn, which the page is told
in words; a socket that goes on like that is closed. Nothing is read of it meanwhile, so nothing piles up here.

With a visitor's last socket goes what was kept for that visitor alone.

A session's id, which a page shows when it comes back after its connection broke, opens no session that another socket holds.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from core.memory import MEMORY
from pages.parts.progress import identity
from pages.server import settings

AT_ONCE: Final = 6.0  # seconds of messages that may come all at once
LARGE: Final = 2**18  # bytes: each further so many of a message count like a further message
CALM: Final = 3.0  # seconds without any, or with few, after which earlier haste is forgotten
PATIENCE: Final = 10.0  # seconds in which messages have to wait; then the socket is closed
REFUSED: Final = 1008  # of RFC 6455: against the policy
FRESH: Final = 3.0  # seconds in which a page is told that its messages had to wait
NAME: Final = "x-attention-lab-socket"  # by which a page knows the socket that it was asked for by
LOG = logging.getLogger("attention_lab.sockets")
_OPEN: Final[dict[str, str | None]] = {}  # sockets, by name, and the visitor whose each is, as far as a cookie says so
_WAITED: Final[dict[str, float]] = {}  # sockets that are open, and when a message of theirs had to wait last


class Paced:
    """Middleware that takes so many messages a second from each socket."""

    def __init__(
        self,
        app: ASGIApp,
        rate: float = settings.MESSAGES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._app, self._rate, self._clock, self._sleep = app, rate, clock, sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        name = secrets.token_hex(8)
        due = 0.0  # when the next message would come, if they came at the rate
        late: float | None = None  # since when messages have had to wait
        closed = False

        async def paced() -> Message:
            nonlocal due, late, closed
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            now = self._clock()
            due = max(due, now - AT_ONCE) + (1 + len(message.get("bytes") or b"") // LARGE) / self._rate
            if due <= now - CALM:
                late = None
            if due <= now:
                return message
            late, _WAITED[name] = late or now, now
            if now - late > PATIENCE:
                closed = True
                LOG.warning(
                    "a socket is closed: it asked more than %g times a second for %g seconds", self._rate, PATIENCE
                )
                await send(
                    {"type": "websocket.close", "code": REFUSED, "reason": f"{_much(self._rate)} Reload the page."}
                )
                return {"type": "websocket.disconnect", "code": REFUSED}
            await self._sleep(due - now)
            return message

        async def unless_closed(message: Message) -> None:
            if not closed:
                await send(message)

        headers = MutableHeaders(raw=list(scope["headers"]))
        headers[NAME] = name
        visitor = _OPEN[name] = identity.number(cookie_parser(headers.get("cookie", "")).get(identity.COOKIE))
        try:
            await self._app({**scope, "headers": headers.raw}, paced, unless_closed)
        finally:
            del _OPEN[name]
            _WAITED.pop(name, None)
            if visitor and visitor not in _OPEN.values():
                MEMORY.forget(visitor)


def n_open() -> int:
    """How many pages are open."""
    return len(_OPEN)


def slowed(clock: Callable[[], float] = time.monotonic) -> str:
    """What is said to the page that runs now, if its messages had to wait a moment ago; "" if not."""
    waited = _WAITED.get(st.context.headers.get(NAME) or "")
    if waited is None or clock() - waited > FRESH:
        return ""
    return f"{_much(settings.MESSAGES)} Further ones wait their turn."


def _much(rate: float) -> str:
    return f"This page asks more than {rate:g} times a second."


class OneEach:
    """Middleware that gives a fresh session to a socket that asks for one which another socket has."""

    def __init__(self, app: ASGIApp, taken: Callable[[str], bool] | None = None) -> None:
        self._app, self._taken = app, taken or _has_a_socket
        self._asked: set[str] = set()  # sessions that sockets which are open now came back for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = _session(scope)
        if not session:
            await self._app(scope, receive, send)
        elif session in self._asked or self._taken(session):
            scope = {**scope, "headers": list(scope["headers"])}
            headers = MutableHeaders(scope=scope)
            headers[PROTOCOLS] = ",".join(headers[PROTOCOLS].split(",")[:2])
            await self._app(scope, receive, send)
        else:
            self._asked.add(session)
            try:
                await self._app(scope, receive, send)
            finally:
                self._asked.discard(session)


PROTOCOLS: Final = (
    "sec-websocket-protocol"  # Streamlit's: which it speaks, a token, and the session that it comes back for
)


def _session(scope: Scope) -> str:
    """The session that a socket comes back for; "" for none."""
    if scope["type"] != "websocket":
        return ""
    said = Headers(scope=scope).get(PROTOCOLS, "").split(",")
    return said[2].strip() if len(said) > 2 else ""


def _has_a_socket(session: str) -> bool:
    return Runtime.exists() and Runtime.instance().is_active_session(session)
