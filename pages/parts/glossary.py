"""What the words of a page mean, folded under it: those of the glossary that its sentences say."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import streamlit as st

from core.glossary import Word, words_in

ROOT = Path(__file__).parents[2]
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def show(slug: str) -> None:
    """Every word of the glossary that the page of this slug says, with its meaning."""
    if words := words_of(slug):
        with st.expander("What the words mean"):
            st.markdown("\n".join(f"- **{each.word}**: {each.means}" for each in words))


@cache
def words_of(slug: str) -> tuple[Word, ...]:
    """The words of the glossary that the page's sentences say, its lesson's and its claims' among them."""
    return tuple(words_in(text for path in _files(slug) for text in _sentences(path)))


def _files(slug: str) -> Iterator[Path]:
    """Where the sentences of a page are written."""
    for folder in ("pages/lessons", "pages/lessons/by_hand", "pages/labs", "core/lessons"):
        path = ROOT / folder / f"{slug}.py"
        if path.exists():
            yield path
    for folder in ("core/lessons", "core/experiments"):
        yield from sorted((ROOT / folder / slug).rglob("*.py"))


def _sentences(path: Path) -> Iterator[str]:
    """The texts in a file that are shown: constants of more than one word that are no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, _DOCUMENTED)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and " " in text.strip() and text not in docstrings:
            yield text
