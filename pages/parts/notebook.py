"""A lesson as a notebook: its words, its numbers computed again by the same calls, and a figure for every step."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from core.direction import has_leftward, isolated
from core.export.cells import FUTURE, cells_of
from core.lessons.shown import Shown
from core.sources import SOURCES
from pages.parts import drawing
from pages.parts.formula import latex
from pages.parts.messages import literal
from pages.parts.step_viewer import StepView, StepViewer

NAMED = "NAMED = None  # the folder that holds the model, where it is not found without"
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
COMPUTED = {each.name for each in fields(Shown)}  # what is found in `shown` is not said again


def as_notebook(
    title: str, question: str, origin: str, viewer: StepViewer, looked: dict[str, int], again: partial
) -> bytes:
    """The file. again: the call of core that makes everything that the step viewer shows, as a `Shown`."""
    views = [step_view.view for step_view in viewer.views]
    drawn_by = {drawing.PAINTERS[type(view)] for view in views} | {each for view in views for each in _classes(view)}
    cells = cells_of(again, (drawing.draw, *sorted(drawn_by, key=_name)))
    named = f"\n\n{NAMED}" if cells.models else ""
    written = [
        _words(
            f"# {title}\n\n*{question}*\n\n{literal(origin)}.\n\n"
            "Made by Attention Lab with your own input and settings. It runs by itself. Needed: "
            f"{', '.join(cells.packages)}. {cells.models}"
        ),
        new_code_cell(f"{cells.imports}{named}"),
        _words("Every function that is called below, whole, as it ran."),
        new_code_cell(f"{FUTURE}\n\n{cells.needed}"),
        _words(f"How figures are drawn: the source that draws those to take away from the page.{_shaped(viewer)}"),
        new_code_cell(f"{FUTURE}\n\n{cells.more}"),
        _words("What you gave."),
        new_code_cell(f"{cells.given}\nlooked = {looked!r}  # the cell that stood out on the page"),
        _words("What is computed, by the calls that the page made."),
        new_code_cell(cells.computed),
    ]
    for number, step_view in enumerate(viewer.views, 1):
        written += [_words(_told(number, step_view, viewer)), new_code_cell(_code(step_view, viewer, cells.called))]
    notebook = new_notebook(cells=written, metadata=KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # the same page, the same file
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def _shaped(viewer: StepViewer) -> str:
    """What draws words that are written from right to left."""
    written = any(has_leftward(token.text) for words in viewer.tokens.values() for token in words)
    return (
        " Matplotlib draws words from right to left, with their letters joined, since its version 3.11."
        if written
        else ""
    )


def _name(each: Callable) -> str:
    """What a function or a class is called."""
    return getattr(each, "__name__", "")


def _words(text: str) -> NotebookNode:
    return new_markdown_cell(text)


def _told(number: int, step_view: StepView, viewer: StepViewer) -> str:
    """The title of a step, its formulas, what to notice, where it comes from and where it departs from there."""
    made = step_view.instead or viewer.computation
    declared = {step.name: step for step in made.steps}
    steps = [declared[name] for name in step_view.steps]
    parts = [f"## {number}. {step_view.title or steps[0].title}"]
    names = {name: f"{letter} = " for name, letter in made.symbols.items()}
    parts += [
        f"$$ {names.get(step.name, '')}{latex(made.steps, step.name, made.symbols, made.formulas)} $$" for step in steps
    ]
    parts.append(literal("".join(isolated(span[0]) for span in step_view.notice)))
    sources = {step.source: SOURCES[step.source] for step in steps}.values()
    parts += [f"Source: [{source.short}]({source.url}), *{source.title}*" for source in sources]
    parts += [f"As we do it: {step.ours}." for step in steps if step.ours]
    return "\n\n".join(parts)


def _code(step_view: StepView, viewer: StepViewer, called: Mapping[Callable, str]) -> str:
    """Draw the figure, then say its numbers."""
    title = step_view.title or next(step.title for step in viewer.steps if step.name == step_view.steps[0])
    painter = called[drawing.PAINTERS[type(step_view.view)]]
    names = dict.fromkeys(part.tensor for part in step_view.view.parts)
    numbers = ", ".join(f"shown.tensors[{name!r}]" for name in names)
    return f"draw({painter}, {title!r}, {_written(step_view.view, called)}, shown, looked)\n{numbers}"


def _written(value: Any, called: Mapping[Callable, str]) -> str:
    """A view as a program says it: what is not said is as usual, and what is computed anew stands in `shown`."""
    if isinstance(value, tuple):
        return f"({''.join(f'{_written(each, called)}, ' for each in value).rstrip()})"
    if not is_dataclass(value):
        return repr(value)
    asked = [each for each in fields(value) if each.init and getattr(value, each.name) != each.default]
    parts = [
        f"{each.name}="
        + (f"shown.{each.name}" if each.name in COMPUTED else _written(getattr(value, each.name), called))
        for each in asked
    ]
    return f"{called[type(value)]}({', '.join(parts)})"


def _classes(value: Any) -> Iterator[type]:
    """The classes by which a view is written."""
    if isinstance(value, tuple):
        for each in value:
            yield from _classes(each)
    elif is_dataclass(value):
        yield type(value)
        for each in fields(value):
            yield from _classes(getattr(value, each.name))
