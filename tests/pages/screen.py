"""Opening pages without a browser, and reading what they sent to it."""

import json
import re
import struct
from functools import cache
from html import unescape
from pathlib import Path

import numpy as np
from safetensors.numpy import load
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.course.catalogue import BY_SLUG

ROOT = Path(__file__).parents[2]

# AppTest looks through all installed packages for components whenever it opens a page: once is enough, and it takes
# longer than the page itself.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def open_page(slug: str, /, **link: str | list[str]) -> AppTest:
    """A page of the app as a visitor finds it who follows a link with these parameters."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    for name, value in link.items():
        app.query_params[name] = value
    if slug != "map":
        app.switch_page(BY_SLUG[slug].path.relative_to(ROOT).as_posix())
    app.run()
    # a page that Streamlit does not know shows the map instead
    assert app.exception or slug == opened(app)
    return app


def opened(app: AppTest) -> str:
    """The slug of the page that was shown last."""
    return app._registered_pages[app._finished_page_script_hash]["url_pathname"] or "map"


def sent(app: AppTest, name: str) -> tuple[dict, dict[str, np.ndarray]]:
    """The words and the tensors that a component received, weights as numbers from 0 to 1."""
    for element in app.get("bidi_component"):
        if element.proto.component_name == f"attention_lab_{name}":
            return unpack(element.proto.bytes)
    raise AssertionError(f"there is no {name} on this page: {said(app)}")


def unpack(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """What the browser's decoder makes of a payload."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    tensors = {
        key: array / 65535 if array.dtype == np.uint16 else array.astype(np.float64)
        for key, array in load(content).items()
    }
    return json.loads(header["__metadata__"]["words"]), tensors


def said(app: AppTest) -> str:
    """Everything that a page says in plain text, Markdown and captions."""
    return "\n".join(element.value for kind in (app.text, app.markdown, app.caption) for element in kind)


def glossed(app: AppTest) -> list[str]:
    """The French texts of a page, as HTML."""
    bodies = [element.proto.body for element in app.get("html")]
    return [body for body in bodies if 'class="glossed"' in body]


def without_gloss(text: str) -> str:
    """A French text as it was written, without what its words mean."""
    return unescape(re.sub(r"<rt.*?</rt>|</?(?:p|ruby|b)\b[^>]*>", "", text))


def assert_no_failure(app: AppTest) -> None:
    """No exception and no traceback is on the page."""
    assert not app.exception, [error.message for error in app.exception]
    assert "Traceback" not in said(app)
