"""Lesson 6: positions. How does the model know which word came first?"""

from functools import partial
from typing import Any

import streamlit as st

from core.attention import attend
from core.experiments import positions as experiments
from core.experiments.positions.turning import turn_or_add
from core.lessons import material
from core.lessons.positions import by_hand, questions, real
from core.lessons.shown import call
from core.listing import ran
from core.models.embedding import embed
from core.numerals import written
from core.training import order
from pages.parts import controls, sentences
from pages.parts.controls import Controls, row
from pages.parts.figures import Curves, Dial, Matrix, Table, dials, tables, weights_matrix
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable, edit_tables, held
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

AT_MOST, SEED = 128, 6  # tokens: each is compared with every other
BASES, WIDTHS = (10, 100, 1_000, 10_000, 100_000), (2, 4, 8, 16, 32, 64, 128)
WORDS = ("cat", "sat", "mat")
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), WORDS),
    NumberTable("wx", "W_x", "query", ((1, 2), (0, 1))),
    NumberTable("wp", "W_p", "key", ((2, 0), (1, 1))),
    NumberTable("q", "q", "query", ((1, 0.5, -0.5, 2),)),
    NumberTable("k", "k", "key", ((0.5, 1, 2, -1),)),
)
COIN, ALWAYS, NEVER = "half of the time, like a coin", "always", "never"
ROPE, ADDED, BOTH, NEITHER = "RoPE's", "the one with sinusoids added", "both", "neither"

page = Lesson(
    "positions",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("vaswani2017", "devlin2019", "su2021", "press2022", "raffel2020"),
    formula_of=EACH,
    symbols={},
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        is_real = ui.numbers() == controls.REAL
        text = ui.sentence() if is_real else ""
        change = ui.one_of("Positions", real.CHANGES, "change", "zeroed") if is_real else "as typed"
    return on_a_sentence(ui, text, change) if is_real else on_own_numbers(ui)


def on_a_sentence(ui: Controls, text: str, change: real.Change) -> Scene | None:
    """MiniLM's own positions on the learner's sentence."""
    read = sentences.read(text, ui.prefix, at_most=AT_MOST)
    if read is None:
        return None
    with ui.more():
        shift = ui.slider("All later by", 0, 256, 5, "shift") if change == "shifted" else 5
    chosen = real.Settings(change, ui.two_of("pair", len(read.tokens.ids)), shift)
    result, words = real.run(read, chosen), sentences.shown(read)
    return Scene(
        result,
        chosen=chosen,
        names={"layer": result.head[0], "of": result.head[1], "change": change},
        tokens={"queries": words, "keys": words} | {axis: plain(texts) for axis, texts in real.axes(result).items()},
        beside=real.beside(result),
        shares=frozenset({"typed_weights", "looks_back", "looks_back_now"}),
        again=call(real.shown, call(material.encode, read.text, read.tokens.start, AT_MOST), chosen),
        signature=f"{read.text}|{read.tokens.start}",
        origin=controls.origin(*result.head),
        focus={"query": result.changed_row} if change == "swapped" else {},
        evidence=(real.given(result, 10_000.0, 64, 50, 1000), SEED),
        code=(
            ran(embed, returns="normed"),
            ran(real.cosines, returns="nearness"),
            ran(real.cosine_by_distance, returns="by_distance"),
            ran(attend),
            ran(real.on_the_token_before, returns="looks_back"),
            ran(real.moves, returns="moved"),
            ran(real.alone, returns="alone"),
        ),
        formulas={"masked": "<scaled>"},  # nothing is masked here
        divisor=result.trace.head.queries.shape[-1] ** 0.5,
        steps=steps_of_a_sentence,
        on_reorder=(lambda start, goal: ui.write("pair", f"{start},{goal}")) if change == "swapped" else None,
    )


def on_own_numbers(ui: Controls) -> Scene:
    """Clock hands and the rotation that shifts them, adding and joining, vectors that turn, biases by distance."""
    given = by_hand.Written(WORDS, *edit_tables(ui, TABLES).values())
    with ui.more():
        chosen = by_hand.Settings(
            base=float(ui.among("Base", BASES, 10_000, "base")),
            width=ui.among("Numbers D", WIDTHS, 16, "width"),
            n_places=ui.slider("Places N", 8, 200, 50, "places"),
            offset=ui.slider("n, for “shift”", 0, 64, 4, "offset"),
            query_place=ui.slider("Place of q", 0, 64, 5, "m"),
            key_place=ui.slider("Place of k", 0, 64, 2, "n"),
            shift=ui.slider("Both later by", 0, 1000, 0, "later"),
        )
    result = by_hand.run(given, chosen)
    return Scene(
        result,
        chosen=chosen,
        names=vars(chosen),
        tokens={axis: plain(texts) for axis, texts in by_hand.axes(given, chosen).items()},
        beside=by_hand.beside(result),
        again=partial(by_hand.shown, given, chosen),
        signature=f"{given}|{chosen}",
        origin=controls.OWN_NUMBERS.replace("single", "double"),
        evidence=(by_hand.given(result, given, chosen), SEED),
        focus={"query": 0, "key": 0, "places": min(3, chosen.n_places - 1)} | result.stands,
        code=(
            ran(by_hand.turn_hands, turned="angles"),
            ran(by_hand.combine),
            ran(turn_or_add),
            ran(by_hand.bias_by_distance, returns="penalty"),
        ),
        steps=steps_by_hand,
        opens_at="hands",
        token_strip=False,
    )


def steps_of_a_sentence(scene: Scene):
    share: dict[str, Any] = {"rows": "layers", "scale": "weights", "limit": 1, "labelled": True}
    depth: dict[str, Any] = {"columns": "keys", "scale": "share", "labelled": True}
    yield step(
        "E + P",
        tables(Table("embedded", "E[x]"), Table("positions", "P"), Table("summed", "E[x] + P + E_A")),
        title="Words and places",
    )
    yield step("LN", tables(Table("normed", "LN")), counted=False)
    typed = "." if scene.chosen.change == "as typed" else "; as typed, {typed_weights[q,k]:.2f}. {changes_most}"
    axes = "places ↓ · places →"
    yield step("nearness", Matrix("nearness", "signed", limit=1, corner="cosine", readout="plain", axes=axes))
    yield step("distance", Curves("by_distance", "table", "places apart", "mean cosine"))
    yield step(
        "weights",
        weights_matrix(),
        "Of all heads layer {layer}, head {of} looks most at the token before: as typed, a row gives that {strongest:.2f} on "
        "average. With positions {change}, {q} gives {weights[q,k]:.2f} to {k}" + typed,
        operator="attend",
        title="A head that looks at the token before",
    )
    both = Table("looks_back", "as typed", **share), Table("looks_back_now", "now", **share)
    yield step("looking back", tables(*both, readout="plain"), title="All heads that look back")
    moved = Table("moved", "moved by", rows="depth", axes="layers ↓ · tokens →", **depth)
    yield step("moved", tables(moved, readout="plain"), operator="6 layers")
    if scene.chosen.change == "swapped":
        before = Table("alone", "one layer", rows="alone", axes="tokens →", **depth), moved
        yield step("one layer", tables(*before, readout="plain"), shows="alone")


def steps_by_hand(scene: Scene):
    codes = Dial("codes", "place", rows="places")
    moved = Dial("shifted", "moved", turned="codes", rows="places", dashed=True)
    yield step("hands", dials(codes, clock=True), shows=("angles", "codes"), title="A place as clock hands")
    yield step(
        "P",
        tables(
            Table("codes", "P", rows="places", labelled=True, limit=1, axes="places ↓ · numbers, places →"),
            Table("similarity", "PPᵀ", rows="places", limit=scene.result.n_hands),
        ),
    )
    yield step(
        "distance",
        Curves("by_distance", "one", "places apart", "p · p"),
        "The same by distance, from {n_hands} for a place with itself. "
        + (
            "Among {n_places} places it only falls."
            if scene.result.falls_to is None
            else "It falls as far as {falls_to}, and one place further it rises: it does not only fall."
        ),
        shows="similarity",
        title="How alike, by distance",
    )
    yield step("shift", dials(codes, moved, clock=True), shows="shifted", operator="R")
    four = (("positions", "P"), ("summed", "X + P"), ("mapped", "[X; P]W"), ("added", "XW_x + PW_p"))
    yield step(
        "added",
        tables(Table("x", "X", rows="tokens", labelled=True), *(Table(of, label, rows="tokens") for of, label in four)),
        shows=("summed", "mapped", "added"),
        title="Added, or joined",
    )
    query = Dial("rotated_queries", "", "query", turned="queries")
    key = Dial("rotated_keys", "", "key", turned="keys", rows="keys", dashed=True)
    yield step("RoPE", dials(query, key), title="Queries and keys that turn")
    yield step(
        "score",
        Curves("by_shift", "schemes", "both later by", "score", axis="later"),
        "Move both together: RoPE's score stays {score:.2f}, because only j − i counts. With sinusoids added it is "
        "{added_score:.2f} here, and {with_both}.",
        shows=("scores", "added_scores"),
        title="Both moved together",
    )
    yield step(
        "offset",
        Curves(
            "by_offset", "schemes", "j − i, places of the key after the query", "score", -by_hand.AROUND, axis="apart"
        ),
        "Move the key alone: {with_the_key}. For RoPE only j − i counts.",
        shows=("scores", "added_scores"),
        title="The key moved alone",
    )
    penalty = Table("penalty", "ALiBi, head 0", rows="near", limit=16, labelled=True, axes="places ↓ · places →")
    buckets = Table("buckets", "T5", rows="near", scale="share", limit=31)
    yield step("biases", tables(penalty, buckets), title="Biases by distance")


page.compare(order.COMPARISON)


@page.question(
    "A toy reads rows of letters without positions and without a mask. Is A before B? How often is it right?",
    (ALWAYS, COIN, NEVER),
)
def blind(scene: Scene) -> tuple[str, str]:
    with st.spinner("A toy is being trained, some seconds …", show_time=True):
        share = questions.guessed_without_positions(SEED)
    return (COIN if 0.4 < share < 0.6 else ALWAYS if share >= 0.6 else NEVER), (
        f"It is right in {share:.3f} of {order.TESTED} rows: rows that are mirror images of each other give it the same sum."
    )


@page.question(
    "Two ways to tell a query and a key their places: RoPE turns both by an angle that grows with the place, sinusoids are "
    "codes that are added to both. Both move 1000 places on. Which score changes?",
    (ROPE, ADDED, BOTH, NEITHER),
    sets={"numbers": controls.BY_HAND, "later": 1000},
    shows="score",
)
def later(scene: Scene) -> tuple[str, str]:
    result = scene.result  # of the numbers in the link, also where those of a sentence are shown
    if not isinstance(result, by_hand.Lesson):
        result = by_hand.run(by_hand.Written(WORDS, *held(page.ui.prefix, TABLES).values()), by_hand.Settings())
    rope, added = questions.changed_by_shift(result)
    moved = (rope > result.rounding, added > result.rounding)
    answer = {(True, False): ROPE, (False, True): ADDED, (True, True): BOTH}.get(moved, NEITHER)
    return answer, f"With RoPE by {written(rope, '.0e')}, with sinusoids added by {written(added, '.2g')}."


page.show()
