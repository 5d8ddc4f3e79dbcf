"""The rules of the house, each a test: which way the arrows run, what is cited, what is credited, what is pinned."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

import core
from core.axes import AXES
from core.experiments.claim import Claim
from core.sources import SOURCES
from pages.course.catalogue import BY_SLUG, LABS, LESSONS

ROOT = Path(__file__).parents[1]
LONGEST = 400  # lines of a file; one that needs more holds two ideas


def files(folder: str, ending: str = "py") -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*.{ending}"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> set[str]:
    """Every module and every name that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def from_packages(path: Path, *packages: str) -> set[str]:
    return {name for name in imports_of(path) if name.startswith(tuple(f"{package}." for package in packages))} | (
        imports_of(path) & set(packages)
    )


@pytest.mark.parametrize("path", files("core"), ids=named)
def test_core_knows_no_screen(path):
    assert not from_packages(path, "streamlit", "plotly", "matplotlib", "pages", "app", "serve", "tests")


@pytest.mark.parametrize("path", files("pages/parts"), ids=named)
def test_parts_know_no_lesson(path):
    assert not from_packages(path, "pages.lessons", "pages.labs", "pages.course", "app", "serve", "tests")


@pytest.mark.parametrize("path", [*files("pages/lessons"), *files("pages/labs")], ids=named)
def test_a_page_knows_no_other_page(path):
    assert not from_packages(path, "pages.lessons", "pages.labs", "app", "serve", "tests")


@pytest.mark.parametrize("path", files("pages"), ids=named)
def test_pages_compute_nothing_themselves(path):
    """Of torch they know the name of a type, of transformers nothing."""
    assert from_packages(path, "torch", "transformers") <= {"torch.Tensor"}


def test_no_page_lies_where_streamlit_would_open_it_past_the_door():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_every_page_that_is_there_is_in_the_catalogue():
    there = {path.stem for folder in ("lessons", "labs") for path in (ROOT / "pages" / folder).glob("*.py")}
    assert there == {page.slug for page in (*LESSONS, *LABS) if page.built}


def test_a_lesson_builds_on_earlier_lessons_only():
    for lesson in LESSONS:
        assert all(BY_SLUG[slug].number < lesson.number for slug in lesson.builds_on)


@pytest.mark.parametrize("path", [*files("core"), *files("pages"), *files("tests"), *files("assets", "js")], ids=named)
def test_no_file_holds_two_ideas(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


MODULES = [importlib.import_module(found.name) for found in pkgutil.walk_packages(core.__path__, "core.")]


def _members(of_kind) -> list:
    return list({id(value): value for module in MODULES for value in vars(module).values() if of_kind(value)}.values())


TRACES = _members(
    lambda value: inspect.isclass(value) and is_dataclass(value) and any("formula" in f.metadata for f in fields(value))
)
CLAIMS = _members(lambda value: isinstance(value, Claim))


def test_there_is_something_to_check():
    assert len(TRACES) >= 4
    assert len(CLAIMS) >= 50


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.__name__)
def test_every_step_cites_a_source_and_names_its_axes(trace):
    types = get_type_hints(trace)
    for declared in fields(trace):
        if "formula" in declared.metadata:
            assert declared.metadata["source"] in SOURCES
            assert {axis.lstrip("#") for axis in types[declared.name].dim_str.split()} <= AXES.keys()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_cites_its_sources_and_says_what_it_measures(claim):
    assert claim.sources
    assert set(claim.sources) <= SOURCES.keys()
    assert claim.experiment.__doc__


def test_no_source_is_kept_that_nothing_cites():
    code = "".join(path.read_text("utf-8") for path in [*files("core"), *files("pages")] if path.name != "sources.py")
    assert [key for key in SOURCES if f'"{key}"' not in code] == []


def test_every_file_that_others_made_is_credited():
    """Components and look are our own; whatever else lies in assets has a line that says whose it is."""
    credits = (ROOT / "assets" / "CREDITS.md").read_text("utf-8")
    ours = {"components", "look", "shots"}
    for path in (ROOT / "assets").rglob("*"):
        if path.is_file() and path.relative_to(ROOT / "assets").parts[0] not in ours and path.name != "CREDITS.md":
            assert path.relative_to(ROOT / "assets").as_posix() in credits


@pytest.mark.parametrize("path", [p for kind in ("js", "css", "svg") for p in files("assets", kind)], ids=named)
def test_no_asset_asks_another_host(path):
    hosts = set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", path.read_text("utf-8")))
    assert hosts <= {"www.w3.org"}  # the name of the SVG language, never asked for


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_pinned_and_says_why_it_is_there(path):
    lines = (ROOT / path).read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[\w-]+==[\w.]+ +# .+", line)] == []


MAP_BEFORE_ANYTHING_IS_LOADED = """
import sys
from streamlit.testing.v1 import AppTest
from core import warm

warm.start = lambda: None
warm.ready = lambda: False
warm.wait = sys.exit
app = AppTest.from_file("app.py", default_timeout=30).run()
assert not app.exception, app.exception
heavy = sorted({"torch", "transformers", "matplotlib"} & sys.modules.keys())
print(heavy, len(app.get("bidi_component")))
"""


def test_the_map_is_painted_before_torch_is_imported():
    ran = subprocess.run(
        [sys.executable, "-c", MAP_BEFORE_ANYTHING_IS_LOADED], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["[]", "3"], ran.stderr
