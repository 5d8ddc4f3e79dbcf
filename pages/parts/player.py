"""A training of a lesson that is played while one looks: its buttons, what it says, and its figures as they grow."""

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from core.training.live import Player
from pages.parts.controls import Controls
from pages.parts.learning import GOING, REFRESH
from pages.server import run_queue


def show(
    ui: Controls,
    wish: Hashable,
    start: Callable[[], Player],
    says: Callable[[Any], str],
    draw: Callable[[Any], None],
) -> None:
    """Play what is wished for. Another wish ends what was played before it.

    start   makes the training; says: where it stands, in words; draw: shows it.
    """
    going = _player(ui, wish, start).state in GOING
    run_queue.fragment(_watch, run_every=REFRESH if going else None)(ui, wish, start, says, draw, going)


def _player(ui: Controls, wish: Hashable, start: Callable[[], Player]) -> Player:
    """What this visitor plays here."""
    key = ui.key("player")
    wished, player = st.session_state.get(key, (None, None))
    if player is None or wished != wish:
        if player is not None:
            player.stop()
        player = start()
        st.session_state[key] = (wish, player)
    return player


def _again(ui: Controls) -> None:
    _, player = st.session_state.pop(ui.key("player"), (None, None))
    if player is not None:
        player.stop()


def _watch(
    ui: Controls,
    wish: Hashable,
    start: Callable[[], Player],
    says: Callable[[Any], str],
    draw: Callable[[Any], None],
    polled: bool,
) -> None:
    player = _player(ui, wish, start)
    state = player.state
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=ui.key("buttons")):
        ended = state in ("finished", "stopped")
        if state in GOING:
            st.button("Pause", key=ui.key("pause"), icon=":material/pause:", on_click=player.pause)
        else:
            icon = ":material/play_arrow:"
            st.button("Train", key=ui.key("train"), icon=icon, type="primary", disabled=ended, on_click=player.play)
        st.button("Stop", key=ui.key("stop"), icon=":material/stop:", disabled=ended, on_click=player.stop)
        st.button("Start again", key=ui.key("again"), icon=":material/replay:", on_click=_again, args=(ui,))
        stands = player.look()[-1]
        if state == "waiting":
            st.caption(f"Waiting for a free place: {player.before} before it in the queue. It starts by itself.")
        else:
            st.caption(says(stands))
    draw(stands)
    # a part cannot change by itself how often it is drawn: the page does
    if polled != (player.state in GOING):
        st.rerun()
