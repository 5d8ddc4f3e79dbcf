"""Lesson 5: self-attention. How can every word look at every other word at once?"""

from typing import Any, get_args

import streamlit as st

from core.attention import attend
from core.attention.projections import ROWS, project
from core.experiments import self_attention as experiments
from core.experiments.self_attention.fused import project_fused
from core.lessons import self_attention
from core.lessons.self_attention import Beside, Settings, attend_tokens, moved, places_to_swap, swapped
from core.lessons.shown import call
from core.listing import ran
from core.numerals import written
from pages.parts import delivered, learner_input
from pages.parts.controls import Controls, row
from pages.parts.figures import Table, mixture, pair_matrix, queries_keys_values, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.messages import literal
from pages.parts.number_table import NumberTable
from pages.parts.words import Token, plain

SEED = 5
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), ("cat", "sat", "mat")),
    *learner_input.SMALL_MAPS,
)
STILL, CHANGED = "it stays as it is", "it changes a little"
ALIKE = 0.005  # weights that differ by less are written alike
DIFFER = (
    "They differ most for “{gives}” and “{takes}”: {there:.2f} against {less:.2f}. A correlation has no direction, weights have "
    "one."
)
SAME = "Here no two tokens differ in what they give each other. Nothing makes it so: after other words they would."
ALONG, LOST = "it moves along", "it stays where it was"

page = Lesson(
    "self_attention",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "lee2019", "jain2019", "wang2020"),
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        asked = learner_input.ask_head(ui)
        temperature = ui.temperature()
        popover = st.popover("More")
    given = learner_input.head(ui, asked, TABLES)
    if given is None:
        return None
    with popover:
        chosen = more(ui, given.tokens, temperature)
    result = self_attention.run(given.x, given.maps, chosen)
    order = result.order
    tokens = [given.tokens[place] for place in order]
    with ui.more():
        ui.take_back("Words in their order", "order")
        by = delivered.ask(ui)
    sink, *whole = delivered.whole_model(given.read) if given.read else (None,)
    return Scene(
        result,
        trace=result.now,
        given=given,
        chosen=chosen,
        tokens={
            "queries": tokens,
            "keys": tokens,
            "typed": given.tokens,
            "orders": plain(self_attention.ORDERS),
            "measures": plain(self_attention.MEASURES),
        },
        beside=self_attention.beside(result, sink),
        names={"by": by, "sink": sink},
        again=call(self_attention.shown, given.again, chosen, *whole),
        signature=f"{given.again.args}|{result.order}",
        origin=given.origin,
        evidence=(given.x, given.maps, SEED),
        asks=len(tokens) >= 3,
        code=(ran(project_fused if chosen.fused else project, **ROWS), ran(attend_tokens), ran(attend)),
        formulas=self_attention.formulas(chosen),
        divisor=temperature * result.now.queries.shape[-1] ** 0.5,
        on_reorder=lambda start, goal: ui.write("order", ",".join(map(str, moved(order, start, goal)))),
    )


def more(ui: Controls, tokens: list[Token], temperature: float) -> Settings:
    """The controls that are not needed at every step."""
    places = ["no token", *(f"{place} {token.text}" for place, token in enumerate(tokens))]
    fused = ui.toggle("One wide product for Q, K and V", "fused")
    beside = ui.one_of("Step “and back”: beside the weights", get_args(Beside), "beside")
    place = places.index(ui.select("Replace the value by zeros of", places, "zeroed")) - 1
    double = ui.one_of("Numbers of", ["32 bits", "64 bits"], "bits") == "64 bits"
    return Settings(ui.integers("order"), None if place < 0 else place, temperature, fused, double, beside)


@page.steps
def steps(scene: Scene):
    result, chosen, tokens = scene.result, scene.chosen, scene.tokens["keys"]
    n_tokens, width, head_dim = len(tokens), result.now.x.shape[-1], result.now.queries.shape[-1]
    yield step(
        "X",
        tables(Table("x", "X")),
        "Each token enters as {n} numbers and nothing else: where it stands counts only as far as these tell.",
        n=width,
    )
    three = queries_keys_values(
        note=f"one head: {head_dim} numbers to ask with, {head_dim} to be found by, {head_dim} to pass on"
    )
    one = tables(Table("projected", "[Q K V]"), note="one product with the three maps side by side")
    yield step(
        "Q, K, V",
        one if chosen.fused else three,
        "The same {n} numbers are read three ways: {query|what do I look for}, {key|what can I be found by}, "
        "{value|what do I pass on}. "
        + ("One product makes all three." if chosen.fused else "Three products make them."),
        shows=("queries", "keys", "values"),
        operator="·W",
        title="Queries, keys, values",
        n=width,
    )
    yield step(
        "scores",
        pair_matrix("scores", "scores", "Q · Kᵀ"),
        "Row {q}, column {k} is one dot product, {scores[q,k]:.2f}: how well what {q} looks for fits what {k} offers. One "
        "product of two matrices makes all {n}.",
        operator="·K⊤",
        n=n_tokens**2,
    )
    yield step(
        "scaled",
        pair_matrix("scaled", "scaled", "÷ √d" if chosen.temperature == 1 else "÷ T√d"),
        "The picture stays, only the scale under it changes: every score is divided by {d:.2f}. The largest weight will be "
        "{largest:.2f}; without the division it would be {undivided:.2f}.",
        shows=("scaled", "masked"),
        operator="÷√d",
        d=scene.divisor,
        largest=result.largest_weight,
        undivided=result.undivided,
    )
    yield delivered.weights(scene.names["by"])
    gives, takes = result.least_mutual
    there, less = scene.tensors["weights"][gives, takes], scene.tensors["weights"][takes, gives]
    share: dict[str, Any] = {"scale": "weights", "limit": 1}
    yield step(
        "and back",
        tables(
            Table("weights", "A", columns="keys", **share),
            Table("beside", "Aᵀ", columns="keys", **share)
            if chosen.beside == "transpose"
            else Table("beside", "corr", columns="keys", limit=1),
            readout="plain",
        ),
        "{q} gives {k} {weights[q,k]:.2f}, and back come {weights[k,q]:.2f}. "
        + (DIFFER if there - less > ALIKE else SAME),
        shows=(),
        title="One way and the other",
        gives=tokens[gives].text,
        takes=tokens[takes].text,
        there=there,
        less=less,
    )
    yield step(
        "output",
        mixture(),
        "Each output row is a mixture of value rows: {weights[q,k]:.0%} of the new {q} is the value of {v}. {zeroed}All rows "
        "are computed at once; one at a time gives the same numbers.",
        operator="·V",
        zeroed="" if result.zeroed is None else f"The value of “{tokens[result.zeroed].text}” is zeros now. ",
    )
    if scene.names["sink"] is not None:
        yield delivered.first_token(scene.names["sink"], scene.given.tokens[0].text, n_tokens)
    moved_places = sum(place != token for place, token in enumerate(result.order))
    yield step(
        "shuffled",
        tables(
            Table("typed_output", "typed", "output", rows="typed", order=list(result.order)),
            Table("output", "now", "output", labelled=True),
            readout="plain",
            note="drag a word above, or move it with Alt and an arrow key",
        ),
        "{moved} of {n} tokens stand elsewhere now. Their rows of the output moved along and did not change: the largest "
        "difference is {equivariance_error:.1e}."
        if moved_places
        else "Drag a word above to another place, and see what becomes of its row and of the others.",
        shows=(),
        operator="shuffle",
        title="After a shuffle",
        moved=moved_places,
        n=n_tokens,
    )
    yield step(
        "mean",
        tables(
            Table("means", "mean output", "output", rows="orders", axes="orders ↓ · numbers →"),
            readout="plain",
            note="each row is the mean of all rows of the step before, on a scale of its own",
        ),
        "The mean over all tokens does not know their order at all. "
        + ("After the shuffle it differs by {mean_error:.1e}. " if moved_places else "")
        + "What moved along with the tokens (equivariant) now stays as it is (invariant).",
        operator="mean",
        title="The mean forgets the order",
    )


def place(scene: Scene, which: int) -> str:
    """One of the two words to swap, or the third, with the place at which it was typed."""
    at = places_to_swap(len(scene.given.tokens))[which]
    return f"“{literal(scene.given.tokens[at].text)}” (place {at})"


SWAP = {"order": lambda scene: ",".join(map(str, swapped(len(scene.given.tokens))))}


@page.question(
    lambda scene: (
        f"Swap {place(scene, 0)} and {place(scene, 1)}; places count from 0. What happens to the output of "
        f"{place(scene, 2)}?"
    ),
    (CHANGED, STILL, "it becomes a mean of both"),
    sets=SWAP,
    shows="shuffled",
)
def stays(scene: Scene) -> tuple[str, str]:
    change, _, rounding = self_attention.swap(scene.given.x, scene.given.maps)
    why = f"It differs by {written(change, '.1e')}: the same keys and values are there, only elsewhere in the sum."
    return (STILL if change <= rounding else CHANGED), why


@page.question(
    lambda scene: f"And what happens to the output of {place(scene, 0)} itself?",
    (LOST, "it is mixed with the other", ALONG),
    sets=SWAP,
    shows="shuffled",
)
def moves(scene: Scene) -> tuple[str, str]:
    _, change, rounding = self_attention.swap(scene.given.x, scene.given.maps)
    at = places_to_swap(len(scene.given.tokens))[1]
    return (ALONG if change <= rounding else LOST), f"It stands at place {at} now, to within {written(change, '.1e')}."


page.show()
