"""The writing lab: a language model goes on with the visitor's text, token by token, with all it might have written."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.analysis.overview import thumbnails
from core.analysis.sampling import HOTTEST, Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, Beginning, Moment, Written
from core.models import offline
from core.models.errors import ModelError
from core.models.loaded import LoadedModel
from core.models.spelled import spelled
from core.models.writer import Writer, limit
from pages.parts import assets, claims, controls, downloads, induction, messages, models, url_state
from pages.parts.controls import Controls
from pages.parts.figures import Matrix
from pages.parts.payload import pack
from pages.parts.step_viewer import LONGEST_LABEL, StepView, StepViewer
from pages.parts.words import Token, say
from pages.server import run_queue, settings

PREFIX = "write"
BEGINNING = "Once upon a time there was a little girl named Lily. She"
EXAMPLES = (BEGINNING, "One day, Tom and his dog Max went to the park. Max saw a big")
COUNT = 24  # tokens that are written when the page opens
WARM = 0.8  # the temperature then
MOST = 4096
GRID_SIDE = 64  # columns of a small picture, at most
NOTHING, WARMER, OTHER_SEED, SILENT, OTHER_TEXT = (
    "nothing",
    "another temperature",
    "another seed",
    "a head silenced",
    "another beginning",
)
MARK_SAYS = (
    "Many models learned from texts with a mark before each. With it, something is expected of the first word, too."
)
NO_LENS = "The last norm and map of this model do not fit its earlier layers as they stand: no lens is shown."
LENS = "What would be guessed were this layer the last one: the model's own last norm and map, on earlier vectors."


def writer(of: str, loaded: LoadedModel, silent: tuple[tuple[int, int], ...] = ()) -> Writer:
    """A text of this visitor in a model; of: the first or the second on the page. Another model takes the place of the last."""
    key, asked = f"{PREFIX}_writer_{of}", (loaded, silent)
    kept = st.session_state.get(key)
    if kept is None or (kept.loaded, kept.silent) != asked:
        kept = st.session_state[key] = Writer(loaded, silent)
    return kept


def number_of_link(name: str, low: float, high: float, default: float) -> float:
    """A number that no widget holds, from the link."""
    text = url_state.read(f"{PREFIX}_{name}")
    if text is None:
        return default
    try:
        found = float(text) if len(text) < 12 else np.nan
    except ValueError:
        found = np.nan
    if low <= found <= high:
        return found
    return url_state.ignored(f"{PREFIX}_{name}", f"a number from {low:g} to {high:.7g}", default)


def whole_of_link(name: str, high: int, default: int) -> int:
    """The same of a whole number from 0 on."""
    return int(number_of_link(name, 0, high, default))


def asked_of_link(size: int) -> Asked:
    """How it is written on, as the link says. size: of the vocabulary."""
    # as the sliders can stand: what is drawn is drawn by what they say
    sampling = Sampling(
        round(20 * number_of_link("temperature", 0, HOTTEST, WARM)) / 20,
        whole_of_link("topk", 9_999_999, 0),
        round(number_of_link("topp", 0, 1, 1.0), 2),
    )
    forced = {place: number for place, number in sorted(url_state.pairs(f"{PREFIX}_forced")) if number < size}
    return Asked(whole_of_link("count", MOST, COUNT), sampling, whole_of_link("seed", 9999, 0), forced)


def told(asked: Asked, begun: int) -> None:
    """Keep in the link what was pressed in the figure."""
    what = assets.told(f"{PREFIX}_view", "told")
    if not isinstance(what, dict):
        return

    def keep(name: str, value: object, default: object) -> None:
        url_state.write(f"{PREFIX}_{name}", "" if value == default else f"{value}")

    if "count" in what:
        keep("count", int(what["count"]), COUNT)
        keep("at", "", "")
    if "at" in what:
        keep("at", int(what["at"]), "")
    if "seed" in what:
        keep("seed", int(what["seed"]) % 10_000, 0)
    if "open" in what:
        keep("open", ",".join(str(int(each)) for each in what["open"]), "")
    if "free" in what:
        keep("forced", "", "")
    if "sampling" in what:
        for name, value, default in (
            ("temperature", what["sampling"]["temperature"], WARM),
            ("topk", what["sampling"]["topK"], 0),
            ("topp", what["sampling"]["topP"], 1),
        ):
            keep(name, f"{float(value):g}", f"{default:g}")
    if "write" in what:
        at, number = (int(each) for each in what["write"])
        place = at - begun
        # what was chosen behind it belonged to another text
        chosen = {each: found for each, found in asked.forced.items() if each < place} | {place: number}
        url_state.write_pairs(f"{PREFIX}_forced", chosen)
        keep("count", max(asked.count, place + 1), COUNT)
        keep("at", "", "")


def tokens_of(loaded: LoadedModel, written: Written, forced: dict[int, int]) -> list[dict]:
    """What each token says, and whether the visitor chose it."""
    places = {written.begun + place for place in forced}
    return [
        {"text": each.text, "name": each.name[:LONGEST_LABEL], "special": each.special, "forced": place in places}
        for place, each in enumerate(spelled(loaded, written.ids))
    ]


def forget_on_another(begun: Beginning, model: str) -> None:
    """What was chosen stands behind one beginning, in the numbers of one model's tokens: it goes when either changes."""
    about, now = f"{PREFIX}_chosen_behind", (begun.ids[begun.marked :], model)
    if st.session_state.get(about, now) != now:
        for name in ("forced", "at"):
            url_state.write(f"{PREFIX}_{name}", "")
    st.session_state[about] = now


def begin(loaded: LoadedModel, text: str, ui: Controls, name: str, *, marked: bool) -> Beginning | None:
    """The tokens of a beginning; None after saying why there are none. What was last read from this box stays."""
    key = ui.key(name)
    kept = f"{key}_kept"
    if not text.strip() and (writing_lab.start_mark(loaded) is None or not marked):
        messages.empty("Type how the text begins, or start from one of these", key, EXAMPLES)
        return None
    try:
        found = writing_lab.begin(loaded, text.strip(), marked=marked)
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        by, last = st.session_state.get(kept, ("", ""))
        stays = by == loaded.name
        more = " Below is your last beginning." if stays else ""
        messages.problem(key, "This beginning cannot be read.", f"{error}.{more}", EXAMPLES)
        return writing_lab.begin(loaded, last, marked=marked) if stays else None
    st.session_state[kept] = (loaded.name, text.strip())
    if found.used < found.total:
        with controls.row(f"{key}_part_row"):
            part = ui.one_of("Of this long beginning, read", writing_lab.PARTS, f"{name}_part")
        if part != writing_lab.PARTS[0]:
            found = writing_lab.begin(loaded, text.strip(), marked=marked, part=part)
        st.caption(
            f"The beginning has {found.total} tokens. {messages.literal(loaded.name)} reads {limit(loaded)} at once here, so the "
            f"{'last' if part == writing_lab.PARTS[0] else 'first'} {found.used} are read, and there is room to write."
        )
    if found.broken:
        st.caption(
            "For some of these letters the vocabulary has no token of their own. Tokens that are single bytes of a letter, or "
            f"stand for what is not known: {found.broken} of {len(found.ids)}. What a model makes of letters that it never "
            "learned is noise."
        )
    return found


@dataclass(frozen=True)
class Beside:
    """The second text: what it is called, what it is written by, and the text."""

    title: str
    writer: Writer
    written: Written
    sampling: Sampling


def choose_beside(loaded: LoadedModel, begun: Beginning, asked: Asked, *, marked: bool) -> Beside | None:
    """What stands beside the text; None for nothing."""
    ui = Controls(PREFIX)
    what = ui.select("Compare with", (NOTHING, WARMER, OTHER_SEED, SILENT, OTHER_TEXT), "compare", width=200)
    silent: tuple[tuple[int, int], ...] = ()
    ids, sampling, seed, title = begun.ids, asked.sampling, asked.seed, ""
    if what == NOTHING:
        return None
    if what == WARMER:
        warm = ui.slider("Its temperature", 0.0, HOTTEST, 0.5, "warm", 0.05)
        sampling = Sampling(warm, sampling.top_k, sampling.top_p)
        title = f"At a temperature of {warm:g}"
    elif what == OTHER_SEED:
        seed = int(ui.slider("Its seed", 0, 99, 1, "other_seed"))
        title = f"Drawn from seed {seed}"
    elif what == SILENT:
        layer = ui.counted("Layer", loaded.n_layers, 0, "silent_layer")
        head = ui.counted("Head", loaded.n_heads, 0, "silent_head")
        silent, title = ((layer, head),), f"With layer {layer}, head {head} silenced"
    else:
        text = ui.sentence(BEGINNING.replace("girl named Lily. She", "boy named Tom. He"), "Another beginning", "other")
        other = begin(loaded, text, ui, "other", marked=marked)
        if other is None:
            return None
        ids, title = other.ids, "From the other beginning"
    second = writer("second", loaded, silent)
    again = Asked(asked.count, sampling, seed, asked.forced)
    return Beside(title, second, writing_lab.write(second, ids, again), sampling)


def panel(
    loaded: LoadedModel, first: Writer, written: Written, asked: Asked, begun: Beginning
) -> tuple[dict, dict, Moment]:
    """The words and the tensors of the figure, and what is looked at."""
    count = len(written.ids)
    closed = written.ended or written.full
    at = whole_of_link("at", 9999, count) or count
    at = max(1, min(at, count - closed))
    seen = writing_lab.moment(first, at, asked.sampling)
    chosen = written.ids[at] if at < count else None
    listed = seen.ranked.ids[: writing_lab.LISTED].tolist()
    numbers = loaded.stacks["decoder"].numbers
    heads = len(seen.weights[0])
    attention = np.concatenate([each.numpy() for each in seen.weights])
    opened = url_state.integers(f"{PREFIX}_open")
    is_there = len(opened) == 2 and opened[0] < len(numbers) and opened[1] < heads
    layers = writing_lab.layers(loaded, seen, chosen)
    names = ["before layer 0", *(f"after layer {layer}" for layer in range(len(layers) - 1))]
    read = writing_lab.summary(first, written)
    words = {
        "tokens": tokens_of(loaded, written, dict(asked.forced)),
        "begun": written.begun,
        "count": min(asked.count, count - written.begun),
        "seed": asked.seed,
        "ended": written.ended,
        "full": written.full,
        "at": at,
        "editable": at >= written.begun,
        "names": [each.name for each in spelled(loaded, listed)],
        "ids": listed,
        "rank": None if chosen is None else writing_lab.rank(seen, chosen),
        "draw": writing_lab.draw(asked, at - written.begun),
        "sampling": {
            "temperature": asked.sampling.temperature,
            "topK": asked.sampling.top_k,
            "topP": asked.sampling.top_p,
        },
        "numbers": numbers,
        "heads": heads,
        "open": opened if is_there else None,
        "lens": [
            {"name": name, "guesses": layer.guesses, "chosen": layer.chosen}
            for name, layer in zip(names, layers, strict=False)
        ],
        "lensSays": LENS if layers else NO_LENS,
        "says": read.said,
        "cache": read.cache,
        "second": None,
    }
    tensors = {
        "scores": seen.ranked.scores.numpy(),
        "bits": np.array(first.bits, dtype=np.float32),
        "attention": attention,
        "grid": np.concatenate([thumbnails(each[:, None], GRID_SIDE).numpy() for each in seen.weights]),
    }
    return words, tensors, seen


def add_second(
    loaded: LoadedModel, words: dict, tensors: dict, written: Written, beside: Beside, first: Writer
) -> None:
    """The second text beside the first, and what differs."""
    place = words["at"] - written.begun
    at = beside.written.begun + place
    words["second"] = {
        "title": beside.title,
        "says": writing_lab.differing(first, written, beside.writer, beside.written),
        "tokens": tokens_of(loaded, beside.written, {}),
        "begun": beside.written.begun,
        "at": min(max(1, at), len(beside.written.ids)),
    }
    tensors["second_bits"] = np.array(beside.writer.bits, dtype=np.float32)
    if 1 <= at <= len(beside.written.ids):
        tensors["second"] = writing_lab.beside(beside.writer, at, beside.sampling, words["ids"]).numpy()


def take_away(
    loaded: LoadedModel, written: Written, seen: Moment, asked: Asked, words: dict, tensors: dict, text: str
) -> None:
    """The attention and the surprise as figures and numbers, and the run as a program."""
    names = tuple(each["name"] for each in words["tokens"])
    listed = tuple(words["names"])
    again = writing_lab.again(loaded, written, seen, asked.sampling, listed, names)
    made = {"weights": tensors["attention"], "bits": tensors["bits"][:, None]}
    made["probabilities"] = seen.ranked.probabilities[: len(listed), None].float().numpy()
    rows = [f"{number}.{head}" for number in words["numbers"] for head in range(words["heads"])]
    read = names[seen.place - 1]
    scene = StepViewer(
        lesson="writing_lab",
        signature=f"{loaded.name}|{text}|{words['at']}",
        steps=[],
        views=[
            StepView(
                "attention",
                (),
                Matrix("weights", "weights", axes="layer.head ↓ · tokens so far →"),
                say("What each head spends on each token so far, for “{read}”, which was read last.", read=read),
                title=f"Where “{read}” looks",
            )
        ],
        opens_at="attention",
        tokens={
            "queries": [Token(row) for row in rows],
            "keys": [Token(name) for name in names[: seen.place]],
            "tokens": [Token(name) for name in names],
            "next": [Token(name) for name in listed],
        },
        focus={"query": 0, "key": 0},
        tensors=made,
    )
    downloads.offer(scene, f"Real numbers of {loaded.name}, computed on {loaded.device}", again)


@run_queue.fragment
def lab() -> None:
    above, figure, below = controls.around_a_figure()
    control_row, more = controls.row(place=above), controls.row("control_row_more", below)
    ui = Controls(PREFIX)
    with control_row:
        name = models.choose(PREFIX, [offline.STORY, *settings.MODELS], "openai-community/gpt2")
    with more:
        on = models.choose_device(PREFIX)
    loaded = models.open_or(PREFIX, name, on, offline.STORY)
    if loaded is None:
        return
    with control_row:
        text = ui.sentence(BEGINNING, "Beginning", "beginning")
    with more:
        marked = ui.toggle("Start mark", "marked", True, help=MARK_SAYS)
    try:
        first = writer("first", loaded)
        with figure:
            begun = begin(loaded, text, ui, "beginning", marked=marked)
        if begun is None:
            return
        forget_on_another(begun, loaded.name)
        asked = asked_of_link(writing_lab.size(loaded))
        written = writing_lab.write(first, begun.ids, asked)
        with more:
            beside = choose_beside(loaded, begun, asked, marked=marked)
        words, tensors, seen = panel(loaded, first, written, asked, begun)
        if beside is not None:
            add_second(loaded, words, tensors, written, beside, first)
    except ModelError as error:
        messages.problem(f"{PREFIX}_name", "This model cannot go on with a text.", f"{error}.")
        return
    sent = pack(words, tensors, frozenset({"attention"}), exact=frozenset({"scores", "bits", "second_bits"}))
    with figure:
        assets.component("writing")(key=f"{PREFIX}_view", data=sent, on_told_change=lambda: told(asked, written.begun))
        take_away(loaded, written, seen, asked, words, tensors, text)
    with below:
        induction.show(PREFIX, loaded.name, str(loaded.device))


lab()
claims.show_sources(
    "writing_lab",
    ("vaswani2017", "radford2019", "eldan2023", "fan2018", "holtzman2020", "nostalgebraist2020", "olsson2022"),
)
