"""Lesson 2: looking back. How can a decoder look back at the word it needs?"""

from functools import partial

import streamlit as st

from core.attention import attend
from core.experiments import looking_back as experiments
from core.experiments.bottleneck.trained import PROBES
from core.lessons import looking_back
from core.lessons.looking_back import MODELS, Lesson, Settings
from core.listing import Line, lines_that_ran, marked, returned
from core.models.errors import ModelError
from core.sequence.trained import TrainedTranslator
from core.sequence.translator import Translator
from core.trace import steps
from pages.course.lesson import foot
from pages.parts import claims, controls, downloads, learning, messages, question, step_viewer, translations
from pages.parts.interventions import LinkedInterventions
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import matrix, mixture, next_words, operand, table, tables, tree
from pages.parts.words import Span, asked, asking, cell, mixed_in, say
from pages.server import run_queue

PREFIX = "back"
INTERVENTIONS = LinkedInterventions(PREFIX)
SCORES, WEIGHTS = 1, 2
AXES = "what is written ↓ · what is looked at →"
QUERY = "[s_{t-1}; E[y_{t-1}]]W_a"
ENERGIES = {
    "additive": rf"\tanh({QUERY} + h_i U_a)\,v_a",
    "scaled dot": rf"\frac{{({QUERY})(h_i U_a)^\top}}{{\sqrt{{d}}}}",
}


def step_views(
    result: Lesson,
    translator: TrainedTranslator,
    target: list[Token],
    source: list[Token],
    choices: list[list[str]],
    at: int,
) -> list[StepView]:
    """The steps, in words. choices: the likeliest pieces of each step; at: the row that is looked at first."""
    now = result.now
    weights = now.weights
    most = int(weights[at].argmax())
    q, k = asking(target[at].text), asked(source[most].text)
    found = [
        StepView(
            "H",
            ("encoder_states",),
            tables(table("encoder_states", "H", rows="keys", role="key")),
            say(
                "All {n} states stay on the table, one for each piece of the source: the states of both directions, and beside "
                "them the word vector itself.",
                n=len(source),
            ),
        ),
        StepView(
            "scores",
            ("energies",),
            matrix("energies", "signed", grows=True, axes=AXES),
            say(
                "Before {q} is written, the state so far asks every word how well it fits: {s:.2f} for {k}. The state of this "
                "step does not exist yet.",
                q=q,
                k=k,
                s=cell(now.trace.energies[0, at, most].item(), "energies"),
            ),
            "f",
        ),
        StepView(
            "weights",
            ("weights",),
            matrix("weights", "weights", margin="sum", grows=True, axes=AXES),
            moved(result, translator, target) if result.intervened else alignment(q, k, weights[at, most].item()),
            "softmax",
        ),
        StepView(
            "c",
            ("contexts",),
            mixture("contexts") | {"grows": True, "corner": "a · H", "top": operand("values", "H", "value")},
            say(
                "The context of {q} is a mixture of all states, {w:.0%} of it {k}. It is made anew for every piece; with one "
                "vector it was made once.",
                q=q,
                w=cell(weights[at, most].item(), "weights"),
                k=mixed_in(source[most].text),
            ),
            "·H",
        ),
        StepView(
            "s",
            ("decoder_states",),
            tables(table("decoder_states", "s", rows="queries", role="query", grows=True)),
            say("From the context, the piece before and the state before, the cell makes the state of {q}.", q=q),
            "GRU",
        ),
        StepView(
            "next",
            ("probabilities",),
            next_words("choices", choices),
            say(
                "Each row: the five likeliest pieces. Press “Force it”, then click another one, and the decoder goes on from "
                "there."
            ),
            "softmax",
            shape=f"{len(target)} × {len(translator.vocabulary):,}",
        ),
    ]
    if now.tree is not None:
        found.append(beam_view(result, translator))
    return found


def alignment(q, k, weight: float) -> list[Span]:
    """What a row of the weights says."""
    return say(
        "Row {q} is a budget of 1, and {w:.2f} of it goes to {k}. Where French turns adjective and noun around, the large "
        "weights run the other way.",
        q=q,
        k=k,
        w=cell(weight, "weights"),
    )


def moved(result: Lesson, translator: TrainedTranslator, target: list[Token]) -> list[Span]:
    """What an argument changed."""
    changed = result.changed
    if not changed:
        return say("You changed what it does, and it writes the same pieces anyway.")
    return say(
        "You changed what it does. From piece {first} on it writes otherwise: “{now}” By itself it wrote: “{free}”",
        first=changed[0] + 1,
        now=result.now.text,
        free=result.free.text,
    )


def beam_view(result: Lesson, translator: TrainedTranslator) -> StepView:
    """The tree of lines that the beam followed."""
    now = result.now
    note = "Likeliest lines on top. Solid: followed further. The thick one has the highest mean log probability."
    return StepView(
        "beam",
        (),
        tree("choices", looking_back.nodes(translator, now), note),
        say(
            "A beam follows several lines at once and chooses at the end. It looked at {n} pieces for a line of {m}.",
            n=len(now.tree.nodes),
            m=len(now.target.ids),
        ),
        title="The beam's tree",
        shape=f"{len(now.tree.nodes)} nodes",
    )


def lines() -> list[Line]:
    """The code that ran, each line marked by the step whose tensor it made."""
    made = {"annotations": "encoder_states", "scores": "energies", "scaled": "energies", "output": "contexts"}
    made |= {"query": "energies", "read": "probabilities"}
    ran = [
        *lines_that_ran(Translator.encode, ("annotations",), {}),
        *lines_that_ran(Translator.look_back, ("query",), {}),
        *lines_that_ran(attend, ("scores", "scaled", "weights", "output"), {}),
        Line(returned(Translator.advance), ("decoder_states",)),
        *lines_that_ran(Translator.logits, ("read",), {}),
        Line(returned(Translator.logits), ("probabilities",)),
    ]
    return marked(ran, made)


def interesting(target: list[Token]) -> int:
    """The row that is looked at first: one in the first third, where a noun phrase mostly stands."""
    return min(2, len(target) - 1)


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        text = controls.sentence(PREFIX, translations.SENTENCE, "English sentence")
        score = controls.one_of("Score", list(MODELS), f"{PREFIX}_score")
    with controls.control_row("back_more"):
        temperature = controls.temperature(PREFIX)
        beam = st.slider(
            "Beam",
            looking_back.GREEDY,
            looking_back.WIDEST_BEAM,
            looking_back.GREEDY,
            key=f"{PREFIX}_beam",
            help="How many unfinished translations are followed at once. 1: at each step the likeliest piece is written.",
            bind="query-params",
            width=150,
        )
    INTERVENTIONS.forget_on_another(text)

    def run(text: str) -> Lesson:
        n_source = len(looking_back.model(score).read(text).ids)
        settings = Settings(text, score, beam, INTERVENTIONS.of_link(n_source, temperature))
        return looking_back.run(settings, translations.translate)

    result = translations.understand(text, f"{PREFIX}_{controls.MAIN}", run)
    if result is None:
        return
    translator = looking_back.model(score)
    interventions = result.settings.interventions
    forced = {step for step, _ in (*interventions.tokens, *interventions.rows)}
    target = translations.tokens(result.now.target, translator.vocabulary, tuple(forced))
    source = translations.tokens(result.now.source, translator.vocabulary)
    at = min(forced, default=interesting(target))
    at = at if at < len(target) else interesting(target)
    trace = result.now.trace
    choices, _ = looking_back.choices(translator, result.now)
    energies = ENERGIES[score] if temperature == 1 else rf"\frac{{1}}{{T}}\,{ENERGIES[score]}"
    scene = StepViewer(
        lesson="looking_back",
        signature=f"{text}|{score}|{beam}|{interventions}",
        steps=steps(trace),
        views=step_views(result, translator, target, source, choices, at),
        tokens={"queries": target, "keys": source},
        listing=lines(),
        formula_of="contexts",
        symbols={"decoder_states": "s_t", "encoder_states": "h"},
        focus={"query": at, "key": int(trace.weights[0, at].argmax())},
        formulas={"energies": energies},
        dot_product=False,
        tensors=looking_back.beside(translator, result),
        shares=frozenset({"choices"}),
        editable=True,
        edit_label="Force it",
        recurrent=SCORES,
        answered=question.answered(PREFIX, ("brightest", "tanh")),
    )
    step_viewer.show(
        scene,
        WEIGHTS,
        on_toggle=INTERVENTIONS.look,
        on_pick=lambda step, rank: INTERVENTIONS.write(step, looking_back.chosen(result.now, step, rank)),
    )
    again = partial(looking_back.shown, result.settings)
    downloads.offer(scene, WEIGHTS, origin(score), again)
    texts(result)
    # as it stood at first: an expander that is told otherwise closes under the hands of who works in it
    opened = st.session_state.setdefault(f"{PREFIX}_argue_open", bool(forced))
    with st.expander("Argue with it", icon=":material/edit:", expanded=opened):
        st.caption(
            "Force where it looks, what it writes, or a whole row of weights. Steps before stay, the rest is decoded anew, and "
            "all of it is in the link. In the figure: press “Force it”, then click a cell."
        )
        INTERVENTIONS.panel(translator, result.now)
    question.ask(PREFIX, questions(result.settings.text))
    claims.show_claims(PREFIX, experiments.CLAIMS, (looking_back.model("additive"), result.settings.text, 0))


def texts(result: Lesson) -> None:
    """What is written: now, by itself if somebody argued, and without attention."""
    with st.container(key=f"{PREFIX}_texts", border=True):
        rows = [("Looking back", result.now)]
        if result.intervened:
            rows = [("With your changes", result.now), ("By itself", result.free)]
        for name, found in (*rows, ("Through one vector, without attention", result.fixed)):
            st.caption(name)
            st.text(found.text)
            if doubts := translations.doubts(found, looking_back.model("additive").vocabulary):
                st.caption(doubts)


def origin(score: str) -> str:
    """Where the numbers come from."""
    return (
        f"Real numbers of {MODELS[score]}, trained for this course on short Tatoeba sentences, computed on "
        f"{looking_back.device()}. In training its weights were drawn towards pairs of words that a program had "
        "found by counting; nobody labelled any. A piece with ## goes on with the word before it, ␣ is a space"
    )


def questions(text: str) -> list[Question]:
    """Where a toy looks that nobody told where to look, and what the tanh is for."""
    orders = ("big, old, red, car", "car, red, old, big", "car, big, old, red")
    fates = ("all rows become the same", "every row looks at one word alone", "nothing changes")

    def grade_brightest() -> tuple[str, str]:
        with st.spinner("A toy is being trained, up to half a minute …", show_time=True):
            places, words = looking_back.brightest()
        answer = ", ".join(words)
        at = ", ".join(str(place + 1) for place in places)
        return answer, f"The largest weights of French words 2 to 5 lie on English words {at}."

    def grade_tanh() -> tuple[str, str]:
        found = experiments.similarity(looking_back.model("additive"), text, 0)
        flat = found["without tanh, by"] < 1e-5
        return (fates[0] if flat else fates[2]), found.says

    return [
        Question(
            "brightest",
            f"A toy learns French from pairs alone, and reads “{PROBES['grammar']}”. Which English words get the largest weights "
            "of French words 2 to 5?",
            orders,
            grade_brightest,
        ),
        Question(
            "tanh",
            "The additive score is a small network with a tanh inside. Take the tanh away: what happens to the rows?",
            fates,
            grade_tanh,
        ),
    ]


try:
    lesson()
except ModelError as error:
    messages.problem("back_models", "The translators cannot be used.", f"{error}.")
learning.show(
    "watch",
    "grammar",
    "Watch it being learned",
    "A toy, a small network, learns from pairs of sentences and nothing else where its simple French puts adjectives. Framed: "
    "the word that a target word translates.",
    "the red car sees a black dog",
)
claims.show_sources(("bahdanau2015", "luong2015", "cho2014", "chen2016", "sutskever2014"))
foot("looking_back")
