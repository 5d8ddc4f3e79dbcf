"""The translation lab: own sentences through three translators, or through one of the library's, and what aligns."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import host
from core.analysis import alignment
from core.lessons import looking_back, sentence_lab, translation
from core.lessons.text_attention import Summary
from core.lessons.translation import NAMES, Aligned, HeadsOfModel
from core.memory import kept, kept_for_all_if
from core.models import lexicon, offline
from core.models.errors import ModelError
from core.models.languages import Languages
from core.models.loaded import LoadedModel
from core.tables import as_csv
from core.trace import steps
from pages.parts import (
    claims,
    controls,
    downloads,
    messages,
    models,
    ours,
    own_sentences,
    step_viewer,
    translations,
)
from pages.parts.figures import Heads, Matrix, Table, tables
from pages.parts.step_viewer import StepView, StepViewer
from pages.parts.words import Scope, Token, say
from pages.server import run_queue, settings

PREFIX = "many"
OURS, THEIRS = "this course's three", "one of the library"
SENTENCES = "\n".join(translations.EXAMPLES)
HUB_EXAMPLE = "Helsinki-NLP/opus-mt-en-fr"
KNOWING = {"before the word is known": False, "after it is known": True}
BEST, MEAN, ALL_MEAN, ONE = "best head for alignment", "mean of the layer", "mean of all", "one head"


def choose(lines: list[str]) -> str:
    """The sentence that is looked at."""
    if len(lines) == 1:
        return lines[0]
    at = st.selectbox(
        "Sentence", range(len(lines)), format_func=lambda i: lines[i][:80], key=f"{PREFIX}_at", bind="query-params"
    )
    return lines[min(at or 0, len(lines) - 1)]


def words(each: tuple[str, ...]) -> list[Token]:
    return [Token(word) for word in each]


def looked_at_first(weights: np.ndarray) -> dict[str, int]:
    """The cell that is looked at first: the strongest one in the second row."""
    row = min(1, len(weights) - 1)
    return {"query": row, "key": int(weights[row].argmax())}


# Three translators --------------------------------------------------------------------------------------------------


@kept_for_all_if(lambda name, text, knowing: ours.text(text))
def translated(name: str, text: str, knowing: bool) -> Aligned:
    return translation.translate(name, text, knowing)


@kept_for_all_if(lambda name, line: ours.text(line))
def line_of(name: str, line: str) -> tuple[str, str]:
    """A translation, and why there is none; of an empty line, nothing."""
    if not line:
        return "", ""
    host.still_wanted()
    try:
        return translation.plainly(name, line), ""
    except ValueError as error:
        return "", str(error)


def three(lines: list[str], text: str, knowing: bool, figure: DeltaGenerator, below: DeltaGenerator) -> None:
    """One sentence through all three, and the alignments of the two that look back."""
    found = {name: translated(name, text, knowing) for name in NAMES}
    looking = {name: each for name, each in found.items() if each.weights is not None}
    with figure:
        if looking:
            aligned(text, looking, knowing)
        else:
            st.caption("Nothing was written, so there is nothing to align.")
    vocabulary = looking_back.model("additive").vocabulary
    with below:
        with st.container(key=f"{PREFIX}_texts", border=True):
            for name, each in found.items():
                st.caption(name)
                translations.glossed([(word, False) for word in each.text.split()], vocabulary)
                if doubts := translations.doubts(each.translation, vocabulary):
                    st.caption(doubts)
            translations.explain()
        exports(lines, found, knowing)


TITLES = {"additive": "Additive attention", "scaled dot": "Scaled dot product"}


def aligned(text: str, looking: dict[str, Aligned], knowing: bool) -> None:
    """The alignments in one step viewer: a step for each translator that looks back, and one for all."""
    first_name, first = next(iter(looking.items()))
    ours = first.with_attention.numpy()
    start = looked_at_first(ours)
    how = (
        "after the word was known: places that made it likelier count for more (Bayes' rule)"
        if knowing
        else "as the decoder used them, before the word was known"
    )
    tensor_of = {name: "weights" if name == first_name else name for name in looking}
    rows_of = {name: "queries" if name == first_name else name for name in looking}
    tokens = {rows_of[name]: words(each.target) for name, each in looking.items()}
    tokens |= {"keys": words(first.source), "meanings": words(tuple(lexicon.load().of(first.target)))}
    step_views = [
        StepView(
            name,
            (),
            Matrix(tensor_of[name], "weights", rows=rows_of[name], margin="sum"),
            say(
                "{q} ({m}) gives {weights[q,k]:.2f} to {k}, {how}. Pieces of words are put together: summed over the source, "
                "averaged over the target.",
                Scope({"weights": ours}, tokens, start),
                how=how,
            )
            if name == first_name
            else say("The same sentence by the model whose score is another one, {how}.", how=how),
            title=TITLES[name],
        )
        for name in looking
    ]
    if len(looking) > 1:
        beside = [
            Table(
                tensor_of[name],
                name,
                rows=rows_of[name],
                columns="keys",
                scale="weights",
                limit=1,
                labelled=name != first_name,
            )
            for name in looking
        ]
        words_of_both = say("Both side by side. The rows are what each of them wrote.")
        step_views.append(StepView("both", (), tables(*beside, readout="plain"), words_of_both, title="Side by side"))
    scene = StepViewer(
        lesson="translation_lab",
        signature=f"{text}|{knowing}",
        steps=[],
        views=step_views,
        opens_at=first_name,
        tokens=tokens,
        focus=start,
        tensors={tensor_of[name]: each.with_attention.numpy() for name, each in looking.items()},
        shares=frozenset(tensor_of.values()),
    )
    step_viewer.show(scene)
    downloads.offer(
        scene,
        f"Real weights of {', '.join(looking_back.MODELS.values())}, computed on {looking_back.device()}",
        partial(translation.shown, tuple(looking), text, knowing),
        lambda: {
            f"pieces_{step.name}": step.tensor.numpy()
            for step in steps(first.translation.trace)
            if step.name != "probabilities"
        },
    )


def exports(lines: list[str], found: dict[str, Aligned], knowing: bool) -> None:
    """Translations of all sentences as CSV, and alignments in Pharaoh's format."""
    with st.container(border=True, key=f"{PREFIX}_exports"):
        st.markdown("#### All sentences")
        told = {name: [line_of(name, line) for line in lines] for name in NAMES}
        columns = {name: [text for text, _ in each] for name, each in told.items()}
        if any(notes := [note for _, note in told[NAMES[0]]]):
            columns["note"] = notes
        st.dataframe({"English": lines, **columns}, hide_index=True, width="stretch")
        table = [("English", *columns), *zip(lines, *columns.values(), strict=True)]
        with st.container(horizontal=True):
            st.download_button("Translations, CSV", as_csv(table), "translations.csv", "text/csv")
            for name in ("additive", "scaled dot"):
                for label, what in (("Alignments", "pharaoh"), ("Tokens", "counted")):
                    st.download_button(
                        f"{label} of {name}, {'Pharaoh' if what == 'pharaoh' else 'text'}",
                        run_queue.queued(partial(line_by_line, what, name, lines, knowing)),
                        f"{label.lower()}-{name.replace(' ', '-')}.txt",
                        "text/plain",
                        on_click="ignore",
                    )
        st.caption(
            "Pharaoh's format: a line per sentence, source-target, counted from 0 among the tokens, which stand in the same "
            "line of their own file. An empty line of the box stays one. Of the sentence above: "
            + (found["additive"].pharaoh or "none")
        )


def line_by_line(what: Literal["pharaoh", "counted"], name: str, lines: list[str], knowing: bool) -> bytes:
    """A line per sentence; an empty one where it is empty or cannot be translated."""
    told = []
    for line in lines:
        host.still_wanted()
        try:
            told.append(getattr(translation.translate(name, line, knowing), what) if line else "")
        except ValueError:
            told.append("")
    return ("\n".join(told) + "\n").encode()


# A model of the library ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Looked:
    """Which matrix of a model is looked at: what it is called, one of what `summaries` offers, its layer and head."""

    title: str
    of: Summary
    layer: int
    head: int


def theirs(text: str) -> None:
    """All heads of the cross-attention of an encoder-decoder."""
    with controls.row("control_row_model"):
        name = models.choose(PREFIX, (offline.TRANSFORMER, *settings.MODELS), HUB_EXAMPLE)
        on = models.choose_device(PREFIX)
        before = st.text_input(
            "Before the sentence",
            key=f"{PREFIX}_before",
            bind="query-params",
            placeholder="translate English to French:",
        )
        written = st.text_input("Translation, if not the model's own", key=f"{PREFIX}_written", bind="query-params")
    loaded = models.open_or(PREFIX, name, on, None)
    if loaded is None:
        return
    with controls.row("control_row_languages"):
        languages = models.choose_languages(PREFIX, loaded)
    try:
        found = read_by(name, on, before, text, written.strip() or None, languages)
    except (ModelError, ValueError) as error:
        messages.problem(f"{PREFIX}_name", "This model cannot show an alignment of this sentence.", f"{error}.")
        return
    st.caption("It writes" if not written.strip() else "It reads your translation")
    st.text(found.text)
    show_heads(loaded, text, found, look_at(found))


@kept
def read_by(
    name: str, on: str, before: str, text: str, written: str | None, languages: Languages | None
) -> HeadsOfModel:
    # the model is kept by its own shelf; here only what it did is
    from core.models import loading

    return translation.heads_of(loading.load(name, on), before, text, written, languages)


def look_at(found: HeadsOfModel) -> Looked:
    """What the visitor wants to see of the heads."""
    seen = found.attention
    numbers = seen.stack.numbers
    with controls.row("control_row_heads"):
        shown = st.selectbox("Show", [BEST, ONE, MEAN, ALL_MEAN], key=f"{PREFIX}_show", bind="query-params", width=210)
        layer = st.selectbox("Layer", numbers, key=f"{PREFIX}_layer", bind="query-params", width=84)
        head = st.selectbox("Head", range(seen.n_heads), key=f"{PREFIX}_head", bind="query-params", width=84) or 0
    place = numbers.index(layer) if layer in numbers else 0
    if shown == BEST:
        place, head = found.best
    layer = numbers[place]
    of = shown if shown in (MEAN, ALL_MEAN) else ONE
    titles = {
        BEST: f"Layer {layer}, head {head}: the best for alignment",
        ONE: f"Layer {layer}, head {head}",
        MEAN: f"Mean of layer {layer}",
        ALL_MEAN: "Mean of all heads",
    }
    return Looked(titles[shown or BEST], of, place, head)


def show_heads(loaded: LoadedModel, text: str, found: HeadsOfModel, looked: Looked) -> None:
    """One matrix, and all heads of its layer."""
    seen = found.attention
    name = loaded.name
    weights = seen.summary(looked.of, looked.layer, looked.head).numpy()
    share = float(found.agreement.max())
    start = looked_at_first(weights)
    scene = StepViewer(
        lesson="translation_lab_heads",
        signature=f"{name}|{text}|{found.text}|{looked.title}",
        steps=[],
        views=[
            StepView(
                "alignment",
                (),
                Matrix("weights", "weights"),
                say(
                    "Rows are the words that the decoder has just read. The best head's largest weights agree with this course's "
                    "own aligner in {s:.0%} of the words; for other languages than English to French that says nothing.",
                    s=share,
                ),
                title=looked.title,
            ),
            StepView(
                "all heads",
                (),
                Heads("heads"),
                say("All {n} heads of layer {l}.", n=seen.n_heads, l=seen.stack.numbers[looked.layer]),
                title=f"The heads of layer {seen.stack.numbers[looked.layer]}",
            ),
        ],
        opens_at="alignment",
        tokens={"queries": words(seen.queries.pieces), "keys": words(seen.keys.pieces)},
        focus=start,
        tensors={"weights": weights, "heads": seen.weights[looked.layer].numpy()},
        shares=frozenset({"heads"}),
    )
    step_viewer.show(scene)

    again = sentence_lab.again(loaded, found.reading, seen, looked.of, looked.layer, looked.head)
    downloads.offer(
        scene,
        f"Real weights of {name}",
        again,
        lambda: {"agreement": found.agreement.numpy()},
    )
    links = alignment.pharaoh(alignment.strongest(seen.summary(looked.of, looked.layer, looked.head)))
    st.caption(f"{looked.title}, in Pharaoh's format: {links}")
    counted = alignment.tokens(seen.keys.pieces, seen.queries.pieces)
    with st.container(horizontal=True):
        st.download_button("Pharaoh", links + "\n", "alignment.txt", "text/plain")
        st.download_button("Tokens that it counts", counted + "\n", "tokens.txt", "text/plain")


@run_queue.fragment
def lab() -> None:
    above, figure, below = controls.around_a_figure()
    with above, controls.row():
        lines = own_sentences.ask(PREFIX, SENTENCES)
    if not lines:
        messages.empty("Type a sentence above, or start from these", f"{PREFIX}_lines", translations.EXAMPLES)
        return
    with below, controls.row("control_row_more"):
        text = choose([line for line in lines if line])
        which = controls.Controls(PREFIX).one_of("Translators", [OURS, THEIRS], "which")
        knowing = which == OURS and KNOWING[controls.Controls(PREFIX).one_of("Weights", list(KNOWING), "weights")]
    try:
        if which == THEIRS:
            with figure:
                theirs(text)
        else:
            three(lines, text, knowing, figure, below)
    except ModelError as error:
        messages.problem(f"{PREFIX}_models", "The translators cannot be used.", f"{error}.")
    except ValueError as error:
        messages.problem(f"{PREFIX}_lines", "This sentence cannot be translated.", f"{error}.", translations.EXAMPLES)


lab()
claims.show_sources("translation_lab", ("bahdanau2015", "luong2015", "vaswani2017", "chen2016"))
