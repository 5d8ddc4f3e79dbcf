"""How a step can be drawn: each function describes a kind of figure, assets/components/views draws it."""

from typing import Any

import numpy as np

View = dict[str, Any]


def table(tensor: str, label: str, role: str = "", rows: str = "queries", **more: Any) -> View:
    """One table among others: a row per token of the axis `rows`.

    columns="keys"  where the columns are tokens, too.
    order           where each token stands in this table, if not where it stands in the others.
    axes            what rows and columns are, where it is not the usual.
    """
    return {"tensor": tensor, "label": label, "role": role, "rows": rows, "columns": "numbers", **more}


def shares(tensor: str, label: str, rows: str) -> View:
    """A table of one column: the probability of each of the `rows`, written into its cell."""
    more = {"labelled": True, "scale": "weights", "limit": 1, "percent": True, "axes": f"{rows} ↓ · probability →"}
    return table(tensor, label, "output", rows, **more)


def tables(*each: View, readout: str = "vector", note: str = "") -> View:
    """Tables side by side, on one scale."""
    return {"kind": "tables", "tables": list(each), "readout": readout, "note": note}


def queries_keys_values(keys: str = "queries", values: str = "queries", note: str = "") -> View:
    """The three tables that attention works on. keys, values: the axes of their rows."""
    three = (
        table("queries", "Q", "query"),
        table("keys", "K", "key", rows=keys),
        table("values", "V", "value", rows=values),
    )
    return tables(*three, note=note)


def operand(tensor: str, label: str, role: str = "") -> View:
    """What lies beside or above a matrix."""
    return {"tensor": tensor, "label": label, "role": role}


def matrix(tensor: str, scale: str, *, rows: str = "queries", columns: str = "keys", **more: Any) -> View:
    """A matrix with a row per query.

    scale      "weights": 0 to 1; "signed": around 0; "share": 0 to the largest value, which the legend prints.
    left, top  operands; faint=True where this step does not use them.
    whole      True where all values are whole numbers, to be written into the cells.
    hidden     the name of the tensor that says which cells may be seen; hiddenWord: what the others are called.
    margin     "sum" or "visible": what stands beside the rows.
    grows      True where rows are made one after the other, so that later ones are empty while it plays.
    words      words for the cells, a list per row; fixed=True where none of them can be picked.
    axes       what rows and columns are, where it is not the usual.
    readout    "pair" with chain="scores" | "scaled" | "masked" | "weights" | "wrong"; "mixture"; or "plain".
    """
    return {"kind": "matrix", "tensor": tensor, "scale": scale, "rows": rows, "columns": columns, **more}


def next_words(tensor: str, words: list[list[str]], **more: Any) -> View:
    """The likeliest next words of each step, with their probabilities."""
    axes = "one row a step ↓ · likeliest first →"
    return matrix(tensor, "weights", columns="numbers", words=words, grows=True, axes=axes, **more)


def pair_matrix(tensor: str, chain: str, corner: str, scale: str = "signed", **more: Any) -> View:
    """A matrix of query-key pairs between Q and the transposed K, with the way from score to weight in its readout."""
    return matrix(
        tensor,
        scale,
        left=operand("queries", "Q", "query"),
        top=operand("keys", "K⊤", "key"),
        readout="pair",
        chain=chain,
        corner=corner,
        faint=chain != "scores",
        **more,
    )


def weights_matrix(cornerNote: str = "row by row →", **more: Any) -> View:
    """The weights, each row with its sum."""
    return pair_matrix("weights", "weights", "softmax", "weights", cornerNote=cornerNote, margin="sum", **more)


def mixture(tensor: str = "output") -> View:
    """Weights times values: the matrix of outputs."""
    return matrix(
        tensor,
        "signed",
        columns="numbers",
        role="output",
        left=operand("weights", "weights"),
        top=operand("values", "V", "value"),
        corner="A · V",
        readout="mixture",
    )


def overlay(tensor: str, picture: str, side: int, scale: str = "weights", **more: Any) -> View:
    """A picture with what one query makes of each cell of its grid; keys are the cells, row by row.

    picture   the tensor (3, height, width) of its pixels; side: cells side by side.
    scale     "share" where many cells share one unit, so that the largest weight is far below 1.
    plain     True where only the picture and its grid are shown; strip: True where every query has a small picture.
    """
    view = {"kind": "overlay", "tensor": tensor, "picture": picture, "side": side, "scale": scale, "columns": "keys"}
    return view | {"rows": "queries", **more}


def patches(tensor: str, picture: str, side: int) -> View:
    """A picture cut into squares, which slide apart and stand in a row while it plays.

    picture   the tensor (3, height, width) of its pixels; side: squares side by side; tensor: a row per square.
    """
    return {
        "kind": "patches",
        "tensor": tensor,
        "picture": picture,
        "side": side,
        "rows": "keys",
        "plain": True,
        "scale": "signed",
    }


def points(values: str, outputs: str, note: str, rows: str = "keys") -> View:
    """Values and outputs as points of a plane, with the hull of the values. rows: the axis of the values."""
    return {
        "kind": "points",
        "tensor": values,
        "values": values,
        "outputs": outputs,
        "rows": rows,
        "note": note,
        "scale": "signed",
    }


def dial(tensor: str, label: str, role: str = "", rows: str = "queries", **more: Any) -> View:
    """Vectors of pairs of numbers on dials: a hand for each pair, of the row that is looked at; all rows are dots.

    label    stands before the word of the row; "" for the word alone.
    turned   the tensor that the hands were turned out of: while it plays they turn, and an arc shows how far.
    dashed   True where the hands are drawn dashed, so that colour is not all that tells them apart.
    """
    return {"tensor": tensor, "label": label, "role": role, "rows": rows, **more}


def dials(*each: View, clock: bool = False, note: str = "") -> View:
    """One dial for every two numbers, with the hands of several tensors on it, on one scale.

    clock   angles are counted from the top with the clock, as for a sine and its cosine; otherwise from the right
            against it.
    """
    view = {"kind": "dials", "tensor": each[0]["tensor"], "tables": list(each), "clock": clock, "note": note}
    return view | {"scale": "weights"}


def curves(tensor: str, rows: str, across: str, up: str, start: int = 0, every: int = 1) -> View:
    """A line for each row of a tensor, over its columns.

    rows     the axis whose words are the names of the lines.
    across   what its columns are, `up` what its values are, both in words; start, every: the number of the first column
             and how much a column adds to it.
    """
    view = {
        "kind": "curves",
        "tensor": tensor,
        "rows": rows,
        "across": across,
        "up": up,
        "start": start,
        "every": every,
    }
    return view | {"scale": "signed"}


def tree(tensor: str, nodes: list[View], note: str) -> View:
    """What a beam looked at. nodes: {parent, step, rank, word, score, kept, best}; `tensor` is drawn on the timeline."""
    return {"kind": "tree", "tensor": tensor, "nodes": nodes, "note": note, "scale": "weights"}


def histogram(tensor: str, series: list[View]) -> View:
    """Distributions over one axis. series: {name, edges, counts, words}; `tensor` is drawn on the timeline."""
    return {"kind": "histogram", "tensor": tensor, "series": series, "scale": "share"}


def heads(tensor: str, ablated: tuple[int, ...] = ()) -> View:
    """One small matrix of weights per head."""
    return {"kind": "heads", "tensor": tensor, "scale": "weights", "ablated": list(ablated), "columns": "keys"}


def cube(tensor: str, start: str, end: str, role: str, origin: str = "") -> View:
    """A tensor (heads, tokens, head_dim) on its way between "flat", "cut" and "stacked".

    origin   names the tensor (heads, tokens) that says whose numbers a row of the stack really holds.
    """
    view = {"kind": "cube", "tensor": tensor, "from": start, "to": end, "role": role, "scale": "signed"}
    return view | {"origin": origin} if origin else view


def limit(array: np.ndarray, percentile: float = 99) -> float:
    """The end of a scale: so many percent of the finite values lie within it. 1 where all are 0."""
    finite = np.abs(array[np.isfinite(array)])
    if not finite.size:
        return 1.0
    # numpy's percentile takes 0.3 ms even for a few numbers, and a page has ten of these
    rank = -int(-percentile * (finite.size - 1) // 100)
    return float(np.partition(finite, rank)[rank]) or float(finite.max()) or 1.0
