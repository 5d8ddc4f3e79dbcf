"""The writing lab: a language model goes on with a text, or writes of a picture, with all it might have written."""

from functools import partial

import numpy as np
import streamlit as st

from core.analysis.sampling import HOTTEST, Sampling
from core.lessons import writing_lab
from core.lessons.writing_lab import Asked, Beginning
from core.memory import kept_for_all, kept_growing
from core.models import offline
from core.models.among import mark_of, picture_token
from core.models.errors import ModelError
from core.models.languages import Languages
from core.models.loaded import Group, LoadedModel
from core.models.picture_source import PictureSource
from core.models.source import Source
from core.models.writer import Writer, check_writes
from core.vision.classifier import FITS, Fit
from pages.parts import (
    assets,
    beginnings,
    captioned,
    claims,
    controls,
    induction,
    messages,
    models,
    own_picture,
    url_state,
    writing_figure,
)
from pages.parts.controls import Controls
from pages.parts.writing_figure import Beside
from pages.server import run_queue, settings

PREFIX = "write"
OFFERED = (offline.STORY, offline.TRANSFORMER, *offline.SCENE_CAPTIONERS)
COUNT = 24  # tokens that are written when the page opens
WARM = 0.8  # the temperature then
OPENING = Asked(COUNT, Sampling(WARM))
MOST = 4096
NOTHING, WARMER, OTHER_SEED, SILENT = ("nothing", "another temperature", "another seed", "a head silenced")
OTHER_TEXT, OTHER_SOURCE, OTHER_PICTURE = "another beginning", "another source", "another picture"
SOURCE, PICTURE, WRITTEN = "the source", "the picture", "what is written"
MARK_SAYS = (
    "Many models learned from texts with a mark before each. With it, something is expected of the first word, too."
)


@kept_growing
def writer(
    of: str,
    loaded: LoadedModel,
    silent: tuple[tuple[int, int], ...] = (),
    source: Source | PictureSource | None = None,
) -> Writer:
    """A text of this visitor in a model: it reads on where a text goes on. of: the first or the second on the page."""
    return Writer(loaded, silent, source=source)


@kept_for_all
def opening(loaded: LoadedModel, ids: tuple[int, ...]) -> Writer:
    """Our own beginning, gone on with as the page opens: written once, and read alone. Who asks for more has a writer."""
    found = Writer(loaded)
    writing_lab.write(found, ids, OPENING)
    return found


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


def whole_of_link(name: str, high: int, default: int, low: int = 0) -> int:
    """The same of a whole number."""
    return int(number_of_link(name, low, high, default))


def asked_of_link(size: int, of_picture: int | None = None) -> Asked:
    """How it is written on, as the link says. size: of the vocabulary; of_picture: the token of it that stands for a picture."""
    # as the sliders can stand: what is drawn is drawn by what they say
    sampling = Sampling(
        round(20 * number_of_link("temperature", 0, HOTTEST, WARM)) / 20,
        whole_of_link("topk", 9_999_999, 0),
        round(number_of_link("topp", 0, 1, 1.0), 2),
    )
    accepted = f"pairs such as 0.9, of a place behind the beginning and the number of a token, from 0 to {size - 1}"
    accepted += "" if of_picture is None else f", but not {of_picture}, which stands for the one picture"

    def there(_: int, number: int) -> bool:
        return number < size and number != of_picture

    forced = dict(sorted(url_state.pairs_that(there, f"{PREFIX}_forced", accepted)))
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


def forget_on_another(begun: Beginning, writer: Writer) -> None:
    """What was chosen stands behind one text, in the numbers of one model's tokens: it goes when either changes."""
    read: object = begun.ids[begun.marked :]
    if isinstance(writer.source, Source):
        read = writer.source.tokens.ids
    elif writer.source is not None:
        read = (read, own_picture.digest(writer.source.pixels))
    about, now = f"{PREFIX}_chosen_behind", (read, writer.loaded.name)
    before = st.session_state.get(about, now)
    gone = ("forced", "at") if before != now else ()
    for name in gone if before[1] == now[1] else (*gone, "open"):
        url_state.write(f"{PREFIX}_{name}", "")
    st.session_state[about] = now


def choose_beside(
    first: Writer,
    begun: Beginning,
    asked: Asked,
    group: Group,
    languages: Languages | None,
    *,
    marked: bool,
    picture: tuple[Fit, bool],
) -> Beside | None:
    """What stands beside the text; None for nothing.

    group     whose heads can be silenced.
    picture   of a captioner, how its picture is made a square, and whether that is drawn.
    """
    ui, loaded, source = Controls(PREFIX), first.loaded, first.source
    other_one = {"encoder-decoder": OTHER_SOURCE, "captioner": OTHER_PICTURE}.get(loaded.kind, OTHER_TEXT)
    what = ui.select("Compare with", (NOTHING, WARMER, OTHER_SEED, SILENT, other_one), "compare", width=200)
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
        calls = writing_lab.calls(loaded, group)
        layer = ui.counted("Layer", len(calls), 0, "silent_layer")
        head = ui.counted("Head", writing_lab.heads(first, group), 0, "silent_head")
        back = ", which looks back," if group == "cross" else ""
        silent, title = ((calls[layer], head),), f"With layer {layer}, head {head}{back} silenced"
    elif isinstance(source, PictureSource):
        other_picture = captioned.source_of(ui, loaded, picture[0], drawn=picture[1], second=True)
        source = beginnings.in_the_same_prompt(loaded, other_picture, source)
        title = "Of the other picture"
    elif source is not None:
        text = ui.sentence(beginnings.SOURCES[1], "Another source", "other_source")
        found = beginnings.source_of(loaded, text, ui, "other_source", languages)
        if found is None:
            return None
        source, title = found[0], "From the other source"
    else:
        text = ui.sentence(beginnings.OTHER, "Another beginning", "other")
        other = beginnings.of_text(loaded, text, ui, "other", marked=marked)
        if other is None:
            return None
        ids, title = other.ids, "From the other beginning"
    second = writer("second", loaded, silent, source)
    again = Asked(asked.count, sampling, seed, asked.forced)
    return Beside(title, second, writing_lab.write(second, ids, again), sampling)


@run_queue.fragment
def lab() -> None:
    above, figure, below = controls.around_a_figure()
    control_row, more = controls.row(place=above), controls.row("control_row_more", below)
    ui = Controls(PREFIX)
    with control_row:
        name = models.choose(PREFIX, [*OFFERED, *settings.MODELS], "openai-community/gpt2")
    with more:
        on = models.choose_device(PREFIX)
    loaded = models.open_or(PREFIX, name, on, offline.STORY)
    if loaded is None:
        return
    reads, sees = loaded.kind == "encoder-decoder", loaded.kind == "captioner"
    drawn = False
    with control_row:
        if reads:
            text = ui.sentence(beginnings.TO_READ, "Source", "source")
        else:
            drawn = sees and captioned.is_drawn(ui, loaded)
            text = beginnings.box(ui, caption=sees, mark=mark_of(loaded))
    with more:
        languages = models.choose_languages(PREFIX, loaded)
        fit = captioned.fit_of(ui) if sees and not drawn else FITS[0]
        over = WRITTEN
        if reads or sees:
            over = ui.one_of("Heads look at", (SOURCE if reads else PICTURE, WRITTEN), "over" if reads else "looks")
        marked = not reads and not sees and ui.toggle("Start mark", "marked", True, help=MARK_SAYS)
    group: Group = "decoder" if over == WRITTEN else "cross"
    try:
        check_writes(loaded)
        source: Source | PictureSource | None = None
        if sees:
            with below:
                source = captioned.source_of(ui, loaded, fit, drawn=drawn)
        with figure:
            if isinstance(source, PictureSource) and source.prompted:
                asked_of = beginnings.of_prompt(loaded, source, text, ui)
                source, begun = asked_of or (None, None)
            elif isinstance(source, PictureSource):
                begun = beginnings.of_caption(loaded, source, text, ui)
            elif reads:
                found = beginnings.source_of(loaded, text, ui, "source", languages)
                source, begun = found or (None, None)
            else:
                begun = beginnings.of_text(loaded, text, ui, beginnings.NAME, marked=marked)
        if begun is None:
            return
        first = writer("first", loaded, (), source)
        forget_on_another(begun, first)
        with figure:  # what of the link is ignored is told above it
            asked = asked_of_link(writing_lab.size(loaded), picture_token(loaded))
        if loaded.name == offline.STORY and text in beginnings.EXAMPLES and asked == OPENING:
            first = opening(loaded, begun.ids)
        written = writing_lab.write(first, begun.ids, asked)
        with figure:
            # the last token where none is named, or where the text ended before that one
            last = written.begun + asked.count
            at = whole_of_link("at", last, last, low=1)
            opened = url_state.layer_and_head(
                f"{PREFIX}_open", len(writing_lab.calls(loaded, group)), writing_lab.heads(first, group)
            )
        with more:
            beside = choose_beside(first, begun, asked, group, languages, marked=marked, picture=(fit, drawn))
        words, tensors, seen = writing_figure.panel(first, written, asked, at, opened, group)
        if beside is not None:
            writing_figure.add_second(words, tensors, written, beside, first)
    except ModelError as error:
        messages.problem(f"{PREFIX}_name", "This model cannot go on with a text.", f"{error}.")
        return
    sent = writing_figure.packed(words, tensors)
    with figure:
        if isinstance(source, PictureSource):
            captioned.say_of_world(loaded, source)
        assets.component("writing")(key=f"{PREFIX}_view", data=sent, on_told_change=partial(told, asked, written.begun))
        writing_figure.take_away(first, written, seen, asked, words, tensors, text)
    if not reads and not sees:
        with below:
            induction.show(PREFIX, loaded.name, str(loaded.device))


lab()
claims.show_sources(
    "writing_lab",
    ("vaswani2017", "radford2019", "eldan2023", "fan2018", "holtzman2020", "nostalgebraist2020", "olsson2022"),
)
