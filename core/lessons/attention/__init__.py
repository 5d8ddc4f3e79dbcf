"""Lesson 4: the operator. Queries ask, keys are asked, values are delivered."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.attention import (
    COSINE,
    DISTANCE,
    DOT,
    SCALED_DOT,
    AttentionTrace,
    CrossAttentionTrace,
    Projections,
    Score,
    attend,
    project_heads,
    random_additive,
)
from core.attention.scores import projected_additive
from core.experiments.attention.mixing import diluted
from core.experiments.attention.statistics import DotProductStatistics, Spread, dot_product_statistics
from core.lessons import material
from core.lessons.attention import points
from core.lessons.attention.points import Points
from core.lessons.looking_back import MODELS
from core.lessons.looking_back import Score as TrainedScore
from core.lessons.material import Rows
from core.lessons.shown import Matrices, Series, Shown
from core.models import checkpoints
from core.sequence.trained import TrainedTranslator, Translation
from core.trace import Step, matrices, part, step, steps

SCORES = ("scaled dot", "dot", "additive", "cosine", "distance")
ADDITIVE_WIDTH = 16  # hidden units of the untrained additive score
N_KEYS = 64  # of the random experiment

Queries = Float[Tensor, "1 1 queries head_dim"]
Keys = Float[Tensor, "1 1 keys head_dim"]
Values = Float[Tensor, "1 1 keys value_dim"]


@dataclass(frozen=True)
class OperatorTrace:
    """Attention with nothing before it: queries, keys and values are given."""

    queries: Float[Tensor, "batch heads queries head_dim"] = step("Q", title="Queries", source="vaswani2017")
    keys: Float[Tensor, "batch heads keys head_dim"] = step("K", title="Keys", source="vaswani2017")
    values: Float[Tensor, "batch heads keys value_dim"] = step("V", title="Values", source="vaswani2017")
    attention: AttentionTrace = part()


@dataclass(frozen=True)
class LookingBackTrace:
    """A decoder asks what an encoder read: its maps are called as in lesson 2, and what is read is handed over as it is."""

    x_queries: Float[Tensor, "batch queries d_query"] = step(
        "X_Q",
        title="The steps that ask",
        source="bahdanau2015",
        also="decoder states",
        ours="each row is the state before the step beside the piece before it",
    )
    x_keys: Float[Tensor, "batch keys d_annotation"] = step(
        "X_D", title="The pieces that are asked", source="bahdanau2015", also="annotations, encoder states, memory"
    )
    queries: Float[Tensor, "batch heads queries head_dim"] = step(
        "<x_queries>W_a + b_a", title="Queries", source="bahdanau2015", ours="with a bias"
    )
    keys: Float[Tensor, "batch heads keys head_dim"] = step("<x_keys>U_a", title="Keys", source="bahdanau2015")
    values: Float[Tensor, "batch heads keys value_dim"] = step("<x_keys>", title="Values", source="bahdanau2015")
    attention: AttentionTrace = part()


@dataclass(frozen=True)
class Operands:
    """What the operator works on, and the token vectors behind it where there are some.

    trained   the score that was trained together with them; None where none was.
    decoder   whether a decoder asks: then its values are the vectors that are asked.
    """

    queries: Queries
    keys: Keys
    values: Values
    x_queries: Float[Tensor, "1 queries d_query"] | None = None
    x_keys: Float[Tensor, "1 keys d_key"] | None = None
    trained: Score | None = field(default=None, kw_only=True)
    decoder: bool = field(default=False, kw_only=True)


def project(
    x_queries: Float[Tensor, "1 queries d_model"], x_keys: Float[Tensor, "1 keys d_model"], maps: Projections
) -> Operands:
    """One sequence asks, the other is asked."""
    return Operands(*project_heads(x_queries, x_keys, maps, 1), x_queries, x_keys, trained=SCALED_DOT)


def ask_back(
    x_queries: Float[Tensor, "1 queries d_query"],
    x_keys: Float[Tensor, "1 keys d_key"],
    w_a: Float[Tensor, "d_query head_dim"],
    b_a: Float[Tensor, "head_dim"],
    u_a: Float[Tensor, "d_key head_dim"],
) -> tuple[Tensor, Tensor, Tensor]:
    """What a decoder compares and mixes: queries of its steps, keys of what was read, and what was read as it is."""
    query_rows = x_queries @ w_a + b_a
    key_rows = x_keys @ u_a
    value_rows = x_keys
    return query_rows, key_rows, value_rows


def of_translation(translator: TrainedTranslator, made: Translation) -> Operands:
    """The cross-attention of a translator while it wrote: every step of its decoder asks all pieces that were read."""
    model, asking, asked = translator.model, translator.asking(made), made.with_attention.encoder_states
    w_a, b_a, u_a = (each.detach().cpu() for each in (model.w_query.weight.T, model.w_query.bias, model.w_key.weight.T))
    queries, keys, values = (rows[:, None] for rows in ask_back(asking, asked, w_a, b_a, u_a))
    score = SCALED_DOT if model.config.attention == "dot" else projected_additive(model.v.detach().cpu())
    return Operands(queries, keys, values, asking, asked, trained=score, decoder=True)


def as_they_are(keys: Keys, values: Values) -> tuple[Keys, Values]:
    return keys, values


def other_values(keys: Keys, values: Values) -> tuple[Keys, Values]:
    values = -values
    return keys, values


def other_keys(keys: Keys, values: Values) -> tuple[Keys, Values]:
    keys = -keys
    return keys, values


def both_shuffled(keys: Keys, values: Values) -> tuple[Keys, Values]:
    keys, values = keys.flip(2), values.flip(2)
    return keys, values


def keys_shuffled(keys: Keys, values: Values) -> tuple[Keys, Values]:
    keys = keys.flip(2)
    return keys, values


# what can be done to keys and values before they are used; shuffling reverses their order
CHANGES = {
    "as they are": as_they_are,
    "values times −1": other_values,
    "keys times −1": other_keys,
    "keys and values shuffled": both_shuffled,
    "keys alone shuffled": keys_shuffled,
}


@dataclass(frozen=True)
class Settings:
    """What the learner may change.

    score        how a query and a key are compared; one of SCORES.
    temperature  divides the scaled scores.
    change       what is done to keys and values first; one of CHANGES.
    seed         of an additive score that nobody trained for these vectors.
    """

    score: str = "scaled dot"
    temperature: float = 1.0
    change: str = "as they are"
    seed: int = 0


@dataclass(frozen=True)
class Lesson:
    """The attention after the change and before it, and the values and outputs after it as points of a plane.

    key_order, value_order   the token from which the key and the value at each place come.
    """

    trace: CrossAttentionTrace | LookingBackTrace | OperatorTrace
    before: AttentionTrace
    score: Score
    key_order: tuple[int, ...]
    value_order: tuple[int, ...]
    plane_values: Float[Tensor, "keys 2"]
    plane_outputs: Float[Tensor, "queries 2"]
    plane_share: float

    @property
    def weights_moved(self) -> float:
        """The largest change of a weight; where keys were shuffled, each is compared with where it came from."""
        before = self.before.weights[..., list(self.key_order)]
        return (self.trace.attention.weights - before).abs().max().item()

    @property
    def strongest(self) -> int:
        """How many different keys get the largest weight of some row."""
        return len(set(self.trace.attention.weights[0, 0].argmax(-1).tolist()))

    @property
    def output_moved(self) -> float:
        """The largest change of an output."""
        return (self.trace.attention.output - self.before.output).abs().max().item()


def score_named(name: str, head_dim: int, seed: int) -> Score:
    """One of SCORES. The additive one has untrained weights from the seed."""
    if name == "additive":
        return random_additive(head_dim, ADDITIVE_WIDTH, seed)
    return {"scaled dot": SCALED_DOT, "dot": DOT, "cosine": COSINE, "distance": DISTANCE}[name]


def run(operands: Operands, settings: Settings) -> Lesson:
    """Attend, with the learner's score and temperature, before and after the learner's change."""
    trained, named = operands.trained, settings.score
    score = (
        trained
        if trained is not None and trained.name == named
        else score_named(named, operands.queries.shape[-1], settings.seed)
    )
    scale = score.scale(operands.queries.shape[-1]) / settings.temperature
    change = CHANGES[settings.change]
    keys, values = change(operands.keys, operands.values)
    typed = tuple(range(keys.shape[2]))
    key_order = typed[::-1] if change in (both_shuffled, keys_shuffled) else typed
    value_order = typed[::-1] if change is both_shuffled else typed
    before = attend(operands.queries, operands.keys, operands.values, score=score, scale=scale)
    after = attend(operands.queries, keys, values, score=score, scale=scale)
    plane_values, plane_outputs, share = plane(values[0, 0], after.output[0, 0])
    made = (operands.queries, keys, values, after)
    if operands.x_queries is None or operands.x_keys is None:
        trace: CrossAttentionTrace | LookingBackTrace | OperatorTrace = OperatorTrace(*made)
    else:
        kind = LookingBackTrace if operands.decoder else CrossAttentionTrace
        trace = kind(operands.x_queries, operands.x_keys[:, list(value_order)], *made)
    return Lesson(trace, before, score, key_order, value_order, plane_values, plane_outputs, share)


def formulas(lesson: Lesson, settings: Settings) -> dict[str, str]:
    """The formulas of this score function and of this change, without a mask, in place of what the trace declares."""
    below = [*(["T"] if settings.temperature != 1 else []), *([r"\sqrt{d}"] if lesson.score.scaled else [])]
    scaled = rf"\frac{{<scores>}}{{{''.join(below)}}}" if below else "<scores>"
    found = {"scores": lesson.score.formula, "scaled": scaled, "masked": "<scaled>"}
    change = CHANGES[settings.change]
    if change is as_they_are:
        return found
    projected = not isinstance(lesson.trace, OperatorTrace)
    declared = {made.name: made.formula for made in steps(lesson.trace)}
    queries, keys, values = (
        (declared[name] for name in ("queries", "keys", "values"))
        if projected
        else (rf"{x}_{{\mathrm{{typed}}}}" for x in "QKV")
    )
    if projected:
        keys, values = (rf"\left({made}\right)" if change is not both_shuffled else made for made in (keys, values))
    if change in (other_keys, keys_shuffled):
        keys = ("-" if change is other_keys else r"S\,") + keys
    if change is other_values:
        values = f"-{values}"
    if change is both_shuffled and not projected:
        keys, values = rf"S\,{keys}", rf"S\,{values}"
    return found | {"queries": queries, "keys": keys, "values": values}


def told(lesson: Lesson) -> list[Step]:
    """The steps of the trace, whose scores come from where their function does."""
    own = {"scores", "scaled"}
    return [replace(made, source=lesson.score.source) if made.name in own else made for made in steps(lesson.trace)]


def plane(
    values: Float[Tensor, "keys value_dim"], outputs: Float[Tensor, "queries value_dim"]
) -> tuple[Float[Tensor, "keys 2"], Float[Tensor, "queries 2"], float]:
    """Values and outputs in the plane in which the values differ most, and the share of their variance it shows.

    Vectors of two numbers are their own plane. A projection keeps mixtures mixtures, so outputs stay in the hull.
    """
    if values.shape[1] == 2:
        return values, outputs, 1.0
    centre = values.mean(0)
    _, spread, directions = torch.linalg.svd(values - centre, full_matrices=False)
    basis = directions[:2].mT
    if basis.shape[1] < 2:
        basis = torch.nn.functional.pad(basis, (0, 2 - basis.shape[1]))
    share = (spread[:2].square().sum() / spread.square().sum().clamp(min=1e-12)).item()
    return (values - centre) @ basis, (outputs - centre) @ basis, share


@dataclass(frozen=True)
class Given:
    """Who asks, who is asked, and the vectors of both."""

    asking: tuple[str, ...]
    asked: tuple[str, ...]
    operands: Operands


def two_sentences(asks: str, asked: str, layer: int, head: int, starts: tuple[int, int] = (0, 0)) -> Given:
    """Two sentences as they enter a layer of the offline model, and one of its heads."""
    first, second = (material.encode(text, start) for text, start in zip((asks, asked), starts, strict=True))
    whole = material.layer_of(layer)
    operands = project(first.x(layer), second.x(layer), whole.maps.head(head, whole.n_heads))
    return Given(first.tokens.pieces, second.tokens.pieces, operands)


def translated(text: str, score: TrainedScore) -> Given:
    """A sentence, and the translator of this score that writes it in French: who is asked, and who asks."""
    translator = checkpoints.load_translator(MODELS[score])
    made = translator.translate(text)
    asking, asked = (tuple(translator.vocabulary.shown(pieces)) for pieces in (made.target, made.source))
    return Given(asking, asked, of_translation(translator, made))


def trained_for(score: str) -> TrainedScore:
    """The translator of which score shows a score: the dot product's where there is none of its own."""
    return "additive" if score == "additive" else "scaled dot"


def by_hand(asking: tuple[str, ...], asked: tuple[str, ...], queries: Rows, keys: Rows, values: Rows) -> Given:
    """Queries, keys and values of a few numbers."""
    return Given(asking, asked, Operands(*map(material.heads_by_hand, (queries, keys, values))))


def beside(result: Lesson, random: DotProductStatistics) -> Matrices:
    """What figures show beside the trace."""
    return {
        "plane_values": result.plane_values.numpy(),
        "plane_outputs": result.plane_outputs.numpy(),
        "spread": np.stack([random.raw.counts, random.scaled.counts]),
    }


def series(random: DotProductStatistics) -> list[Series]:
    """The histograms of random products, as they are and divided by the root of their width."""

    def of(name: str, spread: Spread) -> Series:
        words = (
            f"variance {spread.variance:.2f} · entropy of the weights {spread.entropy:.2f}, "
            f"between 0 (one key) and {math.log(N_KEYS):.2f} (all alike)"
        )
        return Series(name=name, words=words, edges=spread.edges.tolist(), counts=spread.counts.tolist())

    return [of("q · k", random.raw), of("q · k ÷ √d", random.scaled)]


def shown(given: Given, settings: Settings, width: int, dragged: Points) -> Shown:
    """All that the figures show. width: of the random vectors; dragged: the points that the learner dragged."""
    result = run(given.operands, settings)
    random = dot_product_statistics(width, N_KEYS, settings.seed)
    kernel = points.run(dragged, settings.temperature)
    tensors = matrices(steps(result.trace)) | beside(result, random) | points.beside(kernel)
    tokens = {
        "queries": given.asking,
        "keys": [given.asked[place] for place in result.key_order],
        "values": [given.asked[place] for place in result.value_order],
    }
    return Shown(tensors, tokens, series=series(random))


def dilution(gap: float, most_keys: int) -> list[float]:
    """The weight of one key whose score is `gap` above all others', among 1, 2, ... most_keys keys."""
    return [diluted(n_keys, gap) for n_keys in range(1, most_keys + 1)]
