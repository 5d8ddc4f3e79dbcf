"""Figures to take away, drawn by matplotlib from the same trace as the figure on the screen, fit for a paper."""

import io
import threading
import tomllib
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pages.parts.stage import Frame, Stage, Token, limit, matrices
from pages.parts.views import View

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
LONGEST_LABELLED = 64  # axes of more tokens than this carry no words
_NUMBERED = 6  # cells side by side of a picture, beyond which their numbers are too small to be read
# the first of these that is installed and knows a letter draws it
FONTS = (
    "Source Sans 3",
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
)


@cache
def _palette() -> dict[str, Any]:
    """The light theme, which is the one for paper."""
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]["light"]


@cache
def _maps() -> dict[str, LinearSegmentedColormap]:
    palette = _palette()
    sequential = LinearSegmentedColormap.from_list("weights", palette["chartSequentialColors"])
    diverging = LinearSegmentedColormap.from_list("signed", palette["chartDivergingColors"])
    return {"weights": sequential, "share": sequential, "signed": diverging}


@cache
def _fonts() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in installed] or ["sans-serif"]


# style and warnings are settings of the whole process, which other visitors share
_drawing = threading.Lock()


def picture(stage: Stage, frame: Frame, looked: dict[str, int], kind: str) -> bytes:
    """One frame as "svg", "pdf" or "png", with the cell that is looked at outlined."""
    style = {
        "font.family": _fonts(),
        "font.size": 9,
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "hatch.linewidth": 0.5,
    }
    out = io.BytesIO()
    with _drawing, rc_context(style), warnings.catch_warnings():
        # a letter that no installed font knows is drawn as a box; the SVG keeps the letter
        warnings.filterwarnings("ignore", message=".*missing from font.*")
        figure = _figure(stage, frame, looked)
        figure.savefig(out, format=kind, dpi=200, bbox_inches="tight", metadata=None)
    return out.getvalue()


def _figure(stage: Stage, frame: Frame, looked: dict[str, int]) -> Figure:
    tensors = matrices(stage.steps) | dict(stage.tensors)
    view = frame.view
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    title = frame.title or next(step.title for step in stage.steps if step.name == frame.steps[0])
    figure.suptitle(title, fontsize=11)
    draw = {
        "tables": _tables,
        "heads": _stack,
        "cube": _stack,
        "points": _points,
        "histogram": _histogram,
        "tree": _tree,
        "overlay": _overlay,
        "patches": _patches,
    }
    draw.get(view["kind"], _matrix)(figure, stage, view, tensors, looked)
    return figure


def _heat(axes: Axes, array: np.ndarray, part: View, allowed: np.ndarray | None) -> Any:
    scale = part.get("scale", "signed")
    end = part.get("limit") or limit(array, 100 if part.get("columns") == "keys" else 99)
    norm = Normalize(0, 1) if scale == "weights" else Normalize(0 if scale == "share" else -end, end)
    hidden = np.zeros(array.shape, bool) if allowed is None else ~allowed.astype(bool)
    axes.patch.set(facecolor="#f0f0f5", edgecolor="#b9b8c8", hatch="/////")
    shown = np.ma.masked_where(hidden | ~np.isfinite(array), array)
    return axes.imshow(shown, cmap=_maps()[scale], norm=norm, aspect="auto", interpolation="nearest")


def _words(axes: Axes, tokens: list[Token], which: str) -> None:
    if len(tokens) > LONGEST_LABELLED:
        return
    texts = [token.text for token in tokens]
    if which == "y":
        axes.set_yticks(range(len(texts)), texts)
    else:
        axes.set_xticks(range(len(texts)), texts, rotation=90)
    for label in axes.get_yticklabels() if which == "y" else axes.get_xticklabels():
        label.set_parse_math(False)  # a visitor's dollar signs are no formula


def _matrix(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    axes = figure.subplots()
    array = _matrix_of(tensors[view["tensor"]], looked)
    hidden = tensors.get(view.get("hidden", ""))
    image = _heat(axes, array, view, hidden)
    _words(axes, list(stage.tokens[view["rows"]]), "y")
    axes.set_ylabel("Queries")
    for row, words in enumerate(view.get("words", [])):
        for column, word in enumerate(words):
            ink = "white" if array[row, column] > 0.6 else "black"
            axes.text(column, row, word, ha="center", va="center", fontsize=6, color=ink, parse_math=False)
    if view["columns"] == "keys":
        _words(axes, list(stage.tokens["keys"]), "x")
        axes.xaxis.tick_top()
        axes.set_xlabel("Keys")
        axes.xaxis.set_label_position("top")
        axes.set_aspect("equal")
    column = looked["key"] if view["columns"] == "keys" else looked["dimension"]
    if column < array.shape[1] and looked["query"] < array.shape[0]:
        place = (column - 0.5, looked["query"] - 0.5)
        axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=_palette()["textColor"], linewidth=1.4))
    figure.colorbar(image, ax=axes, shrink=0.7)


def _matrix_of(array: np.ndarray, looked: dict[str, int]) -> np.ndarray:
    return array[min(looked["head"], len(array) - 1)] if array.ndim == 3 else array


def _tables(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    parts = view["tables"]
    for i, (axes, part) in enumerate(zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True)):
        image = _heat(axes, _matrix_of(tensors[part["tensor"]], looked), part, None)
        axes.set_title(part["label"], fontsize=10)
        if i == 0 or part.get("labelled"):
            _words(axes, list(stage.tokens[part["rows"]]), "y")
        else:
            axes.set_yticks([])
        figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8)


def _stack(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    stack = tensors[view["tensor"]]
    across = min(4, len(stack))
    down = -(-len(stack) // across)
    cells = figure.subplots(down, across, squeeze=False).flatten()
    for head, axes in enumerate(cells):
        axes.set_xticks([])
        axes.set_yticks([])
        if head < len(stack):
            image = _heat(axes, stack[head], view, None)
            axes.set_title(f"head {head}", fontsize=8)
        else:
            axes.set_visible(False)
    figure.colorbar(image, ax=cells.tolist(), shrink=0.6)


def _points(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    axes = figure.subplots()
    palette = _palette()
    values, outputs = tensors[view["values"]], tensors[view["outputs"]]
    axes.scatter(*values.T, color=palette["greenColor"], label="values")
    axes.scatter(*outputs.T, color=palette["violetColor"], marker="D", label="outputs")
    for token, (x, y) in zip(stage.tokens["keys"], values, strict=True):
        axes.annotate(token.text, (x, y), fontsize=7, xytext=(3, 3), textcoords="offset points", parse_math=False)
    axes.set_aspect("equal")
    axes.legend()


def _overlay(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    words = list(stage.tokens["queries"])
    shown = range(len(words)) if view.get("strip") else [min(looked["query"], len(words) - 1)]
    across = min(4, len(shown))
    cells = figure.subplots(-(-len(shown) // across), across, squeeze=False).flatten()
    side = view["side"]
    for axes in cells:
        axes.axis("off")
    for axes, query in zip(cells, shown, strict=False):
        axes.imshow(tensors[view["picture"]].transpose(1, 2, 0).clip(0, 1), extent=(0, side, side, 0))
        if view.get("plain"):
            continue
        if not view.get("strip"):
            _places(axes, [token.text for token in stage.tokens["keys"]], side, words[query].text)
        values = tensors[view["tensor"]][query].reshape(side, side)
        axes.set_title(words[query].text, fontsize=9, parse_math=False)
        if view["scale"] != "signed":
            end = 1.0 if view["scale"] == "weights" else values.max() or 1.0
            veil = np.ones((side, side, 4))
            veil[..., 3] = 0.86 * (1 - np.minimum(1, values / end))
            axes.imshow(veil, extent=(0, side, side, 0), interpolation="nearest")
        else:
            end = limit(tensors[view["tensor"]], 100)
            axes.imshow(
                values,
                _maps()["signed"],
                Normalize(-end, end),
                extent=(0, side, side, 0),
                interpolation="nearest",
                alpha=0.7,
            )
        if not view.get("strip"):
            for place, value in enumerate(values.flatten()):
                if side <= _NUMBERED and (view["scale"] == "signed" or value >= 0.005):
                    row, column = divmod(place, side)
                    axes.text(column + 0.06, row + 0.16, f"{value:.2f}", fontsize=7)


def _places(axes: Axes, names: list[str], side: int, looked: str) -> None:
    """The names of columns and rows beside a picture, and the cell that asks, where it is one of them."""
    axes.axis("on")
    every = -(-side // 16)
    places = range(0, side, every)
    axes.set_xticks([place + 0.5 for place in places], [names[place].rstrip("0123456789") for place in places])
    axes.set_yticks([place + 0.5 for place in places], [str(place + 1) for place in places])
    axes.xaxis.tick_top()
    if looked in names:
        row, column = divmod(names.index(looked), side)
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=_palette()["blueColor"], linewidth=1.6))


def _patches(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    pixels = tensors[view["picture"]].transpose(1, 2, 0).clip(0, 1)
    side = view["side"]
    cell = len(pixels) // side
    for place, axes in enumerate(figure.subplots(side, side, squeeze=False).flatten()):
        row, column = divmod(place, side)
        axes.imshow(pixels[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell], interpolation="nearest")
        axes.axis("off")


def _tree(figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]) -> None:
    axes = figure.subplots()
    axes.axis("off")
    nodes = view["nodes"]
    n_steps = max(node["step"] for node in nodes) + 1
    figure.set_size_inches(max(6.4, 0.75 * n_steps), 4.2)
    for node in nodes:
        axes.text(
            node["step"],
            -node["rank"],
            node["word"],
            fontsize=6,
            weight="bold" if node["best"] else "normal",
            va="center",
            parse_math=False,
            # lines pass behind words
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
        if node["parent"] is not None:
            before = nodes[node["parent"]]
            axes.plot(
                [before["step"] + 0.2, node["step"] - 0.03],
                [-before["rank"], -node["rank"]],
                color="black" if node["best"] else "#9a98af",
                linewidth=1.2 if node["best"] else 0.6,
                linestyle="-" if node["kept"] else ":",
                zorder=1,
            )
    axes.set_xlim(-0.1, n_steps)


def _histogram(
    figure: Figure, stage: Stage, view: View, tensors: dict[str, np.ndarray], looked: dict[str, int]
) -> None:
    for axes, series in zip(figure.subplots(len(view["series"]), sharex=True), view["series"], strict=True):
        axes.stairs(series["counts"], series["edges"], fill=True, color=_palette()["grayTextColor"])
        axes.set_title(f"{series['name']} ({series['words']})", fontsize=9)
