"""What a page may never do with a stranger's input, looked for in everything that it sent to the browser."""

import re
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import torch
from PIL import ImageFile
from streamlit.testing.v1 import AppTest

from core import settings
from tests.pages.screen import open_page, said

# the fields that a browser sets as plain text; all others are read as Markdown, HTML, plotly's tags or an address
PLAIN: Final = {
    ("text", "body"),
    *((kind, name) for kind in ("text_input", "text_area") for name in ("default", "value")),
    *((kind, name) for kind in ("selectbox", "multiselect") for name in ("options", "raw_value", "raw_values")),
}
KINDS: Final = (
    "text_input",
    "text_area",
    "slider",
    "select_slider",
    "selectbox",
    "multiselect",
    "toggle",
    "button_group",
)
ESCAPED: Final = re.compile(r"\\[!-/:-@\[-`{-~]")  # in Markdown, such a sign stands for itself
NO_SIGN_IN_HTML: Final = re.compile(r"[\[\]$`*_~|\\#:]")  # of Markdown, where no Markdown is read
LENGTH: Final = 6  # letters of a piece that is looked for
SIGN: Final = re.compile(r"[<>\[\]$`*_~|\\]|:[a-z]|#.")
LOOKED_AT: Final = 3000  # letters of an input whose pieces are looked for
A_PROGRAMS_WORDS: Final = re.compile(
    r"Traceback|\b[A-Z]\w*(Error|Exception|Warning)\b|object at 0x|File \"|\bline \d+, in\b"
)


def strings(proto: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a message to the browser, with the name of its field."""
    for field, value in proto.ListFields():
        for each in list(value) if field.is_repeated else [value]:
            if isinstance(each, str):
                yield path + field.name, each
            elif hasattr(each, "ListFields"):
                yield from strings(each, f"{path}{field.name}.")


def read_as_markup(app: AppTest) -> list[str]:
    """Every text of the page that its browser does not set as plain text."""
    return [
        NO_SIGN_IN_HTML.sub("\0", text) if node.type == "html" else text
        for node in app._tree
        if getattr(node, "proto", None) is not None
        for name, text in strings(node.proto)
        if (node.type, name) not in PLAIN and name.rpartition(".")[2] != "id"
    ]


def pieces(hostile: str) -> set[str]:
    """Pieces of an input that hold a sign with a meaning in Markdown or HTML."""
    text = hostile[:LOOKED_AT].strip()
    found = {text[at : at + LENGTH] for at in range(max(1, len(text) - LENGTH + 1))}
    return {piece for piece in found if SIGN.search(piece) and len(piece.strip()) > 2}


def controls(app: AppTest) -> dict[str, Any]:
    """What every control of the page is set to."""
    return {widget.key: widget.value for kind in KINDS for widget in getattr(app, kind) if widget.key}


def drawn(app: AppTest) -> set[str]:
    """The parts that the page draws."""
    return {each.proto.component_name.removeprefix("attention_lab_") for each in app.get("bidi_component")}


def wrong_with(app: AppTest, hostile: str, own: str, figure: str) -> str:
    """What a page did wrong with an input; "" if nothing.

    own      what the page reads as markup without any stranger.
    figure   the part that it draws of what it can read; else it must say in plain words what is wrong.
    """
    if app.exception:
        return f"it failed: {app.exception[0].message[:200]}"
    if found := A_PROGRAMS_WORDS.search(" ".join(each.value for each in app.text).replace(hostile, "")):
        return f"it speaks like a program: {found[0]!r}"
    if "This page made a mistake" in said(app):
        return "it made a mistake of ours"
    sent = ESCAPED.sub("\0", "\n".join(read_as_markup(app)))
    for piece in pieces(hostile):
        if piece in sent and piece not in own:
            return f"it is read as markup: {piece!r} in {next(t for t in sent.splitlines() if piece in t)[:200]!r}"
    plain = [each.value for each in app.text]
    if figure not in drawn(app) and not any(text.rstrip().endswith(".") for text in plain) and not _asks(app):
        return "there is neither a figure nor a sentence that says why"
    return ""


def _asks(app: AppTest) -> bool:
    """Whether the page says how to begin."""
    return any(text.value.startswith(("#### Type ", "Name ")) for kind in (app.markdown, app.caption) for text in kind)


def resident() -> int:
    """Bytes of memory that this process holds now, or as near to it as the system says."""
    if sys.platform == "linux":
        return _status("VmRSS")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024


@contextmanager
def growth() -> Iterator[Callable[[], int]]:
    """By how many bytes the process has grown at most since the block began."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = resident()
    yield lambda: (_status("VmHWM") if sys.platform == "linux" else resident()) - before


class Work:
    """How much work models and decoders were given: counted, not timed."""

    def __init__(self) -> None:
        self.tokens = self.pixels = 0

    def within_bounds(self, files: int = 1) -> bool:
        """Whether no model read more tokens at once than are accepted, and no file cost more pixels."""
        return self.tokens <= settings.MAX_TOKENS and self.pixels <= files * settings.MAX_PIXELS


@pytest.fixture
def work(monkeypatch) -> Iterator[Work]:
    """Counts the tokens of the longest text that a model read, and the pixels that were decoded."""
    counted = Work()

    def read(module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if isinstance(module, torch.nn.Embedding) and given:
            counted.tokens = max(counted.tokens, given[0].shape[-1] if given[0].ndim else 1)

    plain = ImageFile.ImageFile.load

    def load(image: ImageFile.ImageFile) -> Any:
        if image.tile:
            counted.pixels += image.size[0] * image.size[1]
        return plain(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    hook = torch.nn.modules.module.register_module_forward_pre_hook(read)
    yield counted
    hook.remove()


class Watched:
    """A page that stays open while strangers come and go."""

    def __init__(self, slug: str, figure: str, **link: str) -> None:
        self.app = open_page(slug, **link)
        self.figure = figure
        self.own = "\n".join(read_as_markup(self.app))

    def said(self) -> str:
        return said(self.app)

    def wrong(self, hostile: str, others: dict[str, Any] | None = None) -> str:
        """What went wrong with an input. others: what the controls that nobody touched were set to before."""
        now = controls(self.app)
        moved = [name for name, value in (others or {}).items() if name in now and now[name] != value]
        if moved:
            return f"{moved} changed by themselves"
        return wrong_with(self.app, hostile, self.own, self.figure)
