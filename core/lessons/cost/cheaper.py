"""Attention that saves memory, tried on the learner's sentence: few weights, a window, keys and values that heads share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.attention import AttentionTrace, attend, project_heads
from core.lessons.block.given import blocks_of_sentences
from core.lessons.material import Encoded, layer_of
from core.lessons.shown import Matrices, Shown
from core.trace import matrices, part, step, steps
from core.transformer.self_attention import Way

KEPT: Final = (1, 2, 4, 8, 16, 32)  # weights of a row
WINDOWS: Final = (0, 1, 2, 4, 8, 16)  # keys on each side
SHARED: Final = (12, 6, 4, 3, 2, 1)  # heads of keys and values
LAYERS, HEADS, N_BYTES = 6, 12, 4  # of the offline model, in single precision
N_INDEX: Final = 4  # bytes of the number of a key
Rows = Float[Tensor, "batch heads tokens head_dim"]


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    layer, head   that are looked into; every layer is changed alike.
    kept          the largest weights of each row that stay, one of KEPT; window: one of WINDOWS; first: whether the first
                  token stays beside the window; shared: one of SHARED.
    """

    layer: int = 3
    head: int = 1
    kept: int = 4
    window: int = 2
    first: bool = False
    shared: int = 3


@dataclass(frozen=True)
class Errors:
    """How far the ways of one kind are from attention as it is, each way a number, and what each keeps in memory.

    outputs   of the head that is looked at, on what enters its layer: how far off, relative to the length of its outputs.
    vectors   1 − the cosine of the sentence's vector with that of the model as it is, every layer changed.
    memory    the share that it keeps of what attention as it is keeps.
    """

    outputs: Float[Tensor, "ways"]
    vectors: Float[Tensor, "ways"]
    memory: Float[Tensor, "ways"]


@dataclass(frozen=True)
class CheaperTrace:
    """One head as it is, with few weights, within a window, and with keys and values that are shared."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step("XW_Q + b_Q", title="Queries", source="vaswani2017")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("XW_K + b_K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step("XW_V + b_V", title="Values", source="vaswani2017")
    attention: AttentionTrace = part()
    few: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(<scaled> + M_{\mathrm{few}}\right)",
        title="The largest weights of each row",
        says="Each row keeps {largest}. All scores had to be computed to know which they are.",
        source="zhao2019",
    )
    near: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(<scaled> + M_{\mathrm{near}}\right)",
        title="Within a window",
        says="Each token sees itself and {window} on either side, and {beside}.",
        source="beltagy2020",
    )
    together: Float[Tensor, "batch heads queries keys"] = step(
        r"\operatorname{softmax}\left(\frac{<queries>\operatorname{mean}\left(<keys>\right)^\top}{\sqrt{d}}\right)",
        title="With keys that heads share",
        says="This head with the mean of the keys of its group. Heads of keys and values: {shared}, of queries: 12.",
        source="ainslie2023",
    )


@dataclass(frozen=True, eq=False)
class Lesson:
    """What saves memory, and what it costs. `with_first`: windows beside which the first token stays."""

    settings: Settings
    trace: CheaperTrace
    mask_k: Bool[Tensor, "queries keys"]
    mask_w: Bool[Tensor, "queries keys"]
    by_kept: Errors
    by_window: Errors
    with_first: Errors
    by_shared: Errors

    @property
    def n_tokens(self) -> int:
        """How many there are."""
        return len(self.mask_k)

    @property
    def stands(self) -> dict[str, int]:
        """Which row of each table is the learner's."""
        at = self.settings
        return {"kept": KEPT.index(at.kept), "windows": WINDOWS.index(at.window), "shared": SHARED.index(at.shared)}

    @property
    def turned(self) -> dict[str, float]:
        """How far the sentence's vector turns: by the weights kept, the window alone and with the first token, by sharing."""
        kept, window, shared = self.stands.values()
        found = (self.by_kept, kept), (self.by_window, window), (self.with_first, window), (self.by_shared, shared)
        names = ("few", "alone", "with first", "together")
        return {name: errors.vectors[at].item() for name, (errors, at) in zip(names, found, strict=True)}

    @property
    def few_turned(self) -> float:
        """By the weights kept."""
        return self.turned["few"]

    @property
    def alone_turned(self) -> float:
        """By the window alone."""
        return self.turned["alone"]

    @property
    def first_turned(self) -> float:
        """With the first token beside the window."""
        return self.turned["with first"]

    @property
    def shared_turned(self) -> float:
        """By shared keys and values."""
        return self.turned["together"]

    @property
    def why_first(self) -> str:
        """What the first token is worth, in words."""
        if self.first_turned < self.alone_turned:
            return (
                "Heads that were trained without a window leave the weight that they have no use for on the first token; where "
                "it is cut off, that weight falls on words."
            )
        return "Here the first token makes nothing better."

    @property
    def weights_bytes(self) -> int:
        """The weights of all heads and layers on this sentence."""
        return LAYERS * HEADS * self.n_tokens**2 * N_BYTES

    @property
    def few_bytes(self) -> int:
        """The same with few of them, each with the number of its key where any is left out."""
        return round(self.weights_bytes * few_of(self.settings.kept, self.n_tokens))

    @property
    def largest(self) -> str:
        """What a row keeps, in words."""
        if self.settings.kept >= self.n_tokens:
            return f"all of its {self.n_tokens} weights"
        if self.settings.kept == 1:
            return "its largest weight, which gets what the others had"
        return f"its {self.settings.kept} largest weights, which share what the others had"

    @property
    def cache_bytes(self) -> int:
        """Keys and values of all heads and layers for this sentence."""
        return 2 * LAYERS * self.n_tokens * HEADS * self.trace.keys.shape[-1] * N_BYTES

    @property
    def shared_bytes(self) -> int:
        """The same with the learner's number of heads of keys and values."""
        return self.cache_bytes * self.settings.shared // HEADS

    @property
    def window_bytes(self) -> int:
        """What is held at once of it with the learner's window."""
        seen = held(self.n_tokens, self.settings.first)[WINDOWS.index(self.settings.window)]
        return self.cache_bytes * seen // self.n_tokens

    @property
    def beside(self) -> str:
        """What a token sees beside its window, in words."""
        return "the first token, too" if self.settings.first else "nothing else"


def few(kept: Sequence[int]) -> Way:
    """Each row gives to its largest weights alone; a number of them for each of the batch."""

    def way(queries: Rows, keys: Rows, values: Rows) -> AttentionTrace:
        return attend(queries, keys, values, strongest(attend(queries, keys, values).scaled, kept))

    return way


def strongest(
    scaled: Float[Tensor, "batch heads queries keys"], kept: Sequence[int]
) -> Bool[Tensor, "ways heads queries keys"]:
    """Which keys have the largest scores of their row."""
    ranks = scaled.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
    return ranks < torch.tensor(kept)[:, None, None, None]


def near(windows: Sequence[int], first: bool) -> Way:
    """Each query sees so many keys on each side, and the first token too, where it stays."""

    def way(queries: Rows, keys: Rows, values: Rows) -> AttentionTrace:
        return attend(queries, keys, values, within(queries.shape[2], windows, first))

    return way


def within(n_tokens: int, windows: Sequence[int], first: bool) -> Bool[Tensor, "ways 1 queries keys"]:
    """Which keys a query sees, for every window."""
    place = torch.arange(n_tokens)
    seen = (place[:, None] - place).abs() <= torch.tensor(windows)[:, None, None]
    return (seen | (first & (place == 0)))[:, None]


def together(shared: Sequence[int]) -> Way:
    """So many heads of keys and values, each the mean of those in whose place it stands."""

    def way(queries: Rows, keys: Rows, values: Rows) -> AttentionTrace:
        means = grouping(queries.shape[1], shared)
        return attend(queries, mean_of(keys, means), mean_of(values, means))

    return way


def grouping(n_heads: int, shared: Sequence[int]) -> Float[Tensor, "ways heads others"]:
    """What each head takes of all heads: the mean of its group."""
    head = torch.arange(n_heads)
    group = head // (n_heads // torch.tensor(shared)[:, None])
    same = group[:, :, None] == group[:, None]
    return same / same.sum(-1, keepdim=True)


def mean_of(rows: Rows, means: Float[Tensor, "ways heads others"]) -> Float[Tensor, "ways heads tokens head_dim"]:
    """Keys or values, averaged among the heads of each group."""
    return torch.einsum("who,wond->whnd", means, rows.expand(len(means), -1, -1, -1))


def read_through(x: Float[Tensor, "batch tokens d_model"], way: Way) -> Float[Tensor, "batch d_model"]:
    """The sentence's vector, the mean of all tokens behind the last layer, of the offline model with attention this way."""
    for block in blocks_of_sentences():
        x = block(x, way=way).resid_post
    return x.mean(dim=1)


Vectors = tuple[Float[Tensor, "ways"], ...]


def run(read: Encoded, settings: Settings, known: Vectors | None = None) -> Lesson:
    """Look into one head, and try every way on the whole model. known: what `moved` found, where somebody has kept it."""
    layer, n_tokens = layer_of(settings.layer), len(read.tokens.ids)
    x = read.x(settings.layer)
    operands = project_heads(x, x, layer.maps, layer.n_heads)
    queries, keys, values = (operand[:, settings.head : settings.head + 1] for operand in operands)
    attention = attend(queries, keys, values)
    mask_k = strongest(attention.scaled, [settings.kept])
    mask_w = within(n_tokens, [settings.window], settings.first)
    largest = attend(queries, keys, values, mask_k).weights
    around = attend(queries, keys, values, mask_w).weights
    all_heads = together([settings.shared])(*operands)
    shared = all_heads.weights[:, settings.head : settings.head + 1]
    trace = CheaperTrace(queries, keys, values, attention, largest, around, shared)
    memory = (
        [few_of(kept, n_tokens) for kept in KEPT],
        *([seen / n_tokens for seen in held(n_tokens, first)] for first in (False, True)),
        [shared / layer.n_heads for shared in SHARED],
    )
    errors = (
        Errors(off(operands, way, settings.head, len(share)), vectors, torch.tensor(share))
        for way, vectors, share in zip(ways(), known or moved(read), memory, strict=True)
    )
    return Lesson(settings, trace, mask_k[0, 0], mask_w[0, 0], *errors)


def ways() -> tuple[Way, ...]:
    """Few weights, windows without and with the first token, shared keys and values: each for all numbers of its kind."""
    return few(KEPT), near(WINDOWS, False), near(WINDOWS, True), together(SHARED)


def off(operands: tuple[Rows, Rows, Rows], way: Way, head: int, n_ways: int) -> Float[Tensor, "ways"]:
    """How far the outputs of a head are off, relative to their length."""
    queries, keys, values = (operand.expand(n_ways, -1, -1, -1) for operand in operands)
    before, after = (made.output[:, head].flatten(1) for made in (attend(*operands), way(queries, keys, values)))
    return (after - before).norm(dim=1) / before.norm(dim=1)


def moved(read: Encoded) -> Vectors:
    """How far every way moves the sentence's vector."""
    with torch.inference_mode():
        x = read.x(0)
        as_it_is, found = read_through(x, attend), []
        for way, numbers in zip(ways(), (KEPT, WINDOWS, WINDOWS, SHARED), strict=True):
            vectors = read_through(x.expand(len(numbers), -1, -1), way)
            found.append((1 - torch.cosine_similarity(vectors, as_it_is)).clamp(min=0))
        return tuple(found)


def few_of(kept: int, n_tokens: int) -> float:
    """The memory of so many weights of a row, of that of all: whoever leaves some out keeps the number of a key with each."""
    return 1.0 if kept >= n_tokens else kept * (N_BYTES + N_INDEX) / (n_tokens * N_BYTES)


def held(n_tokens: int, first: bool) -> list[int]:
    """How many keys must be held at once, for every window: as many as the query sees that sees most."""
    return within(n_tokens, WINDOWS, first).sum(-1).amax((1, 2)).tolist()


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    kinds = {"kept": result.by_kept, "window": result.by_window, "first": result.with_first, "shared": result.by_shared}
    return {
        "mask_k": result.mask_k.numpy(),
        "mask_w": result.mask_w.numpy(),
    } | {
        f"{kind}_{name}": np.asarray(numbers)[:, None]
        for kind, errors in kinds.items()
        for name, numbers in vars(errors).items()
    }


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of the axes that are no tokens."""
    return {
        "kept": [f"{kept} weights" if kept > 1 else "1 weight" for kept in KEPT],
        "windows": [f"± {window}" for window in WINDOWS],
        "shared": [f"{shared} heads" if shared > 1 else "1 head" for shared in SHARED],
    }


def shown(read: Encoded, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(read, settings)
    words = {"queries": list(read.tokens.pieces), "keys": list(read.tokens.pieces)}
    return Shown(matrices(steps(result.trace)) | beside(result), words | axes(result))
