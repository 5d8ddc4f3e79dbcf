"""A link of a teacher's: it presets the page, hides controls of it, and shows a line of the teacher's own words.

Who hides a control loses sight of it as the class does. A teacher who opens the address with the parameter `…_teacher=true`
finds all of it again; the parameter leaves the address at once, so that it can be sent on as it is.
"""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from pages.parts import url_state
from pages.parts.controls import Controls

LONGEST: Final = 300  # characters of the line
MENU: Final = "this menu"
TEACHER: Final = "teacher"  # the parameter; SHOWN: whether what is hidden is in sight meanwhile
SHOWN: Final = "show_all"
HERE: Final = "teaches_here"  # whether the visitor is the teacher


def line(ui: Controls) -> None:
    """The teacher's words, as text and never as markup; above them, for the teacher, the way to what is hidden."""
    key = ui.key("line")
    said = st.session_state[key] if key in st.session_state else st.query_params.get(key, "")
    place, words = st.empty(), st.empty()  # also without a line, or what follows would be drawn anew when there is one
    if _teaches(ui) and _hidden(ui):
        with place.container(key=ui.key("teaches"), horizontal=True, vertical_alignment="center"):
            st.toggle("Show all controls", key=ui.key(SHOWN))
            st.caption("You are here as the teacher. Who opens the address sees neither this nor what it hides.")
    if said.strip():
        with words.container(key=ui.key("said"), border=True):
            st.text(" ".join(said.split())[:LONGEST])


def _teaches(ui: Controls) -> bool:
    """Whether the visitor has set the page for a class, or opened it as its teacher."""
    asked, known = url_state.read(ui.key(TEACHER)), ui.key(HERE)
    if asked == "true":
        st.session_state[known] = st.session_state[ui.key(SHOWN)] = True
        url_state.write(ui.key(TEACHER), "")
    elif asked is not None:
        url_state.ignored(ui.key(TEACHER), "true", None)
    return bool(st.session_state.get(known))


def _hidden(ui: Controls) -> list[str]:
    """What the link hides."""
    key = ui.key("hide")
    return st.session_state[key] if key in st.session_state else st.query_params.get_all(key)


def hide(ui: Controls, names: Mapping[str, tuple[str, ...]]) -> None:
    """Take the controls of these names out of sight; what they say still holds. names: what each is called, and its keys."""
    if st.session_state.get(ui.key(SHOWN)):
        return
    stays = MENU if st.session_state.get(ui.key(HERE)) else None  # else who hides it could take nothing back
    keys = [key for name in _hidden(ui) if name != stays for key in names.get(name, ())]
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
            on_change=lambda: st.session_state.update({ui.key(HERE): True}),
        )
        if MENU in hidden:
            st.caption("This menu stays with you; who opens the address does not find it.")
        if hidden:
            st.caption("To find all of it again another day, open the address with this behind it:")
            st.code(f"&{ui.key(TEACHER)}=true", language=None)
