"""The source of everything that a call reaches in this project, whole, as it stands, in an order in which it works.

A definition is found by following names: those that its code looks up are found in its module, or through the imports
there in another one. What other packages bring is imported; what stands at a border (`core.export.doors`) is replaced.
Annotations are not followed: the cells begin with `from __future__ import annotations`, so nobody looks them up.

Modules are rooms of their own and an export is one room. A name that means two things there is told apart for the one
that came later, by the name of its module; a module is a `SimpleNamespace` of what is asked of it.
"""

import __future__

import ast
import dis
import importlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Final, NamedTuple

from core import settings

PROJECT: Final = ("core", "pages")
_RUN_WHERE_THEY_STAND: Final = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")  # functions, as Python sees it


class Place(NamedTuple):
    """A name in a module of this project."""

    module: str
    name: str


# whom a name belongs to: a module of this project, or a place in one or in another package
Owner = str | tuple[str, str]


class Import(NamedTuple):
    """A name that another package brings; module is "" for a module itself."""

    module: str
    name: str
    alias: str


@dataclass(eq=False)
class Definition:
    """A function, a class or a constant of this project.

    source    its code.
    at_once   what must be there before it; later: what it looks up when it is called.
    """

    source: str = ""
    is_function: bool = False
    at_once: list["Definition"] = field(default_factory=list)
    later: list["Definition"] = field(default_factory=list)


@dataclass(eq=False)
class Room(Definition):
    """A module that is asked for names. name: what it is called; members: what is asked of it, and its name here."""

    name: str = ""
    members: dict[str, str] = field(default_factory=dict)


class Reached:
    """Everything that was reached from the names that were asked for.

    instead   what stands in whose place.
    given     names that mean something else already.
    absent    a name that a cell sets by itself.
    """

    def __init__(self, instead: Mapping[Place, Place], given: Iterable[str], absent: Place):
        self.imports: set[Import] = set()
        self._absent = absent
        self._instead = instead
        self._owners: dict[str, Owner | None] = dict.fromkeys(given)
        self._called: dict[Owner, str] = {}
        self._definitions: dict[tuple[str, int], Definition] = {}
        self._rooms: dict[str, Room] = {}

    def follow(self, module: str, name: str, member: str | None = None) -> tuple[str, Definition | None]:
        """What a name of a module is called here, and its definition; None for what others or Python itself bring.

        member   what is asked of it, where the name is that of another module.
        """
        called, at = self.claim(module, name)
        bound = _bound(at.module).get(at.name)
        match bound:
            case None:
                return called, None
            case ast.Import() | ast.ImportFrom() if inner := _module_named(bound, at.name):
                return called, self._room(called, inner, member)
            case ast.Import() | ast.ImportFrom():
                imported = _imported(bound, at.name)
                package = getattr(bound, "module", None) or ""
                self.imports.add(Import(package, imported, "" if called == imported else called))
                return called, None
        return called, None if at == self._absent else self._definition(at.module, bound)

    def claim(self, module: str, name: str) -> tuple[str, Place]:
        """What a name of a module is called here, and the place at which it is bound to what it means."""
        if place := self._instead.get(Place(module, name)):
            return self.claim(*place)
        at = Place(module, name)
        bound = _bound(module).get(name)
        if isinstance(bound, ast.Import | ast.ImportFrom):
            inner, ours = _module_named(bound, name), _our_module(bound)
            if inner or ours is None:
                return self._name(inner or (getattr(bound, "module", ""), _imported(bound, name)), name), at
            return self.claim(ours, _imported(bound, name))
        return (self.called(at) if bound else name), at

    def _room(self, called: str, module: str, member: str | None) -> Room:
        if module not in self._rooms:
            self._rooms[module] = Room(name=called)
            self.imports.add(Import("types", "SimpleNamespace", ""))
        room = self._rooms[module]
        if member and member not in room.members:
            room.members[member], definition = self.follow(module, member)
            room.at_once += [definition] if definition else []
        return room

    def _definition(self, module: str, bound: ast.stmt) -> Definition:
        key = (module, bound.lineno)
        if key not in self._definitions:
            found = self._definitions[key] = Definition(is_function=isinstance(bound, ast.FunctionDef))
            names = [name for name, each in _bound(module).items() if each is bound]
            names_here = {name: self.called(Place(module, name)) for name in names}
            if _depends_on_its_place(module, bound):
                values = vars(importlib.import_module(module))
                found.source = "\n".join(f"{names_here[name]} = {values[name]!r}" for name in names)
                return found
            code = _compiled(bound)
            for name, member, at_once in looked_up(code):
                names_here[name], needed = self.follow(module, name, member)
                if needed and needed is not found:
                    (found.at_once if at_once else found.later).append(needed)
            found.source = renamed_in(_text(module, bound), names_here)
        return self._definitions[key]

    def holds(self, place: Place) -> bool:
        """Whether a name was reached."""
        return place in self._called

    def called(self, place: Place) -> str:
        """What a definition is called here."""
        return self._name(place, place.name)

    def _name(self, owner: Owner, wanted: str) -> str:
        """What something is called here: as in its own module, unless that name is taken."""
        if owner not in self._called:
            room = owner.rpartition(".")[0] if isinstance(owner, str) else owner[0]
            first = room.rpartition(".")[2] or "other"
            while wanted in self._owners:
                wanted = f"{first}_{wanted}"
            self._owners[wanted] = owner
            self._called[owner] = wanted
        return self._called[owner]


def looked_up(code: CodeType, at_once: bool = True) -> Iterator[tuple[str, str | None, bool]]:
    """Every global name that code looks up, what it asks of it first, and whether that is when it is defined."""
    instructions = list(dis.get_instructions(code))
    for place, each in enumerate(instructions):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            after = instructions[place + 1]
            member = after.argval if after.opname in ("LOAD_ATTR", "LOAD_METHOD") else None
            yield each.argval, member, at_once
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            runs_here = not inner.co_flags & inspect.CO_OPTIMIZED or inner.co_name in _RUN_WHERE_THEY_STAND
            yield from looked_up(inner, at_once and runs_here)


def in_order(roots: Iterable[Definition], placed: set[Definition]) -> list[str]:
    """The code of what was reached: who calls before who is called, but what is needed at once before who needs it.

    Rooms stand at the end, where nothing needs them earlier.
    placed   what is there already; what is returned joins it.
    """
    order: list[Definition] = []
    visited = set(placed)

    def place(each: Definition) -> None:
        if each in placed:
            return
        placed.add(each)
        for needed in each.at_once:
            # a constant may call what it names, the default of a function is only named
            place(needed) if each.is_function else place_with_all(needed, set())
        order.append(each)

    def place_with_all(each: Definition, seen: set[Definition]) -> None:
        if each not in seen:
            seen.add(each)
            place(each)
            for needed in (*each.at_once, *each.later):
                place_with_all(needed, seen)

    def visit(each: Definition) -> None:
        if each not in visited:
            visited.add(each)
            if not isinstance(each, Room):
                place(each)
            for needed in (*each.at_once, *each.later):
                visit(needed)

    for root in roots:
        visit(root)
    for room in sorted((each for each in visited - placed if isinstance(each, Room)), key=lambda room: room.name):
        place(room)
    return [_room_code(each) if isinstance(each, Room) else each.source for each in order]


def _room_code(room: Room) -> str:
    members = ", ".join(f"{name}={called}" for name, called in sorted(room.members.items()))
    return f"{room.name} = SimpleNamespace({members})"


def renamed_in(source: str, names: Mapping[str, str]) -> str:
    """The same code with other names for what it defines or looks up."""
    names = {old: new for old, new in names.items() if old != new}
    if not names:
        return source
    tree = ast.parse(source)
    if local := names.keys() & set(
        _locals(compile(tree, "<cell>", "exec", __future__.annotations.compiler_flag, True))
    ):
        raise ValueError(f"{', '.join(local)} is a name of its own inside of what is called so: rename it there")
    lines = [line.encode() for line in source.split("\n")]
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line, start, name = lines[node.lineno - 1], node.col_offset, node.id.encode()
        if not line.startswith(name, start):  # Python 3.11 does not know where it stands in some f-strings
            raise ValueError(f"{node.id} cannot be told apart in {line.decode().strip()!r}: rename it there")
        lines[node.lineno - 1] = line[:start] + names[node.id].encode() + line[start + len(name) :]
    text = b"\n".join(lines).decode()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name in names:
            # a remark before it may say the name, too
            kind = "class" if isinstance(statement, ast.ClassDef) else "def"
            text = text.replace(f"{kind} {statement.name}", f"{kind} {names[statement.name]}", 1)
    return text


def _locals(code: CodeType) -> Iterator[str]:
    yield from (*code.co_varnames, *code.co_cellvars)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _locals(inner)


def _compiled(statement: ast.stmt) -> CodeType:
    return compile(ast.Module([statement], []), "<cell>", "exec", __future__.annotations.compiler_flag, True)


def _depends_on_its_place(module: str, statement: ast.stmt) -> bool:
    """Whether a constant is another one elsewhere: a setting of this server, or what lies beside its module."""
    if module == settings.__name__:
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    names = [name for name, _, at_once in looked_up(_compiled(statement)) if at_once]
    others = [_bound(module).get(name) for name in names]
    return "__file__" in names or any(_depends_on_its_place(module, each) for each in others if each)


@cache
def _bound(module: str) -> dict[str, ast.stmt]:
    """The statement that binds each name of a module."""
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(_lines(module)).body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                found |= {alias.asname or alias.name: statement for alias in statement.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = statement
            case ast.Assign(targets=targets):
                nodes = [node for target in targets for node in ast.walk(target)]
                found |= {node.id: statement for node in nodes if isinstance(node, ast.Name)}
    return found


@cache
def _lines(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


def _text(module: str, statement: ast.stmt) -> str:
    """A statement with the comment that stands above it."""
    lines = _lines(module).splitlines()
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(lines[first : statement.end_lineno])


def _our_module(bound: ast.Import | ast.ImportFrom) -> str | None:
    """The module of this project that it imports from, if it is one."""
    module = bound.module if isinstance(bound, ast.ImportFrom) else None
    return module if module and module.partition(".")[0] in PROJECT else None


def _imported(bound: ast.Import | ast.ImportFrom, name: str) -> str:
    """What a name is called where it is imported from."""
    return next(each.name for each in bound.names if name == (each.asname or each.name))


def _module_named(bound: ast.Import | ast.ImportFrom, name: str) -> str | None:
    """The module of this project that an imported name stands for, if it is one."""
    ours = _our_module(bound)
    if ours is None:
        return None
    value = getattr(importlib.import_module(ours), _imported(bound, name), None)
    return value.__name__ if inspect.ismodule(value) else None
