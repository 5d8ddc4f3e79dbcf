"""A mistake of ours: the log gets where it happened, the visitor a sentence; an identifier joins the two."""

import logging
import os
import secrets
import traceback

from streamlit import config

from pages.parts import messages
from pages.server import run_queue, settings

TOO_LONG = "This took too long, and was ended."
LESS = (
    "seconds of computing are what this server gives to one page or file, so that others have their turn. "
    "Ask for less: a shorter text, fewer sentences or pictures, a smaller model."
)
_told = 0
LOG = logging.getLogger("attention_lab")


def where(error: BaseException) -> str:
    """The kind of an error and the lines it came through, of its causes too.

    What the error says is left out: it may hold what a visitor typed.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    own = f"{type(error).__module__}.{type(error).__qualname__}\n{frames}"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return own if cause is None else f"{where(cause)}which led to {own}"


def tell_without_traceback(error: Exception) -> bool:
    """Handle an error of a page: `on_script_error` of the app."""
    if isinstance(error, run_queue.TookTooLong):
        messages.problem("page", TOO_LONG, f"{settings.DEADLINE} {LESS}")
        return True
    global _told
    _told += 1
    identifier = secrets.token_hex(4)
    LOG.error("error %s: %s", identifier, where(error))
    messages.unexpected(identifier)
    return True


def told() -> int:
    """How many mistakes were told since the server started."""
    return _told


def _not_told_here(record: logging.LogRecord) -> bool:
    return record.msg != "Uncaught app execution"


def keep_what_was_typed_out_of_the_log() -> None:
    """Streamlit logs an error with what it says before it asks what to do: that record is dropped, coloured or plain."""
    config.set_option("logger.enableRich", False)
    logging.getLogger("streamlit.error_util").addFilter(_not_told_here)
    # the library's report on weights that do not fit names the folder that was typed
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
