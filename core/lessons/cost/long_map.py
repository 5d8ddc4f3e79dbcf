"""A map of one head on a long text: what lies in each square of it, and any part of it down to the cell, never the whole.

The offline model reads 512 tokens at once. A longer text is read in windows of it, each by itself, and then one head looks
from every token of the text at every other one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import BertModel

from core.attention import project_heads
from core.attention.streaming import Weights, stream
from core.host import still_wanted
from core.lessons.material import layer_of
from core.models import loading, offline
from core.models.errors import ModelError

WINDOW: Final = 512  # tokens that the model reads at once, its two marks among them
WINDOWS: Final = 64
MOST: Final = WINDOW * WINDOWS
TABLE: Final = 4 * MOST**2  # bytes of all weights of one head
SQUARES: Final = 512  # of the overview, on each side: a screen shows no more
SHEET: Final = 10_000  # characters that are cut into tokens at once
CELLS: Final = 128  # of a part that is looked at closely, on each side
ROWS, KEYS = 512, 4096  # queries, and keys of some of them, that are computed at once
ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True)
class LongText:
    """The tokens of a long text, window after window; read: which share of its characters they are, about."""

    pieces: tuple[str, ...]
    windows: tuple[tuple[int, ...], ...]
    read: float


@dataclass(frozen=True, eq=False)
class Overview:
    """The largest and the mean weight in each square of a table of all pairs; side: how many tokens a square has."""

    largest: Float[Tensor, "rows columns"]
    mean: Float[Tensor, "rows columns"]
    side: int


def own_text() -> str:
    """The README of this project and its code, one file after the other: a long text that is always there."""
    paths = [ROOT / "README.md", *sorted((ROOT / "core").rglob("*.py"))]
    return "\n\n".join(path.read_text("utf-8") for path in paths if path.is_file())


def cut(text: str, at_most: int = WINDOWS) -> LongText:
    """A text in windows that the model can read, no further than they reach. Raises ValueError where it holds no token."""
    tokenizer = loading.load(offline.NAME).text_tokenizer
    room, ids, done = WINDOW - 2, [], 0
    for some in sheets(text):
        if len(ids) >= at_most * room:
            break
        ids += tokenizer(some, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        done += len(some)
    if not ids:
        raise ValueError("the text holds no token: choose another one")
    used = ids[: at_most * room]
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    windows = tuple((begin, *used[at : at + room], end) for at in range(0, len(used), room))
    pieces = tokenizer.convert_ids_to_tokens([each for window in windows for each in window])
    return LongText(tuple(pieces), windows, done / len(text) * len(used) / len(ids))


def sheets(text: str) -> Iterator[str]:
    """A text in parts that end between words: a tokenizer keeps much more of a text than its tokens while it cuts it."""
    first = 0
    while first < len(text):
        last = min(first + SHEET, len(text))
        between = max(text.rfind(" ", first, last), text.rfind("\n", first, last))
        if last < len(text) and between > first:
            last = between
        yield text[first:last]
        first = last


Heads = tuple[
    Float[Tensor, "1 1 tokens head_dim"], Float[Tensor, "1 1 tokens head_dim"], Float[Tensor, "1 1 tokens head_dim"]
]


def read(windows: Sequence[Sequence[int]], layer: int, head: int) -> Iterator[tuple[float, Heads]]:
    """The queries, keys and values of one head, window by window, with what share of them is done; then they are whole."""
    loaded, heads = loading.load(offline.NAME), layer_of(layer)
    maps = heads.maps.head(head, heads.n_heads)
    if not isinstance(loaded.model, BertModel):
        raise ModelError(f"{loaded.name} is no BERT: its layers cannot be opened")
    # made beforehand: what is kept between one window and the next would leave holes in memory as large as a window
    made = torch.zeros(3, 1, 1, sum(map(len, windows)), maps.w_query.shape[1]).unbind()
    queries, keys, values = made
    first = 0
    for window in windows:
        with torch.inference_mode():
            x = loaded.model.embeddings(input_ids=torch.tensor([window], device=loaded.device))
            for each in loaded.model.encoder.layer[:layer]:  # the others would be for nothing
                x = each(x)
            x = x.float().cpu()
            for whole, part in zip(made, project_heads(x, x, maps, 1), strict=True):
                whole[..., first : first + len(window), :] = part
        first += len(window)
        yield first / queries.shape[2], (queries, keys, values)


def look(
    queries: Float[Tensor, "1 1 tokens head_dim"],
    keys: Float[Tensor, "1 1 tokens head_dim"],
    values: Float[Tensor, "1 1 tokens head_dim"],
    squares: int = SQUARES,
) -> Iterator[tuple[float, Weights, Overview]]:
    """The map, row of squares by row of squares, with what share of it is done; the last one is whole.

    What is yielded before is the same map with zeros where nothing was computed yet.
    """
    n_tokens = queries.shape[2]
    side = -(-n_tokens // squares)
    across = -(-n_tokens // side)
    shares = Overview(torch.zeros(across, across), torch.zeros(across, across), side)
    log_sum = queries.new_zeros(queries.shape[:3])
    step = max(1, ROWS // side) * side
    for first in range(0, n_tokens, step):
        rows = slice(first, min(first + step, n_tokens))
        part = stream(queries[..., rows, :], keys, values)
        log_sum[..., rows] = part.log_sum
        made = squares_of(part, Place(0, 0, rows.stop - first, n_tokens), side)
        band = slice(first // side, first // side + len(made.largest))
        shares.largest[band], shares.mean[band] = made.largest, made.mean
        yield rows.stop / n_tokens, Weights(log_sum, queries, keys, part.scale), shares


class Place(NamedTuple):
    """A part of a map: its first query and its first key, and how many of each."""

    top: int
    left: int
    n_queries: int
    n_keys: int


def near(
    whole: Weights, overview_side: int, top: int, left: int, span: int, cells: int = CELLS
) -> tuple[Place, Overview] | None:
    """A square part of a map as it is looked at closely, in so many cells a side; of few tokens, each pair by itself.

    None where its squares would be no smaller than those of the overview, which shows all of it already.
    """
    n_tokens = whole.queries.shape[2]
    span = min(max(1, span), n_tokens)
    side = -(-span // cells)
    if side >= overview_side:
        return None
    top, left = (min(max(0, at), n_tokens - span) // side * side for at in (top, left))
    place = Place(top, left, min(span + side, n_tokens - top), min(span + side, n_tokens - left))
    return place, squares_of(whole, place, side)


def squares_of(weights: Weights, place: Place, side: int) -> Overview:
    """The largest and the mean weight of each square of a part, some squares of one row in memory at a time."""
    below, beyond = place.top + place.n_queries, place.left + place.n_keys
    step = max(1, KEYS // side) * side
    largest, mean = [], []
    for top in range(place.top, below, side):
        still_wanted()
        rows = slice(top, min(top + side, below))
        found = []
        for left in range(place.left, beyond, step):
            tile = weights.tile(rows, slice(left, min(left + step, beyond)))[0, 0]
            found.append((by_square(tile.amax(0), side).amax(1), by_square(tile.mean(0), side).sum(1)))
        for all_rows, row in zip((largest, mean), zip(*found, strict=True), strict=True):
            all_rows.append(torch.cat(row))
    counts = by_square(torch.ones(place.n_keys), side).sum(1)
    return Overview(torch.stack(largest), torch.stack(mean) / counts, side)


def by_square(row: Float[Tensor, "tokens"], side: int) -> Float[Tensor, "squares side"]:
    """A row of numbers cut into squares; what is missing in the last is 0."""
    return torch.nn.functional.pad(row, (0, -len(row) % side)).reshape(-1, side)
