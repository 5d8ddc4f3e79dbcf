"""The browser's side of the parts: where its files are served, and how Streamlit's components load them."""

import hashlib
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

# Inline code travels with every rerun; a file is fetched once and kept. So the inline part only fetches the file.
_LOADER = """
const path = "{path}";
const part = import(new URL(path, location.origin));
export default function (component) {{
  let stop = () => {{}};
  let gone = false;
  part.then((module) => {{ if (!gone) stop = module.default(component); }});
  return () => {{ gone = true; stop(); }};
}}
"""


@cache
def component(name: str):
    """The Streamlit component whose browser's side is assets/components/<name>.js."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    path = f"{'/' + base if base else ''}{PATH}/components/{name}.js"
    return st.components.v2.component(f"attention_lab_{name}", js=_LOADER.format(path=path))


def told(key: str, name: str) -> Any:
    """What the part with this key tells under a name; None from one whose page is just being left.

    A visitor may press something of a page while the next one is drawn: Streamlit calls back, and knows the part no more.
    """
    return getattr(st.session_state.get(key), name, None)
