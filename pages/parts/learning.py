"""Watch it being learned: a toy that is trained while the visitor looks, and shown on a sentence of theirs."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.memory import kept_for_all_if
from core.sequence.decoder import AttentionKind
from core.training.live import Run, untrained
from core.training.toy import Example, Settings, Snapshot, Task, parse
from pages.parts import assets, controls, downloads, messages, player
from pages.parts.figure_file import Alone
from pages.parts.payload import pack
from pages.server import run_queue

LOOKS: Mapping[str, AttentionKind] = {
    "additive": "additive",
    "without tanh": "linear",
    "scaled dot": "dot",
    "no attention": "none",
}
LOOKS_SAY = (
    "How it looks back at what it reads (lesson 2). additive: a small network with a tanh scores each word; without tanh: the "
    "same network without its tanh; scaled dot: products of vectors score it; no attention: it has one vector of all."
)
# what a toy writes, what it writes them in, and which of them have a place where they should look
NOUNS = {
    "grammar": ("words", "sentences", "nouns and adjectives", "word"),
    "digits": ("digits", "rows", "digits", "digit"),
}
WATCHED = {"grammar": "Sentence to watch", "digits": "Row to watch"}
_BEFORE = "live_run_former"


def show(
    prefix: str,
    task: Task,
    title: str,
    lead: str,
    probe: str,
    widths: tuple[int, int, int] = (16, 64, 64),
    first_look: str = "",
) -> None:
    """A training with its controls.

    prefix: of its widgets; widths: the least, the most and the first width of a state; first_look: the attention that it
    begins with, if not the first of LOOKS.
    """
    ui = controls.Controls(prefix)
    with st.container(key=f"{prefix}_learning", border=True):
        st.markdown(f"#### {title}\n{lead}")
        asked = _wish(ui, task, probe, widths, first_look)
        if asked is not None:
            wish, text = asked
            begins = partial(_begins, ours=parse(task, probe))
            start = partial(Run, wish, text, run_queue.training_slot(), begins)
            player.show(ui, wish, start, partial(_draw, ui, text), _says, partial(_remember, ui))


# asked of what is watched now: a run goes on when its learner watches another sentence
@kept_for_all_if(lambda wish, probe, ours: probe == ours)
def _begins(wish: Settings, probe: Example, ours: Example) -> Snapshot:
    return untrained(wish, probe)


def _wish(
    ui: controls.Controls, task: Task, probe: str, widths: tuple[int, int, int], first_look: str
) -> tuple[Settings, str] | None:
    """What the controls ask for, and the sentence to watch; None after saying what is wrong with the sentence."""
    with controls.row(ui.key("control_row")):
        text = st.text_input(WATCHED[task], probe, key=ui.key("probe"), bind="query-params")
        look = ui.one_of("Attention", list(LOOKS), "look", first_look, LOOKS_SAY)
        width = ui.slider("Numbers in a state", *widths, "width", 16)
        seed = ui.seed(0)
    try:
        parse(task, text)
    except ValueError as error:
        messages.problem(ui.key("probe"), "This sentence is not one that the toy can read.", f"{error}.", (probe,))
        return None
    # a link may name a width between two steps, which no state can be cut into
    return Settings(task, LOOKS[look], seed, width - width % 16), text


def _remember(ui: controls.Controls, run: Run) -> None:
    """Keep the curve of a run that ends, so that the next one is seen beside it."""
    losses = run.look()[-1].losses
    if len(losses) > 1:
        look = next(name for name, look in LOOKS.items() if look == run.settings.attention)
        st.session_state[ui.key(_BEFORE)] = (f"before: {look}, seed {run.settings.seed}", losses)


def _says(run: Run) -> str:
    return "" if run.state in player.GOING else "Move over the curve to see the attention of that moment."


def _draw(ui: controls.Controls, probe: str, run: Run) -> None:
    """Its curve, and its attention on the sentence that is watched."""
    run.watch(probe)
    words, tensors = _payload(run, probe, run.look())
    if before := st.session_state.get(ui.key(_BEFORE)):
        words["before"], tensors["before"] = before[0], np.array(before[1], dtype=np.float32)
    assets.component("learning")(key=ui.key("figure"), data=pack(words, tensors))
    if run.begun and run.state not in player.GOING:
        origin = f"A toy, trained from seed {run.settings.seed}; its losses and its attention as it learned"
        downloads.offer_file(Alone("learning", partial(pack, words, tensors)), ui.key("figure"), origin)


def _payload(run: Run, probe: str, history: tuple[Snapshot, ...]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    latest = history[-1]
    words = {
        "run": id(run),
        "of": latest.of,
        "source": latest.source,
        "target": latest.target,
        "gold": parse(run.settings.task, probe).gold,
        "nouns": NOUNS[run.settings.task],
        "start": max(latest.losses[:1], default=3.0),
        "measured": [
            {"update": each.update, "right": each.right, "exact": each.exact, "found": each.found}
            | {"probe": each.probe_right, "written": each.written}
            for each in history
        ],
    }
    tensors = {"losses": np.array([0.0] if not latest.losses else latest.losses, dtype=np.float32)}
    if latest.weights is not None:
        tensors["history"] = np.stack([each.with_attention.numpy() for each in history])
    return words, tensors
