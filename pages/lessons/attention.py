"""Lesson 4: the operator. What does it mean to ask, to be asked, and to answer?"""

from dataclasses import replace

from core.attention import attend
from core.attention.projections import ROWS, project
from core.experiments import attention as experiments
from core.experiments.attention.statistics import DotProductStatistics, dot_product_statistics
from core.lessons import attention
from core.lessons.attention import CHANGES, N_KEYS, SCORES, Settings, points
from core.lessons.shown import call
from core.listing import ran
from core.memory import kept_for_all
from pages.lessons.by_hand import attention as by_hand
from pages.parts import learner_input
from pages.parts.controls import Controls, row
from pages.parts.figures import (
    Operand,
    Points,
    Table,
    mixture,
    pair_matrix,
    queries_keys_values,
    tables,
    weights_matrix,
)
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable

UNCHANGED = next(iter(CHANGES))
VALUES_AXIS = ("keys", "values")  # a value stands beside its own key, unless keys alone were moved
SEED = 0
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
TEXT = "I saw a white cat and a black dog in the garden."
ASKS, IS_ASKED = "Who chased the mouse?", "A hungry cat chased the little mouse across the kitchen floor"
TABLES = (
    NumberTable("q", "Q", "query", ((2, 0), (1, 1)), ("ask 1", "ask 2")),
    NumberTable("k", "K", "key", ((1, 0), (0, 1), (1, 1)), ("one", "two", "three")),
    NumberTable("v", "V", "value", ((4, 0), (0, 4), (-2, -2)), ("one", "two", "three")),
)
GROWN = {16: "as before, about 16", 1024: "64 times as large, about 1024", 128: "8 times as large, about 128"}
SHARP = ("below 0.3", "about 0.6", "above 0.9")

page = Lesson(
    "attention",
    opens_at="points",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "bahdanau2015", "luong2015", "nadaraya1964", "watson1964", "jain2019", "velickovic2024"),
)


@kept_for_all
def statistics(width: int, seed: int) -> DotProductStatistics:
    return dot_product_statistics(width, N_KEYS, seed)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        asked = learner_input.ask_pair(ui, TEXT, ASKS, IS_ASKED, 5, 11)
        temperature = ui.temperature(0.1, 10.0, 0.1)
    with ui.more():
        score = ui.select("Score", SCORES, "score", width=140)
        change = ui.select("Keys and values", list(CHANGES), "change", width=240)
        chosen = Settings(score, temperature, change, ui.seed(SEED))
        dragged = by_hand.dragged(ui)
        width = ui.among("d, for “why √d” alone", WIDTHS, 64, "width")
    given = learner_input.pair(ui, asked, TABLES, score)
    if given is None:
        return None
    result, random = attention.run(given.operands, chosen), statistics(width, chosen.seed)
    kernel = points.run(dragged, temperature)
    trace, decoder = result.trace, given.operands.decoder
    return Scene(
        result,
        trace=attention.told(result),
        given=given,
        chosen=chosen,
        names={"random": random, "kernel": kernel},
        tokens={
            "queries": given.asking,
            "keys": [given.asked[place] for place in result.key_order],
            VALUES_AXIS[result.value_order != result.key_order]: [given.asked[place] for place in result.value_order],
        },
        beside=attention.beside(result, random) | points.beside(kernel),
        again=call(attention.shown, given.again, chosen, width, dragged),
        on_drag=by_hand.on_drag(ui, dragged),
        signature=f"{given.again.args}|{change}",
        focus={"points": 4} | ({"query": min(4, len(given.asking) - 1)} if decoder else {}),
        origin=given.origin,
        evidence=(trace.queries, trace.keys, trace.values, chosen.seed),
        code=(
            *([ran(attention.ask_back if decoder else project, **ROWS)] if asked else []),
            *([ran(CHANGES[change])] if change != UNCHANGED else []),
            ran(result.score.function, returns="scores"),
            ran(attend),
        ),
        formulas=attention.formulas(result, chosen),
        symbols=None if asked or change != UNCHANGED else {},
        divisor=chosen.temperature / result.score.scale(trace.queries.shape[-1]),
        dot_product="dot" in score,
    )


# the sign of a score on the timeline, and in the corner of its figure
SIGNS = {"additive": ("tanh", "f(Q, K)"), "cosine": ("cos", "cos"), "distance": ("q − k", "−½‖q − k‖²")}


@page.steps
def steps(scene: Scene):
    result, chosen, trace = scene.result, scene.chosen, scene.result.trace
    decoder, projected = scene.given.operands.decoder, scene.given.operands.x_queries is not None
    values_axis = VALUES_AXIS[result.value_order != result.key_order]
    n_queries, n_keys = scene.tensors["weights"].shape
    name, scaled = result.score.name, result.score.scaled
    moved = ""
    if chosen.change != UNCHANGED:
        moved = (
            " With {change}, weights moved by at most {weights_moved:.2f} and outputs by at most {output_moved:.2f}."
        )
    yield from by_hand.regression(scene.names["kernel"], chosen.temperature)
    if projected:
        yield step(
            "X",
            tables(Table("x_queries", "X_Q"), Table("x_keys", "X_D", rows=values_axis)),
            scene.given.says,
            title="Who asks, who is asked",
            wide=trace.x_queries.shape[-1],
        )
    made = ": each row of X times a learned matrix, {width} × {d}" if projected else ""
    if decoder:
        made = ". A query and a key are a row times a learned matrix, {width} × {d}; a value is what was read, as it is"
    yield step(
        "Q, K, V",
        queries_keys_values(
            "keys", values_axis, "as many values as keys; a query is as wide as a key; a value may have any width"
        ),
        "{query|Queries} from who asks, {key|keys} and {value|values} from who is asked"
        + made
        + ". The key is compared, the "
        "value is handed over." + moved,
        operator="·W" if projected else "",
        title="Queries, keys, values",
        width=trace.x_queries.shape[-1] if projected else 0,
        d=trace.queries.shape[-1],
        change=chosen.change,
    )
    sign, corner = SIGNS.get(name, ("·K⊤", "Q · Kᵀ"))
    pairs = pair_matrix("scores", "scores", corner)
    yield step(
        "scores",
        replace(pairs, top=Operand("keys", "K", "key")) if name in SIGNS else pairs,
        "{n} scores, one for each pair. {q} and {k} score {scores[q,k]:.2f}. A table of {a} × {b}: it need not be square."
        + scene.given.trained_with(result.score),
        operator=sign,
        n=n_queries * n_keys,
        a=n_queries,
        b=n_keys,
    )
    as_is = scene.divisor == 1
    yield step(
        "scaled",
        pair_matrix("scaled", "scaled", "÷ √d" if scaled else "as is" if as_is else "÷ T"),
        ("This score stays as it is" if as_is else "Each score is divided by {by:.2f}")
        + (
            f", √d{'' if chosen.temperature == 1 else ' times the temperature'} with d = {{d}} numbers in a query. Dot products "
            "of longer vectors spread further: √d takes that back (last step)."
            if scaled
            else ": its function has no √d, only a temperature would divide."
            if as_is
            else ", the temperature: its function has no √d."
        ),
        shows=("scaled", "masked"),
        operator="÷√d" if scaled else "÷ T",
        by=scene.divisor,
        d=trace.queries.shape[-1],
    )
    yield step(
        "weights",
        weights_matrix(),
        "Each row shares out exactly 1 among the keys. {q} gives {weights[q,k]:.2f} of it to {k}. "
        + (
            "Who asks decides: in {rows} rows, {strongest} different keys are the strongest."
            if result.strongest > 1
            else "All {rows} rows give most to one and the same key."
            if n_queries > 1
            else ""
        )
        + moved,
        operator="softmax",
        rows=n_queries,
        change=chosen.change,
    )
    yield step(
        "output",
        mixture(),
        "The {output|output} of {q} is the mean of all values, weighted: {weights[q,k]:.0%} of it is the value of {v}."
        + moved,
        operator="·V",
        change=chosen.change,
    )
    shown = f"● values  ◆ outputs  ‑ ‑ hull; the plane shows {result.plane_share:.0%} of how the values differ"
    yield step(
        "hull",
        Points("plane_values", "plane_outputs", note=shown, rows=values_axis),
        "A weighted mean cannot leave the space between its parts: every {output|output} lies inside the hull of the "
        "{value|values} (what a rubber band around them would enclose), whatever the weights are.",
        title="Inside the hull of the values",
        code=ran(attention.plane),
    )
    yield from by_hand.random_vectors(scene.names["random"])


@page.question(
    "Random queries and keys grow from 16 to 1024 numbers. What happens to the variance (the mean square) of **q · k**?",
    tuple(GROWN.values()),
    sets={"width": 1024},
    shows="why √d",
)
def variance(scene: Scene) -> tuple[str, str]:
    narrow, wide = (statistics(width, scene.chosen.seed) for width in (16, 1024))
    nearest = min(GROWN, key=lambda size: abs(size - wide.raw.variance))
    return GROWN[nearest], (
        f"It was {narrow.raw.variance:.0f} and is {wide.raw.variance:.0f}; divided by √d it is {wide.scaled.variance:.2f}."
    )


@page.question(
    f"And what is the largest of {N_KEYS} weights at 1024 numbers, unscaled, on average?",
    SHARP,
    sets={"width": 1024},
    shows="why √d",
)
def sharp(scene: Scene) -> tuple[str, str]:
    narrow, wide = (statistics(width, scene.chosen.seed) for width in (16, 1024))
    return SHARP[sum(wide.raw.top_weight > edge for edge in (0.3, 0.9))], (
        f"It goes from {narrow.raw.top_weight:.2f} to {wide.raw.top_weight:.2f}: one key takes nearly all. Scaled it is "
        f"{wide.scaled.top_weight:.2f}."
    )


@page.aside
def dilution() -> None:
    """How far one key can stand out among many."""
    by_hand.dilution(page.ui)


page.show()
