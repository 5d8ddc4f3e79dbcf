"""The lines of code that computed each tensor, taken from the source itself: the code shown is the code run."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of source and the names that it assigns."""

    text: str
    assigns: tuple[str, ...]


def lines_that_ran(function: Callable[..., Any], names: tuple[str, ...], given: Mapping[str, Any]) -> list[Line]:
    """The lines of a function that assign one of the names, in order, as they stand in its source.

    Those inside a loop stand, indented, under the line that begins it.

    given   the arguments of the call. A block `if argument is not None:` is left out when that argument was None, and
            shown without its `if` when it was not. Of `a = b if argument is None else c` the side is shown that was
            taken; where that is `a = b` and nobody asks for a, b stands for a in what follows. What only gives an
            argument its default, `a = b if argument is None else argument`, goes by the argument's name.
    """
    present = frozenset(name for name, value in given.items() if value is not None)
    return list(_lines(function, names, present))


@lru_cache(maxsize=128)
def _lines(function: Callable[..., Any], names: tuple[str, ...], present: frozenset[str]) -> tuple[Line, ...]:
    body, source = _body(function)
    return tuple(_kept(body, source, names, present, {}))


def _body(function: Callable[..., Any]) -> tuple[list[ast.stmt], str]:
    """The statements of a function, and the source in which they stand."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    (whole,) = ast.parse(source).body
    if not isinstance(whole, ast.FunctionDef):
        raise ValueError(f"{function} is not written as a function: its lines cannot be shown")
    return whole.body, source


def _segment(source: str, node: ast.AST) -> str:
    """A piece of source as it was written."""
    return ast.get_source_segment(source, node) or ast.unparse(node)


def marked(lines: Iterable[Line], made: Mapping[str, str]) -> list[Line]:
    """The same lines, marked by steps of a trace. made: the step for each assigned name that is called otherwise."""
    return [Line(line.text, tuple(dict.fromkeys(made.get(name, name) for name in line.assigns))) for line in lines]


def returned(function: Callable[..., Any]) -> str:
    """What a short function returns, as it stands in its source."""
    body, source = _body(function)
    return _segment(source, body[-1])


def _kept(
    body: list[ast.stmt], source: str, names: tuple[str, ...], present: frozenset[str], means: dict[str, str]
) -> list[Line]:
    """means: what the names of lines that are left out stand for; it grows on the way."""
    found = []
    for statement in body:
        if isinstance(statement, ast.For):
            inside = _kept(statement.body, source, names, present, means)
            begins = Line(f"for {ast.unparse(statement.target)} in {ast.unparse(statement.iter)}:", ())
            indented = [Line(textwrap.indent(line.text, "    "), line.assigns) for line in inside]
            found += [begins, *indented] if inside else []
        elif isinstance(statement, ast.If) and (argument := _tested_argument(statement)) is not None:
            found += _kept(statement.body, source, names, present, means) if argument in present else []
        elif (choice := _choice(statement)) is not None:
            name, argument, without, with_it = choice
            taken = _meant(_segment(source, with_it if argument in present else without), means)
            if isinstance(with_it, ast.Name) and with_it.id == argument:
                means[name] = argument
            elif name in names or argument in present:
                found.append(Line(f"{name} = {taken}", (name,) if name in names else ()))
            else:
                means[name] = taken
        elif assigned := tuple(name for name in _assigned(statement) if name in names):
            found.append(Line(_meant(_segment(source, statement), means), assigned))
    return found


def _meant(text: str, means: Mapping[str, str]) -> str:
    """A piece of source in which other names stand for those of lines that are left out."""
    return re.sub(r"\w+", lambda word: means.get(word[0], word[0]), text)


def _choice(statement: ast.stmt) -> tuple[str, str, ast.expr, ast.expr] | None:
    """The a, the argument, the b and the c of `a = b if argument is None else c`."""
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.IfExp(
                test=ast.Compare(left=ast.Name(id=argument), ops=[ast.Is()], comparators=[ast.Constant(value=None)]),
                body=without,
                orelse=with_it,
            ),
        ):
            return name, argument, without, with_it
    return None


def _tested_argument(statement: ast.stmt) -> str | None:
    """The x of `if x is not None:`."""
    match statement:
        case ast.If(
            test=ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)])
        ):
            return name
    return None


def _assigned(statement: ast.stmt) -> list[str]:
    if not isinstance(statement, ast.Assign):
        return []
    return [node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)]
