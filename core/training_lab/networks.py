"""The networks of the training lab: recurrent ones with and without attention, and a Transformer, switch by switch.

Each reads rows from left to right and scores what comes after every token. The source, the mark and what was written stand
in one row, so that the tasks of the lab are one task to a network.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.attention import SCALED_DOT, AttentionTrace, Score, attend, masks
from core.attention.masks import Allowed
from core.attention.projections import ablate
from core.attention.scores import projected_additive
from core.seeded import seeded
from core.training_lab.tasks import Rows, Task
from core.transformer.block import Block, NormPlace, Part
from core.transformer.design import KINDS, Network, hidden_width
from core.transformer.experts import ExpertsTrace
from core.transformer.norms import NormKind, norm_of
from core.transformer.positions import LearnedPositions, sinusoidal
from core.transformer.self_attention import IN_ATTENTION

Kind = Literal["RNN", "GRU", "LSTM", "Transformer"]
KINDS_OF: Final[tuple[Kind, ...]] = ("RNN", "GRU", "LSTM", "Transformer")
Looks = Literal["none", "additive", "dot"]
LOOKS: Final[tuple[Looks, ...]] = ("none", "additive", "dot")
Positions = Literal["none", "sinusoids", "learned", "RoPE", "ALiBi", "T5"]
POSITIONS: Final[tuple[Positions, ...]] = ("none", "sinusoids", "learned", "RoPE", "ALiBi", "T5")
Mask = Literal["causal", "prefix", "window", "all"]
MASKS: Final[tuple[Mask, ...]] = ("causal", "prefix", "window", "all")
NETWORKS: Final[tuple[Network, ...]] = ("ReLU", "GELU", "SwiGLU", "experts")
_TORCH: Final = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
MOST_LAYERS: Final = 6
MOST_WIDTH: Final = 128
MOST_EXPERTS: Final = 8


@dataclass(frozen=True)
class Sizes:
    """A network, switch by switch. What a kind has not, it does not read.

    looks       how a recurrent network looks back at its earlier states.
    n_kv_heads  heads of keys and values; 0 = as many as of queries.
    mask        "causal": each token sees itself and those before it; "prefix": the source is seen whole; "window": of those
                before it the last few; "all": everything, also what is to be written.
    taken_out   parts of every block that are left out.
    """

    kind: Kind = "Transformer"
    n_layers: int = 2
    d_model: int = 32
    looks: Looks = "none"
    n_heads: int = 4
    n_kv_heads: int = 0
    positions: Positions = "sinusoids"
    mask: Mask = "causal"
    window: int = 4
    norm_place: NormPlace = "pre"
    norm: NormKind = "layer"
    network: Network = "ReLU"
    n_experts: int = 4
    n_active: int = 1
    taken_out: tuple[Part, ...] = ()


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network makes of rows.

    logits    scores of the token after each.
    weights   of each layer that attends, (batch, heads, queries, keys).
    allowed   who may attend to whom.
    balance   the balance loss of all experts; 0 without.
    """

    logits: Float[Tensor, "batch tokens vocab_size"]
    weights: tuple[Float[Tensor, "batch heads queries keys"], ...]
    allowed: Allowed
    balance: Float[Tensor, ""]


Silent = Collection[tuple[int, int]]


class Reader(nn.Module, ABC):
    """What all networks of the lab share: tokens or patches as vectors, and scores of every token."""

    def __init__(self, sizes: Sizes, vocab_size: int, d_patch: int):
        super().__init__()
        self.sizes = sizes
        self.tokens = nn.Embedding(vocab_size, sizes.d_model)
        self.patches = nn.Linear(d_patch, sizes.d_model) if d_patch else None
        # RMSNorm comes without biases, as in the blocks
        self.scores = nn.Linear(sizes.d_model, vocab_size, sizes.kind != "Transformer" or sizes.norm == "layer")

    def embed(self, rows: Rows) -> Float[Tensor, "batch tokens d_model"]:
        """Every token as a vector, patches first."""
        x = self.tokens(rows.ids)
        return x if self.patches is None or rows.patches is None else torch.cat([self.patches(rows.patches), x], dim=1)

    @abstractmethod
    def forward(self, rows: Rows, silent: Silent = ()) -> Seen:
        """Scores of what comes after every token. silent: heads, as layer and number, that bring nothing."""


class Recurrent(Reader):
    """Layers of a recurrent cell; with attention, what is scored is a state and a mixture of the states before it.

    Source   Elman 1990, Cho et al. 2014, Hochreiter and Schmidhuber 1997; Bahdanau et al. 2015 and Luong et al. 2015.
    """

    def __init__(self, sizes: Sizes, vocab_size: int, d_patch: int):
        super().__init__(sizes, vocab_size, d_patch)
        width = sizes.d_model
        self.cells = _TORCH[sizes.kind](width, width, sizes.n_layers, batch_first=True)
        if sizes.looks != "none":
            self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
            self.join = nn.Linear(2 * width, width)
        if sizes.looks == "additive":
            self.v = nn.Parameter(torch.randn(width) * width**-0.5)

    @property
    def score(self) -> Score:
        """How a state is compared with those before it."""
        return SCALED_DOT if self.sizes.looks == "dot" else projected_additive(self.v)

    def forward(self, rows: Rows, silent: Silent = ()) -> Seen:
        states, _ = self.cells(self.embed(rows))
        nothing = states.new_zeros(())
        if self.sizes.looks == "none":
            return Seen(self.scores(states), (), masks.causal(states.shape[1]), nothing)
        places = torch.arange(states.shape[1])
        begins = rows.begins[:, None, None]
        # what is written looks at the source alone, as a decoder at what was read; in prose at all that came before
        read = (places < begins) | (places[:, None] < begins) | (begins == 0)
        allowed = masks.causal(len(places)) & read[:, None]
        found = attend(
            self.query(states)[:, None], self.key(states)[:, None], states[:, None], allowed, score=self.score
        )
        context = ablate(found.output, tuple(head for _, head in silent))[:, 0]
        joined = torch.tanh(self.join(torch.cat([states, context], dim=-1)))
        return Seen(self.scores(joined), (found.weights,), allowed, nothing)


class Transformer(Reader):
    """A stack of the blocks of lesson 9, over the whole row.

    Raises   ValueError for sizes that do not fit, as Block.
    """

    def __init__(self, sizes: Sizes, vocab_size: int, d_patch: int, context: int):
        super().__init__(sizes, vocab_size, d_patch)
        width = sizes.d_model
        self.table = LearnedPositions(context, width) if sizes.positions == "learned" else None
        self.blocks = nn.ModuleList(
            Block(
                width,
                sizes.n_heads,
                d_ff=hidden_width(sizes.network, width),
                n_kv_heads=sizes.n_kv_heads or None,
                norm_place=sizes.norm_place,
                norm=sizes.norm,
                feed_forward=KINDS[sizes.network],
                n_experts=sizes.n_experts if sizes.network == "experts" else None,
                n_active=sizes.n_active,
                bias=sizes.norm == "layer",
                positions=next((each for each in IN_ATTENTION if each == sizes.positions), None),
            )
            for _ in range(sizes.n_layers)
        )
        # where norms stand inside the blocks, what leaves the last of them is normalised once
        ends_normed = sizes.norm_place == "post" or "norm" in sizes.taken_out
        self.norm = nn.Identity() if ends_normed else norm_of(sizes.norm, width, bias=sizes.norm == "layer")

    @property
    def stack(self) -> list[Block]:
        """Its blocks."""
        return [block for block in self.blocks if isinstance(block, Block)]

    def allowed(self, rows: Rows, n_tokens: int) -> Allowed:
        """Who may attend to whom."""
        sizes = self.sizes
        if sizes.mask in ("causal", "window"):
            seen = masks.causal(n_tokens)
            return seen & masks.local(n_tokens, sizes.window) if sizes.mask == "window" else seen
        real = masks.padding(rows.lengths, n_tokens)
        if sizes.mask == "all":
            return real | torch.eye(n_tokens, dtype=torch.bool)  # padding sees itself: a row of nothing has no softmax
        return masks.causal(n_tokens) | masks.padding(rows.begins, n_tokens)

    def forward(self, rows: Rows, silent: Silent = ()) -> Seen:
        x = self.embed(rows)
        places = torch.arange(x.shape[1])
        if self.sizes.positions == "sinusoids":
            x = x + sinusoidal(places, self.sizes.d_model).to(x)
        if self.table is not None:
            x = x + self.table(places, "clip")
        allowed, weights, balance = self.allowed(rows, len(places)), [], x.new_zeros(())
        for layer, block in enumerate(self.stack):
            muted = tuple(head for at, head in silent if at == layer)
            way = partial(_muted, block, allowed, muted) if muted else None
            made = block(x, allowed, without=self.sizes.taken_out, way=way)
            x = made.resid_post
            weights.append(made.attention.attention.weights)
            if isinstance(made.feed_forward, ExpertsTrace):
                balance = balance + made.feed_forward.balance_loss / len(self.blocks)
        return Seen(self.scores(self.norm(x)), tuple(weights), allowed, balance)


def _muted(
    block: Block, allowed: Allowed, muted: tuple[int, ...], queries: Tensor, keys: Tensor, values: Tensor
) -> AttentionTrace:
    """What the heads of a block bring, those that are muted nothing."""
    found = attend(queries, keys, values, allowed, bias=block.attention.distances(keys.shape[-2]))
    return replace(found, output=ablate(found.output, muted))


def build(sizes: Sizes, task: Task, seed: int) -> Reader:
    """An untrained network for a task. Raises ValueError in words for one that cannot be built."""
    with seeded(seed):
        return _built(sizes, task)


def check(sizes: Sizes, task: Task) -> None:
    """Raise ValueError in words where a network cannot be built, without memory for its numbers."""
    with torch.device("meta"):
        _built(sizes, task)


def _built(sizes: Sizes, task: Task) -> Reader:
    if not 1 <= sizes.n_layers <= MOST_LAYERS:
        raise ValueError(f"{sizes.n_layers} layers cannot be trained here: choose 1 to {MOST_LAYERS}")
    if not 2 <= sizes.d_model <= MOST_WIDTH:
        raise ValueError(f"a width of {sizes.d_model} cannot be trained here: choose 2 to {MOST_WIDTH}")
    if sizes.positions == "sinusoids" and sizes.kind == "Transformer" and sizes.d_model % 2:
        raise ValueError(f"{sizes.d_model} numbers do not make pairs of sine and cosine: choose an even width")
    if sizes.kind == "Transformer":
        return Transformer(sizes, len(task.vocabulary), task.d_patch, task.context)
    return Recurrent(sizes, len(task.vocabulary), task.d_patch)


def heads_of(sizes: Sizes) -> list[tuple[int, int]]:
    """All heads of a network, as layer and number."""
    if sizes.kind != "Transformer":
        return [] if sizes.looks == "none" else [(0, 0)]
    if "attention" in sizes.taken_out:
        return []
    return [(layer, head) for layer in range(sizes.n_layers) for head in range(sizes.n_heads)]


def part_of(name: str) -> str:
    """To which part of a network a parameter belongs."""
    first, *rest = name.split(".")
    if first == "blocks":
        inside = "attention" if rest[1] in ("attention", "norm_attention") else "MLP"
        return f"layer {rest[0]} {inside}"
    if first == "cells":
        return f"layer {rest[0].rpartition('_l')[2]}"
    return {"tokens": "tokens", "patches": "patches", "table": "positions", "scores": "scores", "norm": "scores"}.get(
        first, "attention"
    )


def parts_of(network: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The parameters of a network by its parts, from the input on."""
    found: dict[str, list[nn.Parameter]] = {}
    for name, weight in _from_the_input(network):
        found.setdefault(part_of(name), []).append(weight)
    return found


def _from_the_input(network: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """What scores stands last, and before it what looks back at states."""
    order = {"attention": 1, "scores": 2}
    yield from sorted(network.named_parameters(), key=lambda each: order.get(part_of(each[0]), 0))
