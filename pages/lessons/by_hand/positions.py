"""Places by hand: clock hands and the rotation that shifts them, adding and joining, vectors that turn, biases by distance."""

from collections.abc import Iterator
from functools import partial

from core.experiments.positions.turning import turn_or_add
from core.lessons.positions import by_hand
from core.lessons.positions.by_hand import Written
from core.listing import ran
from pages.parts import controls
from pages.parts.controls import Controls
from pages.parts.figures import Curves, Dial, Table, dials, tables
from pages.parts.lesson import Scene, StepDeclared, step
from pages.parts.number_table import NumberTable, edit_tables, held
from pages.parts.words import plain

BASES, WIDTHS = (10, 100, 1_000, 10_000, 100_000), (2, 4, 8, 16, 32, 64, 128)
WORDS = ("cat", "sat", "mat")
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), WORDS),
    NumberTable("wx", "W_x", "query", ((1, 2), (0, 1))),
    NumberTable("wp", "W_p", "key", ((2, 0), (1, 1))),
    NumberTable("q", "q", "query", ((1, 0.5, -0.5, 2),)),
    NumberTable("k", "k", "key", ((0.5, 1, 2, -1),)),
)
ALONE = {
    (True, True): "both scores change",
    (True, False): "RoPE's score changes, that with sinusoids added does not",
    (False, True): "RoPE's score stays, since in no pair both vectors have numbers other than 0; the other one changes",
    (False, False): "of these two vectors neither score changes",
}
CODE = (
    ran(by_hand.turn_hands, turned="angles"),
    ran(by_hand.combine),
    ran(turn_or_add),
    ran(by_hand.bias_by_distance, returns="penalty"),
)


def scene(ui: Controls, seed: int) -> Scene:
    """All of it on the learner's numbers. seed: of what the claims draw."""
    written = Written(WORDS, *edit_tables(ui.prefix, TABLES).values())
    with ui.more():
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
        chosen=chosen,
        names=vars(chosen),
        tokens=words,
        beside=by_hand.beside(result),
        again=partial(by_hand.shown, written, chosen),
        signature=f"{written}|{chosen.width}|{chosen.n_places}",
        origin=controls.OWN_NUMBERS.replace("single", "double"),
        evidence=(by_hand.given(result, written, chosen), seed),
        focus={"query": 0, "key": 0, "places": min(3, chosen.n_places - 1)},
        code=CODE,
        steps=_steps_by_hand,
        opens_at="hands",
        token_strip=False,
    )


def _steps_by_hand(scene: Scene) -> Iterator[StepDeclared]:
    result, chosen, codes = scene.result, scene.chosen, Dial("codes", "place", rows="places")
    moved = Dial("shifted", "moved", turned="codes", dashed=True, rows="places")
    query = Dial("rotated_queries", "", "query", turned="queries")
    key = Dial("rotated_keys", "", "key", turned="keys", rows="keys", dashed=True)
    summed = (("positions", "P"), ("summed", "X + P"), ("mapped", "[X; P]W"), ("added", "XW_x + PW_p"))
    single, zeros = result.n_hands == 1, " and ".join(result.zeros)
    yield step(
        "hands",
        dials(codes, clock=True),
        "A place is told by one clock hand, which turns by 1 radian from a place to the next. Its sine and its cosine are the "
        "two numbers of the code."
        if single
        else "A place is told by {n_hands} clock hands. The first turns by 1 radian from a place to the next, each further one "
        "more slowly, the last by {slowest:.2g}. The sine and the cosine of each hand are two numbers of the code.",
        shows=("angles", "codes"),
        title="A place as clock hands",
    )
    yield step(
        "P",
        tables(
            Table("codes", "P", rows="places", labelled=True, limit=1, axes="places ↓ · numbers, places →"),
            Table("similarity", "PPᵀ", rows="places", limit=result.n_hands),
        ),
        "All {n_places} places under each other"
        + ("" if single else ", fast hands left")
        + ". Sine and cosine of a hand add 1 "
        "to the square of a row's length, so all are equally long. Place times place: along each diagonal stands one number, "
        "only the distance counts.",
    )
    yield step(
        "distance",
        Curves("by_distance", "one", "places apart", "p · p"),
        "The same by distance, from {n_hands} for a place with itself. "
        + (
            "Among {n_places} places it only falls."
            if result.falls_to is None
            else "It falls as far as {falls_to}, and one place further it rises: it does not only fall."
        ),
        shows="similarity",
        title="How alike, by distance",
    )
    yield step(
        "shift",
        dials(codes, moved, clock=True),
        "One rotation moves every place by k = {offset}: each hand turns by its own angle, whatever the place. It hits the code "
        "of the place moved to with an error of {rotation_error:.1e}."
        if chosen.offset
        else "For each k one rotation moves every place by k. With k = 0 no hand turns.",
        shows="shifted",
        operator="R",
        title="One rotation moves every place",
    )
    yield step(
        "added",
        tables(
            Table("x", "X", rows="tokens", labelled=True), *(Table(of, label, rows="tokens") for of, label in summed)
        ),
        "The Transformer adds the code to the word. Joined and then mapped by W, the two give what each mapped by its own half "
        "of W and then added gives, to within {joining_error:.1e}. Adding first is joining with one map for both, W_x = W_p.",
        shows=("summed", "joined", "mapped", "added"),
        title="Added, or joined",
    )
    yield step(
        "RoPE",
        dials(query, key),
        "RoPE adds nothing. It turns the query by its place m and the key by its place n, pair by pair. Lengths stay as they "
        "were, to within {length_error:.1e}."
        + (" Here all numbers of {zeros} are 0: nothing is there to turn." if zeros else ""),
        title="Queries and keys that turn",
        zeros=zeros,
    )
    changes, changes_alone = result.changes(result.by_shift), result.changes(result.by_offset)
    yield step(
        "score",
        Curves("by_shift", "schemes", "both later by", "score"),
        "Move both together: RoPE's score stays {score:.2f}, because only n − m counts. With sinusoids added it is "
        "{added_score:.2f} here, and "
        + ("it changes with the place." if changes[1] else "of these two vectors it stays, too."),
        shows=("scores", "added_scores"),
        title="Both moved together",
    )
    yield step(
        "offset",
        Curves("by_offset", "schemes", "n − m, places of the key after the query", "score", start=-by_hand.AROUND),
        "Move the key alone: " + ALONE[changes_alone] + ". For RoPE only n − m counts.",
        shows=("scores", "added_scores"),
        title="The key moved alone",
    )
    yield step(
        "biases",
        tables(
            Table("penalty", "ALiBi", rows="near", labelled=True, axes="places ↓ · places →"),
            Table("buckets", "T5", rows="near", scale="share"),
        ),
        "Two ways that leave vectors alone and add to scores. ALiBi: a penalty that grows with distance, in each head at its own "
        "speed. T5: one trained number per head for each bucket of distances; "
        + (
            "further ones would share."
            if result.shared_from is None
            else "from {shared_from} on, several share a bucket."
        ),
        title="Biases by distance",
    )


def linked(prefix: str) -> Written:
    """What the tables hold, also where they are not drawn."""
    return Written(WORDS, *held(prefix, TABLES).values())
