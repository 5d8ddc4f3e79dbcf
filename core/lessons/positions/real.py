"""A sentence with its own positions, without, with two exchanged, or later in a text: what a real model makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import SelfAttentionTrace, self_attend
from core.experiments.measure import largest, rounding
from core.experiments.positions import Given
from core.lessons.material import Encoded, layer_of
from core.lessons.self_attention import places_to_swap
from core.lessons.shown import Matrices, Shown
from core.models import loading, offline
from core.models.embedding import EmbeddingTrace, Places, embed, hidden_states, position_table
from core.trace import matrices, part, steps

Change = Literal["as typed", "zeroed", "swapped", "shifted"]
CHANGES: Final[tuple[Change, ...]] = ("as typed", "zeroed", "swapped", "shifted")


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    change   what becomes of the positions: nothing, all zeros, two exchanged, or all later ones.
    pair     the two places that are exchanged; None = those of lesson 5.
    shift    how many places later.
    head     (layer, head) that is looked into; None = the one that looks most at the token before.
    """

    change: Change = "zeroed"
    pair: tuple[int, int] | None = None
    shift: int = 5
    head: tuple[int, int] | None = None


@dataclass(frozen=True)
class PlacedTrace:
    """From words and places to one head's weights."""

    embedding: EmbeddingTrace = part()
    head: SelfAttentionTrace = part()


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence read with the positions as typed and as changed.

    trace        of the changed reading, into the head that is looked at.
    typed        the same head as typed.
    places       for each token the place whose vector it got; None = none.
    head         (layer, head) that is looked at.
    moved        (depth, tokens): how far the vector of each token moved, in lengths of the vector as typed.
    looks_back   (layers, heads): the share of attention on the token before, as typed; looks_back_now: as changed.
    likeness     the cosine between the mean vectors of the sentence behind the last layer, as typed and as changed.
    """

    read: Encoded
    trace: PlacedTrace
    typed: SelfAttentionTrace
    places: tuple[int | None, ...]
    head: tuple[int, int]
    moved: Float[Tensor, "depth tokens"]
    looks_back: Float[Tensor, "layers heads"]
    looks_back_now: Float[Tensor, "layers heads"]
    likeness: float

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return self.trace.embedding.embedded.shape[-1]

    @property
    def strongest(self) -> float:
        """The largest share on the token before, as typed."""
        return self.looks_back.max().item()

    @property
    def strongest_now(self) -> float:
        """The same with the positions as changed."""
        return self.looks_back_now.max().item()

    @property
    def moved_last(self) -> float:
        """How far vectors moved behind the last layer, on average."""
        return self.moved[-1].mean().item()


def placed(n_tokens: int, settings: Settings) -> tuple[int | None, ...]:
    """The place of each token under these settings."""
    places = range(n_tokens)
    if settings.change == "zeroed":
        return (None,) * n_tokens
    if settings.change == "shifted":
        return tuple(place + settings.shift for place in places)
    return exchanged(n_tokens, settings) if settings.change == "swapped" else tuple(places)


def exchanged(n_tokens: int, settings: Settings) -> tuple[int, ...]:
    """The place of each token once two have changed theirs."""
    places = list(range(n_tokens))
    first, second = pair_of(n_tokens, settings)
    places[first], places[second] = second, first
    return tuple(places)


def pair_of(n_tokens: int, settings: Settings) -> tuple[int, int]:
    """The two places that are exchanged, within the sentence."""
    if settings.pair is not None and max(settings.pair) < n_tokens:
        return settings.pair
    return places_to_swap(n_tokens)[:2]


def run(read: Encoded, settings: Settings) -> Lesson:
    """Read a sentence again with its positions changed. Raises ValueError for a place beyond the table."""
    ids = read.tokens.ids
    places = placed(len(ids), settings)
    loaded = loading.load(offline.NAME)
    embedding = embed(loaded, ids, places)
    hidden = hidden_states(loaded, embedding.normed)
    looks_back, looks_back_now = on_the_token_before(read.hidden), on_the_token_before(hidden)
    head = settings.head or looking_back_most(looks_back)
    return Lesson(
        read,
        PlacedTrace(embedding, one_head(hidden, head)),
        one_head(read.hidden, head),
        places,
        head,
        moves(read.hidden, hidden),
        looks_back,
        looks_back_now,
        likeness(read.hidden, hidden),
    )


def one_head(hidden: Float[Tensor, "depth tokens d_model"], head: tuple[int, int]) -> SelfAttentionTrace:
    """The attention of one head on what enters its layer."""
    layer, index = head
    whole = layer_of(layer)
    return self_attend(hidden[layer][None], whole.maps.head(index, whole.n_heads))


def on_the_token_before(hidden: Float[Tensor, "depth tokens d_model"]) -> Float[Tensor, "layers heads"]:
    """The share of attention that each head gives to the token before, averaged over all tokens that have one."""
    shares = []
    for layer, x in enumerate(hidden[:-1]):
        whole = layer_of(layer)
        weights = self_attend(x[None], whole.maps, n_heads=whole.n_heads).attention.weights[0]
        shares.append(weights.diagonal(-1, dim1=1, dim2=2).mean(-1))
    return torch.stack(shares)


def looking_back_most(looks_back: Float[Tensor, "layers heads"]) -> tuple[int, int]:
    """The head with the largest share of attention on the token before: (layer, head)."""
    return divmod(int(looks_back.argmax()), looks_back.shape[1])


def moves(
    before: Float[Tensor, "depth tokens d_model"], after: Float[Tensor, "depth tokens d_model"]
) -> Float[Tensor, "depth tokens"]:
    """How far each vector moved, in lengths of what it was: 0 = not at all."""
    return (after - before).norm(dim=-1) / before.norm(dim=-1)


@dataclass(frozen=True, eq=False)
class Orders:
    """A sentence as typed and with two tokens exchanged, token by token, wherever each stands.

    order            which typed token stands at each place.
    layer_error      one layer on the vectors as typed and exchanged: the largest difference of an output; rounding: how
                     far rounding alone may bring it.
    moved            (depth, tokens) of the whole model: how far the vector of each token moved, in lengths; in the order
                     typed.
    without_error    the same by the largest number, behind the last layer, where no token has a position.
    exchanged_error  and between typing the other order and exchanging the positions: these two are one.
    likeness         the cosine between the mean vectors behind the last layer in both orders.
    """

    order: tuple[int, ...]
    layer_error: float
    rounding: float
    moved: Float[Tensor, "depth tokens"]
    without_error: float
    exchanged_error: float
    likeness: float


def orders(read: Encoded, settings: Settings, layer: int) -> Orders:
    """Exchange two tokens: what one layer makes of it, and what the whole model does. Needs three tokens."""
    loaded, ids = loading.load(offline.NAME), read.tokens.ids
    n_tokens = len(ids)
    order = exchanged(n_tokens, settings)
    home = [order.index(token) for token in range(n_tokens)]
    other = [ids[token] for token in order]

    def hidden(ids: Sequence[int], places: Places) -> Float[Tensor, "depth tokens d_model"]:
        return hidden_states(loaded, embed(loaded, ids, places).normed)

    typed, other_way = read.hidden, hidden(other, range(n_tokens))[:, home]
    nowhere = (None,) * n_tokens
    whole = layer_of(layer)
    x = typed[layer][None]
    before = self_attend(x, whole.maps, n_heads=whole.n_heads)
    after = self_attend(x[:, list(order)], whole.maps, n_heads=whole.n_heads)
    return Orders(
        order,
        largest(after.attention.output[:, :, home] - before.attention.output),
        rounding(before.attention, before.values),
        moves(typed, other_way),
        largest((hidden(other, nowhere)[:, home] - hidden(ids, nowhere))[-1]),
        largest((other_way - hidden(ids, order))[-1]),
        likeness(typed, other_way),
    )


def likeness(before: Float[Tensor, "depth tokens d_model"], after: Float[Tensor, "depth tokens d_model"]) -> float:
    """The cosine between the mean vectors behind the last layer, which this model was trained to compare sentences by."""
    return torch.cosine_similarity(before[-1].mean(0), after[-1].mean(0), dim=0).item()


def cosine_by_distance(table: Float[Tensor, "places d_model"]) -> Float[Tensor, "distances"]:
    """The mean cosine of all pairs of rows that stand 0, 1, 2, ... places apart."""
    alike = cosines(table)
    return torch.stack([alike.diagonal(apart).mean() for apart in range(len(table))])


@cache
def table_by_distance() -> Float[Tensor, "distances"]:
    """The same of the offline model's table, computed once."""
    return cosine_by_distance(learned_table())


def cosines(table: Float[Tensor, "places d_model"]) -> Float[Tensor, "places places"]:
    """The cosine of every two rows."""
    unit = torch.nn.functional.normalize(table, dim=-1)
    return unit @ unit.mT


def learned_table() -> Float[Tensor, "places d_model"]:
    """The position table of the offline model, 512 x 384."""
    return position_table(loading.load(offline.NAME))


def beside(result: Lesson) -> Matrices:
    """What figures show beside the trace."""
    n_tokens = len(result.read.tokens.ids)
    typed = matrices(steps(result.typed))
    return {
        "typed_weights": typed["weights"],
        "moved": result.moved.numpy(),
        "looks_back": result.looks_back.numpy(),
        "looks_back_now": result.looks_back_now.numpy(),
        "nearness": cosines(learned_table()[:n_tokens]).numpy(),
        "by_distance": table_by_distance()[None].numpy(),
    }


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of all axes but those of the tokens."""
    layers = [f"layer {layer}" for layer in range(len(result.looks_back))]
    return {
        "layers": layers,
        "depth": ["what enters", *layers],
        "heads": [f"head {head}" for head in range(result.looks_back.shape[1])],
        "one": ["the learned table"],
    }


def shown(read: Encoded, settings: Settings) -> Shown:
    """All that the figures show."""
    result = run(read, settings)
    pieces = read.tokens.pieces
    return Shown(matrices(steps(result.trace)) | beside(result), {"queries": pieces, "keys": pieces} | axes(result))


def given(result: Lesson, base: float, width: int, n_places: int, shift: int) -> Given:
    """What the experiments are given: the words without positions, the map of the head that is looked at, its vectors."""
    embedding, head = result.trace.embedding, result.typed
    whole = layer_of(result.head[0])
    own = whole.maps.head(result.head[1], whole.n_heads).w_query
    return Given(
        embedding.embedded[0].cpu(),
        learned_table()[: len(result.read.tokens.ids)],
        own,
        own,
        head.queries[0, 0],
        head.keys[0, 0],
        learned_table,
        base,
        width,
        n_places,
        shift,
    )
