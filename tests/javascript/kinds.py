"""The kinds of figures as types for the JavaScript, made of the classes of `pages.parts.figures`.

python -m tests.javascript.kinds     writes them
"""

import inspect
import types
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from core.lessons.shown import Box, Candidate, Mark, Series
from pages.parts.figures import kinds, view

FILE = Path(__file__).parents[2] / "assets" / "components" / "kit" / "figure_kinds.js"
HEAD = """// What Python says of a figure: made of the classes of pages/parts/figures by `python -m tests.javascript.kinds`, never
// by hand.
"""
CHOICES = {"Scale": view.Scale, "Readout": view.Readout, "Arrangement": kinds.Arrangement, "Margin": kinds.Margin}
NAMES = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
SHARED = {view.View: "OfAny"}  # `View` is any one of the kinds


def leaves(cls: type[view.View]) -> list[type[view.View]]:
    """The classes below one that no other is made of."""
    below = cls.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [cls]


KINDS = sorted(leaves(view.View), key=lambda kind: kind.__name__)
PARTS = [view.Drawn, kinds.Operand, kinds.Table, kinds.Dial]


def one_of(choice: Any) -> str:
    """The words of a choice."""
    return " | ".join(f'"{each}"' for each in get_args(choice))


def said(hint: Any) -> str:
    """A type of Python as one of JavaScript."""
    for name, choice in CHOICES.items():
        if hint == choice:
            return name
    if get_origin(hint) is Literal:
        return one_of(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return " | ".join(said(each) for each in get_args(hint))
    if get_origin(hint):  # a list or a sequence
        return f"{said(get_args(hint)[0])}[]"
    return NAMES.get(hint) or hint.__name__


def own_fields(cls: type[view.Drawn | view.View]) -> Iterator[str]:
    """What a class says beyond those that it is made of. A field that may be None does not travel then."""
    hints = get_type_hints(cls)
    for each in fields(cls):
        if each.name in cls.__annotations__:
            hint = hints[each.name]
            optional = each.default is None
            told = [one for one in get_args(hint) if one is not types.NoneType] if optional else [hint]
            yield f"{each.name.rstrip('_')}{'?' if optional else ''}: {' | '.join(map(said, told))}"


def bases(cls: type) -> list[str]:
    """What a class is made of, by the names of JavaScript."""
    made_of = [base for base in cls.__mro__[1:] if base in (view.Drawn, view.View)]
    return [SHARED.get(base, base.__name__) for base in reversed(made_of)]


def typedef(doc: str, type_: str, name: str) -> str:
    """A type under its name, with what is to be known of it."""
    told = [f" * {line}".rstrip() for line in [*doc.splitlines(), ""]] if doc else []
    return "\n".join(["/**", *told, f" * @typedef {{{type_}}} {name}", " */"])


def record(lines: list[str]) -> str:
    """An object of these fields."""
    return "{\n" + "".join(f" *   {line},\n" for line in lines) + " * }"


def doc_of(cls: type) -> str:
    """The docstring as it reads, without the room before its lines."""
    return inspect.cleandoc(cls.__doc__ or "")


def written() -> str:
    """The whole file."""
    parts = [typedef("", one_of(choice), name) for name, choice in CHOICES.items()]
    for each in (Box, Candidate, Series, Mark):
        assert is_typeddict(each)
        lines = [f"{name}: {said(hint)}" for name, hint in get_type_hints(each).items()]
        parts.append(typedef(doc_of(each), record(lines), each.__name__))
    for each in (*PARTS, view.View, *KINDS):
        kind = [f'kind: "{each.__name__.lower()}"'] if each in KINDS else []
        name = SHARED.get(each, each.__name__)
        parts.append(typedef(doc_of(each), " & ".join([*bases(each), record([*kind, *own_fields(each)])]), name))
    parts.append(typedef("", " | ".join(each.__name__ for each in KINDS), "View"))
    return "\n".join([HEAD, *(f"{part}\n" for part in parts), "export {};\n"])


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
