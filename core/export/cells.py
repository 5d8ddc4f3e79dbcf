"""A call of this project as cells of code that run by themselves: what they need, what went in, what ran.

A program is these cells and what it prints (`core.export.program`); a notebook is these cells, words between them, and
figures.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any, Final

from core.export import doors
from core.export.reached import Definition, Import, Place, Reached, in_order, looked_up, renamed_in
from core.models import checkpoints, loading, reading
from core.named import Named

FUTURE: Final = "from __future__ import annotations"
NAMED: Final = Place(doors.__name__, "NAMED")
WIDTH: Final = 120
_DOORS: Final = (
    loading.load,
    reading.hidden_states,
    checkpoints.load_translator,
    checkpoints.load_transformer,
    checkpoints.load_captioner,
    checkpoints.load_scene_captioner,
    checkpoints.load_small,
    checkpoints.load_classifier,
)


def _place(thing: Callable) -> Place:
    if not isinstance(thing, Named):
        raise TypeError(f"{thing!r} has no name to be found by: call a function or a class")
    return Place(thing.__module__, thing.__name__)


INSTEAD: Final = {_place(door): Place(doors.__name__, door.__name__) for door in _DOORS}


@dataclass(frozen=True)
class Cells:
    """Code in the order in which it runs.

    imports    of other packages; packages: which of them must be installed.
    needed     every function, class and constant that the call reaches; more: those of the functions besides.
    given      what went in.
    computed   the lines of the function that was called, which leave `shown`.
    called     what those functions and classes are called here, where a name is taken.
    models     where its models are looked for, in a sentence; "" without any. The folder `NAMED` comes first.
    """

    imports: str
    packages: tuple[str, ...]
    needed: str
    more: str
    given: str
    computed: str
    called: Mapping[Callable, str]
    models: str


def cells_of(again: partial, more: Collection[Callable] = (), *, printed: bool = False) -> Cells:
    """The cells that make again what a call returns.

    again   of a function whose last line returns. An argument that is itself a call is written as one.
    more    functions and classes that later cells call; printed: whether they print tensors.
    """
    arguments, body = _arguments(again), _body(again.func)
    reached = Reached(INSTEAD, (*arguments, *_assigned(body), "shown", "looked"), NAMED)
    asked = looked_up(compile(body, "<cell>", "exec"))
    wanted = [(again.func.__module__, name, member) for name, member, _ in asked if name not in arguments]
    body = renamed_in(body, {name: reached.claim(module, name)[0] for module, name, _ in wanted})
    later = [_place(each) for each in more]
    called = {place: reached.called(place) for place in (*later, *map(_place, _things(arguments.values())))}
    needed = [reached.follow(*each)[1] for each in (*wanted, *(place for place in called if place not in later))]
    besides = [reached.follow(*place)[1] for place in later]
    if printed:
        reached.imports |= {Import("", "sys", ""), Import("", "torch", "")}
    placed: set[Definition] = set()
    code, besides_code = (in_order([each for each in roots if each], placed) for roots in (needed, besides))
    given = "\n".join(f"{name} = {_laid_out(value, called, len(name) + 3)}" for name, value in arguments.items())
    return Cells(
        as_code(reached.imports),
        tuple(sorted({_package(each) for each in reached.imports} - {""})),
        joined(code),
        joined(besides_code),
        given,
        body,
        {each: called[_place(each)] for each in more},
        _whereabouts(reached),
    )


def _whereabouts(reached: Reached) -> str:
    if reached.holds(_place(doors.checkpoint)):
        return "Its model is looked for in the folder that is named, else beside this file, else in assets/checkpoints."
    if reached.holds(NAMED):
        return (
            "Its model is looked for in the folder that is named; else one of this course beside this file and in "
            "assets/checkpoints,\nanother where it is installed and on the hub."
        )
    return ""


def joined(definitions: Sequence[str]) -> str:
    """Definitions below each other: constants close together, functions and classes apart."""
    text = ""
    for before, each in zip(["", *definitions], definitions, strict=False):
        close = "\n" not in before + each
        text += ("\n" if close else "\n\n\n") + each
    return text.strip("\n")


def as_code(imports: Iterable[Import]) -> str:
    """Import statements, Python's own first."""
    lines: dict[str, list[str]] = {}
    for module, name, alias in sorted(imports):
        lines.setdefault(module, []).append(f"{name} as {alias}" if alias else name)
    code = [f"import {name}" for name in lines.pop("", [])]
    code += [f"from {module} import {', '.join(names)}" for module, names in lines.items()]
    own = [line for line in code if line.split()[1].partition(".")[0] in sys.stdlib_module_names]
    return "\n\n".join("\n".join(group) for group in (own, [line for line in code if line not in own]) if group)


def _package(imported: Import) -> str:
    top = (imported.module or imported.name).partition(".")[0]
    return "" if top in sys.stdlib_module_names else {"PIL": "pillow"}.get(top, top)


def _laid_out(value: Any, called: dict[Place, str], taken: int) -> str:
    """A value as an expression; one that is too long for a line has a line for each of its arguments."""
    text = _written(value, called)
    if len(text) + taken <= WIDTH or not isinstance(value, partial):
        return text
    lines = [f"    {name}={_written(each, called)}," for name, each in _arguments(value).items()]
    return "\n".join([f"{called[_place(value.func)]}(", *lines, ")"])


def _written(value: Any, called: dict[Place, str]) -> str:
    """What a value was made with, not what it became."""
    if isinstance(value, partial):
        arguments, name = _arguments(value), called[_place(value.func)]
    elif is_dataclass(value):
        arguments = {each.name: getattr(value, each.name) for each in fields(value)}
        name = called[_place(type(value))]
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        arguments, name = value._asdict(), called[_place(type(value))]
    elif type(value) is tuple:
        inner = ", ".join(_written(each, called) for each in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    else:
        return repr(value)
    return f"{name}({', '.join(f'{key}={_written(each, called)}' for key, each in arguments.items())})"


def _arguments(call: partial) -> dict[str, Any]:
    bound = inspect.signature(call.func).bind(*call.args, **call.keywords)
    bound.apply_defaults()
    return bound.arguments


def _things(values: Iterable[Any]) -> Iterator[Callable]:
    """The functions and classes by which written values are made."""
    for value in values:
        if isinstance(value, partial):
            yield value.func
            yield from _things((*value.args, *value.keywords.values()))
        elif isinstance(value, tuple | frozenset):
            yield from [type(value)] if hasattr(value, "_fields") else []
            yield from _things(value)
        elif is_dataclass(value):
            yield type(value)
            yield from _things(getattr(value, each.name) for each in fields(value))


def _assigned(code: str) -> set[str]:
    nodes = ast.walk(ast.parse(code))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _body(function: Callable) -> str:
    """The lines of a function without its head and its words; what it returns is kept as `shown`."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    head = ast.parse(source).body[0]
    if not isinstance(head, ast.FunctionDef):
        raise TypeError(f"{function} is no function whose lines can be shown")
    body = head.body[1:]
    lines = textwrap.dedent("\n".join(source.splitlines()[body[0].lineno - 1 :]))
    before, last = lines.rsplit("return ", 1)
    return f"{before}shown = {last}".rstrip()
