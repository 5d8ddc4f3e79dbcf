"""A map of one head on a long text: a file of the visitor's own or the project's own code, read and looked at in parts."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core import settings
from core.attention.streaming import Weights
from core.lessons.cost import bill, long_map, long_text
from core.lessons.cost.long_map import Overview, Place
from core.lessons.cost.long_text import LongText
from core.memory import kept
from core.models import loading, offline
from core.numerals import how_many
from core.text_files import checked
from pages.parts import assets, controls, downloads, messages
from pages.parts.figure_file import Alone
from pages.parts.payload import pack
from pages.server import run_queue, uploads

OURS, OWN = "this course's README and code", "a .txt of yours"
ONE_PASS, IN_WINDOWS = "story-gpt, in one pass", "MiniLM, in windows"
FIRST = 1, 1  # layer and head of the model that reads all of a text


@dataclass(frozen=True, eq=False)
class Made:
    """A map that was asked for: of which text and head; number: of the map in its session."""

    of: str
    text: LongText
    layer: int
    head: int
    number: int


def show(prefix: str) -> None:
    """Ask for a text and a head, make the map, and let it be looked at."""
    ui = controls.Controls(f"{prefix}_map")
    with st.container(key=f"{prefix}_map", border=True):
        table = bill.in_bytes(long_map.TABLE)
        st.markdown(
            f"#### A map of {long_text.MOST:,} tokens\n"
            f"A whole table of weights would take {table} for one head. Here no more than some rows of it are ever in memory: "
            "squares from far away, cells from near."
        )
        with controls.row(f"{prefix}_map_control_row"):
            source = ui.one_of("Text", (OURS, OWN), "source")
            by, layer, head = _reader(ui)
        st.caption(_said_of(by))
        own = _own(ui, by) if source == OWN else None
        missing = source == OWN and own is None
        asked = st.button("Make the map", key=ui.key("make"), icon=":material/grid_on:", disabled=missing)
        place = st.empty()
        if asked and not missing:
            of = f"{source}, layer {layer}, head {head}"
            _make(ui, place, own or long_text.cut(long_text.own_text(), by), of, layer, head)
        made: Made | None = st.session_state.get(ui.key("made"))
        if made is not None:
            _look(ui, made, *_map(made.text, made.layer, made.head, place))


def _reader(ui: controls.Controls) -> tuple[str, int, int]:
    """Which offline model reads the text, and which of its layers and heads is looked at."""
    model = ui.key("model")
    if model not in st.session_state and model not in st.query_params and _asks_for_minilm(ui):
        st.session_state[model] = st.query_params[model] = IN_WINDOWS
    if ui.one_of("Model", (ONE_PASS, IN_WINDOWS), "model") == IN_WINDOWS:
        layer = ui.select("Layer", range(controls.N_LAYERS), "layer", 3, width=120)
        return offline.NAME, layer, ui.select("Head", range(controls.N_HEADS), "head", 1, width=120)
    loaded = loading.load(offline.STORY)
    layer = ui.select("Layer", range(loaded.n_layers), "story_layer", FIRST[0], width=120)
    return loaded.name, layer, ui.select("Head", range(loaded.n_heads), "story_head", FIRST[1], width=120)


def _asks_for_minilm(ui: controls.Controls) -> bool:
    """Whether a link was given out when there was no other model, so that it names none beside its layer and its head."""
    return any(ui.key(name) in st.query_params for name in ("layer", "head"))


def _said_of(by: str) -> str:
    """How a model reads a long text, and what it was made for."""
    if by == offline.NAME:
        return (
            f"MiniLM reads {long_text.WINDOW} tokens at once, so a longer text is read in windows, each by itself; then one "
            "head looks from every token at every other one."
        )
    context = loading.load(by).max_tokens
    return (
        f"{by} reads all of it in one pass: each token sees all before it, and its queries and keys are turned by their places, "
        f"of which there is no last one. It learned from short stories alone, in windows of at most {context} tokens: places "
        f"from {context} on, and what is no such story, it never met, and nobody taught it what it does there. All layers below "
        "the chosen one read the whole text first, so a later one takes longer."
    )


def _own(ui: controls.Controls, by: str) -> LongText | None:
    """What is read of the visitor's file, cut once; None after saying what is wrong with it."""
    most = settings.MAX_LONG_TEXT_BYTES
    file = st.file_uploader(f"A .txt of at most {most:,} bytes", ["txt"], key=ui.key("file"))
    st.caption(
        f"Its first {long_text.MOST:,} tokens are read. No link holds a file: who opens yours needs the file, too."
    )
    key = ui.key("read")
    if file is None:
        st.session_state.pop(key, None)
        return None
    was, text, wrong = st.session_state.get(key, (None, None, ""))
    if was != (file.file_id, by):
        try:
            text, wrong = long_text.cut(checked(uploads.read(file), most), by), ""
        except ValueError as error:
            text, wrong = None, f"{error}."
        st.session_state[key] = ((file.file_id, by), text, wrong)
    if wrong:
        messages.problem(ui.key("file"), "There is no map of this file.", wrong)
    return text


@kept
def _map(text: LongText, layer: int, head: int, _place) -> tuple[Weights, Overview]:
    """Read the text and look at all of it; whoever leaves ends it at the next step."""
    bar, tokens = _place.progress(0.0, "Waiting for a free place …"), f"{len(text.pieces):,} tokens"
    # a layer of all tokens takes about as long as the look
    reading = 0.5 if text.allowed is None else layer / (layer + 1)
    with run_queue.training():
        for share, found in long_text.read(text, layer, head):
            heads = found
            bar.progress(reading * share, f"Read {tokens} up to layer {layer}: {share:.0%} …")
        for share, whole, overview in long_map.look(*heads, text.allowed):
            made = whole, overview
            bar.progress(reading + (1 - reading) * share, f"Looked at {share:.0%} of {tokens} …")
    _place.empty()
    return made


def _make(ui: controls.Controls, place, text: LongText, of: str, layer: int, head: int) -> None:
    """Make the map. The one before stays until it is done."""
    before: Made | None = st.session_state.get(ui.key("made"))
    _map(text, layer, head, place)
    st.session_state[ui.key("made")] = Made(of, text, layer, head, 1 if before is None else before.number + 1)
    st.session_state.pop(ui.key("near"), None)
    if before is not None:  # the first one of a visit is shown where the link says
        ui.write("at")


def _look(ui: controls.Controls, made: Made, whole: Weights, overview: Overview) -> None:
    """The map, and the part of it that is looked at closely: that of the link, as top, left and how many tokens."""
    key, n_tokens = ui.key("view"), len(made.text.pieces)

    def looked() -> None:
        asked = assets.told(key, "looked")
        if asked:
            ui.write("at", "" if asked[2] >= n_tokens else ",".join(str(int(number)) for number in asked))

    at = ui.integers("at", digits=5)
    tensors, names = _tensors("all", overview), made.text.pieces if overview.side == 1 else ()
    words = {
        "number": made.number,
        "n": n_tokens,
        "at": at if len(at) == 3 else (),
        "side": overview.side,
        "causal": made.text.allowed is not None,
        "names": names,
        "part": None,
    }
    if near := _near(ui, made, whole, overview.side, words["at"]):
        part, seen = near
        rows, columns = made.text.pieces[part.top :][: part.n_queries], made.text.pieces[part.left :][: part.n_keys]
        words["part"] = {
            "top": part.top,
            "left": part.left,
            "side": seen.side,
            "rows": rows if seen.side == 1 else (),
            "columns": columns if seen.side == 1 else (),
        }
        tensors |= _tensors("part", seen)
    assets.component("long_map")(key=key, data=pack(words, tensors), on_looked_change=looked)
    part = "" if made.text.read == 1 else f", {made.text.read:.0%} of the text"
    windows, hatched = how_many(len(made.text.windows), "window"), ""
    if words["causal"]:
        windows = "one pass"
        hatched = (
            "Hatched is what comes later, which no token sees; a line beside the diagonal is one distance to a key. "
        )
    st.caption(
        f"{made.text.by}, {made.of}: {how_many(n_tokens, 'token')} in {windows}{part}. {hatched}Click the map, then zoom with "
        "the wheel, two fingers or + and −; drag it (two fingers on a phone) or use the arrow keys; Home shows all. Colours "
        "go with the root of a weight."
    )
    alone = Alone("long_map", partial(pack, words, tensors))
    downloads.offer_file(alone, key, f"Real weights of {made.text.by}, {made.of}")


def _near(
    ui: controls.Controls, made: Made, whole: Weights, side: int, at: tuple[int, ...]
) -> tuple[Place, Overview] | None:
    """The part that is looked at, if the overview does not show as much. It is computed once, until another is asked for."""
    if not at:
        return None
    key = ui.key("near")
    kept = st.session_state.get(key)
    if kept is None or kept[0] is not made or kept[1] != at:
        kept = st.session_state[key] = (made, at, long_map.near(whole, side, *at))
    return kept[2]


def _tensors(name: str, of: Overview) -> dict[str, np.ndarray]:
    return {f"{name}_largest": of.largest.numpy(), f"{name}_mean": of.mean.numpy()}
