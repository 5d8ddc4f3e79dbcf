"""Lesson 5: self-attention. How can every word look at every other word at once?"""

from functools import partial

import streamlit as st
from torch import Tensor

from core.attention import attend
from core.attention.projections import ROWS, project
from core.experiments import self_attention as experiments
from core.experiments.self_attention.fused import project_fused
from core.lessons import self_attention
from core.lessons.self_attention import Lesson, Settings, moved
from core.listing import Line, lines_that_ran, marked
from core.numerals import written
from core.trace import steps
from pages.course.lesson import foot
from pages.parts import claims, controls, downloads, one_head, question, sentences, step_viewer, url_state
from pages.parts.number_table import NumberTable
from pages.parts.one_head import Given
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import mixture, pair_matrix, table, tables
from pages.parts.words import Span, asked, asking, cell, key, mixed_in, query, say, value
from pages.server import run_queue

PREFIX = "self"
SEED = 5
WEIGHTS, SHUFFLED = 4, 7  # the step that is shown first, and the one that a question leads to
MEAN = Token("mean", special=True)
NUMBER_TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), ("cat", "sat", "mat")),
    *one_head.SMALL_MAPS,
)


def more(tokens: list[Token], temperature: float) -> Settings:
    """The controls that are not needed at every step."""
    places = ["no token", *(f"{place} {token.text}" for place, token in enumerate(tokens))]
    fused = st.toggle("One wide product for Q, K and V", key=f"{PREFIX}_fused", bind="query-params")
    beside = controls.one_of("Step “and back”: beside the weights", ["transpose", "correlation"], f"{PREFIX}_beside")
    zeroed = st.selectbox("Replace the value by zeros of", places, key=f"{PREFIX}_zeroed", bind="query-params")
    bits = controls.one_of("Numbers of", ["32 bits", "64 bits"], f"{PREFIX}_bits")
    place = places.index(zeroed) - 1
    return Settings(
        url_state.integers(f"{PREFIX}_order"),
        None if place < 0 else place,
        temperature,
        fused,
        bits == "64 bits",
        beside,
    )


def step_views(result: Lesson, settings: Settings, tokens: list[Token], asks: int, most: int) -> list[StepView]:
    """The steps, in words."""
    trace, weights = result.now, result.now.attention.weights[0, 0]
    q, k = asking(tokens[asks].text), asked(tokens[most].text)
    top = weights[asks, most].item()
    n_tokens, width, head_dim = len(tokens), trace.x.shape[-1], trace.queries.shape[-1]
    three = tables(
        table("queries", "Q", "query"),
        table("keys", "K", "key"),
        table("values", "V", "value"),
        note=f"one head: {head_dim} numbers to ask with, {head_dim} to be found by, {head_dim} to pass on",
    )
    one = tables(table("projected", "[Q K V]"), note="one product with the three maps side by side")
    moved_places = sum(place != token for place, token in enumerate(result.order))
    return [
        StepView(
            "X",
            ("x",),
            tables(table("x", "X")),
            say(
                "Each token enters as {n} numbers and nothing else: where it stands counts only as far as these tell.",
                n=width,
            ),
        ),
        StepView(
            "Q, K, V",
            ("queries", "keys", "values"),
            one if settings.fused else three,
            say(
                "The same {n} numbers are read three ways: {q}, {k}, {v}. {how}",
                n=width,
                q=query("what do I look for"),
                k=key("what can I be found by"),
                v=value("what do I pass on"),
                how="One product makes all three." if settings.fused else "Three products make them.",
            ),
            "·W",
            title="Queries, keys, values",
        ),
        StepView(
            "scores",
            ("scores",),
            pair_matrix("scores", "scores", "Q · Kᵀ"),
            say(
                "Row {q}, column {k} is one dot product, {s:.2f}: how well what {q} looks for fits what {k} offers. "
                "All {n} are made at once.",
                q=q,
                k=k,
                s=cell(trace.attention.scores[0, 0, asks, most].item(), "scores"),
                n=n_tokens**2,
            ),
            "·K⊤",
        ),
        StepView(
            "scaled",
            ("scaled", "masked"),
            pair_matrix("scaled", "scaled", "÷ √d" if settings.temperature == 1 else "÷ T√d"),
            say(
                "The picture stays, only the scale under it changes: every score is divided by {d:.2f}, so that the "
                "softmax does not give nearly all to one key.",
                d=settings.temperature * head_dim**0.5,
            ),
            "÷√d",
        ),
        StepView(
            "weights",
            ("weights",),
            pair_matrix("weights", "weights", "softmax", "weights", cornerNote="row by row →", margin="sum"),
            say(
                "Each row is a budget of exactly 1. Row {q} spends {w:.2f} of it on {k} and {own:.2f} on itself. Columns "
                "need not add up to anything.",
                q=q,
                k=k,
                w=cell(top, "weights"),
                own=cell(weights[asks, asks].item(), "weights", column="query"),
            ),
            "softmax",
        ),
        StepView(
            "and back",
            (),
            tables(
                table("weights", "A", scale="weights", limit=1, columns="keys"),
                table(
                    "beside",
                    "Aᵀ" if settings.beside == "transpose" else "corr",
                    columns="keys",
                    **({"scale": "weights", "limit": 1} if settings.beside == "transpose" else {"limit": 1}),
                ),
                readout="plain",
            ),
            one_way(tokens, weights, asks, most, result.least_mutual),
            title="One way and the other",
        ),
        StepView(
            "output",
            ("output",),
            mixture(),
            say(
                "Each output row is a mixture of value rows: {w:.0%} of the new {q} is the value of {k}. {zero}All rows are "
                "computed at once; one at a time gives the same numbers.",
                q=q,
                k=mixed_in(tokens[most].text),
                w=cell(top, "weights"),
                zero="" if result.zeroed is None else f"The value of “{tokens[result.zeroed].text}” is zeros now. ",
            ),
            "·V",
        ),
        StepView(
            "shuffled",
            (),
            tables(
                table("typed_output", "typed", "output", rows="typed", order=list(result.order)),
                table("output", "now", "output", labelled=True),
                readout="plain",
                note="drag a word above, or move it with Alt and an arrow key",
            ),
            say(
                "{count} of {n} tokens stand elsewhere now. Their rows of the output moved along and did not change: the "
                "largest difference is {e:.1e}.",
                count=moved_places,
                n=n_tokens,
                e=result.equivariance_error,
            )
            if moved_places
            else say("Drag a word above to another place, and see what becomes of its row and of the others."),
            "shuffle",
            title="After a shuffle",
        ),
        StepView(
            "mean",
            (),
            tables(
                table("typed_mean", "typed", "output", rows="typed_mean"),
                table("now_mean", "now", "output", rows="now_mean", labelled=True),
                readout="plain",
                note="the last row is the mean of all others",
            ),
            say(
                "The mean over all tokens does not know their order at all. {now}What moved along with the tokens "
                "(equivariant) now stays as it is (invariant).",
                now=f"After the shuffle it differs by {written(result.mean_error, '.1e')}. " if moved_places else "",
            ),
            "mean",
            title="The mean forgets the order",
        ),
    ]


def one_way(tokens: list[Token], weights: Tensor, asks: int, most: int, least_mutual: tuple[int, int]) -> list[Span]:
    """What two tokens give each other, and the two that differ most in it."""
    gives, takes = least_mutual
    return say(
        "{q} gives {k} {w:.2f}, and back come {back:.2f}. They differ most for “{gives}” and “{takes}”: {there:.2f} against "
        "{less:.2f}. A correlation has no direction, weights have one.",
        q=asking(tokens[asks].text),
        k=asked(tokens[most].text),
        w=cell(weights[asks, most].item(), "weights"),
        back=cell(weights[most, asks].item(), "weights", "key", "query"),
        gives=tokens[gives].text,
        takes=tokens[takes].text,
        there=weights[gives, takes].item(),
        less=weights[takes, gives].item(),
    )


def questions(given: Given) -> list[Question]:
    """Swap two words: what becomes of the output of a third, and of their own?"""
    first, second, third = self_attention.places_to_swap(len(given.tokens))
    word = [f"“{token.text}” (place {place})" for place, token in enumerate(given.tokens)]
    still, changed = "it stays as it is", "it changes a little"
    along, lost = "it moves along", "it stays where it was"

    def perform() -> None:
        url_state.write(f"{PREFIX}_order", ",".join(map(str, self_attention.swapped(len(given.tokens)))))
        step_viewer.go_to("self_attention", SHUFFLED)

    def grade_third() -> tuple[str, str]:
        stays, _, rounding = self_attention.swap(given.x, given.maps)
        why = f"It differs by {written(stays, '.1e')}: the same keys and values are there, only elsewhere in the sum."
        return (still if stays <= rounding else changed), why

    def grade_first() -> tuple[str, str]:
        _, moves, rounding = self_attention.swap(given.x, given.maps)
        return (
            along if moves <= rounding else lost
        ), f"It stands at place {second} now, to within {written(moves, '.1e')}."

    return [
        Question(
            "stays",
            f"Swap {word[first]} and {word[second]}; places count from 0. What happens to the output of {word[third]}?",
            (changed, still, "it becomes a mean of both"),
            grade_third,
            perform,
        ),
        Question(
            "moves",
            f"And what happens to the output of {word[first]} itself?",
            (lost, "it is mixed with the other", along),
            grade_first,
            perform,
        ),
    ]


def lines(settings: Settings) -> list[Line]:
    """The code that ran."""
    made = ("widths", "w_fused", "b_fused", "projected", *ROWS)
    return [
        *marked(lines_that_ran(project_fused if settings.fused else project, made, {}), ROWS),
        # makes heads of the rows, and silences a value, if asked
        *lines_that_ran(self_attention.attend_tokens, ("queries", "keys", "values"), vars(settings)),
        *lines_that_ran(attend, ("scores", "scaled", "masked", "weights", "output"), {}),
    ]


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        numbers = controls.numbers(PREFIX)
        if numbers == controls.REAL:
            text = controls.sentence(PREFIX)
            layer, head = controls.layer_and_head(PREFIX)
        temperature = controls.temperature(PREFIX)
        popover = st.popover("More")
    given = (
        one_head.real(text, PREFIX, layer, head)
        if numbers == controls.REAL
        else one_head.by_hand(PREFIX, NUMBER_TABLES)
    )
    if given is None:
        return
    with popover:
        settings = more(given.tokens, temperature)
    result = self_attention.run(given.x, given.maps, settings)
    tokens = [given.tokens[place] for place in result.order]
    asks = sentences.interesting(tokens)
    most = int(result.now.attention.weights[0, 0, asks].argmax())
    listing = lines(settings)
    scene = StepViewer(
        lesson="self_attention",
        signature=f"{given.again.args}|{result.order}",
        steps=steps(result.now),
        views=step_views(result, settings, tokens, asks, most),
        tokens={
            "queries": tokens,
            "keys": tokens,
            "typed": given.tokens,
            "typed_mean": [*given.tokens, MEAN],
            "now_mean": [*tokens, MEAN],
        },
        listing=listing,
        formula_of="output",
        formulas={"masked": "<scaled>"} | ({"scaled": r"\frac{<scores>}{T\sqrt{d}}"} if temperature != 1 else {}),
        symbols={"queries": "Q", "keys": "K", "values": "V"},
        focus={"query": asks, "key": most},
        divisor=temperature * result.now.queries.shape[-1] ** 0.5,
        tensors=self_attention.beside(result),
        reorderable=True,
        answered=question.answered(PREFIX, ("stays", "moves")),
    )

    def reorder(start: int, goal: int) -> None:
        url_state.write(f"{PREFIX}_order", ",".join(map(str, moved(result.order, start, goal))))

    step_viewer.show(scene, WEIGHTS, on_reorder=reorder)
    again = partial(self_attention.shown, given.again, settings)
    downloads.offer(scene, WEIGHTS, given.origin, again)
    if len(tokens) >= 3:
        question.ask(PREFIX, questions(given))
    claims.show_claims(PREFIX, experiments.CLAIMS, (given.x, given.maps, SEED))


lesson()
claims.show_sources(("vaswani2017", "lee2019", "jain2019", "wang2020"))
foot("self_attention")
