"""The sentence lab: one matrix of all heads of a model, between the tokens or words that are shown."""

from functools import partial

from core.analysis.flow import Summary, Weights, summarised
from core.analysis.grouping import Groups, grouped
from core.export import doors
from core.lessons.shown import Shown, call
from core.lessons.text_attention import TextAttention
from core.models.loaded import LoadedModel
from core.models.reading import Reading


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


def again(
    loaded: LoadedModel, reading: Reading, seen: TextAttention, of: Summary, layer: int, head: int
) -> partial[Shown]:
    """The call of `shown` by the library alone, for what this project's own reading of a text has shown."""
    inputs = {name: ids.tolist() for name, ids in reading.inputs.items()}
    found = f"{seen.kind}_attentions" if reading.target else "attentions"
    weights = call(doors.heads_of_text, loaded.name, type(loaded.model).__name__, inputs, found)
    return call(shown, weights, of, layer, head, seen.rows, seen.columns, seen.queries.pieces, seen.keys.pieces)
