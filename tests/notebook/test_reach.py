"""The door for notebooks opens onto parts of pages that know no screen of an app."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("attention_lab", "pages")


def imported(path: Path) -> set[str]:
    """Every module and name that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def file_of(name: str) -> Path | None:
    """The file of a module of ours, or of the one that a name belongs to."""
    for place in (ROOT.joinpath(*name.split(".")), ROOT.joinpath(*name.split(".")[:-1])):
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.exists():
                return path
    return None


def test_the_figures_of_a_notebook_need_no_streamlit():
    needed = sorted((ROOT / "attention_lab").glob("*.py"))
    for path in needed:
        named = (file_of(name) for name in sorted(imported(path)) if name.split(".")[0] in OURS)
        needed += dict.fromkeys(each for each in named if each and each not in needed)
    assert {"viewer.py", "kinds.py", "head_view.py", "patch_view.py"} <= {path.name for path in needed}
    others = {"streamlit", "plotly", "matplotlib", "app", "serve", "tests"}
    assert [path.name for path in needed if others & {name.split(".")[0] for name in imported(path)}] == []


def test_no_file_of_the_door_holds_two_ideas():
    sizes = {path.name: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "attention_lab").glob("*.py")}
    assert max(sizes.values()) <= 250, sizes
