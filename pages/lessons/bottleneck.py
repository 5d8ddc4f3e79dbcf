"""Lesson 1: one vector for a sentence. What is lost when one vector must hold it all?"""

import math
from dataclasses import replace
from functools import partial

import streamlit as st

from core.experiments import bottleneck as experiments
from core.experiments.bottleneck import GradientFlow
from core.lessons import bottleneck, looking_back
from core.listing import ran
from core.numerals import written
from core.sequence.translator import Translator
from core.training import digits
from pages.lessons.by_hand import bottleneck as one_cell
from pages.parts import controls, gradient_flow, translation_quality, translations
from pages.parts.controls import Controls, row
from pages.parts.figures import Table, next_words, tables
from pages.parts.lesson import Lesson, Scene, step
from pages.parts.number_table import NumberTable
from pages.parts.words import plain

TRAINED, HAND = "trained translator", "by hand"
NETWORKS = (TRAINED, "RNN", "GRU", "LSTM", HAND)
NETWORKS_SAY = (
    "“trained” writes French. RNN, GRU and LSTM are three kinds of recurrent cell, the small network that is called for word "
    "after word: here untrained, each step of theirs on its own. “by hand” takes your numbers."
)
TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), ("the", "cat", "sat")),
    NumberTable("wx", "W_x", "query", ((1, 0), (0, 1))),
    NumberTable("wh", "W_h", "key", ((0.5, 0), (0, 0.5))),
)
LOST = ("nearly all of them, 95% or more", "80% to 95%", "less than 80%")

page = Lesson(
    "bottleneck",
    opens_at="c",
    claims=experiments.CLAIMS,
    sources=("cho2014", "cho2014properties", "sutskever2014", "pascanu2013", "hochreiter1997", "gers2000", "elman1990"),
    code=(
        ran(Translator.encode, annotations="encoder_states", summary="contexts"),
        ran(Translator.advance, returns="decoder_states"),
        ran(Translator.logits, returns="probabilities"),
    ),
    formula_of="probabilities",
    symbols={"decoder_states": "s_t", "contexts": "c", "encoder_states": "h_i"},
)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        network = ui.one_of("Network", NETWORKS, "network", says=NETWORKS_SAY)
        text = "" if network == HAND else ui.sentence(translations.SENTENCE, "English sentence")
    if network == TRAINED:
        return trained(ui, text)
    if network == HAND:
        return one_cell.by_hand(ui, TABLES)
    return one_cell.untrained(ui, network, text)


def trained(ui: Controls, text: str) -> Scene | None:
    """The translator with one vector."""
    run = partial(bottleneck.run, translate=translations.translate)
    result = translations.understand(text, ui.key(controls.MAIN), run)
    if result is None:
        return None
    vocabulary = bottleneck.translator().vocabulary
    return Scene(
        result,
        trace=result.fixed.trace,
        tokens={
            "queries": translations.tokens(result.fixed.target, vocabulary),
            "keys": translations.tokens(result.fixed.source, vocabulary),
            "one": plain(["c"]),
        },
        beside=bottleneck.beside(result),
        shares=frozenset({"choices"}),
        again=partial(bottleneck.shown, result.text),
        signature=result.text,
        origin=translations.origin(looking_back.FIXED),
        focus={"query": 0, "key": 0},
        recurrent="s",
    )


@page.steps
def steps(scene: Scene):
    result, trace = scene.result, scene.result.fixed.trace
    translator = bottleneck.translator()
    words, _ = looking_back.choices(translator, result.fixed)
    n_source, n_target = len(result.fixed.source.ids), len(result.fixed.target.ids)
    d_embedded, width = trace.embedded.shape[-1], trace.contexts.shape[-1]
    yield step(
        "E[x]",
        tables(Table("embedded", "E[x]", rows="keys")),
        "The sentence is {n} pieces, each {d} numbers from a learned table: {numbers_in:,} numbers. The mark </s> says that it "
        "ends.",
        n=n_source,
        d=d_embedded,
    )
    yield step(
        "h",
        tables(
            Table("encoder_states", "h", rows="keys"),
            note=f"{n_source} calls of the cell in a row, in either direction",
        ),
        "The encoder, which reads, calls one cell (a small network) for piece after piece. Each state, a row of numbers, is "
        "made from the piece and the state before it, so {n} calls must wait for one another. The last {d} numbers of a row are "
        "the word vector again.",
        operator="GRU",
        was="H",
        n=n_source,
        d=d_embedded,
    )
    yield step(
        "c",
        tables(Table("context", "c", rows="one", labelled=True), note="whatever the length of the sentence"),
        "{numbers_in:,} numbers went in. Read forwards and backwards, they leave two last states, {h} numbers: all that the "
        "decoder, which writes, is given, whatever the length. One learned matrix makes its first state of them, another this "
        "context, as wide as a row of h: {d}.",
        shows="contexts",
        operator="last",
        h=trace.decoder_states.shape[-1],
        d=width,
    )
    yield step(
        "s",
        tables(Table("decoder_states", "s", rows="queries", role="query", grows=True)),
        "Before each piece the decoder makes a new state from its last one, the piece it wrote last, and always the same "
        "{strong|c}. {n} steps for this sentence: the lengths need not agree.",
        operator="GRU",
        n=n_target,
    )
    n_pieces = len(translator.vocabulary)
    yield step(
        "next",
        next_words("choices", words),
        "Every state becomes a score for each of {n:,} pieces. The softmax makes probabilities of them: e to the power of each "
        "score, over the sum of all these. The likeliest is written. Row {q}: its first five. The last one written is {last}.",
        shows="probabilities",
        operator="softmax",
        shape=f"{n_target} × {n_pieces:,}",
        n=n_pieces,
        last=words[-1][0],
    )


@page.below
def twice(scene: Scene) -> None:
    """The same sentence through one vector and with attention."""
    if isinstance(scene.result, bottleneck.CellLesson):
        return
    with st.container(key=page.ui.key("beside"), border=True):
        st.markdown(
            "#### The same sentence, twice\nThe same encoder and decoder, trained on the same sentences equally often. The one "
            "that looks back has a score besides (lesson 2), and in training it was shown which words belong together, as a "
            "program had counted."
        )
        made = {"Through one vector": scene.result.fixed, "Looking back": scene.result.looking}
        translations.compare(made, bottleneck.translator().vocabulary)


@page.aside
def quality() -> None:
    """Whether one vector matters on real sentences."""
    translation_quality.show(
        page.slug,
        "#### Does it matter on real sentences?\nBLEU (runs of words shared with one human translation: 100 is the same word "
        "for word, 0 shares nothing) on English sentences that were never learned from, by the number of words: the "
        "translator with one vector, and two that look back (lesson 2).",
    )


page.toy(
    "digits",
    "digits",
    "Watch one vector learn",
    "A toy, a small network, learns to write rows of 2 to 12 digits backwards. Each update changes its numbers a little; the "
    "loss says how wrong it is. Train it with “no attention”, then with “additive”: it may look back at the row (lesson 2), and "
    "the curve of the run before stays, dashed. Watch 20 digits, too: that is longer than any row it learned from, and hard "
    "with attention as well.",
    "3 1 4 1 5 9 2 6",
    (16, 64, 32),
    "no attention",
)


@page.aside
def distance() -> None:
    """How much of each input the end still feels, and what people say about it."""
    asked = gradient_flow.show(
        page.ui,
        "#### How far back does the end feel?\nThe gradient: how far the last output moves for a small change of each input, in "
        "untrained networks over random inputs, on a logarithmic scale. γ multiplies the state of the two RNNs (recurrent "
        "networks) at every step. GRU and LSTM have gates in its place, shares between 0 and 1 that say how much is kept, about "
        "one half at first: a forget bias opens the LSTM's. Over 50 inputs a bias of 1 leaves about 10⁻⁵ of the gradient, 2 "
        "about 0.02.",
    )
    page.practise(asked, (asked,))


@page.question(
    f"A toy with one vector of {experiments.NARROW} numbers learned to write rows of {digits.SHORTEST_TRAINED} to "
    f"{digits.LONGEST_TRAINED} digits backwards. Of the digits in rows of {digits.LONGEST_TRAINED}, how many are right?",
    LOST,
)
def lost(asked: GradientFlow) -> tuple[str, str]:
    with st.spinner("Two toys are being trained, up to a minute …", show_time=True):
        found = experiments.accuracy_by_length(asked.seed)
    one, looking = (" · ".join(f"{share:.2f}" for share in found[look]) for look in ("none", "additive"))
    share = found["none"][-1]
    lengths = ", ".join(map(str, experiments.LENGTHS))
    return LOST[(share < 0.95) + (share < 0.8)], (
        f"At {lengths} digits: {one} with one vector, {looking} with attention, given the digits before."
    )


def posed(asked: GradientFlow) -> GradientFlow:
    """Over one step, or with a gain of 1, all answers would be the same."""
    return replace(asked, length=max(asked.length, 4), gain=asked.gain if asked.gain != 1 else 0.9)


def powers(asked: GradientFlow) -> tuple[str, str, str]:
    gain = posed(asked).gain
    return "it is the same", f"it is {gain:g} times as large", f"it is {gain:g}ⁿ⁻¹ times as large, for n inputs"


@page.question(
    lambda asked: (
        f"A linear RNN multiplies its state by a rotation times γ = {posed(asked).gain:g}"
        + (" (at your γ of 1 all answers would be the same)" if asked.gain == 1 else "")
        + ". How does the first input's gradient compare with the last one's?"
    ),
    powers,
)
def power(asked: GradientFlow) -> tuple[str, str]:
    reach = posed(asked)
    measured = experiments.ratio(experiments.by_position("linear RNN", reach))
    told = (1.0, reach.gain, reach.gain ** (reach.length - 1))
    nearest = min(range(3), key=lambda at: abs(math.log(measured / told[at])))
    return powers(asked)[nearest], (
        f"Measured just now for {reach.length} inputs: {written(measured, '.3e')}; γⁿ⁻¹ is {written(told[2], '.3e')}."
    )


page.show()
