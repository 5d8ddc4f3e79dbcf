"""The JavaScript of a component as one script, for places that cannot import one file from another.

A page that is opened by a double click may import nothing, and a notebook gives a widget one module. So the modules are put
behind each other, each in a function of its own that returns what it exports; style sheets and fonts come along as data.
"""

import base64
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[2]
COMPONENTS = ROOT / "assets" / "components"
_IMPORT = re.compile(r'^import \{ (.+) \} from "(.+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:(default) |(?=function|class|const))(function|class|const|) ?(\w*)", re.MULTILINE)
_FILE = re.compile(r'"([\w./-]+\.(?:css|woff2))"')
_LEFT = re.compile(r"^(?:import|export)\b|import\.meta", re.MULTILINE)
_ADDRESS = re.compile(r"new URL\(([^,()]+), import\.meta\.url\)")


def themes() -> dict[str, dict[str, str]]:
    """The colours of the light and the dark theme as CSS variables, called as Streamlit calls them."""
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    return {name: dict(_variables(told[name])) for name in ("light", "dark")}


def _variables(palette: Mapping[str, str | list[str] | dict]) -> Iterator[tuple[str, str]]:
    for key, value in palette.items():
        if not isinstance(value, dict):  # what is meant for a part of Streamlit's page
            name = re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", key)
            yield f"--st-{name}", value if isinstance(value, str) else ",".join(value)


def script(part: str, frame: str) -> str:
    """A function `started` of what runs a component away from the app, applied to the component and the themes.

    part    the component's name; frame: that of the file in assets/components/away which runs it.
    """
    names: dict[Path, str] = {}
    modules: list[str] = []
    part_path, frame_path = COMPONENTS / f"{part}.js", COMPONENTS / "away" / f"{frame}.js"
    for path in (part_path, frame_path):
        _add(path, names, modules, ())
    run = f"{names[frame_path]}.default({names[part_path]}.default, {json.dumps(themes())})"
    return "".join(modules) + f"const started = {run};\n"


def _add(path: Path, names: dict[Path, str], modules: list[str], importing: tuple[Path, ...]) -> None:
    """Put a module behind all that it imports, once."""
    if path in names:
        return
    if path in importing:
        raise ValueError(f"{path.name} imports itself through {importing[-1].name}: such modules cannot be joined")
    source = path.read_text("utf-8")
    for _, address in _IMPORT.findall(source):
        _add((path.parent / address).resolve(), names, modules, (*importing, path))
    names[path] = f"module_{len(names)}"
    modules.append(f"// {path.relative_to(COMPONENTS)}\n{_module(path, source, names)}\n")


def _module(path: Path, source: str, names: dict[Path, str]) -> str:
    """One module as a function that is called at once."""
    exported: list[str] = []

    def imported(found: re.Match) -> str:
        wanted = found[1].replace(" as ", ": ")
        return f"const {{ {wanted} }} = {names[(path.parent / found[2]).resolve()]};\n"

    def kept(found: re.Match) -> str:
        default, kind, name = found.groups()
        if default:
            exported.append("default: chosen")
            return f"const chosen = {kind} {name}"
        exported.append(name)
        return f"{kind} {name}"

    files = {name: _data((path.parent / name).resolve()) for name in dict.fromkeys(_FILE.findall(source))}
    code = _ADDRESS.sub(r"new URL(files[\1])", _EXPORT.sub(kept, _IMPORT.sub(imported, source)))
    if left := _LEFT.search(code):
        raise ValueError(f"{path.name} says “{left[0]}” in a way that cannot be joined")
    return f"const {names[path]} = ((files) => {{\n{code}return {{ {', '.join(exported)} }};\n}})({json.dumps(files)});"


def _data(path: Path) -> str:
    """A file as an address that holds it."""
    if path.suffix == ".css":
        return f"data:text/css,{quote(path.read_text('utf-8'))}"
    return f"data:font/woff2;base64,{base64.b64encode(path.read_bytes()).decode()}"
