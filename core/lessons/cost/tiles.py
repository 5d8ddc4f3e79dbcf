"""Attention tile by tile on one head of the learner's sentence: what is kept after each tile, and at the end `attend`."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.attention import Projections, attend, masks, project_heads
from core.attention.masks import Allowed
from core.attention.scores import SCALED_DOT
from core.attention.streaming import AllowedAt, Running, band, causal, nothing_met, scores_of, walk
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
    in_tile, met    (queries, keys): the pairs of this tile, and all that were met; visible: those that the mask leaves.
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
    visible: Bool[Tensor, "queries keys"]
    whole: Float[Tensor, "batch heads queries value_dim"]

    @property
    def n_tokens(self) -> int:
        """How many there are."""
        return len(self.met)

    @property
    def done(self) -> Bool[Tensor, "queries"]:
        """The queries that have met all keys that they may see, which with a mask can be long before the last tile."""
        return (self.met | ~self.visible).all(-1)

    @property
    def begun(self) -> Bool[Tensor, "queries"]:
        """Those that have met some of the keys that they may see, and not all."""
        return (self.met & self.visible).any(-1) & ~self.done

    @property
    def difference(self) -> float:
        """How far the outputs that are done are from those of `attend`, at most."""
        return largest((self.so_far.output - self.whole)[:, :, self.done])

    @property
    def open_difference(self) -> float:
        """The same of those under way."""
        return largest((self.so_far.output - self.whole)[:, :, self.begun])

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
        n_done, n_begun = int(self.done.sum()), int(self.begun.sum())
        if n_done == self.n_tokens:
            same = "They are those of attend" if self.difference <= EQUAL else "They are not those of attend"
            what = "All keys were met" if self.met.all() else "All keys that any row may see were met"
            return f"{what}. {same}: they differ by at most {written(self.difference, '.1e')}."
        found = []
        if n_done:
            off, verb = written(self.difference, ".1e"), "row is" if n_done == 1 else "rows are"
            found.append(f"{n_done} of {self.n_tokens} {verb} done and at most {off} off from attend.")
        else:
            found.append("No row is done.")
        if n_begun:
            off, still = (
                f"{self.open_difference:.2f}",
                "it may see more keys" if n_begun == 1 else "they may see more keys",
            )
            found.append(f"{n_begun} under way {'is' if n_begun == 1 else 'are'} off by up to {off}: {still}.")
        if waiting := self.n_tokens - n_done - n_begun:
            found.append(f"{waiting} {'has' if waiting == 1 else 'have'} met nothing.")
        return " ".join(found)


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
    for first in range(0, (row + 1) * block, block):  # the rows after it have met nothing
        walked = walk(queries, keys, values, slice(first, first + block), allowed, scale, block)
        met_by_rows = list(islice(walked, column + 2) if len(kept) == row else walked)
        kept.append(met_by_rows[-1])
    before, after = met_by_rows[-2:]
    kept.append(nothing_met(queries[..., (row + 1) * block :, :], values))
    rows, columns = (slice(at * block, min((at + 1) * block, n_tokens)) for at in (row, column))
    place = torch.arange(n_tokens)
    in_tile = (place[:, None] // block == row) & (place // block == column)
    met = (place[:, None] // block < row) | ((place[:, None] // block == row) & (place // block <= column))
    so_far = Running(
        *(torch.cat([getattr(each, name) for each in kept], dim=2) for name in ("maximum", "total", "mixed"))
    )
    mask = table_of(n_tokens, settings.mask)
    visible = torch.ones_like(met) if mask is None else mask[0, 0].expand_as(met)
    whole = attend(queries, keys, values, mask).output
    tile = scores_of(queries[..., rows, :], keys[..., columns, :], scale)
    if allowed is not None:
        tile = torch.where(allowed(place[rows, None], place[None, columns]), tile, -torch.inf)
    trace = TileTrace(
        queries, keys, values, tile, after.maximum[..., None], after.total[..., None], after.mixed, after.output
    )
    return Lesson(settings, trace, rows, columns, before, so_far, in_tile, met, visible, whole)


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
