"""The browser's side of the parts: where its files are served, and how Streamlit's components load them."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

ROOT = Path(__file__).parents[2] / "assets"


def _fingerprint() -> str:
    """Changes when any file that a browser keeps changes."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("components/**/*.*"), *ROOT.glob("fonts/*")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


PATH = f"/lab-assets/{_fingerprint()}"

# Inline code travels with every rerun; a file is fetched once and kept. So the inline part only fetches the file. Under
# which path a proxy shows the app, only the browser knows: Streamlit's own script came from there.
_LOADER = """
const path = "{path}";
const streamlit = document.querySelector('script[src*="static/js/"]')?.src ?? location.href;
const part = import(new URL(path, streamlit.replace(/static\\/js\\/[^/]*$/, "")));
export default function (component) {{
  let stop = () => {{}};
  let gone = false;
  part.then((module) => {{ if (!gone) stop = module.default(component); }});
  return () => {{ gone = true; stop(); }};
}}
"""


# what a module names of other files: modules that it imports, and style sheets
_NAMED = re.compile(r'^import .* from "(.+)";|"([\w/]+\.css)"', re.MULTILINE)


def address(path: Path) -> str:
    """Where a browser finds a file of assets, seen from the app's own root."""
    return f"{PATH[1:]}/{path.relative_to(ROOT)}"


@cache
def component(name: str):
    """The Streamlit component whose browser's side is assets/components/<name>.js."""
    path = address(ROOT / "components" / f"{name}.js")
    return st.components.v2.component(f"attention_lab_{name}", js=_LOADER.format(path=path))


def files_of(*names: str) -> list[str]:
    """The addresses of all files that these components are made of, each once: modules and style sheets."""
    found = [ROOT / "components" / f"{name}.js" for name in names]
    for path in found:
        if path.suffix == ".js":
            named = (path.parent / (module or sheet) for module, sheet in _NAMED.findall(path.read_text("utf-8")))
            found += dict.fromkeys(each for each in map(Path.resolve, named) if each not in found)
    return [address(path) for path in found]


def told(key: str, name: str) -> Any:
    """What the part with this key tells under a name; None from one whose page is just being left.

    A visitor may press something of a page while the next one is drawn: Streamlit calls back, and knows the part no more.
    """
    return getattr(st.session_state.get(key), name, None)
