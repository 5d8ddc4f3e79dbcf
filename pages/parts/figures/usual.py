"""Figures that lessons show again and again, each in a few words."""

from typing import Any

from pages.parts.figures.kinds import Dial, Dials, Matrix, Operand, Table, Tables
from pages.parts.figures.view import Readout, Scale


def tables(*each: Table, readout: Readout = "vector", note: str = "") -> Tables:
    """Tables side by side, on one scale."""
    return Tables(each, readout=readout, note=note)


def shares(tensor: str, label: str, rows: str) -> Table:
    """A table of one column: the probability of each of the `rows`, written into its cell."""
    axes = f"{rows} ↓ · probability →"
    return Table(tensor, label, "output", rows=rows, labelled=True, scale="weights", limit=1, percent=True, axes=axes)


def queries_keys_values(keys: str = "queries", values: str = "queries", note: str = "") -> Tables:
    """The three tables that attention works on. keys, values: the axes of their rows."""
    three = (
        Table("queries", "Q", "query"),
        Table("keys", "K", "key", rows=keys),
        Table("values", "V", "value", rows=values),
    )
    return tables(*three, note=note)


def next_words(tensor: str, words: list[list[str]], **more: Any) -> Matrix:
    """The likeliest next words of each step, with their probabilities."""
    axes = "one row a step ↓ · likeliest first →"
    return Matrix(tensor, "weights", columns="numbers", words=words, grows=True, axes=axes, **more)


def pair_matrix(tensor: str, chain: str, corner: str, scale: Scale = "signed", **more: Any) -> Matrix:
    """A matrix of query-key pairs between Q and the transposed K, with the way from score to weight in its readout."""
    return Matrix(
        tensor,
        scale,
        left=Operand("queries", "Q", "query"),
        top=Operand("keys", "K⊤", "key"),
        readout="pair",
        chain=chain,
        corner=corner,
        faint=chain != "scores",
        **more,
    )


def weights_matrix(cornerNote: str = "row by row →", **more: Any) -> Matrix:
    """The weights, each row with its sum."""
    return pair_matrix("weights", "weights", "softmax", "weights", cornerNote=cornerNote, margin="sum", **more)


def mixture(tensor: str = "output", weights: str = "A", values: str = "V", **more: Any) -> Matrix:
    """Weights times values: the matrix of outputs. weights, values: the letters that they go by."""
    return Matrix(
        tensor,
        "signed",
        columns="numbers",
        role="output",
        left=Operand("weights", "weights"),
        top=Operand("values", values, "value"),
        corner=f"{weights} · {values}",
        readout="mixture",
        **more,
    )


def dials(*each: Dial, clock: bool = False) -> Dials:
    """One dial for every two numbers, with the hands of several tensors on it, on one scale."""
    return Dials(each, clock=clock)
