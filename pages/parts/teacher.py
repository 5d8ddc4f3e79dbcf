"""A link of a teacher's: it presets the page, hides controls of it, and shows a line of the teacher's own words."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from pages.parts.controls import Controls

LONGEST: Final = 300  # characters of the line
MENU: Final = "this menu"


def line(ui: Controls) -> None:
    """The teacher's words, as text and never as markup."""
    said = st.session_state.get(ui.key("line")) or st.query_params.get(ui.key("line"), "")
    place = st.empty()  # also without a line, or what follows would be drawn anew when there is one
    if said.strip():
        with place.container(key=ui.key("said"), border=True):
            st.text(" ".join(said.split())[:LONGEST])


def hide(ui: Controls, names: Mapping[str, tuple[str, ...]]) -> None:
    """Take the controls of these names out of sight; what they say still holds. names: what each is called, and its keys."""
    hidden = st.session_state.get(ui.key("hide")) or st.query_params.get_all(ui.key("hide"))
    stays = MENU if st.session_state.get(ui.key("chosen_here")) else None  # else who hides it could take nothing back
    keys = [key for name in hidden if name != stays for key in names.get(name, ())]
    if keys:
        # the keys are ours alone: what a link says only chooses among them
        st.html("<style>" + ",".join(f".st-key-{ui.key(key)}" for key in keys) + "{display:none!important}</style>")


def menu(ui: Controls, names: Mapping[str, tuple[str, ...]]) -> None:
    """What a teacher chooses; all of it is in the link at once."""
    with st.popover("For a class", icon=":material/school:", key=ui.key("class_menu")):
        st.caption("Set the page as your class should find it, then send them its address: it holds all of this.")
        st.text_input("A line for your class", "", max_chars=LONGEST, key=ui.key("line"), bind="query-params")
        hidden = st.multiselect(
            "Hide from them",
            list(names),
            key=ui.key("hide"),
            bind="query-params",
            placeholder="nothing",
            on_change=lambda: st.session_state.update({ui.key("chosen_here"): True}),
        )
        if MENU in hidden:
            st.caption("This menu stays with you; who opens the address does not find it.")
