"""Score functions: how well a query matches a key, before scale and softmax.

Each takes queries (batch, heads, queries, head_dim) and keys (batch, heads, keys, head_dim) and returns one number for
every pair, (batch, heads, queries, keys).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

Queries = Float[Tensor, "batch heads queries head_dim"]
Keys = Float[Tensor, "batch heads keys head_dim"]
Scores = Float[Tensor, "batch heads queries keys"]


@dataclass(frozen=True)
class Score:
    """A score function with its name, its formula, its publication and whether 1/sqrt(head_dim) belongs to it."""

    name: str
    formula: str
    source: str
    scaled: bool
    function: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, queries: Queries, keys: Keys) -> Scores:
        return self.function(queries, keys)

    def scale(self, head_dim: int) -> float:
        """What scores are multiplied by before the softmax, if nobody says otherwise."""
        return head_dim**-0.5 if self.scaled else 1.0


def dot(queries: Queries, keys: Keys) -> Scores:
    """The sum over head_dim of query times key: |q| |k| cos(angle), so the length of a key counts."""
    return queries @ keys.mT


def cosine(queries: Queries, keys: Keys) -> Scores:
    """The cosine of the angle between query and key, in [-1, 1]; a vector of length 0 scores 0."""
    unit_queries = torch.nn.functional.normalize(queries, dim=-1)
    unit_keys = torch.nn.functional.normalize(keys, dim=-1)
    return unit_queries @ unit_keys.mT


def distance(queries: Queries, keys: Keys) -> Scores:
    """Minus half the squared distance: e to this, divided by T, is a Gaussian kernel of bandwidth sqrt(T)."""
    apart = queries.unsqueeze(-2) - keys.unsqueeze(-3)
    return -apart.square().sum(-1) / 2


DOT = Score("dot", r"QK^\top", "luong2015", scaled=False, function=dot)
SCALED_DOT = Score("scaled dot", r"QK^\top", "vaswani2017", scaled=True, function=dot)
COSINE = Score("cosine", r"\frac{QK^\top}{\lVert Q\rVert\,\lVert K\rVert}", "graves2014", scaled=False, function=cosine)

DISTANCE = Score("distance", r"-\frac{{\lVert Q - K\rVert}^{2}}{2}", "nadaraya1964", scaled=False, function=distance)


def additive(
    w_query: Float[Tensor, "head_dim hidden"],
    w_key: Float[Tensor, "head_dim hidden"],
    v: Float[Tensor, "hidden"],
    activation: Callable[[Tensor], Tensor] = torch.tanh,
) -> Score:
    """Bahdanau's score: a small network with one hidden layer looks at the query and the key together.

    activation   tanh in the paper. With the identity the query adds the same number to every key, so that the softmax
                 cancels it and all rows of the weights are equal.
    """
    network = partial(projected_and_joined, w_query=w_query, w_key=w_key, v=v, activation=activation)
    return Score("additive", r"\tanh(QW_a + KU_a)\,v_a", "bahdanau2015", scaled=False, function=network)


def projected_additive(v: Float[Tensor, "hidden"], activation: Callable[[Tensor], Tensor] = torch.tanh) -> Score:
    """Bahdanau's score of queries and keys that are projected already: a decoder projects its keys once per sentence."""
    network = partial(joined, v=v, activation=activation)
    return Score("additive", r"\tanh(Q + K)\,v_a", "bahdanau2015", scaled=False, function=network)


def projected_and_joined(
    queries: Tensor, keys: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor, activation: Callable[[Tensor], Tensor]
) -> Tensor:
    """`joined` of a query and a key that are projected here."""
    return joined(queries @ w_query, keys @ w_key, v, activation)


def joined(queries: Tensor, keys: Tensor, v: Tensor, activation: Callable[[Tensor], Tensor]) -> Tensor:
    """The hidden layer sees the sum of a query and a key; v makes one number of it."""
    return activation(queries.unsqueeze(-2) + keys.unsqueeze(-3)) @ v


def random_additive(
    head_dim: int, hidden: int, seed: int, activation: Callable[[Tensor], Tensor] = torch.tanh
) -> Score:
    """An additive score with untrained weights drawn from a seed: it shows how the score works, not what is learned."""
    rng = torch.Generator().manual_seed(seed)
    w_query, w_key = (torch.randn(head_dim, hidden, generator=rng) * head_dim**-0.5 for _ in range(2))
    return additive(w_query, w_key, torch.randn(hidden, generator=rng), activation)
