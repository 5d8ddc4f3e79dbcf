"""Which model of the library is opened: one that is offered, one of the hub, or a folder of this computer."""

from collections.abc import Sequence
from urllib.parse import urlparse

import streamlit as st

from core.models import device, folder, loading, offline
from core.models.errors import ModelError
from core.models.languages import Languages, known_to
from core.models.loaded import LoadedModel
from pages.parts import messages
from pages.parts.controls import Controls
from pages.server import run_queue, settings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")  # what proxies add
ANOTHER = "another model …"
EXAMPLE = "google-bert/bert-base-uncased"


def may_open_anything() -> bool:
    """Whether the visitor sits at this computer, which alone can reach the server: then any model may be opened.

    That is a setting. Where nothing is set, a server on loopback is taken for one's own, unless a request shows that it came
    by a proxy or from a page elsewhere: what a visitor sends takes rights away, and never gives any.
    """
    if settings.PUBLIC is not None:
        return not settings.PUBLIC
    headers = st.context.headers
    page = urlparse(headers.get("Origin", "")).hostname
    forwarded = any(name in headers for name in FORWARDED)
    return st.get_option("server.address") in LOOPBACK and page in {None, *LOOPBACK} and not forwarded


def may_load(name: str, loopback: bool) -> None:
    """Refuse a model that a visitor of this server may not open.

    loopback   whether the server can be reached from this machine alone; if so, everything may be opened.
    Raises     ModelError naming what may be opened.
    """
    offered = (*offline.NAMES, *settings.MODELS)
    if not loopback and name not in offered:
        raise ModelError(
            f"this server opens {', '.join(offered)} only: to open {name}, run the program on your own machine"
        )


def choose(prefix: str, offered: Sequence[str], example: str = EXAMPLE) -> str:
    """The name of the model that is asked for: the first one offered until another one is named. offered: one at least."""
    options = [*offered, ANOTHER] if may_open_anything() else list(offered)
    name = Controls(prefix).select("Model", options, "model", width=190)
    if name == ANOTHER:
        name = st.text_input(
            "Hub name or folder",
            key=f"{prefix}_name",
            bind="query-params",
            max_chars=300,
            placeholder=f"{example}, or a folder of this computer",
        ).strip()
    return name or offered[0]


def choose_device(prefix: str) -> str:
    """Where the model runs: as set, else the best device there is."""
    return Controls(prefix).select("Device", device.available(), "device", device.default(), width=100)


def choose_languages(prefix: str, loaded: LoadedModel) -> Languages | None:
    """From which language to which, of a translator that knows several; None for any other model."""
    known = None if loaded.tokenizer is None else known_to(loaded.tokenizer)
    if known is None or loaded.kind != "encoder-decoder":
        return None
    usual, codes = known.usual(), list(known.tokens)

    def choice(label: str, name: str, default: str) -> str:
        return Controls(prefix).select(label, codes, name, codes.index(default), width=200)

    source = None if usual.source is None else choice("Language of the sentence", "from", usual.source)
    return Languages(source, choice("Language of the translation", "into", usual.target))


def open_or(
    prefix: str, name: str, on: str, instead: str | None, otherwise: str = "there is nothing to show"
) -> LoadedModel | None:
    """The model of this name; with a note the one to show instead, where that cannot be opened; else None.

    otherwise   what the page shows where this returns None.
    """
    try:
        may_load(name, may_open_anything())
        if not _agreed(prefix, name):
            return open_or(prefix, instead, on, instead) if instead else None
        if folder.must_be_fetched(name):
            # nobody's page waits for a download
            with run_queue.RUNS.released(), st.spinner(f"Fetching {messages.literal(name)} …", show_time=True):
                folder.find(name)
        with st.spinner(f"Opening {messages.literal(name)} …", show_time=True):
            return loading.load(name, on)
    except ModelError as error:
        if name == instead:
            messages.problem(f"{prefix}_model", "There is no model to show.", f"{error}.")
            return None
        shown = f"so {'the offline one is shown' if instead else otherwise}"
        messages.problem(f"{prefix}_name", f"This model cannot be opened, {shown}.", f"{error}.")
        return open_or(prefix, instead, on, instead) if instead else None


def _agreed(prefix: str, name: str) -> bool:
    """Whether a model may be fetched, if it must be: a link alone starts no download."""
    key = f"{prefix}_fetch"
    if not folder.must_be_fetched(name) or st.session_state.get(key) == name:
        return True
    why = "It would be fetched from the Hugging Face Hub, which can be many megabytes."
    messages.problem(f"{prefix}_name", f"{name} is not on this computer.", why)
    st.button(f"Fetch {messages.literal(name)}", on_click=st.session_state.__setitem__, args=(key, name))
    return False
