"""Places by hand: clock hands and the rotation that shifts them, adding and joining, vectors that turn, biases by distance."""

from collections.abc import Iterator
from functools import partial

from core.experiments.positions.turning import turn_or_add
from core.lessons.positions import by_hand
from core.lessons.positions.by_hand import Written
from core.listing import ran
from pages.parts import controls
from pages.parts.controls import Controls, row
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.views import curves, dial, dials, table, tables
from pages.parts.words import plain

BASES, WIDTHS = (10, 100, 1_000, 10_000, 100_000), (2, 4, 8, 16, 32, 64, 128)
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), ("cat", "sat", "mat")),
    NumberTable("wx", "W_x", "query", ((1, 2), (0, 1))),
    NumberTable("wp", "W_p", "key", ((2, 0), (1, 1))),
    NumberTable("q", "q", "query", ((1, 0.5, -0.5, 2),)),
    NumberTable("k", "k", "key", ((0.5, 1, 2, -1),)),
)
WRITTEN = Written(tuple(TABLES[0].rows), *(t.numbers for t in TABLES[:3]), *(t.numbers[0] for t in TABLES[3:]))
CODE = (
    ran(by_hand.turn_hands, turned="angles"),
    ran(by_hand.combine),
    ran(turn_or_add),
    ran(by_hand.bias_by_distance, returns="penalty"),
)


def scene(ui: Controls, seed: int) -> Scene:
    """All of it on the learner's numbers. seed: of what the claims draw."""
    x, w_x, w_p, (query,), (key,) = edit_tables(ui.prefix, TABLES).values()
    written = Written(tuple(TABLES[0].rows), x, w_x, w_p, query, key)
    with row("control_row_more"):
        chosen = by_hand.Settings(
            base=float(ui.among("Base", BASES, 10_000, "base")),
            width=ui.among("Numbers D", WIDTHS, 16, "width"),
            n_places=ui.slider("Places N", 8, 200, 50, "places"),
            offset=ui.slider("k, for “shift”", 0, 64, 4, "offset"),
            query_place=ui.slider("Place of q", 0, 64, 5, "m"),
            key_place=ui.slider("Place of k", 0, 64, 2, "n"),
            shift=ui.slider("Both later by", 0, 1000, 0, "later"),
        )
    result = by_hand.run(written, chosen)
    words = {axis: plain(texts) for axis, texts in by_hand.axes(written, chosen).items()}
    return Scene(
        result,
        trace=result.trace,
        chosen=chosen,
        tokens=words,
        beside=by_hand.beside(result),
        again=partial(by_hand.shown, written, chosen),
        signature=f"{written}|{chosen.width}|{chosen.n_places}",
        origin=controls.OWN_NUMBERS.replace("single", "double"),
        evidence=(by_hand.given(result, written, chosen), seed),
        focus={"query": 0, "key": 0, "places": min(3, chosen.n_places - 1)},
        code=CODE,
        steps=_steps,
        opens_at="hands",
        token_strip=False,
    )


def _steps(scene: Scene) -> Iterator[StepDeclared]:
    trace, chosen, at = scene.result.trace, scene.chosen, {"rows": "places"}
    yield step(
        "hands",
        dials(dial("codes", "place", **at), clock=True),
        "A place is told by {pairs} clock hands. The first turns by 1 radian from a place to the next, each further one more "
        "slowly, the last by {slow:.2g}. The sine and the cosine of each hand are two numbers of the code.",
        shows=("angles", "codes"),
        title="A place as clock hands",
        pairs=chosen.width // 2,
        slow=chosen.base ** (2 / chosen.width - 1),
    )
    yield step(
        "P",
        tables(
            table("codes", "P", labelled=True, limit=1, **at), table("similarity", "PPᵀ", limit=chosen.width / 2, **at)
        ),
        "All {n} places under each other, fast hands left. Sine and cosine of one hand add 1 to the square of a row's length, so "
        "all are equally long. Place times place: along each diagonal stands one number, only the distance counts.",
        shows=("codes", "similarity"),
        n=chosen.n_places,
    )
    yield step(
        "distance",
        curves("by_distance", "one", "places apart", "p · p"),
        "The same by distance, from {top:.0f} for a place with itself. It falls at first, and then it does not only fall.",
        shows="similarity",
        title="How alike, by distance",
        top=chosen.width / 2,
    )
    yield step(
        "shift",
        dials(dial("codes", "place", **at), dial("shifted", "moved", turned="codes", dashed=True, **at), clock=True),
        "One rotation moves every place by k = {k}: each hand turns by its own angle, whatever the place. It hits the code of "
        "the place moved to with an error of {rotation_error:.1e}.",
        shows="shifted",
        operator="R",
        title="One rotation moves every place",
        k=chosen.offset,
    )
    named = (("positions", "P"), ("summed", "X + P"), ("mapped", "[X; P]W"), ("added", "XW_x + PW_p"))
    yield step(
        "added",
        tables(
            table("x", "X", rows="tokens", labelled=True), *(table(of, label, rows="tokens") for of, label in named)
        ),
        "The Transformer adds the code to the word. Joined and then mapped by W, the two give the same as each mapped and then "
        "added, to within {joining_error:.1e}: adding is joining with less to carry.",
        shows=("summed", "joined", "mapped", "added"),
        title="Added, or joined",
    )
    turning = {"turned": "keys", "rows": "keys", "dashed": True}
    yield step(
        "RoPE",
        dials(dial("rotated_queries", "", "query", turned="queries"), dial("rotated_keys", "", "key", **turning)),
        "RoPE adds nothing. It turns the query by its place m and the key by its place n, pair by pair. Lengths stay as they "
        "were, to within {length_error:.1e}.",
        shows=("rotated_queries", "rotated_keys"),
        title="Queries and keys that turn",
    )
    yield step(
        "score",
        curves("by_shift", "schemes", "both later by", "score"),
        "Move both together: RoPE's score stays {rope:.2f}, because only n − m counts. With sinusoids added it is {plus:.2f} "
        "here, and it changes with the place.",
        shows=("scores", "added_scores"),
        title="Both moved together",
        rope=trace.rotary.scores.item(),
        plus=trace.rotary.added_scores.item(),
    )
    yield step(
        "offset",
        curves("by_offset", "schemes", "places of the key behind the query", "score", start=-by_hand.AROUND),
        "Move the key alone: both scores change. RoPE's curve is the same wherever the query stands.",
        shows=("scores", "added_scores"),
        title="The key moved alone",
    )
    yield step(
        "biases",
        tables(
            table("penalty", "ALiBi", rows="near", labelled=True), table("buckets", "T5", rows="near", scale="share")
        ),
        "Two ways that leave vectors alone and add to scores. ALiBi: a penalty that grows with distance, in each head at its own "
        "speed. T5: one trained number per head for each bucket of distances; far ones share a bucket.",
        shows=("penalty", "buckets"),
        title="Biases by distance",
    )
