"""How each kind of figure is drawn for paper: by matplotlib, from named tensors and the words of their axes.

A notebook that is taken away holds the source of what it needs from here, so this module knows no page and no screen.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from core.direction import begins_right
from core.letters import BELOW
from pages.parts.figures import (
    FROM_THE_LEFT,
    Bars,
    Cube,
    Curves,
    Dials,
    Drawn,
    Heads,
    Histogram,
    Matrix,
    Overlay,
    Patches,
    Plans,
    Points,
    Scatter,
    Tables,
    Tensors,
    Tree,
    View,
)

Words = Mapping[str, Sequence[str]]
Look = Mapping[str, int]
Painter = Callable[[Figure, Any, Tensors, Words, Look], None]  # of its own kind

_LIGHT = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]["light"]
# the light theme, which is the one for paper
PALETTE = {
    "text": _LIGHT["textColor"],
    "blue": _LIGHT["blueColor"],
    "green": _LIGHT["greenColor"],
    "violet": _LIGHT["violetColor"],
    "gray": _LIGHT["grayTextColor"],
    "sequential": _LIGHT["chartSequentialColors"],
    "diverging": _LIGHT["chartDivergingColors"],
}
LONGEST_LABELLED = 64  # axes of more tokens than this carry no words
NUMBERED = 6  # cells side by side of a picture, beyond which their numbers are too small to be read
VEILED_BY_WHITE = 0.85  # what is brighter on the average is veiled by black: white on white would hide it
SIZE = (6.4, 5.2)  # inches
STEPS_ON_PAPER = 24  # of a beam's tree: a wider sheet takes half a minute to draw and cannot be read


def colours(scale: str) -> LinearSegmentedColormap:
    """The colours of a scale: from 0 on for weights, to both sides of 0 for signed numbers."""
    return LinearSegmentedColormap.from_list(scale, PALETTE["diverging" if scale == "signed" else "sequential"])


def lettered(text: str) -> str:
    """Words of ours with their letters below the line, as Q in W_Q."""
    return re.sub(BELOW, r"$_{\\mathregular{\1}}$", text)


def heat_map(axes: Axes, array: np.ndarray, part: Drawn, allowed: np.ndarray | None) -> Any:
    scale = part.scale or "signed"
    end = part.limit or 1.0
    norm = Normalize(0, 1) if scale == "weights" else Normalize(0 if scale == "share" else -end, end)
    hidden = np.zeros(array.shape, bool) if allowed is None else ~allowed.astype(bool)
    axes.patch.set(facecolor="#f0f0f5", edgecolor="#b9b8c8", hatch="/////")
    shown = np.ma.masked_where(hidden | ~np.isfinite(array), array)
    return axes.imshow(shown, cmap=colours(scale), norm=norm, aspect="auto", interpolation="nearest")


def label_axis(axes: Axes, texts: Sequence[str], which: str) -> None:
    if len(texts) > LONGEST_LABELLED:
        return
    if which == "y":
        axes.set_yticks(range(len(texts)), texts)
    else:
        axes.set_xticks(range(len(texts)), texts, rotation=90)
    for label in axes.get_yticklabels() if which == "y" else axes.get_xticklabels():
        label.set_parse_math(False)  # a visitor's dollar signs are no formula


def draw_matrix(figure: Figure, view: Matrix, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes, view = figure.subplots(), view.scaled(tensors)
    array = head_of(tensors[view.tensor], looked)
    hidden = tensors.get(view.hidden or "")
    image = heat_map(axes, array, view, hidden)
    label_axis(axes, tokens[view.rows], "y")
    down, across = ("Queries", "Keys") if view.axes is None else view.axes.replace("↓", "").replace("→", "").split("·")
    axes.set_ylabel(down.strip().capitalize())
    for row, written in enumerate(view.words or ()):
        for column, word in enumerate(written):
            ink = "white" if array[row, column] > 0.6 else "black"
            axes.text(column, row, word, ha="center", va="center", fontsize=6, color=ink, parse_math=False)
    if view.columns in tokens:
        label_axis(axes, tokens[view.columns], "x")
        axes.xaxis.tick_top()
        axes.set_xlabel(across.strip().capitalize() + (FROM_THE_LEFT if begins_right(tokens[view.columns]) else ""))
        axes.xaxis.set_label_position("top")
        axes.set_aspect("equal")
    column = looked["key"] if view.columns == "keys" else looked["dimension"]
    if column < array.shape[1] and looked["query"] < array.shape[0]:
        place = (column - 0.5, looked["query"] - 0.5)
        axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=PALETTE["text"], linewidth=1.4))
    figure.colorbar(image, ax=axes, shrink=0.7)


def head_of(array: np.ndarray, looked: Look) -> np.ndarray:
    return array[min(looked["head"], len(array) - 1)] if array.ndim == 3 else array


def draw_tables(figure: Figure, view: Tables, tensors: Tensors, tokens: Words, looked: Look) -> None:
    parts = view.scaled(tensors).tables  # one scale for all, as on the screen
    for i, (axes, part) in enumerate(zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True)):
        image = heat_map(axes, head_of(tensors[part.tensor], looked), part, None)
        axes.set_title(lettered(part.label), fontsize=10)
        if i == 0 or part.labelled:
            label_axis(axes, tokens[part.rows], "y")
        else:
            axes.set_yticks([])
        figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8)


def draw_stack(figure: Figure, view: Heads | Cube, tensors: Tensors, tokens: Words, looked: Look) -> None:
    heads, view = tensors[view.tensor], view.scaled(tensors)  # one scale for all, as on the screen
    across = min(4, len(heads))
    down = -(-len(heads) // across)
    cells = figure.subplots(down, across, squeeze=False).flatten()
    for head, axes in enumerate(cells):
        axes.set_xticks([])
        axes.set_yticks([])
        if head < len(heads):
            image = heat_map(axes, heads[head], view, None)
            axes.set_title(f"head {head}", fontsize=8)
        else:
            axes.set_visible(False)
    figure.colorbar(image, ax=cells.tolist(), shrink=0.6)


def draw_points(figure: Figure, view: Points, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes = figure.subplots()
    values, outputs = tensors[view.values], tensors[view.outputs]
    axes.scatter(*values.T, color=PALETTE["green"], label="values")
    axes.scatter(*outputs.T, color=PALETTE["violet"], marker="D", label="outputs")
    for token, (x, y) in zip(tokens["keys"], values, strict=True):
        axes.annotate(token, (x, y), fontsize=7, xytext=(3, 3), textcoords="offset points", parse_math=False)
    axes.set_aspect("equal")
    axes.legend()


def draw_scatter(figure: Figure, view: Scatter, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes, asked = figure.subplots(), tensors[view.asked][0]
    axes.plot(*tensors[view.curve].T, color=PALETTE["violet"], linewidth=1.6)
    axes.axvline(asked[0], color=PALETTE["blue"], linestyle="--", linewidth=1)
    axes.scatter(*tensors[view.tensor].T, s=25 + 250 * tensors[view.weights][0], color=PALETTE["green"], zorder=3)
    axes.scatter(*asked, color=PALETTE["violet"], marker="D", zorder=4)
    axes.set_xlabel(view.across)
    axes.set_ylabel(view.up)


def draw_overlay(figure: Figure, view: Overlay, tensors: Tensors, tokens: Words, looked: Look) -> None:
    asking = tokens["queries"]
    shown = range(len(asking)) if view.strip else [min(looked["query"], len(asking) - 1)]
    across = min(4, len(shown))
    cells = figure.subplots(-(-len(shown) // across), across, squeeze=False).flatten()
    side, image = view.side, None
    for axes in cells:
        axes.axis("off")
    for axes, query in zip(cells, shown, strict=False):
        axes.imshow(tensors[view.picture].transpose(1, 2, 0).clip(0, 1), extent=(0, side, side, 0))
        if view.plain:
            continue
        if not view.strip:
            label_cells(axes, tokens["keys"], side, asking[query])
        values = head_of(tensors[view.tensor], looked)[query].reshape(side, side)
        axes.set_title(asking[query], fontsize=9, parse_math=False)
        if view.scale != "signed":
            end = 1.0 if view.scale == "weights" else values.max() or 1.0
            if view.scale == "share":
                told = f"clear: the largest weight, {end:.3f}; veiled: 0"
                axes.text(0.5, -0.02, told, transform=axes.transAxes, fontsize=6, ha="center", va="top")
            veil = np.tile(
                to_rgba("black" if tensors[view.picture].mean() > VEILED_BY_WHITE else "white"), (side, side, 1)
            )
            veil[..., 3] = 0.86 * (1 - np.minimum(1, values / end))
            axes.imshow(veil, extent=(0, side, side, 0), interpolation="nearest")
        else:
            end = view.scaled(tensors).limit or 1.0
            image = axes.imshow(
                values,
                colours("signed"),
                Normalize(-end, end),
                extent=(0, side, side, 0),
                interpolation="nearest",
                alpha=0.7,
            )
        if not view.strip:
            for place, value in enumerate(values.flatten()):
                if side <= NUMBERED and (view.scale == "signed" or value >= 0.005):
                    row, column = divmod(place, side)
                    axes.text(column + 0.06, row + 0.16, f"{value:.2f}", fontsize=7)
    if image is not None:
        figure.colorbar(image, ax=cells.tolist(), shrink=0.6)


def label_cells(axes: Axes, names: Sequence[str], side: int, looked: str) -> None:
    """The names of columns and rows beside a picture, and the cell that asks, where it is one of them."""
    axes.axis("on")
    every = -(-side // 16)
    named = range(0, side, every)
    axes.set_xticks([place + 0.5 for place in named], [names[place].rstrip("0123456789") for place in named])
    axes.set_yticks([place + 0.5 for place in named], [str(place + 1) for place in named])
    axes.xaxis.tick_top()
    if looked in names:
        row, column = divmod(names.index(looked), side)
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=PALETTE["blue"], linewidth=1.6))


def draw_patches(figure: Figure, view: Patches, tensors: Tensors, tokens: Words, looked: Look) -> None:
    pixels = tensors[view.picture].transpose(1, 2, 0).clip(0, 1)
    side = view.side
    cell = len(pixels) // side
    for place, axes in enumerate(figure.subplots(side, side, squeeze=False).flatten()):
        row, column = divmod(place, side)
        axes.imshow(pixels[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell], interpolation="nearest")
        axes.axis("off")


def draw_tree(figure: Figure, view: Tree, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes = figure.subplots()
    axes.axis("off")
    all_steps = max(node["step"] for node in view.nodes) + 1
    n_steps = min(all_steps, STEPS_ON_PAPER)
    # a node stands behind those of earlier steps, so that parents keep their places
    nodes = [node for node in view.nodes if node["step"] < n_steps]
    cut = f"The first {n_steps} of {all_steps} steps. " if n_steps < all_steps else ""
    figure.set_size_inches(max(6.4, 0.9 * n_steps), 4.2)
    for node in nodes:
        marks = f"{'' if node['kept'] else '× '}{'■ ' if node['ended'] else ''}"
        axes.text(
            node["step"],
            -node["rank"],
            f"{marks}{node['word']} {node['score']:.1f}",
            fontsize=6,
            weight="bold" if node["best"] else "normal",
            color="white" if node["best"] else "black",
            va="center",
            parse_math=False,
            # lines pass behind words
            bbox={
                "facecolor": "black" if node["best"] else "white",
                "edgecolor": "black" if node["kept"] else "none",
                "linewidth": 0.6,
                "pad": 0.8,
            },
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
    figure.supxlabel(f"{cut}{view.note} Number: log-probability of the line so far.", fontsize=7)


def draw_plans(figure: Figure, view: Plans, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes = figure.subplots()
    axes.axis("off")
    for plan, title in enumerate(view.titles):
        axes.text(plan, -1, title, ha="center", va="center", weight="bold", fontsize=10)
    for box in view.boxes:
        x, y = box["plan"], box["row"]
        ink = "white" if box["differs"] else "black"
        axes.add_patch(
            Rectangle(
                (x - 0.36, y - 0.36), 0.72, 0.72, facecolor="black" if ink == "white" else "white", edgecolor="black"
            )
        )
        axes.text(x, y, f"{box['word']}\n{box['told']}".strip(), ha="center", va="center", fontsize=7, color=ink)
        if box["row"]:
            axes.plot([x, x], [y - 0.64, y - 0.36], color="black", linewidth=0.8)
        if box["skips"] is not None:
            begins = box["skips"] - 0.5
            around = [x, x + 0.42, x + 0.42, x + 0.36]
            axes.plot(around, [begins, begins, y, y], color="black", linewidth=0.8)
    axes.set_xlim(-0.5, len(view.titles) - 0.5)
    axes.set_ylim(max(box["row"] for box in view.boxes) + 0.6, -1.4)
    figure.supxlabel(view.note, fontsize=7)


def draw_histogram(figure: Figure, view: Histogram, tensors: Tensors, tokens: Words, looked: Look) -> None:
    for axes, series in zip(figure.subplots(len(view.series), sharex=True), view.series, strict=True):
        axes.stairs(series["counts"], series["edges"], fill=True, color=PALETTE["gray"])
        axes.set_title(f"{series['name']} ({series['words']})", fontsize=9)


def draw_dials(figure: Figure, view: Dials, tensors: Tensors, tokens: Words, looked: Look) -> None:
    parts = [(part, tensors[part.tensor]) for part in view.tables]
    hands = [(part, array.reshape(len(array), -1, 2)) for part, array in parts]
    longest = max(float(np.linalg.norm(pairs, axis=-1).max()) for _, pairs in hands) or 1.0
    count = hands[0][1].shape[1]
    across = min(count, 4 if count <= 16 else 8)
    colour = {"query": PALETTE["blue"], "value": PALETTE["green"], "output": PALETTE["violet"]}
    every = figure.subplots(-(-count // across), across, squeeze=False).flatten()
    for place, axes in enumerate(every):
        axes.axis("off")
        if place >= count:
            continue
        axes.add_patch(Circle((0, 0), longest, fill=False, edgecolor=PALETTE["gray"], linewidth=0.6))
        for part, pairs in hands:
            ink = colour.get(part.role, PALETTE["text"])
            row = min(looked.get(part.rows, looked["key" if part.rows == "keys" else "query"]), len(pairs) - 1)
            axes.plot(*pairs[:, place].T, ".", color=ink, markersize=1.5, alpha=0.4)
            name = tokens[part.rows][row] if part.rows in tokens else ""
            label = f"{part.label} {name}".strip()
            dashes = "--" if part.dashed else "-"
            axes.plot(*zip((0, 0), pairs[row, place], strict=True), dashes, color=ink, linewidth=1.4, label=label)
        axes.set(xlim=(-1.1 * longest, 1.1 * longest), ylim=(-1.1 * longest, 1.1 * longest), aspect="equal")
        axes.set_title(str(place), fontsize=7)
    legend = figure.legend(*every[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)


def draw_curves(figure: Figure, view: Curves, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes = figure.subplots()
    array = head_of(tensors[view.tensor], looked)
    places = view.above(array.shape[1])
    for row, values in enumerate(array):
        label = tokens[view.rows][row] if view.rows in tokens else str(row)
        axes.plot(places, values, ("-", "--", ":", "-.")[row % 4], linewidth=1.4, label=label)
    for mark in view.marks or ():
        axes.plot(mark["across"], mark["up"], "D", color=PALETTE["text"], markersize=4)
        place = (mark["across"], mark["up"])
        axes.annotate(mark["name"], place, fontsize=7, xytext=(4, 3), textcoords="offset points", parse_math=False)
    if view.places is None:
        axes.axhline(0, color=PALETTE["gray"], linewidth=0.6)
    else:
        axes.set(xscale="log", yscale="log")
    axes.set_xlabel(view.across)
    axes.set_ylabel(view.up)
    for text in axes.legend().get_texts():
        text.set_parse_math(False)


def draw_bars(figure: Figure, view: Bars, tensors: Tensors, tokens: Words, looked: Look) -> None:
    axes, array = figure.subplots(), head_of(tensors[view.tensor], looked)
    names, ends = tokens[view.rows][: len(array)], array.cumsum(axis=1)
    for part, name in enumerate(tokens[view.columns][: array.shape[1]]):
        axes.barh(range(len(array)), array[:, part], left=ends[:, part] - array[:, part], label=name)
    axes.set_yticks(range(len(array)), names, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlabel(view.across)
    axes.legend(fontsize=8)


# how each kind of view is drawn
PAINTERS: dict[type[View], Painter] = {
    Matrix: draw_matrix,
    Tables: draw_tables,
    Heads: draw_stack,
    Cube: draw_stack,
    Points: draw_points,
    Scatter: draw_scatter,
    Dials: draw_dials,
    Curves: draw_curves,
    Bars: draw_bars,
    Histogram: draw_histogram,
    Tree: draw_tree,
    Plans: draw_plans,
    Overlay: draw_overlay,
    Patches: draw_patches,
}


def draw(paint: Painter, title: str, view: View, shown: Any, looked: Look) -> None:
    """Draw one figure in a notebook. looked: the query, key, number and head that are looked at."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=SIZE, layout="constrained")
    figure.suptitle(lettered(title), fontsize=11)
    paint(figure, view, shown.tensors, shown.tokens, looked)
    plt.show()
