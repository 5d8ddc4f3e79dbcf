"""A lesson as a notebook: its words, its numbers computed again by the same calls, and a figure for every step."""

from functools import partial

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from core.export.cells import FUTURE, cells_of
from core.sources import SOURCES
from pages.parts import drawing
from pages.parts.formula import latex
from pages.parts.messages import literal
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.views import View

NAMED = "NAMED = None  # the folder that holds the model, where it is not found without"
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
# what of a view says how it is drawn, and what its words, nodes and series are called where they are computed anew
DRAWN_BY = (
    *("tensor", "scale", "rows", "columns", "hidden", "limit", "label", "labelled", "values", "outputs"),
    *("picture", "side", "strip", "plain", "role", "dashed", "across", "up", "start", "every"),
)
COMPUTED = {"words": "shown.words", "nodes": "shown.nodes", "series": "shown.series"}


def as_notebook(
    title: str, question: str, origin: str, viewer: StepViewer, looked: dict[str, int], again: partial
) -> bytes:
    """The file. again: the call of core that makes everything that the step viewer shows, as a `Shown`."""
    painters = {drawing.PAINTERS[step_view.view["kind"]] for step_view in viewer.views}
    cells = cells_of(again, (drawing.draw, *sorted(painters, key=lambda painter: painter.__name__)))
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
        _words("How figures are drawn: the source that draws those to take away from the page."),
        new_code_cell(f"{FUTURE}\n\n{cells.more}"),
        _words("What you gave."),
        new_code_cell(f"{cells.given}\nlooked = {looked!r}  # the cell that stood out on the page"),
        _words("What is computed, by the calls that the page made."),
        new_code_cell(cells.computed),
    ]
    for number, step_view in enumerate(viewer.views, 1):
        written += [_words(_told(number, step_view, viewer)), new_code_cell(_code(step_view, viewer))]
    notebook = new_notebook(cells=written, metadata=KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # the same page, the same file
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def _words(text: str) -> NotebookNode:
    return new_markdown_cell(text)


def _told(number: int, step_view: StepView, viewer: StepViewer) -> str:
    """The title of a step, its formulas, what to notice, where it comes from."""
    made = step_view.instead or viewer.computation
    declared = {step.name: step for step in made.steps}
    steps = [declared[name] for name in step_view.steps]
    parts = [f"## {number}. {step_view.title or steps[0].title}"]
    parts += [f"$$ {latex(made.steps, step.name, made.symbols, made.formulas)} $$" for step in steps]
    parts.append(literal("".join(span[0] for span in step_view.notice)))
    sources = {step.source: SOURCES[step.source] for step in steps}.values()
    parts += [f"Source: [{source.short}]({source.url}), *{source.title}*" for source in sources]
    return "\n\n".join(parts)


def _code(step_view: StepView, viewer: StepViewer) -> str:
    """Draw the figure, then say its numbers."""
    title = step_view.title or next(step.title for step in viewer.steps if step.name == step_view.steps[0])
    painter = drawing.PAINTERS[step_view.view["kind"]].__name__
    names = list(dict.fromkeys(part["tensor"] for part in step_view.view.get("tables") or [step_view.view]))
    numbers = ", ".join(f"shown.tensors[{name!r}]" for name in names)
    return f"draw({painter}, {title!r}, {_view(step_view.view)}, shown, looked)\n{numbers}"


def _view(view: View) -> str:
    """A view as a program says it: what decides how it looks, and where its words are computed, not the words."""
    parts = [f"{name!r}: {view[name]!r}" for name in DRAWN_BY if name in view]
    parts += [f"{name!r}: {found}" for name, found in COMPUTED.items() if name in view]
    if "tables" in view:
        parts.append(f"'tables': [{', '.join(map(_view, view['tables']))}]")
    return f"{{{', '.join(parts)}}}"
