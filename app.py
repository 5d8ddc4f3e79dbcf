"""The door: page config, and the navigation from the catalogue."""

import streamlit as st

from pages.course import opening
from pages.course.catalogue import built
from pages.parts import page_layout
from pages.server import run_queue, sockets

page_layout.configure()
sections: dict[str, list[st.Page]] = {}
for page in built():
    sections.setdefault(page.section, []).append(opening.entry(page))
chosen = st.navigation(sections, expanded=True)
opening.open_page(chosen.url_path)
if words := sockets.slowed():
    st.toast(words, icon=":material/hourglass_top:")
run_queue.queued(chosen.run)()
opening.close_page(chosen.url_path)
