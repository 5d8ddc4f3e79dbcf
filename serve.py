"""The server: `streamlit run serve.py`. The pages are in app.py; here is what stands around them."""

import logging
import os
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from streamlit.runtime.pages_manager import PagesManager

from core import host
from pages.course.catalogue import LESSONS
from pages.parts import assets
from pages.server import failures, health, late_clicks, log_rate, outgoing, preload, settings, theme, uploads
from pages.server.current_page import CurrentPage
from pages.server.headers import SecurityHeaders
from pages.server.hidden import Hidden
from pages.server.learner import Learner
from pages.server.origins import Origins
from pages.server.page_head import PageHead
from pages.server.sockets import OneEach, Paced
from pages.server.uploads import Incoming
from pages.server.waiting import Visitors

WARM_UP_AFTER = 5.0  # seconds
# the parts with which each page begins, beside what all have
LESSON = ("step_viewer", "claims")
PARTS = dict.fromkeys((page.slug for page in LESSONS), LESSON) | {
    "": ("map", "labs", "sentence"),
    "bottleneck": (*LESSON, "learning", "near"),
    "looking_back": (*LESSON, "learning"),
    "captioning": (*LESSON, "scene"),
    "attention": (*LESSON, "near"),
    "vision_transformer": (*LESSON, "patch_explorer"),
    "since_2017": (*LESSON, "number_table"),
    "sentence_lab": ("lab", "claims"),
    "translation_lab": ("step_viewer",),
    "image_lab": ("patch_explorer",),
    "writing_lab": ("writing",),
    "training_lab": ("training",),
    "recall": (),
    "claims": ("ledger",),
    "figures": ("figure_card",),
}

# Until st.navigation has run once, a folder named pages/ makes Streamlit answer a deep link with "Page not found".
PagesManager.uses_pages_directory = False
failures.keep_what_was_typed_out_of_the_log()
log_rate.limit()
uploads.keep_in_memory()
late_clicks.answer()
theme.read_once()
outgoing.together()
host.run_under(Visitors())


try:
    tempfile.gettempdir()
except FileNotFoundError:
    # Libraries ask for a temporary folder while they are imported; the app writes nothing there, so it opens all the same.
    logging.getLogger("attention_lab").warning("the temporary folder cannot be written: is the disk full?")
    tempfile.tempdir = os.sep


class ForeverStatic(StaticFiles):
    """Files whose address holds a hash of their content: a browser need never ask again."""

    def file_response(self, *args, **kwargs):
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict]:
    # the first visitor's first page starts it at once; it would only slow that page down if it began with the server
    timer = threading.Timer(WARM_UP_AFTER, preload.start)
    timer.daemon = True
    timer.start()
    if settings.METRICS:
        from pages.server import metrics  # needed there alone

        metrics.serve(settings.METRICS)
    yield {}


def own_routes(base: str) -> list[BaseRoute]:
    """What this server answers beside Streamlit, under a path."""
    files = ForeverStatic(directory=Path(__file__).parent / "assets")
    return [*(Route(base + each.path, each.endpoint) for each in health.ROUTES), Mount(base + assets.PATH, files)]


# where Streamlit is told to be, and at the root, where whatever looks after the process asks
BASES = {"", f"/{(st.get_option('server.baseUrlPath') or '').strip('/')}".rstrip("/")}

app = st.App(
    "app.py",
    routes=[route for base in sorted(BASES) for route in own_routes(base)],
    middleware=[
        Middleware(SecurityHeaders, framed_by=settings.FRAMED_BY),
        Middleware(Hidden),
        Middleware(Origins),
        Middleware(OneEach),
        Middleware(Paced),
        Middleware(Learner),
        Middleware(CurrentPage),
        Middleware(Incoming),
        Middleware(
            PageHead,
            files={slug: assets.files_of(*parts, "comeback") for slug, parts in PARTS.items()},
        ),
    ],
    lifespan=lifespan,
    on_script_error=failures.tell_without_traceback,
)
