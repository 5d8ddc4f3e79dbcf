"""Lesson 8: many heads. Why look in twelve ways at the same time?"""

from dataclasses import dataclass
from functools import partial

import streamlit as st
from torch import Tensor

from core.attention import MultiHeadAttention, attend, multi_head_attend
from core.attention.projections import ROWS, project
from core.experiments import multi_head as experiments
from core.lessons import material, multi_head
from core.lessons.multi_head import (
    MERGES,
    RIGHT_MERGE,
    RIGHT_SPLIT,
    SPLITS,
    WRONG_MERGE,
    WRONG_SPLIT,
    Lesson,
    Settings,
)
from core.listing import Line, lines_that_ran, marked
from core.trace import steps
from pages.course.lesson import foot
from pages.parts import charts, claims, controls, downloads, question, sentences, step_viewer
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import cube, heads, pair_matrix, table, tables
from pages.parts.words import asked, asking, cell, looked_at, say
from pages.server import run_queue

PREFIX = "heads"
SEED = 8
AT_MOST = 64  # tokens: twelve matrices of them are on the screen
STACKED, WEIGHTS = 2, 3
EXACT = 1e-4  # a result that is off by less is the same, but for rounding
IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
NUMBER_TABLES = (
    NumberTable("x", "X", "", ((1, 0, 2, 0), (0, 1, 0, 2), (1, 1, 0, 0)), ("cat", "sat", "mat")),
    NumberTable("wq", "W_Q", "query", IDENTITY),
    NumberTable("wk", "W_K", "key", IDENTITY),
    NumberTable("wv", "W_V", "value", ((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 3, 0), (0, 0, 0, 4))),
    NumberTable("wo", "W_O", "output", ((1, 0, 1, 0), (0, 1, 0, 1), (1, 0, -1, 0), (0, 1, 0, -1))),
)


@dataclass(frozen=True)
class Given:
    """What the learner gave: tokens as vectors, one layer's maps, and the call that makes them again."""

    tokens: list[Token]
    x: Tensor
    layer: MultiHeadAttention
    origin: str
    again: partial


def real(text: str, layer: int) -> Given | None:
    read = sentences.read(text, PREFIX, at_most=AT_MOST)
    if read is None:
        return None
    again = partial(material.layer_on_sentence, read.text, layer, read.tokens.start, AT_MOST)
    return Given(sentences.shown(read), read.x(layer), material.layer_of(layer), controls.origin(layer), again)


def by_hand() -> Given:
    rows = edit_tables(PREFIX, NUMBER_TABLES)
    x, layer = material.layer_by_hand(*rows.values())
    again = partial(material.two_heads_by_hand, tuple(NUMBER_TABLES[0].rows), *rows.values())
    return Given([Token(word) for word in NUMBER_TABLES[0].rows], x, layer, controls.OWN_NUMBERS, again)


def choose(given: Given) -> Settings:
    """How the heads are made, and which of them may speak."""
    width = given.layer.maps.w_query.shape[1]
    counts = multi_head.divisors(width)
    with controls.control_row("control_row_more"):
        own = counts.index(given.layer.n_heads)
        n_heads = st.select_slider(
            "Heads H", counts, counts[own], key=f"{PREFIX}_n_{width}", bind="query-params", width=130
        )
        split = st.selectbox("Split", list(SPLITS), key=f"{PREFIX}_split", bind="query-params", width=190)
        merge = st.selectbox("Merge", list(MERGES), key=f"{PREFIX}_merge", bind="query-params", width=200)
        n_heads = n_heads or given.layer.n_heads
        # what a closed popover holds costs the browser nothing when the slider moves
        with st.popover("Mute, W_O"):
            muted = st.multiselect(
                "Mute heads",
                range(n_heads),
                key=f"{PREFIX}_muted",
                bind="query-params",
                placeholder="none",
                help="A muted head delivers zeros. In papers, and in the code, it is called ablated.",
            )
            mixing = st.toggle("Mix the heads by W_O", True, key=f"{PREFIX}_mixing", bind="query-params")
    return Settings(n_heads, split or RIGHT_SPLIT, merge or RIGHT_MERGE, tuple(sorted(muted)), mixing)


def step_views(result: Lesson, chosen: Settings, given: Given, asks: int, head: int, most: int) -> list[StepView]:
    """The steps, in words."""
    trace, n_heads = result.built, chosen.n_heads
    head_dim = trace.queries.shape[-1]
    n_tokens, width = len(given.tokens), trace.projected.shape[-1]
    weights = trace.attention.weights[0]
    q, k = asking(given.tokens[asks].text), asked(given.tokens[most].text)
    wrong_split, wrong_merge = chosen.split != RIGHT_SPLIT, chosen.merge != RIGHT_MERGE
    trained = (
        ""
        if n_heads == given.layer.n_heads
        else f" It was trained with {given.layer.n_heads}: this cut is ours, and nobody trained it."
    )
    silent = f" {len(chosen.ablated)} muted." if chosen.ablated else ""
    return [
        StepView(
            "X·W_Q",
            ("projected",),
            tables(table("projected", "XW_Q", "query")),
            say(
                "One wide product makes all queries at once: {n} numbers for each token, from all {d} numbers of it. The input "
                "is not cut.",
                n=width,
                d=trace.x.shape[-1],
            ),
        ),
        StepView(
            "cut",
            (),
            cube("cut", "flat", "cut", "query"),
            say(
                "The {n} numbers are read as {h} groups of {d}: tokens × heads × numbers.{trained} Nothing has moved in memory.",
                n=width,
                h=n_heads,
                d=head_dim,
                trained=trained,
            ),
            "view",
            title="Cut into heads",
            shape=f"{n_tokens} × {n_heads} × {head_dim}",
        ),
        StepView(
            "stacked",
            ("queries",),
            cube("queries", "cut", "stacked", "query", "split_origin" if wrong_split else ""),
            say(
                "Heads come in front of tokens: {h} tables of {n} × {d}. {verdict}",
                h=n_heads,
                n=n_tokens,
                d=head_dim,
                verdict=f"Without the transpose {result.strangers} of {n_heads * n_tokens} rows hold another token's numbers: "
                "they are struck through."
                if wrong_split
                else "Now each head has a row for every token.",
            ),
            "reshape" if wrong_split else "transpose",
        ),
        StepView(
            "weights",
            ("scores", "scaled", "masked", "weights"),
            heads("weights", chosen.ablated),
            say(
                "The same four lines run in all heads at once, because heads are one more axis of the array. Here head "
                "{head} of {q} gives {w:.2f} to {k}.{trained} Click a head.",
                trained=trained,
                head=looked_at(head, "head"),
                q=q,
                w=cell(weights[head, asks, most].item(), "weights"),
                k=k,
            ),
            "attend",
            title="Attention weights, head by head",
        ),
        StepView(
            "one head",
            ("weights",),
            pair_matrix("weights", "weights", "softmax", "weights", margin="sum"),
            say(
                "Head {head} alone, with its own queries and keys of {d} numbers.",
                head=looked_at(head, "head"),
                d=head_dim,
            ),
            "open",
            title="One head",
        ),
        StepView(
            "delivered",
            ("output",),
            cube("output", "stacked", "cut", "output"),
            say(
                "Each head delivers {d} numbers per token. They go back behind the tokens.{silent}",
                d=head_dim,
                silent=silent,
            ),
            "·V",
            title="What the heads deliver",
        ),
        StepView(
            "merged",
            ("merged",),
            cube("merged_slots", "cut", "flat", "output", "merge_origin" if wrong_split or wrong_merge else ""),
            say(
                "{verdict}",
                verdict=bare(result, chosen, given)
                if wrong_split or wrong_merge
                else f"One row per token again: {n_heads} × {head_dim} numbers. So far no head knows of another.",
            ),
            "merge",
            shape=f"{n_tokens} × {width}",
        ),
        StepView(
            "mixed",
            ("mixed",),
            tables(table("mixed", "O·W_O" if chosen.mixing else "O", "output")),
            say(
                "{mix} {off}{silent}",
                mix="Only here do heads meet: W_O mixes all their numbers."
                if chosen.mixing
                else "Without W_O the heads only lie side by side; nothing ever mixes them.",
                off="The result is what the layer should give."
                if result.change < EXACT
                else f"The result differs by {result.change:.1%} from what the layer should give.",
                silent=silent,
            ),
            "·W_O",
        ),
    ]


def bare(result: Lesson, chosen: Settings, given: Given) -> str:
    """What bare reshapes do to the merged rows, and whether a test of causality would find them."""
    slots, strangers = result.merge_origin.numel(), result.merged_strangers
    leaking = multi_head.leaks(given.x, given.layer, chosen)
    where = (
        f"{strangers} of {slots} slots hold what another token asked for: struck through."
        if strangers
        else "The second bare reshape takes every slot back to its own token, though heads have attended over wrong rows."
    )
    return f"{where} Under a causal mask, {leaking} pairs of an output and a later token leak."


def questions(given: Given) -> list[Question]:
    """What one head cannot do, and what a bug does not do."""
    ends = {0.5: "about 0.5: half of it", 0.0: "about 0: all of it", 1.0: "about 1: nothing"}
    leaks, fine, wrong = "yes", "no, it is right", "no, but it is wrong"

    def perform() -> None:
        st.session_state[f"{PREFIX}_split"] = WRONG_SPLIT
        st.session_state[f"{PREFIX}_merge"] = WRONG_MERGE
        step_viewer.go_to("multi_head", STACKED)

    def grade_copy() -> tuple[str, str]:
        one, two = (experiments.trained_to_copy(n_heads, SEED)[-1].loss for n_heads in (1, 2))
        why = (
            f"It ends at {one:.3f}: one row of weights is one mixture and cannot keep two tokens apart. Two heads reach "
            f"{two:.4f}. Train both below."
        )
        return ends[min(ends, key=lambda end: abs(end - one))], why

    def grade_leak() -> tuple[str, str]:
        found = multi_head.leaks(given.x, given.layer, Settings(given.layer.n_heads, WRONG_SPLIT, WRONG_MERGE))
        return (leaks if found else wrong), (
            f"{found} outputs move when a later token changes, so a test that looks for leaks does not find the bug. Compare "
            "with a loop over heads."
        )

    return [
        Question(
            "copy",
            "One head must copy two things at once, the previous token and the first. Its mean squared error goes from 1 "
            "(nothing copied) to?",
            (ends[1.0], ends[0.5], ends[0.0]),
            grade_copy,
        ),
        Question(
            "leak",
            "Split by a reshape alone and merge by a reshape alone, under a causal mask: does a later token leak into an earlier "
            "output?",
            (leaks, fine, wrong),
            grade_leak,
            perform,
        ),
    ]


def lines() -> list[Line]:
    """The code that ran: heads are made, attend, are merged and mixed."""
    outer = lines_that_ran(multi_head_attend, ("projected", "queries", "keys", "values", "merged", "mixed"), {})
    inner = lines_that_ran(attend, ("scores", "scaled", "masked", "weights", "output"), {})
    rows = marked(lines_that_ran(project, tuple(ROWS), {}), ROWS | {"query_rows": "projected"})
    return [*rows, *outer[:4], *inner, *outer[4:]]


@run_queue.fragment
def training() -> None:
    """One head against two, and two that start as twins: trained while the learner waits, a second each."""
    with st.container(key="aside", border=True):
        st.markdown("#### Copy two things at once")
        left, right = st.columns([1, 1.6], gap="medium", vertical_alignment="center")
        with left:
            st.markdown(
                "A toy task: at each place, copy the previous token and the first. Scores depend on positions alone. One head "
                "has a single row of weights for it."
            )
            seed = controls.seed(PREFIX, SEED)
            started = st.button("Train one head, two heads and twins", type="primary", key=f"{PREFIX}_train")
        if not (started or st.session_state.get(f"{PREFIX}_trained")):
            return
        st.session_state[f"{PREFIX}_trained"] = True
        with left, st.spinner("200 steps each …", show_time=True):
            train = experiments.trained_to_copy
            runs = {"one head": train(1, seed), "two heads": train(2, seed), "twins": train(2, seed, identical=True)}
            ends = {name: run[-1] for name, run in runs.items()}
            st.markdown(
                f"After 200 steps the error is **{ends['one head'].loss:.3f}** with one head, "
                f"**{ends['two heads'].loss:.4f}** with two, and **{ends['twins'].loss:.3f}** with twins: two heads that start "
                f"equal get the same gradient for ever. Their weights differ by {ends['twins'].difference:g}."
            )
        with right:
            named = {name: ([p.step for p in run], [p.loss for p in run]) for name, run in runs.items()}
            alt = "; ".join(f"{name}: error {run[-1].loss:.3f} at the end" for name, run in runs.items())
            figure = charts.curves(named, "training step", "mean squared error")
            st.plotly_chart(figure, key=f"{PREFIX}_curves", config=charts.QUIET, alt=alt)


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        numbers = controls.numbers(PREFIX)
        if numbers == controls.REAL:
            text = controls.sentence(PREFIX)
            layer = controls.layer(PREFIX)
    given = real(text, layer) if numbers == controls.REAL else by_hand()
    if given is None:
        return
    chosen = choose(given)
    result = multi_head.run(given.x, given.layer, chosen)
    asks, head = sentences.interesting(given.tokens), min(1, chosen.n_heads - 1)
    most = int(result.built.attention.weights[0, head, asks].argmax())
    listing = lines()
    scene = StepViewer(
        lesson="multi_head",
        signature=f"{given.again.args}|{chosen.n_heads}",
        steps=steps(result.built),
        views=step_views(result, chosen, given, asks, head, most),
        tokens={"queries": given.tokens, "keys": given.tokens},
        listing=listing,
        formula_of="mixed",
        formulas={"masked": "<scaled>"} | ({} if chosen.mixing else {"mixed": "<merged>"}),
        symbols={"queries": "Q", "keys": "K", "values": "V"},
        focus={"query": asks, "key": most, "head": head},
        divisor=result.built.queries.shape[-1] ** 0.5,
        tensors=multi_head.beside(result),
        answered=question.answered(PREFIX, ("copy", "leak")),
    )
    step_viewer.show(scene, WEIGHTS)
    again = partial(multi_head.shown, given.again, chosen)
    downloads.offer(scene, WEIGHTS, given.origin, again)
    question.ask(PREFIX, questions(given))
    claims.show_claims(PREFIX, experiments.CLAIMS, (given.x, given.layer, SEED))


lesson()
training()
claims.show_sources(("vaswani2017", "michel2019", "voita2019", "shazeer2019", "dosovitskiy2021"))
foot("multi_head")
