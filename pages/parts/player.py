"""A training that is played while one looks: its buttons, where it stands in words, and its figures as they grow."""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

import streamlit as st

from core.training.live import Player
from pages.parts.controls import Controls
from pages.server import run_queue

GOING: Final = ("running", "waiting")
REFRESH: Final = 0.4  # seconds between two looks at a training that goes on
P = TypeVar("P", bound=Player[Any])


def show(
    ui: Controls,
    wish: Hashable,
    start: Callable[[], P],
    draw: Callable[[P], None],
    says: Callable[[P], str],
    ends: Callable[[P], None] | None = None,
) -> None:
    """Play what is wished for. There is one training in each place of a page: another wish ends the one before.

    start   makes it; draw: shows it; says: what there is to say of it once it has begun.
    ends    is given one that makes room for another.
    """

    def current() -> P:
        key = ui.key("player")
        wished, player = st.session_state.get(key, (None, None))
        if player is None or wished != wish:
            if player is not None:
                _end(player, ends)
            player = start()
            st.session_state[key] = (wish, player)
        return player

    def again() -> None:
        _, player = st.session_state.pop(ui.key("player"))
        _end(player, ends)

    def watch(polled: bool) -> None:
        player = current()
        _buttons(ui, player, again, says)
        draw(player)
        # a part cannot change by itself how often it is drawn: the page does
        if polled != (player.state in GOING):
            st.rerun()

    going = current().state in GOING
    run_queue.fragment(watch, run_every=REFRESH if going else None)(going)


def _end(player: P, ends: Callable[[P], None] | None) -> None:
    player.stop()
    if ends is not None:
        ends(player)


def _buttons(ui: Controls, player: P, again: Callable[[], None], says: Callable[[P], str]) -> None:
    """What can be done with it, and where it stands."""
    state = player.state
    ended = state in ("finished", "stopped")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=ui.key("buttons")):
        if state in GOING:
            st.button("Pause", key=ui.key("pause"), icon=":material/pause:", on_click=player.pause)
        else:
            more: dict[str, Any] = {"icon": ":material/play_arrow:", "type": "primary", "disabled": ended}
            st.button("Train", key=ui.key("play"), on_click=player.play, **more)
        st.button("One step", key=ui.key("step"), icon=":material/skip_next:", disabled=ended, on_click=player.step)
        st.button("Stop", key=ui.key("stop"), icon=":material/stop:", disabled=ended, on_click=player.stop)
        st.button("Start again", key=ui.key("again"), icon=":material/replay:", on_click=again)
        st.caption(f"{_told(player, state)} {says(player) if player.begun else ''}")


def _told(player: Player[Any], state: str) -> str:
    match state:
        case "waiting":
            return f"Waiting for a free place: {player.before} before it in the queue. It starts by itself."
        case "running":
            return "Training now, on this server's processor. Leave the page, and it pauses."
        case "finished":
            return "Finished."
        case "stopped":
            return "Stopped. Start again begins anew."
    if player.begun:
        return "Paused. Train goes on from here."
    return "Press Train. Nothing is prepared: it is trained while you look."
