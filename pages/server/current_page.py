"""What a page still asks for while its visitor goes to another one is not answered.

Streamlit would take it for a way back: the part that is asked for belongs to the page that was left, and what was drawn of
the new one would be thrown away.
"""

from typing import Final

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LARGEST: Final = 2**17  # bytes of a message that says which page is run; figures are larger, and not looked into


class CurrentPage:
    """Middleware that knows for every websocket which page its visitor is on, and passes on what that page asks for."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        page = ""

        async def asked() -> Message:
            nonlocal page
            while True:
                message = await receive()
                of, part = _asked(message)
                if part and of and page and of != page:
                    continue
                page = page if part else of or page
                return message

        async def told(message: Message) -> None:
            nonlocal page
            page = _told(message) or page
            await send(message)

        await self._app(scope, asked, told)


def _asked(message: Message) -> tuple[str, str]:
    """The page that is asked for, and which part of it; "" for all of it, and where no page is asked for."""
    try:
        asked = BackMsg.FromString(message.get("bytes") or b"").rerun_script
    except DecodeError:
        return "", ""
    return asked.page_script_hash, asked.fragment_id


def _told(message: Message) -> str:
    """The page that runs from now on; "" where it stays the one that it is."""
    content = message.get("bytes") or b""
    if len(content) > LARGEST:
        return ""
    told = ForwardMsg.FromString(content)
    kind = told.WhichOneof("type")
    return getattr(told, kind).page_script_hash if kind in ("new_session", "navigation") else ""
