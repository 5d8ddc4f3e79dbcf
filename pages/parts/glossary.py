"""What the words of a page mean, folded under it: those of the glossary that its sentences say."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import streamlit as st

from core.glossary import Word, words_in

ROOT = Path(__file__).parents[2]
_FOLDERS = ("pages/lessons", "pages/lessons/by_hand", "pages/labs")
_DRAWN = {"writing_lab": ("the sliders top-k and top-p",)}  # what the component of a page alone says
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def show(slug: str) -> None:
    """Every word of the glossary that the page of this slug says, with its meaning."""
    if words := words_of(slug):
        with st.expander("What the words mean"):
            st.markdown("\n".join(f"- **{each.word}**: {each.means}" for each in words))


@cache
def words_of(slug: str) -> tuple[Word, ...]:
    """The words of the glossary that the page's sentences say, its lesson's and its claims' among them."""
    written = (text for path in _files(slug) for text in _sentences(path))
    return tuple(words_in([*written, *_DRAWN.get(slug, ())]))


def _files(slug: str) -> Iterator[Path]:
    """Where the sentences of a page are written."""
    for folder in (*_FOLDERS, "core/lessons"):
        path = ROOT / folder / f"{slug}.py"
        if path.exists():
            yield path
    yield from (path for path, slugs in _parts().items() if slugs == {slug})
    for folder in ("core/lessons", "core/experiments"):
        yield from sorted((ROOT / folder / slug).rglob("*.py"))


@cache
def _parts() -> dict[Path, set[str]]:
    """The parts that lessons and labs import, each with the pages that do: what one page alone has, it says."""
    found: dict[Path, set[str]] = {}
    for page in (path for folder in _FOLDERS for path in sorted((ROOT / folder).glob("*.py"))):
        for node in ast.walk(ast.parse(page.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names)):
                    if name.startswith("pages.parts."):
                        found.setdefault(ROOT / f"{name.replace('.', '/')}.py", set()).add(page.stem)
    return {path: slugs for path, slugs in found.items() if path.exists()}


def _sentences(path: Path) -> Iterator[str]:
    """The texts in a file that are shown: constants of more than one word, or in capitals, that are no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, _DOCUMENTED)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and (" " in text.strip() or text.isupper()) and text not in docstrings:
            yield text
