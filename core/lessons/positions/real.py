"""A sentence with its own positions, without, with two exchanged, or later in a text: what a real model makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import SelfAttentionTrace, self_attend
from core.experiments.positions import Given
from core.lessons.material import Encoded, layer_of
from core.lessons.positions.traces import AnswerTrace, PlacedTrace, SwappedTrace, TableTrace
from core.lessons.self_attention import places_to_swap
from core.lessons.shown import Matrices, Shown
from core.models import loading, offline
from core.models.embedding import embed, hidden_states, position_table
from core.trace import matrices, steps

Change = Literal["as typed", "zeroed", "swapped", "shifted"]
CHANGES: Final[tuple[Change, ...]] = ("as typed", "zeroed", "swapped", "shifted")
ONE_LAYER: Final = 3  # of the model, on the vectors that enter it


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


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence read with the positions as typed and as changed.

    trace        of the changed reading, into the head that is looked at.
    typed        the same head as typed.
    settings     how the controls stood.
    head         (layer, head) that is looked at.
    likeness     the cosine between the mean vectors of the sentence behind the last layer, as typed and as changed.
    """

    read: Encoded
    trace: PlacedTrace
    typed: SelfAttentionTrace
    settings: Settings
    head: tuple[int, int]
    likeness: float

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return self.trace.embedding.embedded.shape[-1]

    @property
    def placed(self) -> str:
        """What became of the places, in words."""
        if self.settings.change == "zeroed":
            return "Here it is set to zeros: no token is told where it stands."
        if self.settings.change == "swapped":
            return f"“{self.first}” and “{self.second}” got each other's: drag a word to choose others."
        if self.settings.change == "shifted":
            return f"Every token got the row that stands {self.settings.shift} further down."
        rows = (self.trace.embedding.positions, self.trace.embedding.embedded)
        places, words = (each.norm(dim=-1).median().item() for each in rows)
        return (
            f"Most of its rows are shorter, about {places / words:.1f} of a word's: on one scale P is paler than E[x]."
        )

    @property
    def neighbours(self) -> float:
        """How alike the rows of neighbours are."""
        return self.trace.table.by_distance[0, 0, 1].item()

    @property
    def three_apart(self) -> float:
        """The same of rows that are three places apart."""
        return self.trace.table.by_distance[0, 0, 3].item()

    @property
    def five_apart(self) -> float:
        """And of rows that are five apart."""
        return self.trace.table.by_distance[0, 0, 5].item()

    @property
    def strongest(self) -> float:
        """The largest share on the token before, as typed."""
        return self.trace.answer.looks_back.max().item()

    @property
    def strongest_now(self) -> float:
        """The same with the positions as changed."""
        return self.trace.answer.looks_back_now.max().item()

    @property
    def moved_last(self) -> float:
        """How far vectors moved behind the last layer, on average."""
        return self.trace.answer.moved[0, -1].mean().item()

    @property
    def changed_row(self) -> int:
        """The first of the tokens whose weights changed most in this head, to within a hundredth."""
        moved = (self.trace.head.attention.weights - self.typed.attention.weights)[0, 0].abs().sum(-1)
        return int((moved > moved.max() - 0.01).int().argmax())

    @property
    def changes_most(self) -> str:
        """The same in words."""
        return f"No row changed more than that of “{self.read.tokens.pieces[self.changed_row]}”."

    @property
    def pair(self) -> tuple[int, int]:
        """The two places that are exchanged."""
        return pair_of(len(self.read.tokens.ids), self.settings)

    @property
    def first(self) -> str:
        """The token that stands at the first of them."""
        return self.read.tokens.pieces[self.pair[0]]

    @property
    def second(self) -> str:
        """And at the second."""
        return self.read.tokens.pieces[self.pair[1]]

    @property
    def alone_most(self) -> float:
        """How far one layer alone moves an output where two tokens are exchanged, at most."""
        answer = self.trace.answer
        return answer.alone.max().item() if isinstance(answer, SwappedTrace) else 0.0

    @property
    def others(self) -> float:
        """How far vectors moved behind the last layer, on average, but for the two that are exchanged."""
        last = self.trace.answer.moved[0, -1]
        kept = torch.ones(len(last), dtype=torch.bool)
        kept[list(self.pair)] = False
        return last[kept].mean().item()


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
    loaded = loading.load(offline.NAME)
    embedding = embed(loaded, ids, placed(len(ids), settings))
    hidden = hidden_states(loaded, embedding.normed)
    looks_back, looks_back_now = on_the_token_before(read.hidden), on_the_token_before(hidden)
    head = settings.head or looking_back_most(looks_back)
    nearness, by_distance = cosines(learned_table()[: len(ids)]), table_by_distance()[None]
    answer = [each[None] for each in (looks_back, looks_back_now, moves(read.hidden, hidden))]
    swapped = settings.change == "swapped"
    return Lesson(
        read,
        PlacedTrace(
            embedding,
            TableTrace(nearness[None], by_distance[None]),
            one_head(hidden, head),
            SwappedTrace(*answer, alone(read, exchanged(len(ids), settings))[None])
            if swapped
            else AnswerTrace(*answer),
        ),
        one_head(read.hidden, head),
        settings,
        head,
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


def moves(before: Float[Tensor, "*each d_model"], after: Float[Tensor, "*each d_model"]) -> Float[Tensor, "*each"]:
    """How far each vector moved, in lengths of what it was: 0 = not at all."""
    return (after - before).norm(dim=-1) / before.norm(dim=-1)


def alone(read: Encoded, order: Sequence[int]) -> Float[Tensor, "1 tokens"]:
    """How far one layer's outputs move, in lengths, when the vectors that enter it come in another order.

    Each is followed to its new place.
    """
    whole, x = layer_of(ONE_LAYER), read.x(ONE_LAYER)
    home = [order.index(token) for token in range(len(order))]
    typed, other = (self_attend(rows, whole.maps, n_heads=whole.n_heads) for rows in (x, x[:, list(order)]))
    before, after = typed.attention.output, other.attention.output[:, :, home]
    return moves(before.transpose(1, 2).flatten(2), after.transpose(1, 2).flatten(2))


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
    return {"typed_weights": matrices(steps(result.typed))["weights"]}


def axes(result: Lesson) -> dict[str, list[str]]:
    """The words of all axes but those of the tokens."""
    n_layers, n_heads = result.trace.answer.looks_back[0].shape
    layers = [f"layer {layer}" for layer in range(n_layers)]
    return {
        "layers": layers,
        "depth": ["what enters", *layers],
        "heads": [f"head {head}" for head in range(n_heads)],
        "table": ["the learned table"],
        "alone": [f"layer {ONE_LAYER} alone"],
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
