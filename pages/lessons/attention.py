"""Lesson 4: the operator. What does it mean to ask, to be asked, and to answer?"""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.attention import attend
from core.experiments import attention as experiments
from core.experiments.attention.statistics import DRAWS, DotProductStatistics, dot_product_statistics
from core.lessons import attention, material
from core.lessons.attention import CHANGES, N_KEYS, SCORES, Lesson, Operands, Settings
from core.listing import Line, lines_that_ran, returned
from core.trace import steps
from pages.course.lesson import foot
from pages.parts import charts, claims, controls, downloads, question, sentences, step_viewer
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import histogram, mixture, pair_matrix, points, table, tables
from pages.parts.words import asked, asking, cell, key, mixed_in, output, query, say, value
from pages.server import run_queue

PREFIX = "op"
UNCHANGED = next(iter(CHANGES))
VALUES_AXIS = ("keys", "values")  # a value stands beside its own key, unless keys alone were moved
SEED = 4
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
ASKS, IS_ASKED = "Who chased the mouse?", "A hungry cat chased the little mouse across the kitchen floor"
NUMBER_TABLES = (
    NumberTable("q", "Q", "query", ((2, 0), (1, 1)), ("ask 1", "ask 2")),
    NumberTable("k", "K", "key", ((1, 0), (0, 1), (1, 1)), ("one", "two", "three")),
    NumberTable("v", "V", "value", ((4, 0), (0, 4), (-2, -2)), ("one", "two", "three")),
)


@dataclass(frozen=True)
class Given:
    """What the learner gave: who asks, who is asked, and the call that makes their vectors again."""

    asking: list[Token]
    asked: list[Token]
    operands: Operands
    origin: str
    again: partial


def real(asks: str, is_asked: str, layer: int, head: int) -> Given | None:
    first = sentences.read(asks, PREFIX, "asks")
    second = first and sentences.read(is_asked, PREFIX, "asked")
    if first is None or second is None:
        return None
    operands = attention.project(
        first.x(layer), second.x(layer), material.layer_of(layer).maps.head(head, controls.N_HEADS)
    )
    starts = (first.tokens.start, second.tokens.start)
    again = partial(attention.two_sentences, first.text, second.text, layer, head, starts)
    return Given(sentences.shown(first), sentences.shown(second), operands, controls.origin(layer, head), again)


def by_hand() -> Given:
    rows = edit_tables(PREFIX, NUMBER_TABLES)
    operands = Operands(*(material.heads_by_hand(rows[name]) for name in "qkv"))
    asking, asked = ([Token(word) for word in NUMBER_TABLES[i].rows] for i in (0, 1))
    again = partial(attention.by_hand, tuple(NUMBER_TABLES[0].rows), tuple(NUMBER_TABLES[1].rows), *rows.values())
    return Given(asking, asked, operands, controls.OWN_NUMBERS, again)


@st.cache_resource(max_entries=32, show_spinner=False)
def statistics(width: int, seed: int) -> DotProductStatistics:
    return dot_product_statistics(width, N_KEYS, seed)


def settings() -> Settings:
    with controls.control_row("control_row_more"):
        score = st.selectbox("Score", SCORES, key=f"{PREFIX}_score", bind="query-params", width=140)
        change = st.selectbox("Keys and values", list(CHANGES), key=f"{PREFIX}_change", bind="query-params", width=240)
        temperature = controls.temperature(PREFIX, 0.1, 10.0, 0.1)
        seed = controls.seed(PREFIX, SEED)
    return Settings(score or SCORES[0], temperature, change or UNCHANGED, seed)


def step_views(
    result: Lesson, chosen: Settings, given: Given, random: DotProductStatistics, asks: int, most: int
) -> list[StepView]:
    """The steps, in words."""
    trace = result.trace
    values_axis = VALUES_AXIS[result.value_order != result.key_order]
    weights = trace.attention.weights[0, 0]
    q, k = asking(given.asking[asks].text), asked(given.asked[result.key_order[most]].text)
    top, raw = weights[asks, most].item(), trace.attention.scores[0, 0, asks, most].item()
    n_queries, n_keys, head_dim = *weights.shape, trace.queries.shape[-1]
    moved = (
        ""
        if chosen.change == UNCHANGED
        else f" With {chosen.change}, weights moved by at most {result.weights_moved:.2f} and outputs by at most "
        f"{result.output_moved:.2f}."
    )
    first = (
        [
            StepView(
                "X",
                ("x_queries", "x_keys"),
                tables(table("x_queries", "X_Q"), table("x_keys", "X_D", rows=values_axis)),
                say(
                    "Two sentences. The one above asks (its vectors are X_Q), the other one is asked (X_D). Each token is a "
                    "vector of {n} numbers.",
                    n=trace.x_queries.shape[-1],
                ),
                title="Who asks, who is asked",
            )
        ]
        if given.operands.x_queries is not None
        else []
    )
    return [
        *first,
        StepView(
            "Q, K, V",
            ("queries", "keys", "values"),
            tables(
                table("queries", "Q", "query"),
                table("keys", "K", "key", rows="keys"),
                table("values", "V", "value", rows=values_axis),
                note="as many values as keys; a query is as wide as a key; a value may have any width",
            ),
            say(
                "{q} from who asks, {k} and {v} from who is asked{made}. The key is compared, the value is handed over.{moved}",
                q=query("Queries"),
                k=key("keys"),
                v=value("values"),
                made=f": each row of X times a learned matrix, {trace.x_queries.shape[-1]} × {head_dim}"
                if first
                else "",
                moved=moved,
            ),
            "·W" if first else "",
            title="Queries, keys, values",
        ),
        StepView(
            "scores",
            ("scores",),
            pair_matrix("scores", "scores", "Q · Kᵀ"),
            say(
                "{n} scores, one for each pair. {q} and {k} score {s:.2f}. A table of {a} × {b}: it need not be square.",
                n=n_queries * n_keys,
                q=q,
                k=k,
                s=cell(raw, "scores"),
                a=n_queries,
                b=n_keys,
            ),
            "·K⊤",
        ),
        StepView(
            "scaled",
            ("scaled", "masked"),
            pair_matrix("scaled", "scaled", "÷ √d" if result.score.scaled else "as is"),
            say(
                "Each score is divided by {d:.2f}. {why}",
                d=1 / (result.score.scale(head_dim) / chosen.temperature),
                why="Dot products of longer vectors spread further: √d takes that back (last step)."
                if result.score.scaled
                else "This score function has no √d: only the temperature divides.",
            ),
            "÷√d" if result.score.scaled else "÷ 1",
        ),
        StepView(
            "weights",
            ("weights",),
            pair_matrix("weights", "weights", "softmax", "weights", cornerNote="row by row →", margin="sum"),
            say(
                "Each row shares out exactly 1 among the keys. {q} gives {w:.2f} of it to {k}.{moved}",
                q=q,
                k=k,
                w=cell(top, "weights"),
                moved=moved,
            ),
            "softmax",
        ),
        StepView(
            "output",
            ("output",),
            mixture(),
            say(
                "The {o} of {q} is the mean of all values, weighted: {w:.0%} of it is the value of {k}.{moved}",
                o=output("output"),
                q=q,
                w=cell(top, "weights"),
                k=mixed_in(given.asked[result.value_order[most]].text),
                moved=moved,
            ),
            "·V",
        ),
        StepView(
            "hull",
            (),
            points(
                "plane_values",
                "plane_outputs",
                f"● values  ◆ outputs  ‑ ‑ hull; the plane shows {result.plane_share:.0%} of how the values differ",
                values_axis,
            ),
            say(
                "A weighted mean cannot leave the space between its parts: every {o} lies inside the hull of the {v} (what a "
                "rubber band around them would enclose), whatever the weights are.",
                o=output("output"),
                v=value("values"),
            ),
            title="Inside the hull of the values",
        ),
        StepView(
            "why √d",
            (),
            histogram("spread", attention.series(random)),
            say(
                "{n} products of random vectors of {d} numbers: their variance (mean square) is {raw:.1f}, scaled {scaled:.2f}. "
                "Of {keys} keys the strongest gets {top:.2f} of the weight unscaled, {fair:.2f} scaled.",
                n=DRAWS,
                d=random.head_dim,
                raw=random.raw.variance,
                scaled=random.scaled.variance,
                keys=N_KEYS,
                top=random.raw.top_weight,
                fair=random.scaled.top_weight,
            ),
            title="Why divide by √d",
        ),
    ]


def questions(seed: int) -> list[Question]:
    """What becomes of variance and weights when vectors get wide."""
    grown = {16: "as before, about 16", 1024: "64 times as large, about 1024", 128: "8 times as large, about 128"}
    sharp = ("below 0.3", "about 0.6", "above 0.9")

    def perform() -> None:
        st.session_state[f"{PREFIX}_width"] = 1024
        step_viewer.go_to("attention", st.session_state[f"{PREFIX}_views"] - 1)

    def grade_variance() -> tuple[str, str]:
        narrow, wide = statistics(16, seed), statistics(1024, seed)
        nearest = min(grown, key=lambda size: abs(size - wide.raw.variance))
        why = f"It was {narrow.raw.variance:.0f} and is {wide.raw.variance:.0f}; divided by √d it is {wide.scaled.variance:.2f}."
        return grown[nearest], why

    def grade_sharpness() -> tuple[str, str]:
        narrow, wide = statistics(16, seed), statistics(1024, seed)
        why = (
            f"It goes from {narrow.raw.top_weight:.2f} to {wide.raw.top_weight:.2f}: one key takes nearly all. Scaled it is "
            f"{wide.scaled.top_weight:.2f}."
        )
        return sharp[sum(wide.raw.top_weight > edge for edge in (0.3, 0.9))], why

    return [
        Question(
            "variance",
            "Random queries and keys grow from 16 to 1024 numbers. What happens to the variance (the mean square) of **q · k**?",
            tuple(grown.values()),
            grade_variance,
            perform,
        ),
        Question(
            "sharp",
            f"And what is the largest of {N_KEYS} weights at 1024 numbers, unscaled, on average?",
            sharp,
            grade_sharpness,
            perform,
        ),
    ]


@run_queue.fragment
def dilution() -> None:
    """How far one key can stand out among many."""
    with st.container(key="aside", border=True):
        st.markdown("#### How far can one key stand out?")
        left, right = st.columns([1, 1.6], gap="medium", vertical_alignment="center")
        with left:
            gap = st.slider(
                "Its score is above all others by", 0.0, 10.0, 5.0, 0.5, key=f"{PREFIX}_gap", bind="query-params"
            )
            most = st.slider("Number of keys, at most", 1, 64, 64, key=f"{PREFIX}_keys", bind="query-params")
            found = attention.dilution(gap, most)
            st.markdown(
                f"Among {most} {'key' if most == 1 else 'keys'} it gets **{found[-1]:.3f}** of the weight. A softmax over more "
                "keys shares out the same 1: for a fixed gap, attention dilutes."
            )
        with right:
            figure = charts.curve(list(range(1, most + 1)), found, "number of keys", "weight of the key")
            alt = f"Weight of the outstanding key, from {found[0]:.3f} for one key to {found[-1]:.3f} for {most}"
            st.plotly_chart(figure, key=f"{PREFIX}_dilution", config=charts.QUIET, alt=alt)


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        numbers = controls.numbers(PREFIX)
        if numbers == controls.REAL:
            asks = controls.sentence(PREFIX, ASKS, "Who asks", "asks")
            is_asked = controls.sentence(PREFIX, IS_ASKED, "Who is asked", "asked")
            layer, head = controls.layer_and_head(PREFIX, 5, 11)
        width = st.select_slider(
            "d, for “why √d” alone", WIDTHS, 64, key=f"{PREFIX}_width", bind="query-params", width=150
        )
    chosen = settings()
    is_real = numbers == controls.REAL
    given = real(asks, is_asked, layer, head) if is_real else by_hand()
    if given is None:
        return
    result = attention.run(given.operands, chosen)
    random = statistics(width, chosen.seed)
    first = sentences.interesting(given.asking)
    most = int(result.trace.attention.weights[0, 0, first].argmax())
    listing = [
        *lines_that_ran(CHANGES[chosen.change], ("keys", "values"), {}),
        *lines_that_ran(attend, ("scores", "scaled", "masked", "weights", "output"), {}),
        Line(f"# score: {returned(result.score.function)}", ("scores",)),
    ]
    shown = step_views(result, chosen, given, random, first, most)
    st.session_state[f"{PREFIX}_views"] = len(shown)
    scene = StepViewer(
        lesson="attention",
        signature=f"{given.again.args}|{chosen.change}",
        steps=steps(result.trace),
        views=shown,
        tokens={
            "queries": given.asking,
            "keys": [given.asked[place] for place in result.key_order],
            VALUES_AXIS[result.value_order != result.key_order]: [given.asked[place] for place in result.value_order],
        },
        listing=listing,
        formula_of="output",
        formulas=attention.formulas(result, chosen),
        symbols={"queries": "Q", "keys": "K", "values": "V"} if is_real or chosen.change != UNCHANGED else {},
        focus={"query": first, "key": most},
        divisor=1 / (result.score.scale(result.trace.queries.shape[-1]) / chosen.temperature),
        dot_product="dot" in chosen.score,
        tensors=attention.beside(result, random),
        answered=question.answered(PREFIX, ("variance", "sharp")),
    )
    weights = next(place for place, step_view in enumerate(shown) if step_view.label == "weights")
    step_viewer.show(scene, weights)
    again = partial(attention.shown, given.again, chosen, width)
    downloads.offer(scene, weights, given.origin, again)
    question.ask(PREFIX, questions(chosen.seed))
    trace = result.trace
    claims.show_claims(PREFIX, experiments.CLAIMS, (trace.queries, trace.keys, trace.values, chosen.seed))


lesson()
dilution()
claims.show_sources(("vaswani2017", "bahdanau2015", "luong2015", "jain2019", "velickovic2024"))
foot("attention")
