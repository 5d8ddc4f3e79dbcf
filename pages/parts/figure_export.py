"""Figures to take away, drawn by matplotlib from the same trace as the figure on the screen, fit for a paper."""

import io
import threading
import warnings
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from core.direction import isolated_in_svg
from core.trace import matrices
from pages.parts import fonts
from pages.parts.drawing import PAINTERS, SIZE, lettered
from pages.parts.step_viewer import StepView, StepViewer

# style and warnings are settings of the whole process, which other visitors share
_drawing = threading.Lock()


def picture(viewer: StepViewer, step_view: StepView, looked: dict[str, int], kind: str) -> bytes:
    """One step view as "svg", "pdf" or "png", with the cell that is looked at outlined."""
    style: dict[RcKeyType, Any] = {
        "font.family": fonts.chosen(step_view.texts(viewer.tokens))[0],
        "font.size": 9,
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "hatch.linewidth": 0.5,
    }
    out = io.BytesIO()
    with _drawing, rc_context(style), warnings.catch_warnings():
        # a letter that no installed font knows is drawn as a box, as the menu says; the SVG keeps the letter
        warnings.filterwarnings("ignore", message=".*missing from font.*")
        figure(viewer, step_view, looked).savefig(out, format=kind, dpi=200, bbox_inches="tight", metadata=None)
    return isolated_in_svg(out.getvalue().decode()).encode() if kind == "svg" else out.getvalue()


def figure(viewer: StepViewer, step_view: StepView, looked: dict[str, int]) -> Figure:
    """One step view, drawn."""
    drawn = Figure(figsize=SIZE, layout="constrained")
    title = step_view.title or next(step.title for step in viewer.steps if step.name == step_view.steps[0])
    drawn.suptitle(lettered(title), fontsize=11)
    tokens = {axis: [token.text for token in words] for axis, words in viewer.tokens.items()}
    PAINTERS[type(step_view.view)](drawn, step_view.view, matrices(viewer.steps) | dict(viewer.tensors), tokens, looked)
    return drawn
