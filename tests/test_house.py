"""The rules of the house, each a test: which way the arrows run, what is cited, what is credited, what is pinned."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import get_type_hints

import pytest

import core
from core.axes import AXES
from core.experiments.claim import Claim
from core.sources import SOURCES
from pages.course.catalogue import BY_SLUG, LABS, LESSONS, PRACTICE

ROOT = Path(__file__).parents[1]
LONGEST = 400  # lines of a file; one that needs more holds two ideas
LONGEST_LESSON = 250


def files(folder: str, ending: str = "py") -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*.{ending}"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
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
    assert not from_packages(
        path, "pages.lessons", "pages.labs", "pages.practice", "pages.course", "app", "serve", "tests"
    )


def own_half(path: Path) -> list[Path]:
    """Where a lesson says what it shows on the learner's own numbers, if that stands by itself."""
    half = path.parent / "by_hand" / path.name
    return [half] if half.exists() else []


@pytest.mark.parametrize("path", files("pages/lessons"), ids=named)
def test_a_question_shows_its_answer_at_a_step_that_the_lesson_has(path):
    """Its own, on a model's numbers or on the learner's."""

    def calls(*paths: Path) -> list[ast.Call]:
        trees = (ast.walk(ast.parse(each.read_text("utf-8"))) for each in paths)
        return [node for nodes in trees for node in nodes if isinstance(node, ast.Call)]

    labels = {ast.unparse(call.args[0]) for call in calls(path, *own_half(path)) if ast.unparse(call.func) == "step"}
    shown = [
        ast.unparse(said.value)
        for call in calls(path)
        if ast.unparse(call.func) == "page.question"
        for said in call.keywords
        if said.arg == "shows"
    ]
    assert set(shown) <= labels


@pytest.mark.parametrize("path", [*files("pages/lessons"), *files("pages/labs"), *files("pages/practice")], ids=named)
def test_a_page_knows_no_other_page(path):
    assert not from_packages(path, "pages.labs", "pages.practice", "app", "serve", "tests")
    assert from_packages(path, "pages.lessons") <= {f"pages.lessons.by_hand.{path.stem}"}
    assert path.parent.name != "by_hand" or not from_packages(path, "pages.lessons")


# what pages know of the server; the rest of it stands before them and is known by serve alone
UNDER_PAGES = ("pages.server.run_queue", "pages.server.preload", "pages.server.settings", "pages.server.uploads")


@pytest.mark.parametrize("path", [p for p in files("pages") if p.parent.name != "server"], ids=named)
def test_of_the_server_pages_know_the_queue_preloading_uploads_and_settings(path):
    found = from_packages(path, "pages.server") - {"pages.server"}
    assert [name for name in found if not name.startswith(UNDER_PAGES)] == []


@pytest.mark.parametrize("path", files("pages/server"), ids=named)
def test_the_server_knows_no_page_and_what_pages_know_of_it_knows_nothing_of_them(path):
    assert not from_packages(path, "pages.course", "pages.lessons", "pages.labs", "app", "serve", "tests")
    if f"pages.server.{path.stem}" in UNDER_PAGES:
        assert not from_packages(path, "pages.parts")


@pytest.mark.parametrize("path", files("pages"), ids=named)
def test_pages_compute_nothing_themselves(path):
    """Of torch they know the name of a type, of transformers nothing."""
    assert from_packages(path, "torch", "transformers") <= {"torch.Tensor"}


def test_no_page_lies_where_streamlit_would_open_it_past_the_door():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_every_page_that_is_there_is_in_the_catalogue():
    there = {path.stem for folder in ("lessons", "labs", "practice") for path in (ROOT / "pages" / folder).glob("*.py")}
    assert there == {page.slug for page in (*LESSONS, *LABS, *PRACTICE) if page.built}


def test_a_lesson_builds_on_earlier_lessons_only():
    for lesson in LESSONS:
        assert all(BY_SLUG[slug].number < lesson.number for slug in lesson.builds_on)


def test_a_lesson_that_can_be_opened_builds_on_others_that_can():
    for lesson in filter(lambda each: each.built, LESSONS):
        assert all(BY_SLUG[slug].built for slug in lesson.builds_on), lesson.slug


@pytest.mark.parametrize("path", [*files("core"), *files("pages"), *files("tests"), *files("assets", "js")], ids=named)
def test_no_file_holds_two_ideas(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", files("pages/lessons"), ids=named)
def test_a_lesson_reads_aloud(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_LESSON


MODULES_OF_CORE = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files("core")}


def room(module: str) -> str:
    """The package of core, or the module that lies in no package, to which a module of core belongs."""
    return module.split(".")[1]


def rooms_known() -> dict[str, set[str]]:
    """For every room of core the others that its files import, also inside functions."""
    known: dict[str, set[str]] = {}
    for module, path in MODULES_OF_CORE.items():
        found = {room(name) for name in from_packages(path, "core") if name != "core"}
        known.setdefault(room(module), set()).update(found - {room(module)})
    return known


def test_no_room_of_core_knows_one_that_knows_it():
    """In this order each room knows only those before it; what is left over at the end is a cycle."""
    left = rooms_known()
    assert {"attention", "models", "vision", "analysis", "trace"} <= left.keys()
    while free := [name for name, known in left.items() if not known & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


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


def test_no_rule_around_the_parts_has_the_whole_page_styled_anew():
    """A browser asks a rule anew, of all that its end could mean, whenever the attribute changes that it asks for."""
    rules = re.sub(
        r"/\*.*?\*/|@media[^{]*{", "", (ROOT / "assets" / "look" / "page.css").read_text("utf-8"), flags=re.S
    )
    selectors = [
        selector.strip()
        for rule in re.findall(r"([^{}]+){", rules)
        for selector in re.split(r",(?![^(]*\))", rule)
        if "@" not in rule
    ]
    assert len(selectors) > 100
    assert [each for each in selectors if re.search(r":has\([^)]*\[(class|data-testid)", each)] == []
    ends = [re.sub(r".*[\s>+~](?![^(]*\))", "", each) for each in selectors if "[class*=" in each]
    assert [end for end in ends if "[class*=" not in end and "." not in end] == []


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt", "tests/requirements-all.txt"])
def test_every_requirement_is_pinned_and_says_why_it_is_there(path):
    lines = (ROOT / path).read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[\w-]+(?:\[\w+\])?==[\w.]+ +# .+", line)] == []


@pytest.mark.parametrize("path", files("pages"), ids=named)
def test_every_part_of_a_page_that_runs_by_itself_takes_its_turn(path):
    """A class of visitors is served one after the other, not all at once and none: `run_queue.fragment` sees to it."""
    used = {
        ast.unparse(node) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert "st.fragment" not in used or named(path) == "pages/server/run_queue.py"


@pytest.mark.parametrize("path", files("pages"), ids=named)
def test_what_a_part_tells_is_asked_for_where_a_part_may_be_gone(path):
    """A callback of a page that is just being left finds no key: `assets.told` and `get` answer None."""
    assert not re.search(
        r"st\.session_state\[[^\]]*\]\.\w|= st\.session_state\[f?\"[^\"]*_(file|camera|pad)", path.read_text("utf-8")
    )


CALLBACK = re.compile(r"\bon_\w+=(?:partial\()?(?:\w+\.)?(\w+)")
DRAWN = re.compile(r"\bst\.(?!session_state|query_params|rerun|stop|context)\w+\(")


@pytest.mark.parametrize("path", files("pages"), ids=named)
def test_a_callback_draws_nothing(path):
    """What it draws takes the place of what the page drew first, its style sheet: `messages.tell` says it later."""
    source = path.read_text("utf-8")
    called_back = set(CALLBACK.findall(source))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name in called_back:
            assert not DRAWN.search(ast.unparse(node)), node.name


MAP_BEFORE_ANYTHING_IS_LOADED = """
import sys
from streamlit.testing.v1 import AppTest
from pages.server import preload

preload.start = lambda: None
preload.ready = lambda: False
preload.wait = sys.exit
app = AppTest.from_file("app.py", default_timeout=30).run()
assert not app.exception, app.exception
heavy = sorted({"torch", "transformers", "matplotlib"} & sys.modules.keys())
print(heavy, len(app.get("bidi_component")))
"""


def test_the_map_is_painted_before_torch_is_imported():
    ran = subprocess.run(
        [sys.executable, "-c", MAP_BEFORE_ANYTHING_IS_LOADED], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["[]", "4"], ran.stderr
