"""Taking things away: the figure as it stands, its numbers, and the computation as a program."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from core import tables
from core.direction import begins_right
from core.export.program import program
from core.trace import matrices
from pages.parts import messages, page_layout
from pages.parts.figure_file import Alone, figure_file, too_large
from pages.parts.step_viewer import StepView, StepViewer, look_of_link, step_of_link
from pages.parts.viewer import payload
from pages.server import run_queue

NPZ = "application/octet-stream"
EVERY_FONT_KNOWS = 0x250  # Latin letters end there
TOLD = 5  # letters without a font that are named
IN_ORDER = ". In every file words come in the order in which they are read"
PICTURES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def offer(
    viewer: StepViewer,
    origin: str,
    again: partial | None,
    more: Callable[[], dict[str, np.ndarray]] = dict,
    alone: Alone | None = None,
) -> None:
    """Where the numbers come from, and a menu of downloads. Nothing is made before it is asked for.

    origin  in plain words.
    again   the call of core that makes all that the step viewer shows, as a `Shown`: of it come a program and a notebook;
            None = neither is offered.
    more    makes tensors that the NPZ holds beside those of the step viewer.
    alone   what stands in the file that opens by itself, where that is not the step viewer.
    """
    with st.container(key=f"under_step_viewer_{viewer.lesson}", horizontal=True, vertical_alignment="center"):
        st.caption(messages.literal(origin))
        menu = st.popover("Take it away", icon=":material/download:", key=f"{viewer.lesson}_menu", on_change="rerun")
    if not menu.open:
        return
    # several menus of a page can be open at once
    offered = "downloads" if again is None else "downloads_and_programs"
    with menu, st.container(key=f"{offered}_of_{viewer.lesson}"):
        step_view = viewer.views[step_of_link(viewer)]
        looked = look_of_link(viewer.focus)
        name = f"attention-lab-{viewer.lesson}-{step_view.label}".replace(" ", "-").replace(",", "")
        st.caption("The figure of the step that is shown, drawn for paper")
        with st.container(horizontal=True):
            for kind, mime in PICTURES.items():
                button(
                    kind.upper(),
                    lambda kind=kind: _picture(viewer, step_view, looked, kind),
                    f"{name}.{kind}",
                    mime,
                )
        if boxes := _without_font(viewer, step_view):
            st.caption(messages.literal(boxes))
        st.caption("Its numbers; in the NPZ, all tensors of the page" + (IN_ORDER if _begins_right(viewer) else ""))
        with st.container(horizontal=True):
            button("CSV", lambda: as_csv(viewer, step_view), f"{name}.csv", "text/csv")
            button("NPZ", lambda: as_npz(viewer, more()), f"attention-lab-{viewer.lesson}.npz", NPZ)
        title, question = page_layout.heading()
        here = alone or Alone("step_viewer", partial(_standing, viewer, step_of_link(viewer), looked))
        file_of(here, name, (title, question, origin))
        if again is None:
            return
        name = f"attention_lab_{viewer.lesson}"
        st.caption("The computation as a program that prints the same numbers")
        button(
            "Python",
            lambda: program(f"{title}. {question}", origin, again).encode(),
            f"{name}.py",
            "text/x-python",
        )
        st.caption("The page as a notebook, with your input and a figure for every step")
        button(
            "Notebook",
            lambda: _notebook(title, question, origin, viewer, looked, again),
            f"{name}.ipynb",
            "application/x-ipynb+json",
        )


def offer_file(alone: Alone, name: str, origin: str, called: str = "") -> None:
    """A menu with the file alone, under a figure of which nothing else is taken away.

    origin   as of `offer`; called: what the figure is called, where it is not what the page asks.
    """
    menu = st.popover("Take it away", icon=":material/download:", key=f"{name}_menu", on_change="rerun")
    if menu.open:
        title, question = page_layout.heading()
        with menu:
            file_of(alone, f"attention-lab-{name}".replace("_", "-"), (title, called or question, origin))


def file_of(alone: Alone, name: str, words: tuple[str, str, str]) -> None:
    """The figure in a file of its own, or why there is none. words: title, question and origin, which stand around it."""
    try:
        made = alone.make()
        if said := too_large(len(made), alone.room, alone.or_npz):
            raise ValueError(said)
    except ValueError as error:
        st.caption(messages.literal(f"{error}."))
        return
    st.caption(f"The figure as one file that a double click opens, offline: {alone.works} work in it")
    button("HTML", lambda: figure_file(alone, made, *words), f"{name}.html", "text/html")


def _standing(viewer: StepViewer, step: int, looked: dict[str, int]) -> bytes:
    """The step viewer where nobody computes anew what is edited."""
    return payload(replace(viewer, editable=False, reorderable=False), step, looked)


def button(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(label, run_queue.queued(make), name, mime, on_click="ignore", key=f"download_{name}")


def _begins_right(viewer: StepViewer) -> bool:
    return any(begins_right(token.text for token in words) for words in viewer.tokens.values())


def _without_font(viewer: StepViewer, step_view: StepView) -> str:
    """What is said of letters that this server cannot draw; "" where it can draw all."""
    written = step_view.texts(viewer.tokens)
    if all(ord(letter) < EVERY_FONT_KNOWS for text in written for letter in text):
        return ""
    from pages.parts import fonts  # it looks into them by matplotlib

    letters = fonts.chosen(written)[1]
    some = " ".join(letters[:TOLD]) + (f" and {len(letters) - TOLD} more" if len(letters) > TOLD else "")
    return (
        f"No font on this server can draw {some}: PDF and PNG show boxes there, the SVG keeps the letters"
        if some
        else ""
    )


def _picture(viewer: StepViewer, step_view: StepView, looked: dict[str, int], kind: str) -> bytes:
    # matplotlib takes a quarter of a second to import and is needed here alone
    from pages.parts.figure_export import picture

    return picture(viewer, step_view, looked, kind)


def _notebook(
    title: str, question: str, origin: str, viewer: StepViewer, looked: dict[str, int], again: partial
) -> bytes:
    from pages.parts.notebook import as_notebook  # it draws with matplotlib

    return as_notebook(title, question, origin, viewer, looked, again)


def as_csv(viewer: StepViewer, step_view: StepView) -> bytes:
    """The matrices of a step view, each under its name, with the tokens beside and above its numbers."""
    tensors = matrices(viewer.steps) | dict(viewer.tensors)
    listed: list[Sequence] = list(step_view.view.listed())
    for part in step_view.view.numbers:
        array = tensors[part.tensor]
        for head, matrix in enumerate(array if array.ndim == 3 else array[None]):
            name = f"{part.tensor}, head {head}" if array.ndim == 3 else part.tensor
            rows = [token.text for token in viewer.tokens.get(part.rows or "queries", [])]
            above = [token.text for token in viewer.tokens.get(part.columns or "", [])]
            listed.append([name, *(above or part.above(matrix.shape[1]))])
            listed += ([rows[i], *row] for i, row in enumerate(part.words or ()))
            listed += ([rows[i] if i < len(rows) else i, *(f"{x:.7g}" for x in row)] for i, row in enumerate(matrix))
    return tables.as_csv(listed)


def as_npz(viewer: StepViewer, more: Mapping[str, np.ndarray]) -> bytes:
    """All tensors of the lesson and the tokens of each axis."""
    out = io.BytesIO()
    words = {f"tokens_{axis}": np.array([token.text for token in tokens]) for axis, tokens in viewer.tokens.items()}
    np.savez_compressed(out, allow_pickle=False, **(matrices(viewer.steps) | dict(viewer.tensors) | dict(more) | words))
    return out.getvalue()
