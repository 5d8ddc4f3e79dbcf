"""What a page's browser would find out late is written into the page's head.

Where the app is: from the address alone, Streamlit first looks for its server below the page that was asked for, hears that
there is none, and then looks beside it. And what the page's parts are made of, so that it comes while Streamlit still starts:
otherwise the browser would hear of each module from the one before, after Streamlit has drawn. Neither stands in the way of
what Streamlit itself asks for.
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit's own files are named beside the page in the same way, so where they come from, its server is, under any path
BESIDE = 'window.__streamlit = { BACKEND_BASE_URL: new URL("./", location.href).href };'
_SCRIPT = f"<script>{BESIDE}</script>"
_HEAD_ENDS = b"</head>"


class PageHead:
    """Middleware that writes into the head of a page where the app is, and links to files.

    files   the addresses for each last part of a page's path, seen from the app's root: JavaScript modules and style sheets.
            They are written beside that part, as Streamlit writes its own, so that they hold under any path.
    """

    def __init__(self, app: ASGIApp, files: Mapping[str, Sequence[str]]) -> None:
        self._app = app
        self._links = {slug: (_SCRIPT + "".join(map(_link, paths))).encode() for slug, paths in files.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        links = (
            scope["type"] == "http" and scope["method"] == "GET" and self._links.get(scope["path"].rpartition("/")[2])
        )
        if not links:
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def with_links(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            if _HEAD_ENDS in body:
                body = body.replace(_HEAD_ENDS, links + _HEAD_ENDS, 1)
                headers = MutableHeaders(scope=start)
                headers["Content-Length"] = str(len(body))
                # the file's own, under which a browser would keep links to what a later version no longer has
                del headers["ETag"], headers["Last-Modified"]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, with_links)


def _link(path: str) -> str:
    if path.endswith(".css"):
        return f'<link rel="preload" as="style" fetchpriority="low" href="./{path}">'
    return f'<link rel="modulepreload" fetchpriority="low" href="./{path}">'
