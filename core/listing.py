"""Functions as they stand in the source, each line knowing the tensors that it makes: the code shown is the code run."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of source and the steps of a trace whose tensors its statement makes."""

    text: str
    makes: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """One whole function as it stands, without its words and decorators."""

    name: str
    lines: tuple[Line, ...]

    @cached_property
    def makes(self) -> frozenset[str]:
        """All steps that it makes."""
        return frozenset(name for line in self.lines for name in line.makes)


def ran(function: Callable[..., Any], returns: str = "", **steps: str) -> Code:
    """A function that ran. A line that assigns a name makes the step of that name.

    function  of a partial, the function whose arguments it brings.
    steps     {name in the code: step} where the two are called differently; returns: the step that it returns.
    """
    while isinstance(function, partial):
        function = function.func
    return _code(inspect.unwrap(function), returns, tuple(steps.items()))


@lru_cache(maxsize=128)
def _code(function: Callable[..., Any], returns: str, steps: tuple[tuple[str, str], ...]) -> Code:
    source = textwrap.dedent(inspect.getsource(function))
    (tree,) = ast.parse(source).body
    if not isinstance(tree, ast.FunctionDef):
        raise ValueError(f"{function} is not written as a function: its lines cannot be shown")
    text, called = source.splitlines(), dict(steps)
    makes: dict[int, tuple[str, ...]] = {}
    for statement in ast.walk(tree):
        names = [called.get(name, name) for name in _assigned(statement)]
        if isinstance(statement, ast.Return) and returns:
            names = [returns]
        if names and isinstance(statement, ast.stmt):
            for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                makes[number] = tuple(dict.fromkeys((*makes.get(number, ()), *names)))
    words = tree.body[0] if ast.get_docstring(tree) is not None else None
    left_out = set(range(words.lineno, (words.end_lineno or 0) + 1)) if words else set()
    numbers = [n for n in range(tree.lineno, len(text) + 1) if n not in left_out]
    return Code(tree.name, tuple(Line(text[n - 1], makes.get(n, ())) for n in numbers))


def _assigned(statement: ast.AST) -> list[str]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
