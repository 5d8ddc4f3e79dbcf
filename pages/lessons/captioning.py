"""Lesson 3: attending to pictures. Where does a caption look for its next word?"""

from functools import partial

import numpy as np
import streamlit as st

from core import picture_files
from core.attention import attend
from core.experiments import captioning as experiments
from core.lessons import captioning
from core.lessons.captioning import CELLS, MODELS, SCENE, Lesson, Settings
from core.listing import Line, lines_that_ran, marked, returned
from core.models.errors import ModelError
from core.trace import steps
from core.vision import scenes
from core.vision.captioner import Captioner
from core.vision.trained import Caption
from pages.course.lesson import foot
from pages.parts import (
    claims,
    controls,
    downloads,
    messages,
    own_picture,
    question,
    scene_editor,
    step_viewer,
    url_state,
)
from pages.parts.question import Question
from pages.parts.step_viewer import StepView, StepViewer, Token
from pages.parts.views import next_words, overlay, table, tables
from pages.parts.words import asked, asking, cell, say
from pages.server import run_queue

PREFIX = "pic"
WEIGHTS, SCORES = 4, 3
NOTHING = "nothing"
DRAWN, BROUGHT = "drawn scene", "photograph or your own"
WORDS_OF_A_THING = 5  # colour, shape, two for its place, and what stands between things


def picture(tensor: str, **more):
    return overlay(tensor, "picture", scenes.CELLS, **more)


def first_views(result: Lesson, caption: Caption) -> list[StepView]:
    """The picture and its grid, which both captioners have."""
    grid = caption.trace.grid
    hidden = result.settings.covered
    return [
        StepView(
            "I",
            ("pixels",),
            picture("grid", plain=True, columns="numbers", rows="keys", scale="signed"),
            say(
                "{n} x {n} pixels. Nobody cuts the things out: a small convolutional net, which sees a few neighbouring "
                "pixels at a time, makes {c} cells of it, each named by its column and its row.",
                n=scenes.SIDE,
                c=len(CELLS),
            )
            if hidden is None
            else say("Cell {c} is painted over before anything is read.", c=CELLS[hidden]),
            shape=f"3 × {scenes.SIDE} × {scenes.SIDE}",
        ),
        StepView(
            "z",
            ("grid",),
            tables(table("grid", "z", rows="keys", role="key")),
            say(
                "One row of {d} numbers per cell: what the net saw there and around it, and beside that a vector that says "
                "which cell it is. Without that vector {c} cells would be a heap without order.",
                d=grid.shape[-1],
                c=len(CELLS),
            ),
            "CNN",
        ),
        StepView(
            "h₀",
            ("first_state",),
            tables(table("first", "h₀", rows="one", role="query", labelled=True)),
            say(
                "The decoder begins with one look at everything: the mean of all cells, mapped to the {n} numbers of its first "
                "state.",
                n=caption.trace.first_state.shape[-1],
            ),
            "mean",
        ),
    ]


def next_view(choices: list[list[str]]) -> StepView:
    """The words that come next, with either captioner. choices: the likeliest of every step."""
    return StepView(
        "next",
        ("probabilities",),
        next_words("choices", choices, fixed=True),
        say("Each row: the five likeliest of {v} words. The first is written.", v=len(scenes.WORDS)),
        "softmax",
        shape=f"{len(choices)} × {len(scenes.WORDS)}",
    )


def looking_views(result: Lesson, words: list[Token], at: int, choices: list[list[str]]) -> list[StepView]:
    """The steps with attention. at: the word that is looked at first."""
    trace = result.now.trace
    most = int(trace.weights[0, at].argmax())
    q, k = asking(words[at].text), asked(CELLS[most])
    return [
        *first_views(result, result.now),
        StepView(
            "scores",
            ("energies",),
            picture("energies", scale="signed", grows=True),
            say(
                "Before {q} is written, the state so far asks every cell how well it fits: {s:.2f} for {k}.",
                q=q,
                k=k,
                s=cell(trace.energies[0, at, most].item(), "energies"),
            ),
            "f",
        ),
        StepView(
            "weights",
            ("weights",),
            picture("weights", grows=True),
            say(
                "One budget of 1 for all {c} cells: {w:.2f} of it goes to {k} while {q} is written. What gets nothing is veiled.",
                c=len(CELLS),
                w=cell(trace.weights[0, at, most].item(), "weights"),
                k=k,
                q=q,
            ),
            "softmax",
        ),
        StepView(
            "c",
            ("contexts",),
            tables(table("contexts", "c", rows="queries", role="output", grows=True)),
            say("The context of {q}: all cells, each times its weight, added up. It is as wide as one cell.", q=q),
            "·z",
        ),
        StepView(
            "h",
            ("decoder_states",),
            tables(table("decoder_states", "h", rows="queries", role="query", grows=True)),
            say(
                "From the context, the word before and the state before, the cell makes the state of {q}: h here, s in lesson "
                "2, as the papers write them.",
                q=q,
            ),
            "GRU",
        ),
        next_view(choices),
        StepView(
            "all words",
            ("weights",),
            picture("weights", strip=True, grows=True),
            say(
                "By itself it lets colour and shape look at their thing, and words for a place mostly elsewhere. Whether they "
                "need the look is put to the test below."
            ),
            title="Where every word looked",
        ),
    ]


def mean_views(result: Lesson, words: list[Token], choices: list[list[str]]) -> list[StepView]:
    """The steps with one context for all words."""
    return [
        *first_views(result, result.mean),
        StepView(
            "c",
            ("contexts",),
            tables(table("contexts", "c", rows="queries", role="output", grows=True)),
            say(
                "Every row is the same: the mean of all {c} cells. It still tells which colours there are and where; the "
                "shapes are what it loses.",
                c=len(CELLS),
            ),
            "mean",
        ),
        StepView(
            "h",
            ("decoder_states",),
            tables(table("decoder_states", "h", rows="queries", role="query", grows=True)),
            say(
                "The state of {q} is made of the state and the word before; the context adds the same again.",
                q=asking(words[0].text),
            ),
            "GRU",
        ),
        next_view(choices),
    ]


def lines(looking: bool) -> list[Line]:
    """The code that ran, each line marked by the step whose tensor it made."""
    made = {"features": "grid", "scores": "energies", "scaled": "energies", "output": "contexts", "mean": "contexts"}
    made |= {"query": "energies", "read": "probabilities"}
    ran = [
        *lines_that_ran(Captioner.encode, ("features",), {}),
        *lines_that_ran(Captioner.laid_out, ("grid", "mean", "first_state"), {}),
        *(lines_that_ran(Captioner.look_back, ("query",), {}) if looking else ()),
        *(lines_that_ran(attend, ("scores", "scaled", "weights", "output"), {}) if looking else ()),
        Line(returned(Captioner.advance), ("decoder_states",)),
        *lines_that_ran(Captioner.logits, ("read",), {}),
        Line(returned(Captioner.logits), ("probabilities",)),
    ]
    return marked(ran, made)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def captioned(settings: Settings, _picture: np.ndarray | None = None) -> Lesson:
    return captioning.run(settings, _picture)


def looks() -> tuple[tuple[int, int], ...]:
    """The words that somebody forces to look at a cell, from the link."""
    pairs = tuple(sorted(dict(url_state.pairs(f"{PREFIX}_look")).items()))
    if any(place >= len(CELLS) for _, place in pairs):
        return url_state.ignored(f"{PREFIX}_look", f"words and cells such as 0.{len(CELLS) - 1}, cells from 0 on", ())
    return pairs


def force(word: int, place: int) -> None:
    """Look at one cell alone at a word; asked again, no longer."""
    if not looks():
        take_back()  # of a look that cannot be, nothing stays in the link
    url_state.toggle_pair(f"{PREFIX}_look", word, place)


def take_back() -> None:
    url_state.write(f"{PREFIX}_look", "")


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        context = controls.one_of("Context", list(MODELS), f"{PREFIX}_context")
        temperature = controls.temperature(PREFIX, disabled=context != "attention")
        covered = st.selectbox("Cover a cell", [NOTHING, *CELLS], key=f"{PREFIX}_cover", bind="query-params", width=130)
        drawn = controls.one_of("Picture", [DRAWN, BROUGHT], f"{PREFIX}_source") == DRAWN
    hidden = CELLS.index(covered) if covered in CELLS else None
    scene, picture, own = SCENE, None, ""
    if drawn:
        scene = scene_editor.edit(PREFIX, SCENE)
    else:
        _, picture = own_picture.choose(PREFIX)
        own = own_picture.digest(picture)
    try:
        result = captioned(Settings(scene, hidden, temperature, looks(), own), picture)
    except ModelError as error:
        messages.problem(PREFIX, "The captioner cannot be used.", f"{error}.")
        return
    draw(result, context)
    written(result)
    question.ask(PREFIX, questions(result))
    claims.show_claims(PREFIX, experiments.CLAIMS, (scene, 0))


def draw(result: Lesson, context: str) -> None:
    """The step viewer: the decoder word by word."""
    looking = context == "attention"
    caption = result.now if looking else result.mean
    forced = {at for at, _ in result.settings.forced_cells}
    words = [
        Token(("✎ " if looking and at in forced else "") + word, word == "</s>")
        for at, word in enumerate(caption.words)
    ]
    found, _ = captioning.choices(caption)
    at = min((place for place in forced if place < len(words)), default=0)
    key = int(caption.weights[at].argmax()) if looking else 0
    scene = StepViewer(
        lesson="captioning",
        signature=f"{result.settings}|{context}",
        steps=steps(caption.trace),
        views=looking_views(result, words, at, found) if looking else mean_views(result, words, found),
        tokens={"queries": words, "keys": [Token(name) for name in CELLS], "one": [Token("h₀")]},
        listing=lines(looking),
        formula_of="contexts",
        symbols={"decoder_states": "h_t", "grid": "z"},
        focus={"query": at, "key": key},
        formulas=cooled(caption, result.settings.temperature) if looking else {},
        dot_product=False,
        tensors=captioning.beside(caption),
        shares=frozenset({"choices", "picture"}),
        editable=looking,
        edit_label="Force it",
        recurrent=SCORES,
        answered=question.answered(PREFIX, ("mean", "where")),
    )
    first = WEIGHTS if looking else SCORES
    step_viewer.show(scene, first, on_toggle=force)
    where = (
        f"Real numbers of {MODELS[context]}, trained for this course on drawn scenes alone, computed on {captioning.device()}"
        + (". Nobody told it where to look" if looking else "")
    )
    downloads.offer(
        scene,
        first,
        where,
        partial(captioning.shown, context, result.settings, written_down(result)),
    )


def written_down(result: Lesson) -> partial | None:
    """A picture of the learner's own, as a call that makes it again; a drawn scene is in the settings."""
    return (
        partial(picture_files.opened_png, picture_files.png(captioning.bytes_of(result.pixels)))
        if result.settings.own
        else None
    )


def cooled(caption: Caption, temperature: float) -> dict[str, str]:
    """What the formula of the scores becomes at a temperature."""
    energies = next(step.formula for step in steps(caption.trace) if step.name == "energies")
    return {} if temperature == 1 else {"energies": rf"\frac{{1}}{{T}}\,{energies}"}


def written(result: Lesson) -> None:
    """The captions: with a look per word, and with the mean of all cells, beside the right one."""
    with st.container(key=f"{PREFIX}_texts", border=True):
        # what is covered, or hidden by another thing, nobody could name
        fair = result.right and result.settings.covered is None and scenes.apart(result.settings.scene)
        rows = [("A look per word", result.now)]
        if result.changed:
            rows = [("With your changes", result.now), ("A look per word, by itself", result.free)]
        for name, caption in (*rows, ("The mean of all cells", result.mean)):
            mark = " ✓" if caption.text == result.right else " ✗"
            st.caption(name + (mark if fair else ""))
            limit = "" if caption.ended else f" … (stopped after {len(caption.words)} words, its limit)"
            st.text((caption.text or "(nothing is written)") + limit)
        if result.settings.forced_cells:
            st.button("Take the forced looks back", on_click=take_back, key=f"{PREFIX}_back")
        if result.outside:
            st.caption(
                f"This picture is outside its world: only {result.familiar:.0%} of its pixels have a colour that it knows. "
                "It cannot say so itself: it has no other words, and what it writes here need not be right."
            )
        st.caption(
            "It knows four colours, three shapes and up to three things that do not touch, each in a cell of its own. In the "
            "figure: press “Force it”, then click a cell, and this word looks there alone."
        )


def questions(result: Lesson) -> list[Question]:
    """What the mean loses, and where two words look."""
    shares = ("more than 90%", "60% to 90%", "less than 60%")
    first, second = scenes.in_order(SCENE)
    a, b = CELLS[first.cell], CELLS[second.cell]
    orders = (f"{a}, then {b}", f"{b}, then {a}", f"both {a}")

    def grade_mean() -> tuple[str, str]:
        with st.spinner("Captioning new scenes, twice …", show_time=True):
            found = experiments.one_context(result.settings.scene, 0)
        share = found["exact, mean"]
        return (shares[0] if share > 0.9 else shares[1] if share >= 0.6 else shares[2]), found.says

    def grade_where() -> tuple[str, str]:
        caption = captioned(Settings()).free
        found = [captioning.looked_at(caption, word) for word in (0, WORDS_OF_A_THING)]
        answer = orders[2] if found == [a, a] else f"{found[0]}, then {found[1]}"
        return answer, f"The caption is “{caption.text}”."

    return [
        Question(
            "where",
            f"The scene that this page begins with has a {first.colour} {first.shape} in cell {a} and a {second.colour} "
            f"{second.shape} in cell {b}. Which cells get the largest weights while the first and the sixth word are written?",
            orders,
            grade_where,
        ),
        Question(
            "mean",
            f"Take attention away: every word gets the mean of all cells. Of new scenes with {scenes.MOST} things, how many are "
            "captioned right to the last word?",
            shares,
            grade_mean,
        ),
    ]


lesson()
claims.show_sources(("xu2015", "vinyals2015", "bahdanau2015", "cho2014"))
foot("captioning")
