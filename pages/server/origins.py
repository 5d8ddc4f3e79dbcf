"""A page of somebody else, open in a visitor's browser, may not open the stream of this server.

Streamlit refuses it as well, but first asks an outside address for this machine's own, and nobody is answered meanwhile.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_REFUSED = 1008  # of RFC 6455: against the policy; before a stream is open, that is a 403


class Origins:
    """Middleware that lets in streams of its own pages: of the host that is asked, or that a proxy says it was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host", "")
        if origin is None or _netloc(origin) == host or not config.get_option("server.enableCORS"):
            await self._app(scope, receive, send)
        elif _is_own_page(origin, host, headers.get("x-forwarded-host", "")):
            scope = {**scope, "headers": list(scope["headers"])}
            # else Streamlit, which knows nothing of proxies, would ask around for its own address
            MutableHeaders(scope=scope)["host"] = _netloc(origin)
            await self._app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _REFUSED})


def _is_own_page(origin: str, host: str, forwarded: str) -> bool:
    """Whether a page is this server's own, though it was asked for under another name. No page can send X-Forwarded-Host."""
    allowed = {each.strip() for each in config.get_option("server.corsAllowedOrigins")}
    if origin in allowed or (_netloc(origin) and _netloc(origin) in {each.strip() for each in forwarded.split(",")}):
        return True
    return {_hostname(origin), _hostname(f"//{host}")} <= _LOOPBACK


def _netloc(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def _hostname(address: str) -> str:
    """The host of an address; "" where it has none, or what stands behind the colon is no port."""
    try:
        found = urlsplit(address)
        return found.hostname if found.hostname and found.port != 0 else ""
    except ValueError:
        return ""
