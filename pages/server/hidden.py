"""What Streamlit answers to whoever runs the server, and no visitor is to read: how much it does, and for how many."""

from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_METRICS: Final = "_stcore/metrics"


class Hidden:
    """Middleware that has no such page, under any path. Whoever looks after the process asks /readyz."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(_METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
