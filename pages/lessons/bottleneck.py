"""Lesson 1: one vector for a sentence. What is lost when one vector must hold it all?"""

import math
from dataclasses import replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.experiments import bottleneck as experiments
from core.experiments.bottleneck import GradientFlow
from core.lessons import bottleneck, looking_back
from core.lessons.bottleneck import Lesson
from core.listing import Line, lines_that_ran, marked, returned
from core.numerals import written
from core.sequence.cells import Cell
from core.sequence.trained import TrainedTranslator
from core.sequence.translator import Translator
from core.trace import steps
from core.training import digits
from pages.course.lesson import foot
from pages.parts import charts, claims, controls, downloads, learning, one_cell, question, step_viewer, translations
from pages.parts.number_table import NumberTable, edit_tables
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import next_words, table, tables
from pages.parts.words import asking, say, strong
from pages.server import run_queue

PREFIX = "one"
CONTEXT, STATES = 2, 3
TRAINED, HAND = "trained translator", "by hand"
NETWORKS = (TRAINED, "RNN", "GRU", "LSTM", HAND)
NETWORKS_SAY = (
    "“trained” writes French. RNN, GRU and LSTM are three kinds of recurrent cell, the small network that is called for word "
    "after word: here untrained, each step of theirs on its own. “by hand” takes your numbers."
)
NUMBER_TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1)), ("the", "cat", "sat")),
    NumberTable("wx", "W_x", "query", ((1, 0), (0, 1))),
    NumberTable("wh", "W_h", "key", ((0.5, 0), (0, 0.5))),
)


def step_views(result: Lesson, translator: TrainedTranslator, words: list[list[str]]) -> list[StepView]:
    """The steps, in words."""
    trace = result.fixed.trace
    n_source, n_target = len(result.fixed.source.ids), len(result.fixed.target.ids)
    width = trace.contexts.shape[-1]
    return [
        StepView(
            "E[x]",
            ("embedded",),
            tables(table("embedded", "E[x]", rows="keys")),
            say(
                "The sentence is {n} pieces, each {d} numbers from a learned table: {all} numbers. The mark {end} says that "
                "it ends.",
                n=n_source,
                d=trace.embedded.shape[-1],
                all=result.numbers_in,
                end="</s>",
            ),
        ),
        StepView(
            "H",
            ("encoder_states",),
            tables(
                table("encoder_states", "H", rows="keys"),
                note=f"{n_source} calls of the cell in a row, in either direction",
            ),
            say(
                "The encoder, which reads, calls one cell (a small network) for piece after piece. Each state, a row of numbers, "
                "is made from the piece and the state before it, so {n} calls must wait for one another. The last {d} numbers of "
                "a row are the word vector again.",
                n=n_source,
                d=trace.embedded.shape[-1],
            ),
            "GRU",
        ),
        StepView(
            "c",
            ("contexts",),
            tables(table("context", "c", rows="one", labelled=True), note="whatever the length of the sentence"),
            say(
                "{all} numbers went in. Read forwards and backwards, they leave two last states, {h} numbers: all that the "
                "decoder, which writes, is given, whatever the length, as this context of {d} and as its first state.",
                all=result.numbers_in,
                h=trace.decoder_states.shape[-1],
                d=width,
            ),
            "last",
        ),
        StepView(
            "s",
            ("decoder_states",),
            tables(table("decoder_states", "s", rows="queries", role="query", grows=True)),
            say(
                "Before each piece the decoder makes a new state from its last one, the piece it wrote last, and always the same "
                "{c}. {n} steps for {word}: the lengths need not agree. In the formula s is that state, y the last piece, "
                "T the length, W and E learned.",
                c=strong("c"),
                n=n_target,
                word="this sentence",
            ),
            "GRU",
        ),
        StepView(
            "next",
            ("probabilities",),
            next_words("choices", words),
            say(
                "Every state becomes a score for each of {v} pieces. The softmax makes probabilities of them: e to the power of "
                "each score, over the sum of all these. The likeliest is written. Row {t}: its first five. The last one "
                "written is {last}.",
                v=len(translator.vocabulary),
                t=asking(first_word(result, translator)),
                last=words[-1][0],
            ),
            "softmax",
            shape=f"{n_target} × {len(translator.vocabulary):,}",
        ),
    ]


def first_word(result: Lesson, translator: TrainedTranslator) -> str:
    """The piece of the row that is looked at first."""
    return translations.tokens(result.fixed.target, translator.vocabulary)[0].text


def lines() -> list[Line]:
    """The code that ran, each line marked by the step whose tensor it made."""
    made = {"states": "encoder_states", "annotations": "encoder_states", "summary": "contexts", "read": "probabilities"}
    ran = [
        *lines_that_ran(Translator.encode, ("embedded", "states", "last", "annotations", "summary"), {}),
        Line(returned(Translator.advance), ("decoder_states",)),
        *lines_that_ran(Translator.logits, ("read",), {}),
        Line(returned(Translator.logits), ("probabilities",)),
    ]
    return marked(ran, made)


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        network = controls.one_of("Network", NETWORKS, f"{PREFIX}_network", says=NETWORKS_SAY)
        if network != HAND:
            text = controls.sentence(PREFIX, translations.SENTENCE, "English sentence")
    if network == TRAINED:
        trained(text)
    elif network == HAND:
        rows = edit_tables(PREFIX, NUMBER_TABLES)
        read = bottleneck.by_hand(rows["x"], rows["wx"], rows["wh"])
        words = [Token(word) for word in NUMBER_TABLES[0].rows]
        again = partial(bottleneck.cell_by_hand, tuple(NUMBER_TABLES[0].rows), *rows.values())
        one_cell.show("bottleneck", str(rows), read, words, controls.OWN_NUMBERS, done(), again)
    else:
        untrained(network, text)


def trained(text: str) -> None:
    """The translator with one vector, and what the one that looks back writes."""
    result = translations.understand(
        text, f"{PREFIX}_{controls.MAIN}", partial(bottleneck.run, translate=translations.translate)
    )
    if result is None:
        return
    translator = bottleneck.translator()
    words, _ = looking_back.choices(translator, result.fixed)
    scene = StepViewer(
        lesson="bottleneck",
        signature=text,
        steps=steps(result.fixed.trace),
        views=step_views(result, translator, words),
        tokens={
            "queries": translations.tokens(result.fixed.target, translator.vocabulary),
            "keys": translations.tokens(result.fixed.source, translator.vocabulary),
            "one": [Token("c")],
        },
        listing=lines(),
        formula_of="probabilities",
        symbols={"decoder_states": "s_t", "encoder_states": "h"},
        focus={"query": 0, "key": 0},
        tensors=bottleneck.beside(result),
        shares=frozenset({"choices"}),
        recurrent=STATES,
        answered=done(),
    )
    step_viewer.show(scene, CONTEXT)
    again = partial(bottleneck.shown, result.text)
    downloads.offer(scene, CONTEXT, origin(), again)
    beside(result)


def untrained(network: Cell, text: str) -> None:
    """A cell that was never trained, on the same word vectors."""
    with controls.control_row("cell_control_row"):
        width = st.slider("Numbers in a state", 8, 64, 32, 8, key=f"{PREFIX}_width", bind="query-params", width=150)
        bias = 0.0
        if network == "LSTM":
            bias = st.slider("Forget bias", 0.0, 2.0, 0.0, 0.5, key=f"{PREFIX}_bias", bind="query-params", width=150)
        seed = controls.seed(f"{PREFIX}_cell", 0)
    found = translations.understand(
        text,
        f"{PREFIX}_{controls.MAIN}",
        lambda asked: (asked, *bottleneck.read_with(network, asked, width, seed, bias)),
    )
    if found is None:
        return
    understood, read, pieces = found
    tokens = translations.tokens(pieces, bottleneck.translator().vocabulary)
    where = (
        f"An untrained recurrent cell ({network}) on the first {width} numbers of the word vectors of {looking_back.FIXED}, "
        f"scaled; its own numbers are random, from seed {seed}"
    )
    again = partial(bottleneck.cell_on_sentence, network, understood, width, seed, bias)
    one_cell.show("bottleneck", f"{text}|{network}|{width}|{seed}|{bias}", read, tokens, where, done(), again)


def done() -> bool:
    """Whether the questions of the lesson were checked."""
    return question.answered(PREFIX, ("lost", "power"))


def origin() -> str:
    """Where the numbers come from."""
    return (
        f"Real numbers of {looking_back.FIXED}, trained for this course on short Tatoeba sentences, computed on "
        f"{looking_back.device()}. A piece with ## goes on with the word before it, ␣ is a space"
    )


def beside(result: Lesson) -> None:
    """The same sentence through one vector and with attention."""
    with st.container(key=f"{PREFIX}_beside", border=True):
        st.markdown(
            "#### The same sentence, twice\nThe same encoder and decoder, trained on the same sentences equally often. The one "
            "that looks back has a score besides (lesson 2), and in training it was shown which words belong together, as a "
            "program had counted."
        )
        for name, found in (("Through one vector", result.fixed), ("Looking back", result.looking)):
            st.caption(name)
            st.text(found.text)
            if doubts := translations.doubts(found, bottleneck.translator().vocabulary):
                st.caption(doubts)


def gradient_flow() -> GradientFlow:
    """The controls of the gradient."""
    with controls.control_row("reach_control_row"):

        def slide(label: str, name: str, low: float, high: float, first: float, step: float):
            return st.slider(label, low, high, first, step, key=f"{PREFIX}_{name}", bind="query-params", width=150)

        return GradientFlow(
            length=slide("Inputs", "inputs", 2, 60, 30, 1),
            gain=slide("Gain γ", "gain", 0.8, 1.2, 0.9, 0.05),
            d_hidden=slide("Numbers in a state", "states", 8, 64, 32, 8),
            forget_bias=slide("LSTM forget bias", "forget", 0.0, 2.0, 0.0, 0.5),
            seed=controls.seed(PREFIX, 0),
        )


@st.cache_resource(max_entries=256, show_spinner=False)
def gradients(asked: GradientFlow) -> tuple[go.Figure, str]:
    """The curves of all cells, and in words how much of the last input's gradient the first one has."""
    found = {cell: experiments.by_position(cell, asked) for cell in experiments.CELLS}
    figure = charts.fading({cell: each.tolist() for cell, each in found.items()}, "input", "gradient of the end")
    return figure, ", ".join(f"{cell} {written(experiments.ratio(each), '.1e')}" for cell, each in found.items())


@run_queue.fragment
def distance() -> None:
    """How much of each input the end still feels, and what people say about it."""
    with st.container(key=f"{PREFIX}_distance", border=True):
        st.markdown(
            "#### How far back does the end feel?\nThe gradient: how far the last output moves for a small change of each input, "
            "in untrained networks over random inputs, on a logarithmic scale. γ multiplies the state of the two RNNs "
            "(recurrent networks) at every step. GRU and LSTM have gates in its place, shares between 0 and 1 that say how much "
            "is kept, about one half at first: a forget bias opens the LSTM's, and it remembers."
        )
        asked = gradient_flow()
        figure, ends = gradients(asked)
        st.plotly_chart(
            figure, key=f"{PREFIX}_gradients", config=charts.QUIET, alt=f"First input over last input: {ends}"
        )
        st.caption(f"The first input's gradient over the last one's: {ends}.")
    question.ask(PREFIX, questions(asked))
    claims.show_claims(PREFIX, experiments.CLAIMS, (asked,))


def questions(asked: GradientFlow) -> list[Question]:
    """What one vector loses, and how a gradient fades: both are computed when they are checked."""
    lost = ("nearly all of them, 95% or more", "80% to 95%", "less than 80%")
    # over one step, or with a gain of 1, the answers would be the same
    posed = replace(asked, length=max(asked.length, 4), gain=asked.gain if asked.gain != 1 else 0.9)
    powers = (
        "it is the same",
        f"it is {posed.gain:g} times as large",
        f"it is {posed.gain:g}ⁿ⁻¹ times as large, for n inputs",
    )

    def grade_lost() -> tuple[str, str]:
        with st.spinner("Two toys are being trained, up to a minute …", show_time=True):
            found = experiments.accuracy_by_length(asked.seed)
        one, looking = (" · ".join(f"{share:.2f}" for share in found[look]) for look in ("none", "additive"))
        share = found["none"][-1]
        answer = lost[0] if share >= 0.95 else lost[1] if share >= 0.8 else lost[2]
        lengths = ", ".join(map(str, experiments.LENGTHS))
        return answer, f"At {lengths} digits: {one} with one vector, {looking} with attention, given the digits before."

    def grade_power() -> tuple[str, str]:
        measured = experiments.ratio(experiments.by_position("linear RNN", posed))
        told = (1.0, posed.gain, posed.gain ** (posed.length - 1))
        nearest = min(range(3), key=lambda place: abs(math.log(measured / told[place])))
        why = f"Measured just now for {posed.length} inputs: {written(measured, '.3e')}; γⁿ⁻¹ is {written(told[2], '.3e')}."
        return powers[nearest], why

    return [
        Question(
            "lost",
            f"A toy with one vector of {experiments.NARROW} numbers learned to write rows of {digits.SHORTEST_TRAINED} to "
            f"{digits.LONGEST_TRAINED} digits backwards. Of the digits in rows of {digits.LONGEST_TRAINED}, how many are right?",
            lost,
            grade_lost,
        ),
        Question(
            "power",
            f"A linear RNN multiplies its state by a rotation times γ = {posed.gain:g}"
            + (" (at your γ of 1 all answers would be the same)" if asked.gain == 1 else "")
            + ". How does the first input's gradient compare with the last one's?",
            powers,
            grade_power,
        ),
    ]


@st.cache_resource(max_entries=1, show_spinner=False)
def by_length() -> tuple[go.Figure, str] | None:
    """BLEU by length as it was measured once after training, drawn and in words; None if it was not."""
    measured = bottleneck.quality_by_length()
    if not measured:
        return None
    first = next(iter(measured.values()))
    names = [f"{row['from']}–{row['to']}<br>n = {row['sentences']:,}" for row in first]
    bars = {name: [row["BLEU"] for row in rows] for name, rows in measured.items()}
    told = "; ".join(f"{name}: " + ", ".join(map(str, heights)) for name, heights in bars.items())
    figure = charts.by_group(bars, names, "words", "BLEU")
    return figure, f"BLEU at {', '.join(names).replace('<br>', ', ')} words. {told}"


def quality() -> None:
    """Whether one vector matters on real sentences."""
    drawn = by_length()
    if drawn is None:
        st.caption(
            "The quality of these translators was not measured yet: python -m core.training NAME --measure does it."
        )
        return
    figure, alt = drawn
    with st.container(key=f"{PREFIX}_quality", border=True):
        st.markdown(
            "#### Does it matter on real sentences?\nBLEU (runs of words shared with one human translation: 100 is the same word "
            "for word, 0 shares nothing) on English sentences that were never learned from, by the number of words: the "
            "translator with one vector, and two that look back (lesson 2)."
        )
        st.plotly_chart(figure, key=f"{PREFIX}_lengths", config=charts.QUIET, alt=alt)
        st.caption(
            "n: how many sentences of that length were measured, after training; where it is small, the bars say little."
        )


lesson()
translations.guarded(quality)
learning.show(
    "digits",
    "digits",
    "Watch one vector learn",
    "A toy, a small network, learns to write rows of 2 to 12 digits backwards. Each update changes its numbers a "
    "little; the loss says how wrong it is. Play it with “no attention”, then with “additive”: it may look back at the "
    "row (lesson 2), and the curve of the run before stays, dashed. Watch 20 digits, too: that is longer than any row "
    "it learned from, and hard with attention as well.",
    "3 1 4 1 5 9 2 6",
    (16, 64, 32),
    "no attention",
)
distance()
claims.show_sources(
    ("cho2014", "cho2014properties", "sutskever2014", "pascanu2013", "hochreiter1997", "khandelwal2018")
)
foot("bottleneck")
