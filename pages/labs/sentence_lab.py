"""The sentence lab: all heads of a real model on the visitor's own words."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.analysis.flow import Summary
from core.analysis.head_statistics import head_statistic, is_there, statistics
from core.analysis.sinks import Measure
from core.experiments import sentence_lab as experiments
from core.lessons import sentence_lab, text_attention
from core.lessons.shown import call
from core.lessons.text_attention import Kind, TextAttention, kinds, summaries
from core.memory import kept_for_all_if
from core.models import loading, offline
from core.models.errors import ModelError
from core.models.languages import Languages
from core.models.loaded import LoadedModel
from core.models.reading import Reading, read
from core.text_files import read_text
from pages.parts import (
    assets,
    claims,
    controls,
    delivered,
    downloads,
    figure_file,
    head_captions,
    head_view,
    messages,
    models,
    ours,
    sentences,
    url_state,
    word_importance,
)
from pages.parts.beside import Beside, differing
from pages.parts.controls import MARKS
from pages.parts.figure_file import Alone
from pages.parts.figures import Matrix
from pages.parts.head_view import ONE_HEAD
from pages.parts.payload import pack
from pages.parts.step_viewer import StepView, StepViewer, look_of_link, remember
from pages.parts.words import Token
from pages.server import run_queue, settings, uploads

PREFIX = "lab"
OTHER = "The animal did not cross the street because it was too wide"
NOTHING, OTHER_HEAD, OTHER_SENTENCE = "nothing", "another head", "another sentence"
ANY_HEAD = "…"


@kept_for_all_if(
    lambda name, on, languages, text, start, second: (
        name == offline.NAME and languages is None and ours.text(text, second)
    )
)
def reading(name: str, on: str, languages: Languages | None, text: str, start: int, second: str | None) -> Reading:
    loaded = loading.load(name, on)
    wanted = ("weights", "queries", "keys", "values") if loaded.recorded else ("weights",)
    return read(loaded, text, second, start, tensors=wanted, languages=languages)


@run_queue.queued
def upload() -> None:
    """Put the text of an uploaded file into the sentence."""
    file = st.session_state.get(f"{PREFIX}_file")
    st.session_state[f"{PREFIX}_refused"] = ""
    if file is None:
        return
    try:
        st.session_state[f"{PREFIX}_text"] = read_text(uploads.read(file))
    except ValueError as error:
        st.session_state[f"{PREFIX}_refused"] = str(error)


def choose_texts(loaded: LoadedModel) -> tuple[str, str | None]:
    """The sentence, and where the model can read one, a second."""
    pairs = {"encoder": "Second sentence, read together", "encoder-decoder": "What the decoder writes"}
    text = controls.Controls(PREFIX).sentence()
    second = ""
    if loaded.kind in pairs:
        second = controls.Controls(PREFIX).sentence("", pairs[loaded.kind], "second")
    with st.popover("Upload"):
        st.file_uploader(
            "A .txt file, UTF-8 or UTF-16", "txt", key=f"{PREFIX}_file", on_change=upload, max_upload_size=1
        )
    return text, second.strip() or None


def read_all(
    loaded: LoadedModel, languages: Languages | None, text: str, second: str | None, name: str
) -> Reading | None:
    """The attention of every head; None after saying why there is none."""
    key = f"{PREFIX}_{name}"
    try:
        return sentences.understand(
            text, key, partial(reading, loaded.name, str(loaded.device), languages), loaded.name, (second,)
        )
    except ModelError as error:
        messages.problem(key, "This model cannot show attention on this text.", f"{error}.")
        return None


@dataclass(frozen=True)
class Choice:
    """How the visitor wants to see it.

    kind         which attention: encoder, decoder or cross.
    shown        one of what `summaries` offers.
    compare      what stands beside it; difference: in place of it, what it is taken off.
    looked_for   the kind of head to find, or None.
    measure      weights, or what they deliver.
    """

    kind: Kind
    shown: Summary
    compare: str
    difference: bool
    looked_for: str | None
    measure: Measure
    hide_special: bool
    merge_pieces: bool

    def attention(self, found: Reading) -> TextAttention | None:
        """What is to be seen of a reading; None after saying why there is nothing."""
        try:
            hide, merge = self.hide_special, self.merge_pieces
            return text_attention.text_attention(
                found, self.kind, hide_special=hide, merge_pieces=merge, measure=self.measure
            )
        except ValueError as error:
            messages.problem(f"{PREFIX}_hide", "There is nothing left to show.", f"{error}.")
            return None


def choose_view(loaded: LoadedModel, found: Reading) -> Choice:
    """What is looked at, and how."""
    there = kinds(found)
    kind = controls.Controls(PREFIX).one_of("Attention", there, "kind") if len(there) > 1 else there[0]
    shown = st.selectbox("Show", summaries(kind), key=f"{PREFIX}_show", bind="query-params", width=170) or ONE_HEAD
    compare = st.selectbox(
        "Compare with",
        [NOTHING, OTHER_HEAD, OTHER_SENTENCE],
        key=f"{PREFIX}_compare",
        bind="query-params",
        width=170,
    )
    difference = compare not in (None, NOTHING) and controls.Controls(PREFIX).toggle("Difference", "difference")
    looked_for = st.selectbox(
        "Find heads that look at",
        [ANY_HEAD, *statistics(within=kind != "cross")],
        key=f"{PREFIX}_find",
        bind="query-params",
        width=200,
    )
    measure = delivered.ask(controls.Controls(PREFIX), loaded.recorded)
    hide = st.toggle("Hide special tokens", key=f"{PREFIX}_hide", bind="query-params")
    merge = st.toggle("Merge word pieces", key=f"{PREFIX}_merge", bind="query-params")
    looked_for = None if looked_for in (None, ANY_HEAD) else looked_for
    return Choice(kind, shown, compare or NOTHING, difference, looked_for, measure, hide, merge)


def place_of_link(name: str, seen: TextAttention, default: tuple[int, int]) -> tuple[int, int]:
    """The layer and the head that the link names; else the default, as far as they exist."""
    layer, head = url_state.layer_and_head(f"{PREFIX}_{name}", seen.n_layers, seen.n_heads) or default
    return min(layer, seen.n_layers - 1), min(head, seen.n_heads - 1)


def opened() -> None:
    """Show the head that was clicked, and keep it in the link."""
    place = assets.told(f"{PREFIX}_view", "opened")
    if place is None:
        return
    name = "beside" if place["beside"] else "open"
    url_state.write(f"{PREFIX}_{name}", f"{int(place['layer'])},{int(place['head'])}")
    asked, answer = ("compare", OTHER_HEAD) if place["beside"] else ("show", ONE_HEAD)
    st.session_state[f"{PREFIX}_{asked}"] = answer


def compare_with(
    loaded: LoadedModel,
    languages: Languages | None,
    found: Reading,
    choice: Choice,
    seen: TextAttention,
    place: tuple[int, int],
    other: tuple[int, int],
    second: str | None,
) -> Beside | None:
    """What is compared with the open matrix; None for nothing. other: the head that another one is compared with."""
    if choice.compare == OTHER_HEAD:
        words, tensors = head_view.panel(found, seen, ONE_HEAD, other, "second_")
        again = sentence_lab.again(loaded, found, seen, ONE_HEAD, *other)
        return Beside({**words, "kind": "head"}, tensors, other, again)
    if choice.compare == OTHER_SENTENCE:
        text = controls.Controls(PREFIX).sentence(OTHER, "The other sentence", "other")
        read_too = read_all(loaded, languages, text, second, "other")
        if read_too is not None and (seen_too := choice.attention(read_too)) is not None:
            words, tensors = head_view.panel(read_too, seen_too, choice.shown, place, "second_")
            words["title"] += ", other sentence"
            again = sentence_lab.again(loaded, read_too, seen_too, choice.shown, *place)
            return Beside({**words, "kind": "sentence"}, tensors, None, again)
    return None


def take_away(
    loaded: LoadedModel,
    found: Reading,
    seen: TextAttention,
    choice: Choice,
    title: str,
    place: tuple[int, int],
    shown: np.ndarray,
    start: dict,
    other: Beside | None,
    alone: Alone,
) -> None:
    """The open matrix as a figure and as numbers, all heads as an NPZ and a file, the forward pass as a program."""
    view, tensors = Matrix("weights", "weights"), {"weights": shown}
    label = f"layer {seen.stack.numbers[place[0]]} head {place[1]}" if choice.shown == ONE_HEAD else choice.shown
    words = {
        axis: [Token(text, special) for text, special in zip(side.pieces, side.special, strict=True)]
        for axis, side in (("queries", seen.queries), ("keys", seen.keys))
    }
    again = sentence_lab.again(loaded, found, seen, choice.shown, *place)
    if other and other.change is not None:
        view, title = Matrix("difference", "signed", limit=1.0), other.words["title"]
        again = call(sentence_lab.compared, again, other.again)
        tensors |= {"difference": other.change}
        words = {axis: [Token(**each) for each in side] for axis, side in other.words["tokens"].items()}
    scene_to_keep = StepViewer(
        lesson="sentence_lab",
        signature="",
        steps=[],
        views=[StepView(label, (), view, [], title=title)],
        opens_at=label,
        tokens=words,
        focus=start,
        tensors=tensors,
    )

    def all_heads() -> dict[str, np.ndarray]:
        return {"weights_of_all_heads": seen.weights.numpy()}

    numbers = "weights" if seen.measure == delivered.WEIGHT else f"{seen.measure}, as shares of each row,"
    origin = f"Real {numbers} of {loaded.name}, {title.lower()}" + (f". {MARKS}" if loaded.name == offline.NAME else "")
    downloads.offer(scene_to_keep, origin, again, all_heads, alone)


@run_queue.fragment
def lab() -> None:
    above, figure, below = controls.around_a_figure()
    control_row, more = controls.row(place=above), controls.row("control_row_more", below)
    with control_row:
        name = models.choose(PREFIX, [*offline.READERS, *settings.MODELS])
    with more:
        on = models.choose_device(PREFIX)
    loaded = models.open_or(PREFIX, name, on, offline.NAME)
    if loaded is None:
        return
    with control_row:
        text, second = choose_texts(loaded)
        languages = models.choose_languages(PREFIX, loaded)
    if refused := st.session_state.get(f"{PREFIX}_refused"):
        messages.problem(f"{PREFIX}_file", "The file was not taken; your sentence is still here.", f"{refused}.")
    found = read_all(loaded, languages, text, second, "text")
    if found is None:
        return
    with more:
        choice = choose_view(loaded, found)
    seen = choice.attention(found)
    if seen is None:
        return
    with figure:  # what is said of the link stands above it
        place = place_of_link("open", seen, (3, 1))
        beside = (place[0], (place[1] + 1) % seen.n_heads)
        if choice.compare == OTHER_HEAD:
            beside = place_of_link("beside", seen, beside)
    first, tensors = head_view.panel(found, seen, choice.shown, place, "first_")
    other = compare_with(loaded, languages, found, choice, seen, place, beside, second)
    if other and choice.difference:
        other = differing(first, tensors["first_weights"], other)
    tensors |= (other.tensors if other else {}) | {"grid": seen.small(head_captions.GRID_SIDE).numpy()}
    if max(len(seen.rows), len(seen.columns)) <= head_view.ALL_IN_FULL:
        tensors["every"] = seen.weights.flatten(0, 1).numpy()
    shown = tensors["first_weights"]
    start = head_view.focus(seen, shown)
    is_found = choice.looked_for is not None and is_there(seen.asked, choice.looked_for)
    score = head_statistic(seen.raw, seen.asked, choice.looked_for) if is_found else None
    seen_as = (seen.kind, choice.hide_special, choice.merge_pieces)
    words = head_view.words(
        seen,
        place,
        first,
        start,
        signature=f"{loaded.name}|{text}|{second}|{found.tokens.start}|{seen_as}",
        caption=head_captions.caption(loaded, found, seen, choice.looked_for),
        look=look_of_link(start),
        score=score,
    )
    words |= {"beside": other and other.place, "second": other and other.words}
    weights = head_view.WEIGHTS
    if other and other.change is not None:
        weights -= {"second_weights"}
    sent = pack(words, tensors, weights, exact=frozenset(tensors) - weights)

    def in_a_file() -> bytes:
        """Every head in full."""
        if said := figure_file.too_large(2 * seen.n_layers * seen.n_heads * shown.size):
            raise ValueError(said)
        told = words | {"caption": head_captions.caption(loaded, found, seen, choice.looked_for, in_file=True)}
        alone, stacks = head_view.for_file(found, seen, choice.shown, told, tensors)
        return pack(alone, stacks, weights, exact=frozenset(stacks) - weights)

    key = f"{PREFIX}_view"
    with figure:
        assets.component("lab")(key=key, data=sent, on_opened_change=opened, on_view_change=lambda: remember(key))
        take_away(loaded, found, seen, choice, first["title"], place, shown, start, other, Alone("lab", in_a_file))
    with below:
        word_importance.show(PREFIX, loaded.name, str(loaded.device), text, second, found.tokens)
    try:
        claims.show_claims(f"{PREFIX}_words", experiments.CLAIMS, ((*experiments.SENTENCES, text),))
    except ModelError as error:
        messages.problem(f"{PREFIX}_claims", "The claims cannot be tried.", f"{error}.")


lab()
claims.show_sources("sentence_lab", ("clark2019", "abnar2020", "kobayashi2020", "wang2020", "reimers2019"))
