"""Lesson 2: looking back. How can a decoder look back at the word it needs?"""

from functools import partial

import streamlit as st

from core.attention import attend
from core.experiments import looking_back as experiments
from core.experiments.bottleneck.trained import PROBES
from core.lessons import looking_back
from core.lessons.looking_back import MODELS, Settings
from core.listing import ran
from core.sequence.decoding import tempered
from core.sequence.translator import Translator
from pages.parts import beam, controls, translations
from pages.parts.controls import Controls, row
from pages.parts.figures import Matrix, Table, mixture, next_words, tables
from pages.parts.interventions import LinkedInterventions, of_translation
from pages.parts.lesson import Lesson, Scene, step

AXES = "what is written ↓ · what is looked at →"
ORDERS = ("big, old, red, car", "car, red, old, big", "car, big, old, red")
FATES = ("all rows become the same", "every row looks at one word alone", "nothing changes")

page = Lesson(
    "looking_back",
    opens_at="weights",
    claims=experiments.CLAIMS,
    sources=("bahdanau2015", "luong2015", "cho2014", "press2017", "chen2016", "sutskever2014"),
    code=(
        ran(Translator.encode, annotations="encoder_states"),
        ran(Translator.look_back, query="energies"),
        ran(attend, scores="energies", scaled="energies", output="contexts"),
        ran(Translator.advance, returns="decoder_states"),
        ran(Translator.logits, returns="probabilities"),
    ),
    formula_of="contexts",
    symbols={"contexts": "c_t", "weights": "A_{ti}", "decoder_states": "s_t", "encoder_states": "h_i"},
)
interventions = LinkedInterventions(page.slug)


@page.scene
def scene(ui: Controls) -> Scene | None:
    with row():
        text = ui.sentence(translations.SENTENCE, "English sentence")
        score = ui.one_of("Score", list(MODELS), "score")
        temperature = ui.temperature()
        width = ui.slider(
            "Beam",
            looking_back.GREEDY,
            looking_back.WIDEST_BEAM,
            looking_back.GREEDY,
            "beam",
            help="How many unfinished translations are followed at once. 1: at each step the likeliest piece is written.",
        )
    interventions.forget_on_another(text)

    def run(text: str) -> looking_back.Lesson:
        translator = looking_back.model(score)
        room = looking_back.room(len(translator.read(text).ids), translator)
        settings = Settings(text, score, width, interventions.of_link(room, temperature))
        return looking_back.run(settings, translations.translate)

    result = translations.understand(text, ui.key(controls.MAIN), run)
    if result is None:
        return None
    translator, forcing = looking_back.model(score), result.settings.interventions
    forced = {step for step, _ in (*forcing.tokens, *forcing.rows)}
    target = translations.tokens(result.now.target, translator.vocabulary, tuple(forced))
    # a row in the first third, where a noun phrase mostly stands, unless somebody forced another
    first = min(2, len(target) - 1)
    at = min(forced, default=first)
    return Scene(
        result,
        trace=result.now.trace,
        given=translator,
        chosen=result.settings,
        tokens={
            "queries": target,
            "keys": translations.tokens(result.now.source, translator.vocabulary),
            "meanings": translations.meanings(result.now.target, translator.vocabulary),
        },
        beside=looking_back.beside(translator, result),
        shares=frozenset({"choices"}),
        again=partial(looking_back.shown, result.settings),
        signature=f"{result.settings.text}|{result.settings}",
        origin=translations.origin(MODELS[score])
        + ". In training its weights were drawn towards pairs of words that a program had found by counting; nobody labelled any",
        evidence=(looking_back.model("additive"), result.settings.text, 0),
        focus={"query": at if at < len(target) else first},
        formulas=tempered(result.now.trace, temperature),
        dot_product=False,
        recurrent="scores",
        edit_label="Force it",
        on_toggle=interventions.look,
        on_pick=lambda step, rank: interventions.write(
            step, looking_back.chosen(result.now.trace.probabilities[0], step, rank)
        ),
    )


@page.steps
def steps(scene: Scene):
    result, vocabulary = scene.result, scene.given.vocabulary
    choices, _ = looking_back.choices(scene.given, result.now)
    yield step(
        "h",
        tables(Table("encoder_states", "h", rows="keys", role="key")),
        "All {n} states stay on the table, one for each piece of the source: the states of both directions, and beside them the "
        "word vector itself.",
        was="H",
        n=len(scene.tokens["keys"]),
    )
    yield step(
        "scores",
        Matrix("energies", "signed", grows=True, axes=AXES),
        "Before {q} ({m}) is written, the state so far asks every word how well it fits, and the piece before asks along: "
        "{energies[q,k]:.2f} for {k}. The state of this step does not exist yet."
        + (" The d under the root is {d}, the width of the score." if scene.chosen.score == "scaled dot" else ""),
        operator="f",
        d=scene.given.model.config.d_score,
    )
    yield step(
        "weights",
        Matrix("weights", "weights", margin="sum", grows=True, axes=AXES),
        intervened(result)
        if result.intervened
        else "Row {q} ({m}) is a budget of 1, and {weights[q,k]:.2f} of it goes to {k}. "
        + (
            "From word to word the largest weight never goes back to the left: none are turned around."
            if result.turned is None
            else "Where French turns words around, the large weights run the other way, as from “{before}” to “{after}”."
        ),
        operator="softmax",
        before=(result.turned or ("", ""))[0],
        after=(result.turned or ("", ""))[1],
        first=(result.changed or [0])[0] + 1,
        now=result.now.text,
        free=result.free.text,
    )
    yield step(
        "c",
        mixture("contexts", "A", "h", grows=True),
        "The context of {q} ({m}) is a mixture of all states, {weights[q,k]:.0%} of it the state of {v}. It is made anew for "
        "every piece; with one vector it was made once.",
        operator="·h",
    )
    yield step(
        "s",
        tables(Table("decoder_states", "s", rows="queries", role="query", grows=True)),
        "From the context, the piece before and the state before, the cell makes the state of {q}.",
        operator="GRU",
    )
    yield step(
        "next",
        next_words("choices", choices, meanings=[translations.as_words(row) for row in choices]),
        "Each row: the five likeliest pieces, here those for {q} ({m}); point at one to see what it means as a whole word. Press "
        "“Force it”, then click another one, and the decoder goes on from there.",
        shows="probabilities",
        operator="softmax",
        shape=f"{len(scene.tokens['queries'])} × {len(vocabulary):,}",
    )
    if result.now.tree is not None:
        yield beam.tree(result.now.tree, vocabulary, scene.chosen.beam)


def intervened(result: looking_back.Lesson) -> str:
    """What the learner's interventions changed."""
    if not result.changed:
        return "You changed what it does, and it writes the same pieces anyway."
    return "You changed what it does. From piece {first} on it writes otherwise: “{now}” By itself it wrote: “{free}”"


@page.below
def texts(scene: Scene) -> None:
    """What is written: now, by itself if somebody intervened, and without attention."""
    result = scene.result
    with st.container(key=page.ui.key("texts"), border=True):
        own = {"By itself": result.free, "With your changes": result.now} if result.intervened else {}
        rows = (own or {"Looking back": result.now}) | {"Through one vector, without attention": result.fixed}
        translations.compare(rows, looking_back.model("additive").vocabulary)


@page.below
def panel(scene: Scene) -> None:
    """Force where it looks, what it writes, or a whole row."""
    forcing = scene.chosen.interventions
    with st.expander("Argue with it", icon=":material/edit:", expanded=interventions.opened(forcing)):
        st.caption(
            "Force where it looks, what it writes, or a whole row of weights. Steps before stay, the rest is decoded anew, and "
            "all of it is in the link. In the figure: press “Force it”, then click a cell."
        )
        interventions.panel(of_translation(scene.given, scene.result.now))


@page.question(
    f"A toy learns an invented language, with French words and every adjective behind its noun, from pairs alone, and reads "
    f"“{PROBES['grammar']}”. Which English words get the largest weights of its words 2 to 5?",
    ORDERS,
)
def brightest(scene: Scene) -> tuple[str, str]:
    with st.spinner("A toy is being trained, up to half a minute …", show_time=True):
        places, words = looking_back.brightest()
    at = ", ".join(str(place + 1) for place in places)
    return ", ".join(words), f"The largest weights of its words 2 to 5 lie on English words {at}."


@page.question(
    "The additive score is a small network with a tanh inside. Take the tanh away: what happens to the rows?", FATES
)
def tanh(scene: Scene) -> tuple[str, str]:
    found = experiments.similarity(looking_back.model("additive"), scene.chosen.text, 0)
    return FATES[0 if found["without tanh, by"] < 1e-5 else 2], found.says


page.toy(
    "watch",
    "grammar",
    "Watch it being learned",
    "A toy, a small network, learns an invented language from pairs alone: French words, with all adjectives behind the noun. "
    "Framed: the word that a target word translates.",
    "the red car sees a black dog",
)
page.show()
