"""Lesson 6: positions. How does the model know which word came first?"""

from typing import Any

import streamlit as st

from core.attention import attend
from core.experiments import positions as experiments
from core.lessons import material
from core.lessons.material import Encoded
from core.lessons.positions import by_hand, questions, real
from core.lessons.shown import call
from core.listing import ran
from core.models.embedding import embed
from core.numerals import written
from core.training import order
from pages.lessons.by_hand import positions as on_own_numbers
from pages.parts import controls, learning_curve, sentences
from pages.parts.controls import Controls, row
from pages.parts.figures import Curves, Matrix, Table, tables, weights_matrix
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.step_viewer import EACH
from pages.parts.words import plain

MOVED: dict[str, Any] = {"columns": "keys", "scale": "share", "labelled": True, "axes": "layers ↓ · tokens →"}
AT_MOST = 128  # tokens: each is compared with every other
SEED = 6
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
    return sentence(ui, text, change) if is_real else on_own_numbers.scene(ui, SEED)


def sentence(ui: Controls, text: str, change: real.Change) -> Scene | None:
    """MiniLM's own positions on the learner's sentence."""
    read = sentences.read(text, ui.prefix, at_most=AT_MOST)
    if read is None:
        return None
    with ui.more():
        shift = ui.slider("All later by", 0, 256, 5, "shift") if change == "shifted" else 5
    chosen = real.Settings(change, ui.two_of("pair", len(read.tokens.ids)), shift)
    result = real.run(read, chosen)
    (layer, head), words = result.head, sentences.shown(read)
    return Scene(
        result,
        given=read,
        chosen=chosen,
        names={"layer": layer, "of": head, "later": shift, "change": change},
        tokens={"queries": words, "keys": words} | {axis: plain(texts) for axis, texts in real.axes(result).items()},
        beside=real.beside(result),
        shares=frozenset({"typed_weights", "looks_back", "looks_back_now"}),
        again=call(real.shown, call(material.encode, read.text, read.tokens.start, AT_MOST), chosen),
        signature=f"{read.text}|{read.tokens.start}",
        origin=controls.origin(layer, head),
        evidence=(real.given(result, 10_000.0, 64, 50, 1000), SEED),
        code=(ran(embed, returns="normed"), ran(attend)),
        formulas={"masked": "<scaled>"},  # nothing is masked here
        divisor=result.trace.head.queries.shape[-1] ** 0.5,
        steps=steps_of_a_sentence,
        on_reorder=(lambda start, goal: ui.write("pair", f"{start},{goal}")) if change == "swapped" else None,
    )


PLACES = {
    "as typed": "a second table has one row for each place, 512 in all, learned like the words.",
    "zeroed": "you set the second table, which has a row for each place, to zeros: no token is told where it stands.",
    "swapped": "a second table has one row for each place, and two tokens got each other's: drag a word to choose others.",
    "shifted": "a second table has one row for each place, and every token got the one that stands {later} further.",
}


def steps_of_a_sentence(scene: Scene):
    nearest = scene.tensors["by_distance"][0]
    near: dict[str, Any] = {name: float(nearest[apart]) for apart, name in enumerate(("none", "one", "two", "three"))}
    yield step(
        "E + P",
        tables(Table("embedded", "E"), Table("positions", "P"), Table("summed", "E + P + s"), Table("normed", "LN")),
        "Each token fetches {width} numbers from a table of words; the same word twice is the same row twice. And "
        + PLACES[scene.chosen.change]
        + " Both are added (s is one row that all share), then each token is brought to mean 0 and deviation 1.",
        title="Words and places",
    )
    yield step(
        "nearness",
        Matrix(
            "nearness",
            "signed",
            limit=1,
            corner="cosine",
            cornerNote="place by place",
            readout="plain",
            axes="places ↓ · places →",
        ),
        "How alike the rows of two places of the table are: where {q} and {k} were typed, their cosine is {nearness[q,k]:.2f}. "
        "Nobody told the table what near means; training did.",
        title="How alike two places are",
        code=ran(real.cosines),
    )
    yield step(
        "distance",
        Curves("by_distance", "one", "places apart", "mean cosine"),
        "The mean cosine of all rows so far apart: {one:.2f} for neighbours, {two:.2f} two apart, {three:.2f} three. It does "
        "not only fall.",
        title="How alike, by distance",
        code=ran(real.cosine_by_distance),
        **near,
    )
    yield step(
        "weights",
        weights_matrix(),
        "Of all heads layer {layer}, head {of} looks most at the token before, while positions are as typed. "
        + (
            "{q} gives {weights[q,k]:.2f} to {k}."
            if scene.chosen.change == "as typed"
            else "Here they are {change}: {q} gives {weights[q,k]:.2f} to {k}. As typed it gave {typed_weights[q,k]:.2f}."
        ),
        operator="attend",
        title="A head that looks at the token before",
    )
    share: dict[str, Any] = {
        "rows": "layers",
        "scale": "weights",
        "limit": 1,
        "labelled": True,
        "axes": "layers ↓ · heads →",
    }
    yield step(
        "looking back",
        tables(Table("looks_back", "as typed", **share), Table("looks_back_now", "now", **share), readout="plain"),
        "What each head spends on the token before. As typed the strongest spends {strongest:.2f}, now the strongest "
        "{strongest_now:.2f}.",
        title="All heads that look back",
        code=ran(real.on_the_token_before),
    )
    yield step(
        "moved",
        tables(Table("moved", "moved by", rows="depth", **MOVED), readout="plain"),
        "How far each token's vector moved, layer by layer, in lengths of what it was as typed: {moved_last:.2f} behind the last "
        "layer, on average. The mean vectors of the sentence have a cosine of {likeness:.3f} with those as typed.",
        operator="6 layers",
        title="What becomes of the sentence",
        code=ran(real.moves),
    )


@page.below
def both_orders(scene: Scene) -> None:
    """Lesson 5's layer does not care in which order vectors enter it; the whole model does."""
    if isinstance(scene.chosen, real.Settings) and len(scene.given.tokens.ids) >= 3:
        read = scene.given
        layer, rounding, others = other_order(read, read.text, read.tokens.start, scene.chosen.pair)
        moved = f"to within {written(layer, '.0e')} (rounding alone may make {written(rounding, '.0e')})"
        st.markdown(
            "**Lesson 5 again.** Exchange two words and follow each to its new place. One layer, on the vectors that enter it: "
            f"all outputs move along, {moved}. The whole model, which adds places first: the vectors of all other words move by "
            f"{others:.2f} of their length."
        )


@st.cache_resource(scope="session", max_entries=32, show_spinner=False)
def other_order(_read: Encoded, text: str, start: int, pair: tuple[int, int] | None) -> tuple[float, float, float]:
    """Four readings by the whole model, which no slider changes."""
    return questions.typed_in_the_other_order(_read, real.Settings(pair=pair), 3)


@page.aside
def toys() -> None:
    """Is A before B? Learned under every scheme, and tested on longer rows."""
    learning_curve.show(page.slug, order.COMPARISON)


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
    "A query and a key both move 1000 places on. Which score changes?",
    (ROPE, ADDED, BOTH, NEITHER),
    sets={"numbers": controls.BY_HAND, "later": 1000},
    shows="score",
)
def later(scene: Scene) -> tuple[str, str]:
    result = scene.result  # of the numbers in the link, also where those of a sentence are shown
    if not isinstance(result, by_hand.Lesson):
        result = by_hand.run(on_own_numbers.linked(page.ui.prefix), by_hand.Settings())
    rope, added = questions.changed_by_shift(result)
    moved = (rope > result.rounding, added > result.rounding)
    answer = {(True, False): ROPE, (False, True): ADDED, (True, True): BOTH}.get(moved, NEITHER)
    return answer, f"With RoPE by {written(rope, '.0e')}, with sinusoids added by {written(added, '.2g')}."


page.show()
