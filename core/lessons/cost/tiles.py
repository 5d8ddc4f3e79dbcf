"""Attention tile by tile on one head of the learner's sentence: what is kept after each tile, and at the end `attend`."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.attention import Projections, attend, masks, project_heads
from core.attention.masks import Allowed
from core.attention.scores import SCALED_DOT
from core.attention.streaming import AllowedAt, Running, band, causal, scores_of, walk
from core.experiments.measure import largest
from core.lessons.material import Head
from core.lessons.shown import Matrices, Shown
from core.numerals import written
from core.trace import matrices, step, steps

WINDOW: Final = 2
NOBODY_HIDDEN: Final = "nothing hidden"
MASKS: Final[dict[str, AllowedAt | None]] = {NOBODY_HIDDEN: None, "causal": causal, f"band of {WINDOW}": band(WINDOW)}
EQUAL: Final = 1e-5  # single precision: outputs that differ by less are the same


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    block   how many queries, and how many keys, make a tile; met: how many tiles are done; mask: one of MASKS.
    """

    block: int = 4
    met: int = 6
    mask: str = NOBODY_HIDDEN


@dataclass(frozen=True)
class TileTrace:
    """One tile, and what its queries keep after it."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step("Q", title="Queries", source="vaswani2017")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step("V", title="Values", source="vaswani2017")
    tile: Float[Tensor, "batch heads tile_rows tile_columns"] = step(
        r"\frac{Q_i K_j^\top}{\sqrt{d}} + M",
        title="One tile of scores",
        says="Only this tile of scores is in memory: {in_memory} of {in_table}. Tiles are met row by row, left to "
        "right; what was met before is forgotten but for three things.",
        source="dao2022",
    )
    maximum: Float[Tensor, "batch heads tile_rows one"] = step(
        r"\operatorname{max}\left(m, <tile>\right)",
        title="Largest score so far",
        says="Of each query its largest score so far, m, and the sum l of e to the power of all scores so far, each "
        "less m. When a larger score comes, what was added up is made smaller by e to the power of the old m less"
        " the new one.",
        source="milakov2018",
    )
    total: Float[Tensor, "batch heads tile_rows one"] = step(
        r"l \odot e^{m - m_{new}} + \operatorname{rowsum}\left(e^{<tile> - m_{new}}\right)",
        title="Sum of exponentials so far",
        source="milakov2018",
        also="running sum, denominator",
    )
    mixed: Float[Tensor, "batch heads tile_rows value_dim"] = step(
        r"e^{m - m_{new}} \odot o + e^{<tile> - m_{new}} V_j", title="Values mixed so far", source="dao2022"
    )
    output: Float[Tensor, "batch heads tile_rows value_dim"] = step(
        r"o_{new} / l_{new}",
        title="Output so far",
        says="{stands}",
        source="dao2022",
        ours="divided after every tile, to be looked at; the paper's second version divides once, at the end",
    )


@dataclass(frozen=True, eq=False)
class Lesson:
    """How far the walk has come.

    rows, columns   the queries and the keys of the tile that is being met.
    so_far          what all queries keep: those of earlier rows are done, those of later ones have met nothing.
    before          what the queries of this tile kept before it.
    in_tile, met    (queries, keys): the pairs of this tile, and all that were met.
    whole           the output of `attend`.
    """

    settings: Settings
    trace: TileTrace
    rows: slice
    columns: slice
    before: Running
    so_far: Running
    in_tile: Bool[Tensor, "queries keys"]
    met: Bool[Tensor, "queries keys"]
    whole: Float[Tensor, "batch heads queries value_dim"]

    @property
    def n_tokens(self) -> int:
        """How many there are."""
        return len(self.met)

    @property
    def n_tiles(self) -> int:
        """How many tiles there are."""
        return tiles_of(self.n_tokens, self.settings.block)

    @property
    def done(self) -> Bool[Tensor, "queries"]:
        """The queries that have met all keys."""
        return self.met.all(-1)

    @property
    def difference(self) -> float:
        """How far the outputs that are done are from those of `attend`, at most."""
        return largest((self.so_far.output - self.whole)[:, :, self.done])

    @property
    def open_difference(self) -> float:
        """The same of those under way."""
        begun = self.met.any(-1) & ~self.done & self.so_far.total[0, 0].gt(0)
        return largest((self.so_far.output - self.whole)[:, :, begun])

    @property
    def in_memory(self) -> int:
        """Scores of a tile."""
        return int(self.in_tile.sum())

    @property
    def in_table(self) -> int:
        """Scores of the whole table."""
        return self.in_tile.numel()

    @property
    def stands(self) -> str:
        """How far it has come, in words."""
        n_done = int(self.done.sum())
        if n_done == self.n_tokens:
            same = "They are those of attend" if self.difference <= EQUAL else "They are not those of attend"
            return f"All keys were met. {same}: they differ by at most {written(self.difference, '.1e')}."
        begun = f" The rows under way are off by up to {self.open_difference:.2f}: they have not met all keys."
        if not n_done:
            return f"No row is done.{begun}"
        off = written(self.difference, ".1e")
        return f"{n_done} of {self.n_tokens} rows are done and differ from attend by at most {off}.{begun}"


def tiles_of(n_tokens: int, block: int) -> int:
    """How many tiles cover a table of all pairs."""
    return (-(-n_tokens // block)) ** 2


def table_of(n_tokens: int, mask: str) -> Allowed | None:
    """A mask by position as the whole table that `attend` takes."""
    return {"causal": masks.causal(n_tokens), f"band of {WINDOW}": masks.local(n_tokens, WINDOW)}.get(mask)


def run(x: Float[Tensor, "1 tokens d_model"], maps: Projections, settings: Settings) -> Lesson:
    """Walk so many tiles, row by row as `stream` does, and look at the last of them."""
    queries, keys, values = project_heads(x, x, maps, 1)
    n_tokens, block = x.shape[1], min(settings.block, x.shape[1])
    allowed, scale = MASKS[settings.mask], SCALED_DOT.scale(queries.shape[-1])
    across = -(-n_tokens // block)
    row, column = divmod(min(max(settings.met, 1), across**2) - 1, across)
    kept = []
    for first in range(0, n_tokens, block):
        walked = list(walk(queries, keys, values, slice(first, first + block), allowed, scale, block))
        kept.append(walked[across if len(kept) < row else column + 1 if len(kept) == row else 0])
        if len(kept) - 1 == row:
            before, after = walked[column], walked[column + 1]
    rows, columns = (slice(at * block, min((at + 1) * block, n_tokens)) for at in (row, column))
    place = torch.arange(n_tokens)
    in_tile = (place[:, None] // block == row) & (place // block == column)
    met = (place[:, None] // block < row) | ((place[:, None] // block == row) & (place // block <= column))
    so_far = Running(
        *(torch.cat([getattr(each, name) for each in kept], dim=2) for name in ("maximum", "total", "mixed"))
    )
    whole = attend(queries, keys, values, table_of(n_tokens, settings.mask)).output
    tile = scores_of(queries[..., rows, :], keys[..., columns, :], scale)
    if allowed is not None:
        tile = torch.where(allowed(place[rows, None], place[None, columns]), tile, -torch.inf)
    trace = TileTrace(
        queries, keys, values, tile, after.maximum[..., None], after.total[..., None], after.mixed, after.output
    )
    return Lesson(settings, trace, rows, columns, before, so_far, in_tile, met, whole)


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace: of all rows, with 0 where nothing was met, which is not shown."""
    n_tokens, so_far = result.n_tokens, result.so_far
    scores = torch.zeros(n_tokens, n_tokens)
    scores[result.rows, result.columns] = result.trace.tile[0, 0]
    known = so_far.total[0, 0] > 0
    output = torch.where(known[:, None], so_far.output[0, 0], 0.0)
    return {
        "tile_scores": scores.numpy(),
        "in_tile": (result.in_tile & scores.isfinite()).numpy(),
        "met": result.met.float().numpy(),
        "running_max": torch.where(known, so_far.maximum[0, 0], 0.0)[:, None].numpy(),
        "running_sum": so_far.total[0, 0][:, None].numpy(),
        "so_far": output.numpy(),
        "known": known[:, None].expand_as(output).numpy(),
        "attended": result.whole[0, 0].numpy(),
        "apart": torch.where(known[:, None], output - result.whole[0, 0], 0.0).numpy(),
    }


def shown(given: Head, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(given.x, given.maps, settings)
    tensors = matrices(steps(result.trace)) | beside(result)
    return Shown(tensors, {"queries": given.words, "keys": given.words})
