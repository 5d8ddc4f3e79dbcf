"""The server: `streamlit run serve.py`. The pages are in app.py; here is what stands around them."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit.runtime.pages_manager import PagesManager

from core import (
    settings,  # noqa: F401  a setting that cannot be stops the start and says why
    warm,
)
from pages.parts import assets, messages

WARM_UP_AFTER = 5.0  # seconds

LOG = logging.getLogger("attention_lab")

# Until st.navigation has run once, a folder named pages/ makes Streamlit answer a deep link with "Page not found".
PagesManager.uses_pages_directory = False


class ForeverStatic(StaticFiles):
    """Files whose address holds a hash of their content: a browser need never ask again."""

    def file_response(self, *args, **kwargs):
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def tell_without_traceback(error: Exception) -> bool:
    """The log gets the details, the visitor gets a sentence."""
    LOG.error("a page failed", exc_info=error)
    messages.unexpected()
    return True


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict]:
    # the first visitor's first page starts it at once; it would only slow that page down if it began with the server
    timer = threading.Timer(WARM_UP_AFTER, warm.start)
    timer.daemon = True
    timer.start()
    yield {}


app = st.App(
    "app.py",
    routes=[Mount(assets.PATH, ForeverStatic(directory=Path(__file__).parent / "assets"))],
    lifespan=lifespan,
    on_script_error=tell_without_traceback,
)
