"""Watch it being learned: a toy that is trained while the visitor looks, with play, pause, one step and start again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core.sequence.decoder import AttentionKind
from core.training.live import Run
from core.training.toy import Settings, Snapshot, Task, parse
from pages.parts import assets, controls, messages
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
_RUN = "live_run"  # one training per visitor, whatever page it is on
GOING = ("running", "waiting")
REFRESH = 0.4  # seconds between two looks at a run that goes on


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
    with st.container(key=f"{prefix}_learning", border=True):
        st.markdown(f"#### {title}\n{lead}")
        asked = _wish(prefix, task, probe, widths, first_look)
        if asked is not None:
            polled = _run(prefix, *asked).state in GOING
            run_queue.fragment(_watch, run_every=REFRESH if polled else None)(prefix, *asked, polled)


def _wish(
    prefix: str, task: Task, probe: str, widths: tuple[int, int, int], first_look: str
) -> tuple[Settings, str] | None:
    """What the controls ask for, and the sentence to watch; None after saying what is wrong with the sentence."""
    with controls.row(f"{prefix}_control_row"):
        text = st.text_input(WATCHED[task], probe, key=f"{prefix}_probe", bind="query-params")
        look = controls.Controls(prefix).one_of("Attention", list(LOOKS), "look", first_look, LOOKS_SAY)
        width = st.slider("Numbers in a state", *widths, step=16, key=f"{prefix}_width", bind="query-params", width=150)
        seed = controls.Controls(prefix).seed(0)
    try:
        parse(task, text)
    except ValueError as error:
        messages.problem(f"{prefix}_probe", "This sentence is not one that the toy can read.", f"{error}.", (probe,))
        return None
    # a link may name a width between two steps, which no state can be cut into
    return Settings(task, LOOKS[look], seed, width - width % 16), text


def _run(prefix: str, wish: Settings, probe: str) -> Run:
    """The run of this visitor: another wish, or another page, ends the one before."""
    kept, run = st.session_state.get(_RUN, (None, None))
    if run is None or kept != prefix or run.settings != wish:
        if run is not None:
            run.stop()
            _remember(kept, run)
        run = Run(wish, probe, run_queue.TRAININGS.slot)
        st.session_state[_RUN] = (prefix, run)
    run.watch(probe)
    return run


def _remember(prefix: str, run: Run) -> None:
    """Keep the curve of a run that ends, so that the next one is seen beside it."""
    losses = run.look()[-1].losses
    if len(losses) > 1:
        look = next(name for name, look in LOOKS.items() if look == run.settings.attention)
        st.session_state[f"{prefix}_{_BEFORE}"] = (f"before: {look}, seed {run.settings.seed}", losses)


def _restart() -> None:
    prefix, run = st.session_state.pop(_RUN)
    run.stop()
    _remember(prefix, run)


def _watch(prefix: str, wish: Settings, probe: str, polled: bool) -> None:
    run = _run(prefix, wish, probe)
    state = run.state
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{prefix}_buttons"):
        ended = state in ("finished", "stopped")
        if state in GOING:
            st.button("Pause", key=f"{prefix}_pause", icon=":material/pause:", on_click=run.pause)
        else:
            st.button(
                "Play",
                key=f"{prefix}_play",
                icon=":material/play_arrow:",
                type="primary",
                disabled=ended,
                on_click=run.play,
            )
        st.button("One step", key=f"{prefix}_step", icon=":material/skip_next:", disabled=ended, on_click=run.step)
        st.button("Stop", key=f"{prefix}_stop", icon=":material/stop:", disabled=ended, on_click=run.stop)
        st.button("Start again", key=f"{prefix}_again", icon=":material/replay:", on_click=_restart)
        st.caption(_told(run, state))
    history = run.look()
    words, tensors = _payload(run, probe, history)
    if before := st.session_state.get(f"{prefix}_{_BEFORE}"):
        words["before"], tensors["before"] = before[0], np.array(before[1], dtype=np.float32)
    assets.component("learning")(key=f"{prefix}_figure", data=pack(words, tensors))
    # a part cannot change by itself how often it is drawn: the page does
    if polled != (run.state in GOING):
        st.rerun()


def _told(run: Run, state: str) -> str:
    match state:
        case "waiting":
            return f"Waiting for a free place: {run.before} before it in the queue. It starts by itself."
        case "running":
            return "Training now, on this server's processor. Leave the page, or press Stop, and it ends."
        case "finished":
            return "Finished. Move over the curve to see the attention of that moment."
        case "stopped":
            return "Stopped. Start again begins anew."
    if run.look()[-1].losses:
        return "Paused. Play goes on from here."
    return "Press Play. Nothing is prepared: it is trained while you look."


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
