"""A computation as the cells of a notebook: the body of a function of this project, and what went into it written down.

The code is the source that made the numbers on the screen: a call becomes one assignment per argument, then the lines
of the function, the last of which keeps what it returns as `shown`.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple


class Import(NamedTuple):
    """One name that is imported; module is "" for a module itself, known by an alias or not."""

    module: str
    name: str
    alias: str = ""


@dataclass(frozen=True)
class Recipe:
    """Code in the order in which it runs: what is imported, what somebody gave, what is computed from it."""

    imports: frozenset[Import]
    given: str
    computed: str


def recipe(call: partial) -> Recipe:
    """How to make again what a call returns.

    call   of a function whose last line returns. An argument that is itself a call is written as one.
    """
    bound = inspect.signature(call.func).bind(*call.args, **call.keywords)
    body = _body(call.func)
    imports = imports_for(names_in(body) - bound.arguments.keys(), inspect.getmodule(call.func))
    imports = imports.union(*map(_imports_of, bound.arguments.values()))
    given = "\n".join(f"{name} = {written(value)}" for name, value in _arguments(call).items())
    return Recipe(frozenset(imports), given, body)


def written(value: Any) -> str:
    """A value as an expression: what it was made with, not what it became."""
    if not isinstance(value, partial):
        return repr(value)
    arguments = ", ".join(f"{name}={written(each)}" for name, each in _arguments(value).items())
    return f"{value.func.__name__}({arguments})"


def _arguments(call: partial) -> dict[str, Any]:
    bound = inspect.signature(call.func).bind(*call.args, **call.keywords)
    bound.apply_defaults()
    return bound.arguments


def names_in(code: str) -> set[str]:
    """Every name that code looks up."""
    return {
        node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def imports_for(names: Iterable[str], module: ModuleType) -> set[Import]:
    """Those of the names that a module imports or defines itself."""
    imported = {
        alias.asname or alias.name: Import(getattr(statement, "module", ""), alias.name, alias.asname or "")
        for statement in ast.parse(inspect.getsource(module)).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for alias in statement.names
    }
    return {imported.get(name, Import(module.__name__, name)) for name in names if name in vars(module)}


def as_code(imports: Iterable[Import]) -> str:
    """Import statements, one for each module."""
    lines: dict[str, list[str]] = {}
    for module, name, alias in sorted(set(imports)):
        lines.setdefault(module, []).append(f"{name} as {alias}" if alias else name)
    plain = [f"import {name}" for name in lines.pop("", [])]
    return "\n".join([*plain, *(f"from {module} import {', '.join(names)}" for module, names in lines.items())])


def _imports_of(value: Any) -> set[Import]:
    """What must be imported so that a written value can be read."""
    if isinstance(value, partial):
        inner = (*value.args, *value.keywords.values())
        return {_import(value.func)}.union(*map(_imports_of, inner))
    if isinstance(value, tuple | frozenset):
        named = {_import(type(value))} if hasattr(value, "_fields") else set()
        return named.union(*map(_imports_of, value))
    if is_dataclass(value):
        return {_import(type(value))}.union(*(_imports_of(getattr(value, each.name)) for each in fields(value)))
    return set()


def _import(thing: Callable) -> Import:
    return Import(thing.__module__, thing.__name__)


def _body(function: Callable) -> str:
    """The lines of a function without its head and its words; what it returns is kept as `shown`."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    body = ast.parse(source).body[0].body[1:]
    lines = textwrap.dedent("\n".join(source.splitlines()[body[0].lineno - 1 :]))
    before, last = lines.rsplit("return ", 1)
    return f"{before}shown = {last}".rstrip()
