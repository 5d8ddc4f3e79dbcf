"""The cookie by which a visitor's progress is found again: a random number, signed, set with the first page."""

from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from pages.parts.progress import identity


class Learner:
    """Middleware that gives a number to whoever asks for a page and has none of ours. It leaves websockets and files alone."""

    def __init__(self, app: Callable):
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if not _asks_for_a_page(scope) or identity.number(_cookie(Headers(scope=scope))) or not (new := identity.new()):
            await self._app(scope, receive, send)
            return

        async def with_a_number(message: dict[str, Any]) -> None:
            # a page that the browser has already is confirmed by 304
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message).append("set-cookie", _set(new, scope))
            await send(message)

        await self._app(scope, receive, with_a_number)


def _asks_for_a_page(scope: dict[str, Any]) -> bool:
    return (
        scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _cookie(headers: Headers) -> str | None:
    return cookie_parser("; ".join(headers.getlist("cookie"))).get(identity.COOKIE)


def _set(cookie: str, scope: dict[str, Any]) -> str:
    # behind a proxy that speaks https, the app itself is asked by http
    told = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    secure = "; Secure" if "https" in (scope["scheme"], told) else ""
    return f"{identity.COOKIE}={cookie}; Max-Age={identity.YEAR}; Path=/; HttpOnly; SameSite=Lax{secure}"
