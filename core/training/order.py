"""Is A before B? One task that nothing but positions can solve, learned under every scheme and tested on longer rows.

This is a toy: a row of letters with one A and one B among them, and one layer of attention that says which comes first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.attention import AttentionTrace, Projections, attend, masks, merge_heads
from core.attention.projections import project_heads
from core.seeded import seeded
from core.trace import part, step
from core.training.comparison import Comparison
from core.training.loop import Schedule, Training
from core.transformer.positions import BucketBias, LearnedPositions, alibi, rotate, sinusoidal

Scheme = Literal["none", "sinusoidal", "learned", "RoPE", "ALiBi", "T5"]
SCHEMES: Final[tuple[Scheme, ...]] = ("none", "sinusoidal", "learned", "RoPE", "ALiBi", "T5")
# without a mask each; and with one, those that cannot tell the order without
KINDS: Final = (*((scheme, False) for scheme in SCHEMES), ("none", True), ("ALiBi", True))
LETTERS: Final = "ABCDEFGH"
TRAINED: Final = 8  # letters in a row that is learned from
LENGTHS: Final = (8, 12, 16, 24, 32)  # of the rows that are tested
TWICE: Final = 2 * TRAINED
UPDATES: Final = 200
TESTED: Final = 500
ANSWERS: Final = ("A after B", "A before B")
_WIDTH: Final = 32
_HEADS: Final = 2
_AT_ONCE: Final = 64
_RATE: Final = 3e-3
_WARMUP: Final = 20
# the seed of the rows that a toy is measured on; those it learns from are drawn from the learner's
_TEST_SEED: Final = 1_000_003


@dataclass(frozen=True)
class OrderTrace:
    """What a toy makes of rows of letters."""

    x: Float[Tensor, "batch tokens d_model"] = step(
        "X", title="Letters, and codes where some are added", source="vaswani2017"
    )
    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        r"\operatorname{split}\left(\operatorname{LN}(<x>)W_Q + b_Q\right)", title="Queries", source="vaswani2017"
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{split}\left(\operatorname{LN}(<x>)W_K + b_K\right)", title="Keys", source="vaswani2017"
    )
    attention: AttentionTrace = part()
    mixed: Float[Tensor, "batch tokens d_model"] = step(
        r"<x> + \operatorname{merge}\left(<output>\right)W_O + b_O", title="Attention added", source="he2016"
    )
    read: Float[Tensor, "batch tokens d_model"] = step(
        r"<mixed> + \operatorname{GELU}\left(\operatorname{LN}(<mixed>)W_1 + b_1\right)W_2 + b_2",
        title="What goes out of the block",
        source="vaswani2017",
    )
    logits: Float[Tensor, "batch classes"] = step(
        r"\operatorname{mean}\left(<read>\right)W_C + b_C", title="Scores of the two answers", source="vaswani2017"
    )


@dataclass(frozen=True)
class RotaryOrderTrace(OrderTrace):
    """The same where queries and keys are turned by their places."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        r"\operatorname{turn}\left(\operatorname{split}\left(\operatorname{LN}(<x>)W_Q + b_Q\right)\right)",
        title="Queries, turned by their places",
        source="su2021",
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step(
        r"\operatorname{turn}\left(\operatorname{split}\left(\operatorname{LN}(<x>)W_K + b_K\right)\right)",
        title="Keys, turned by their places",
        source="su2021",
    )


class OrderModel(nn.Module):
    """One block and the mean over its tokens: without positions and mask, a function of which letters are there alone.

    causal   letters see only those before them and themselves.
    """

    def __init__(self, scheme: Scheme, causal: bool):
        super().__init__()
        self.scheme, self.causal = scheme, causal
        self.letters = nn.Embedding(len(LETTERS), _WIDTH)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(_WIDTH), nn.LayerNorm(_WIDTH)
        self.query, self.key, self.value = (nn.Linear(_WIDTH, _WIDTH) for _ in range(3))
        self.mix = nn.Linear(_WIDTH, _WIDTH)
        self.expand, self.contract = nn.Linear(_WIDTH, 2 * _WIDTH), nn.Linear(2 * _WIDTH, _WIDTH)
        self.answer = nn.Linear(_WIDTH, len(ANSWERS))
        # last, so that all schemes begin with the same numbers elsewhere
        self.table = LearnedPositions(TRAINED, _WIDTH) if scheme == "learned" else None
        self.buckets = BucketBias(_HEADS, bidirectional=not causal) if scheme == "T5" else None

    @property
    def learned_table(self) -> LearnedPositions:
        """The table of positions that is learned. Raises ValueError for a scheme that learns none."""
        if self.table is None:
            raise ValueError(f"the scheme {self.scheme} learns no table: choose learned")
        return self.table

    def forward(self, rows: Int[Tensor, "batch tokens"]) -> OrderTrace:
        """Read rows of any length. The learned table gives its last vector to all places behind its end."""
        places = torch.arange(rows.shape[1])
        x = self.letters(rows)
        if self.scheme == "sinusoidal":
            x = x + sinusoidal(places, _WIDTH).to(x)
        if self.table is not None:
            x = x + self.table(places, "clip")
        normed = self.norm_attention(x)
        maps = Projections.from_linear(self.query, self.key, self.value)
        queries, keys, values = project_heads(normed, normed, maps, _HEADS)
        if self.scheme == "RoPE":
            queries, keys = rotate(queries, places), rotate(keys, places)
        allowed = masks.causal(len(places)) if self.causal else None
        attention = attend(queries, keys, values, allowed, bias=self._bias(len(places)))
        mixed = x + self.mix(merge_heads(attention.output))
        read = mixed + self.contract(nn.functional.gelu(self.expand(self.norm_mlp(mixed))))
        made = RotaryOrderTrace if self.scheme == "RoPE" else OrderTrace
        return made(x, queries, keys, attention, mixed, read, self.answer(read.mean(1)))

    def _bias(self, n_tokens: int) -> Float[Tensor, "1 heads queries keys"] | None:
        if self.buckets is not None:
            return self.buckets(n_tokens, n_tokens)
        return alibi(_HEADS, n_tokens, n_tokens) if self.scheme == "ALiBi" else None


@dataclass(frozen=True, eq=False)
class Learned:
    """What one toy has learned.

    accuracy     by the length of the rows, in rows that it never saw; half of them have A first.
    losses       one per update, in nats.
    parameters   numbers that it learned.
    clipped      lengths at which some letters stood behind the last trained vector and shared it.
    model        the toy itself, to be looked into.
    """

    scheme: Scheme
    causal: bool
    accuracy: dict[int, float]
    losses: tuple[float, ...]
    parameters: int
    clipped: tuple[int, ...]
    model: OrderModel = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called in a chart."""
        return f"{self.scheme}, causal mask" if self.causal else self.scheme


def draw(n: int, length: int, rng: torch.Generator) -> tuple[Int[Tensor, "n tokens"], Int[Tensor, "n"]]:
    """So many rows, each with one A, one B and other letters at random; 1 where A comes first, else 0."""
    rows = torch.randint(2, len(LETTERS), (n, length), generator=rng)
    chosen = torch.rand(n, length, generator=rng).topk(2, dim=1).indices
    rows.scatter_(1, chosen, torch.tensor([0, 1]).expand(n, 2))
    return rows, (chosen[:, 0] < chosen[:, 1]).long()


def tested_rows(length: int) -> tuple[Int[Tensor, "n tokens"], Int[Tensor, "n"]]:
    """The rows that toys are measured on: half are drawn, the others are their mirror images, whose answer is opposite."""
    rows, answers = draw(TESTED // 2, length, torch.Generator().manual_seed(_TEST_SEED))
    return torch.cat([rows, rows.flip(1)]), torch.cat([answers, 1 - answers])


def untrained(scheme: Scheme, causal: bool, seed: int) -> OrderModel:
    """A toy as it begins."""
    with seeded(seed):
        return OrderModel(scheme, causal)


def learn(scheme: Scheme, causal: bool, seed: int, updates: int = UPDATES) -> Learned:
    """Train a toy on rows of TRAINED letters and measure it on new ones, also on longer ones."""
    model = untrained(scheme, causal, seed)
    rng = torch.Generator().manual_seed(seed)
    batches = (draw(_AT_ONCE, TRAINED, rng) for _ in range(updates))
    training = Training(model, Schedule(updates, _RATE, _WARMUP), weight_decay=0.0)
    losses = [
        update.loss
        for update in training.run(batches, lambda given: nn.functional.cross_entropy(model(given[0]).logits, given[1]))
    ]
    model.eval().requires_grad_(False)
    return Learned(
        scheme,
        causal,
        {length: accuracy(model, length) for length in LENGTHS},
        tuple(losses),
        sum(weights.numel() for weights in model.parameters()),
        tuple(length for length in LENGTHS if length > TRAINED) if scheme == "learned" else (),
        model,
    )


def accuracy(model: OrderModel, length: int) -> float:
    """The share of rows of a length that it answers right; guessing gives one half."""
    rows, answers = tested_rows(length)
    with torch.inference_mode():
        return (model(rows).logits.argmax(-1) == answers).double().mean().item()


def curve(seed: int) -> Iterator[Learned]:
    """Every scheme, then the two that a causal mask makes able, one after the other."""
    for scheme, causal in KINDS:
        yield learn(scheme, causal, seed)


def lines(done: Sequence[Learned]) -> dict[str, tuple[list[int], list[float]]]:
    """How often each is right, by the length of the rows."""
    return {each.name: (list(each.accuracy), list(each.accuracy.values())) for each in done}


COMPARISON: Final = Comparison(
    "Is A before B?",
    f"Rows of {TRAINED} letters with one A and one B among them, {UPDATES} updates each, tested on {TESTED} new rows of "
    f"{LENGTHS[0]} to {LENGTHS[-1]} letters; half of them have A first. One layer of attention of the same size under "
    "every scheme, trained here and now: without positions; with sinusoids or a learned table, which are added to the letters; "
    "with RoPE, which turns queries and keys; with ALiBi or T5's buckets, which are added to the scores. A learned table gives "
    "its last vector to all places behind its end. Guessing is right in 0.50 of the rows.",
    "toy",
    len(KINDS),
    curve,
    lines,
    "letters in a row",
    "right on new rows",
    LENGTHS,
    as_table=True,
)


def parse(text: str) -> Int[Tensor, "1 tokens"]:
    """A row that somebody typed. Raises ValueError saying what does not fit."""
    letters = "".join(text.split()).upper()
    if strange := next((letter for letter in letters if letter not in LETTERS), ""):
        raise ValueError(f"“{strange}” is none of the letters {LETTERS[0]} to {LETTERS[-1]}")
    if letters.count("A") != 1 or letters.count("B") != 1:
        raise ValueError(f"there are {letters.count('A')} A and {letters.count('B')} B: the question needs one of each")
    if len(letters) > LENGTHS[-1]:
        raise ValueError(f"{len(letters)} letters were typed: at most {LENGTHS[-1]} are read")
    return torch.tensor([[LETTERS.index(letter) for letter in letters]])
