"""The sentence lab: one matrix of all heads of a model, between the tokens or words that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.analysis.flow import Summary, Weights, summarised
from core.analysis.grouping import Groups, grouped
from core.analysis.sinks import delivery
from core.export import doors
from core.lessons.shown import Shown, call
from core.lessons.text_attention import TextAttention
from core.models.loaded import LoadedModel
from core.models.reading import Reading
from core.models.recording import LayerRecord


@dataclass(frozen=True)
class WayOfHead:
    """What stands between the product of a query and a key of one head and its weight, beside the softmax.

    scale     what a product is multiplied by; softcap: into which it is squeezed; sink: one more score in each row.
    bias      what is added to each pair; allowed: whether a query may see a key. Each None = this layer has none.
    """

    scale: float
    softcap: float | None
    sink: float | None
    bias: Float[np.ndarray, "queries keys"] | None
    allowed: Bool[np.ndarray, "queries keys"] | None


def way_of(record: LayerRecord, head: int) -> WayOfHead | None:
    """The way of one head of a layer; None where the layer's queries and keys are not known."""
    if record.way is None:
        return None
    way, size = record.way.of_heads([head]), record.weights.shape[-2:]
    bias, allowed = (None if each is None else each[0, 0].expand(size).cpu() for each in (way.bias, way.allowed))
    return WayOfHead(
        float(way.scale),
        way.softcap,
        None if way.sinks is None else float(way.sinks),
        None if bias is None else bias.float().numpy(),
        None if allowed is None or bool(allowed.all()) else allowed.numpy(),
    )


def shares(
    found: list[tuple[Float[Tensor, "1 heads queries keys"], Float[Tensor, "1 heads keys value_dim"]]],
) -> Weights:
    """What the weights of each layer deliver, as shares of its row, of weights and values layer by layer."""
    return torch.stack([delivery(weights[0], values[0]).shares for weights, values in found])


def shown(
    weights: Weights,
    of: Summary,
    layer: int,
    head: int,
    rows: Groups,
    columns: Groups,
    queries: tuple[str, ...],
    keys: tuple[str, ...],
) -> Shown:
    """All that the figures show: the matrix, and the heads of its layer.

    rows, columns   the places of the model's tokens in each row and column; queries, keys: their words.
    """
    matrix = grouped(summarised(weights, of, layer, head), rows, columns)
    heads = grouped(weights[layer], rows, columns)
    return Shown({"weights": matrix.numpy(), "heads": heads.numpy()}, {"queries": queries, "keys": keys})


def difference(
    one: Float[np.ndarray, "rows columns"], other: Float[np.ndarray, "other_rows other_columns"]
) -> Float[np.ndarray, "rows columns"]:
    """One matrix minus another, cell by cell. Raises ValueError where they are not of one size."""
    if one.shape != other.shape:
        rows, columns = one.shape
        raise ValueError(
            f"the first matrix has {rows} rows and {columns} columns, the other {other.shape[0]} and {other.shape[1]}: a "
            "difference needs as many tokens in both"
        )
    return one - other


def compared(one: Shown, other: Shown) -> Shown:
    """All that the figures show of two matrices and their difference."""
    weights, others = one.tensors["weights"], other.tensors["weights"]
    tensors = {"weights": weights, "other": others, "difference": difference(weights, others)}
    return Shown(tensors, {axis: together(one.tokens[axis], other.tokens[axis]) for axis in ("queries", "keys")})


def together(ones: Sequence[str], others: Sequence[str]) -> list[str]:
    """The words of two sentences place by place, both where they differ."""
    return [one if one == other else f"{one} / {other}" for one, other in zip(ones, others, strict=True)]


def again(
    loaded: LoadedModel, reading: Reading, seen: TextAttention, of: Summary, layer: int, head: int
) -> partial[Shown]:
    """The call of `shown` by the library alone, for what this project's own reading of a text has shown."""
    inputs = {name: ids.tolist() for name, ids in reading.inputs.items()}
    found = f"{seen.kind}_attentions" if reading.target else "attentions"
    model = (loaded.name, type(loaded.model).__name__, inputs)
    weights = call(doors.heads_of_text, *model, found, seen.stack.numbers if seen.stack.others else None)
    if seen.measure != "weight":
        calls = [place for place, group in enumerate(loaded.groups) if group == seen.kind]
        weights = call(shares, call(doors.heads_and_values_of_text, *model, calls))
    return call(shown, weights, of, layer, head, seen.rows, seen.columns, seen.queries.pieces, seen.keys.pieces)
