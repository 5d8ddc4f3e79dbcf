"""What a stack of blocks costs at the learner's sizes, by length, beside models of the world."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.cost import counted
from core.cost.growth import loss
from core.cost.models import PARTS, Known, known
from core.cost.sizes import Sizes
from core.lessons.cost import learned
from core.lessons.cost.learned import LearnedTrace, row
from core.lessons.shown import Matrices, Shown
from core.numerals import how_many, listed, short
from core.trace import Step, matrices, step, steps

LENGTHS: Final = (*(2**power for power in range(6, 17)), 100_000)  # tokens, from 64 on
YOURS: Final = "yours"
OURS: Final = Sizes(n_kv_heads=4)
BY_PART: Final = ("projections", "scores and mix", "MLP")
TAKES: Final = dict(zip(BY_PART, ("projections take", "scores and mix take", "the MLP takes"), strict=True))
STORED: Final = ("all weights", "tile by tile")
ON_CHIP: Final = 192 * 1024  # bytes of each multiprocessor of an A100 (Dao et al. 2022, section 2.1)
CACHES: Final = ("MHA", "GQA", "MQA", "latent")
GROWTH: Final = tuple(10.0**power for power in range(6, 14))  # weights


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    sizes      of the blocks; block: queries and keys of a tile; latent: numbers of the vector that a token leaves instead
               of keys and values; texts: tokens that the model was trained on.
    """

    sizes: Sizes = OURS
    block: int = 128
    latent: int = 576
    texts: float = 300e9


@dataclass(frozen=True)
class BillTrace:
    """The bill by length."""

    projections: Float[Tensor, "batch one lengths"] = step(
        r"4\,\text{batch}\,N\,D\left(D+D_{kv}\right)",
        title="Projections",
        says="One block, {n_tokens:,} tokens: torch counted {flops} operations, and {agrees}. Scores and mix take "
        "{share:.0%} of them; above {crossover:,.0f} tokens they take more than all else. Marks are one block "
        "of a model, at the length that it reads at most.",
        source="vaswani2017",
        ours="counted as 2 operations for a product and its sum",
    )
    mixing: Float[Tensor, "batch one lengths"] = step(
        r"4\,\text{batch}\,N^{2}\,D", title="Scores and weights times values", source="vaswani2017"
    )
    mlp: Float[Tensor, "batch one lengths"] = step(
        r"2\,\text{matrices}\,\text{batch}\,N\,D\,D_{ff}", title="The network behind attention", source="vaswani2017"
    )
    stored: Float[Tensor, "batch one lengths"] = step(
        r"\text{batch}\,\text{heads}\,N^{2}\,\text{bytes}",
        title="All weights of one layer",
        says="All weights A of one layer take {stored}. Tile by tile, {block} by {block}, it is {streamed}: {grows}. "
        "What is met at once, one tile of one head with its queries, keys and values, and what each query keeps, is {tile}: it "
        "{fits} into the {on_chip} of fast memory in one multiprocessor of an A100.",
        source="vaswani2017",
    )
    streamed: Float[Tensor, "batch one lengths"] = step(
        r"\text{batch}\,\text{heads}\left(N+\text{tile}^{2}\right)\text{bytes}",
        title="Tile by tile",
        source="dao2022",
        ours="one logarithm for each query, and one tile for each head",
    )
    own: Float[Tensor, "batch one lengths"] = step(
        r"2\,\text{layers}\,\text{batch}\,N\,D\,\text{bytes}",
        title="Every head its own keys and values",
        says="Who writes token by token keeps keys and values of {every_layer}. Every head its own: "
        "{whole_cache}; {n_kv_heads} for {of_heads}: {own_cache}; one for all: {one_cache}; a latent vector "
        "of {latent_width}: {latent_cache}. MiniLM, BERT and ViT-B write nothing and keep none.",
        source="vaswani2017",
    )
    grouped: Float[Tensor, "batch one lengths"] = step(
        r"2\,\text{layers}\,\text{batch}\,N\,D_{kv}\,\text{bytes}", title="In groups", source="ainslie2023", also="GQA"
    )
    shared: Float[Tensor, "batch one lengths"] = step(
        r"2\,\text{layers}\,\text{batch}\,N\,d\,\text{bytes}",
        title="One for all heads",
        source="shazeer2019",
        also="MQA",
    )
    latent: Float[Tensor, "batch one lengths"] = step(
        r"\text{layers}\,\text{batch}\,N\,D_{c}\,\text{bytes}",
        title="A latent vector",
        source="deepseek2024",
        also="MLA",
    )


@dataclass(frozen=True, eq=False)
class Lesson:
    """The bill.

    learned   what the blocks learn, by width.
    counted   operations of one block by part, as torch counted them while it ran; models: of the world.
    """

    settings: Settings
    trace: BillTrace
    learned: LearnedTrace
    counted: dict[str, int]
    models: tuple[Known, ...]

    @property
    def sizes(self) -> Sizes:
        """Those of the learner."""
        return self.settings.sizes

    @property
    def flops(self) -> str:
        """The operations of one block, as words."""
        return short(sum(self.counted.values()))

    @property
    def off(self) -> int:
        """By how much the formulas miss what was counted."""
        return sum(abs(self.counted[part] - size) for part, size in self.sizes.parts.items())

    @property
    def agrees(self) -> str:
        """Whether they do, in words."""
        return "the formulas say exactly the same" if self.off == 0 else f"the formulas are off by {self.off:,}"

    @property
    def share(self) -> float:
        """Of scores and mix in all operations of the block."""
        return self.sizes.mixing / self.sizes.flops

    @property
    def most(self) -> str:
        """Which part takes most, in words."""
        return TAKES[max(self.counted, key=lambda part: self.counted[part])]

    @property
    def mostly_mixing(self) -> str:
        """In which of the models scores and mix take most, in words."""
        names = [
            model.name for model in self.models if model.sizes.mixing > max(model.sizes.projections, model.sizes.mlp)
        ]
        return listed(names) if names else "none"

    @property
    def crossover(self) -> float:
        """From how many tokens on scores and mix take more than all else."""
        return self.sizes.crossover

    @property
    def stored(self) -> str:
        """Bytes of all weights of one layer, of the tensor itself."""
        return in_bytes(counted.weights_bytes(self.sizes))

    @property
    def streamed(self) -> str:
        """Bytes that take their place."""
        return in_bytes(self.sizes.streamed_bytes(self.settings.block))

    @property
    def grows(self) -> str:
        """With what that grows, in words."""
        if self.sizes.n_tokens <= self.settings.block:
            return "so short a text fits into one tile, and nothing is saved"
        return "what is kept grows with N and no longer with its square"

    @property
    def tile(self) -> str:
        """Bytes of what is met at once."""
        return in_bytes(self.sizes.tile_bytes(self.settings.block))

    @property
    def on_chip(self) -> str:
        """Bytes of the fast memory that it should fit into."""
        return in_bytes(ON_CHIP)

    @property
    def fits(self) -> str:
        """Whether it does."""
        return "fits" if self.sizes.tile_bytes(self.settings.block) <= ON_CHIP else "does not fit"

    @property
    def caches(self) -> dict[str, int]:
        """Bytes of keys and values at the learner's length, by how heads share them."""
        sizes = self.sizes
        made = (sizes.shared_by(sizes.n_heads), sizes, sizes.shared_by(1))
        return dict(
            zip(CACHES, (*(each.cache_bytes for each in made), sizes.latent_bytes(self.settings.latent)), strict=True)
        )

    @property
    def every_layer(self) -> str:
        """All layers, in words."""
        return "its one layer" if self.sizes.n_layers == 1 else f"all {self.sizes.n_layers} layers"

    @property
    def layers_have(self) -> str:
        """How many there are, as who has something."""
        return f"{how_many(self.sizes.n_layers, 'layer')} {'has' if self.sizes.n_layers == 1 else 'have'}"

    @property
    def of_heads(self) -> str:
        """How many heads share keys and values, in words."""
        return how_many(self.sizes.n_heads, "head")

    @property
    def whole_cache(self) -> str:
        """With keys and values for every head."""
        return in_bytes(self.caches[CACHES[0]])

    @property
    def own_cache(self) -> str:
        """With the learner's number of heads of keys and values."""
        return in_bytes(self.caches[CACHES[1]])

    @property
    def one_cache(self) -> str:
        """With one head for all."""
        return in_bytes(self.caches[CACHES[2]])

    @property
    def latent_cache(self) -> str:
        """With a latent vector."""
        return in_bytes(self.caches[CACHES[3]])

    @cached_property
    def rows(self) -> dict[str, dict[str, int]]:
        """The weights of the learner's stack and of the models, by part."""
        yours = {"attention": self.sizes.attention_weights, "MLP": self.sizes.mlp_weights}
        return {YOURS: dict.fromkeys(PARTS, 0) | yours} | {model.name: model.weights for model in self.models}

    @property
    def parameters(self) -> str:
        """All weights of the learner's stack, as words."""
        return short(sum(self.rows[YOURS].values()))

    @property
    def parameter_bytes(self) -> str:
        """And their memory."""
        return in_bytes(sum(self.rows[YOURS].values()) * self.sizes.n_bytes)

    @property
    def in_attention(self) -> str:
        """How many of them are in attention, as words."""
        return short(self.sizes.attention_weights)

    @property
    def in_mlp(self) -> str:
        """How many are in the networks behind attention."""
        return short(self.sizes.mlp_weights)

    @property
    def wider(self) -> float:
        """How many times as many a stack twice as wide has."""
        twice = self.sizes.at_width(2 * self.sizes.d_model)
        return (twice.attention_weights + twice.mlp_weights) / sum(self.rows[YOURS].values())

    @property
    def _mostly_tables(self) -> Known:
        """The model of whose weights most are tables."""
        return max(self.models, key=lambda model: model.weights["tables"] / model.total)

    @property
    def most_tables(self) -> float:
        """Which share of its weights they are."""
        return self._mostly_tables.weights["tables"] / self._mostly_tables.total

    @property
    def in_which(self) -> str:
        """What it is called."""
        return self._mostly_tables.name

    @property
    def fitted(self) -> float:
        """What the fit says of a model as large as the learner's, trained on as much text."""
        return loss(sum(self.rows[YOURS].values()), self.settings.texts)

    @property
    def floor(self) -> float:
        """What no size goes below with this text."""
        return loss(float("inf"), self.settings.texts)


def run(settings: Settings) -> Lesson:
    """The bill at these sizes."""
    sizes = settings.sizes
    return Lesson(settings, by_length(settings), learned.by_width(sizes), counted.block(sizes), known())


def by_length(settings: Settings) -> BillTrace:
    """The bill at every length."""
    at = [replace(settings.sizes, n_tokens=length) for length in LENGTHS]
    projections = row([each.projections for each in at])
    mixing = row([each.mixing for each in at])
    mlp = row([each.mlp for each in at])
    stored = row([each.weights_bytes for each in at])
    streamed = row([each.streamed_bytes(settings.block) for each in at])
    own = row([each.shared_by(each.n_heads).cache_bytes for each in at])
    grouped = row([each.cache_bytes for each in at])
    shared = row([each.shared_by(1).cache_bytes for each in at])
    latent = row([each.latent_bytes(settings.latent) for each in at])
    return BillTrace(projections, mixing, mlp, stored, streamed, own, grouped, shared, latent)


def traced(result: Lesson) -> list[Step]:
    """All steps: what is done by length, and what is learned by width."""
    return [*steps(result.trace), *steps(result.learned)]


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    trace, texts = result.trace, result.settings.texts
    operations = [result.sizes.parts, *(model.sizes.parts for model in result.models)]
    weights = list(result.rows.values())
    growing = [[loss(size, texts) for size in GROWTH], [result.floor] * len(GROWTH)]
    return {
        "flops": stacked(trace.projections, trace.mixing, trace.mlp),
        "memory": stacked(trace.stored, trace.streamed),
        "cache": stacked(trace.own, trace.grouped, trace.shared, trace.latent),
        "parameters": stacked(result.learned.of_attention, result.learned.of_mlp, result.learned.of_both),
        "losses": np.array(growing, np.float32),
        "flops_shares": shares([list(each.values()) for each in operations]),
        "weights_shares": shares([list(each.values()) for each in weights]),
    }


def stacked(*rows: Float[Tensor, "batch one lengths"]) -> np.ndarray:
    """Rows of one figure below each other."""
    return torch.cat(rows, dim=1)[0].float().numpy()


def shares(rows: list[list[int]]) -> np.ndarray:
    """Each number as a share of its row."""
    return np.array([[number / sum(row) for number in row] for row in rows], np.float32)


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of all axes."""
    who = [YOURS, *(model.name for model in result.models)]
    return {
        "queries": who,
        "keys": list(BY_PART),
        "parts": list(BY_PART),
        "learned": list(PARTS),
        "lines": list(learned.LINES),
        "stored": list(STORED),
        "caches": list(CACHES),
        "losses": ["at this size", "at any size"],
    }


def shown(settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(settings)
    return Shown(matrices(traced(result)) | beside(result), axes(result))


def in_bytes(number: int) -> str:
    """Bytes in units of 1024: 48 MiB."""
    value, units = float(number), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.4g} {units[0]}"
