"""What a visitor brings to be learned: typed into a box, which the link holds, or in a file, which it does not."""

from typing import Final

import streamlit as st

from core import settings
from core.text_files import checked
from core.training_lab import own
from pages.parts import messages
from pages.parts.controls import Controls
from pages.server import run_queue, uploads

KINDS: Final = {
    "text": ("A .txt in UTF-8 or UTF-16", ["txt"]),
    "pairs": ("A table of two columns (.csv, .tsv); UTF-8 or UTF-16", ["csv", "tsv", "txt"]),
}


@run_queue.queued
def _upload(key: str) -> None:
    """Take what is in the file, or say why not; what was there stays then."""
    file = st.session_state.get(f"{key}_file")
    st.session_state[f"{key}_refused"] = ""
    if file is None:
        return
    try:
        st.session_state[f"{key}_taken"] = (file.name, checked(uploads.read(file)))
    except ValueError as error:
        st.session_state[f"{key}_refused"] = str(error)


def ask(ui: Controls, kind: str, label: str, first: str) -> str:
    """What is to be learned. kind: one of KINDS; first: what stands in the box."""
    key = ui.key(kind)
    taken = st.session_state.get(f"{key}_taken")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_area(
            label,
            first,
            key=key,
            bind="query-params",
            max_chars=settings.MAX_TEXT,
            height=100,
            disabled=taken is not None,
        )
        with st.popover("Upload"):
            words, endings = KINDS[kind]
            st.file_uploader(words, endings, key=f"{key}_file", on_change=_upload, args=(key,), max_upload_size=1)
            if taken:
                st.button("Back to the box", key=f"{key}_back", on_click=st.session_state.pop, args=(f"{key}_taken",))
    if refused := st.session_state.get(f"{key}_refused"):
        messages.problem(f"{key}_file", "This file cannot be learned from.", f"{refused}.")
    if taken is None:
        return typed
    st.caption(f"Learned from is {messages.literal(taken[0])}. It stays in this visit: the link does not hold a file.")
    return taken[1]


def ask_columns(ui: Controls, content: str) -> tuple[str, ...]:
    """Which columns of a table are read and written; none where it has no two."""
    try:
        table = own.pairs_table(content)
    except ValueError:
        return ()  # what is wrong with it is said where it is to be learned from
    names, found = list(table.names), own.columns_of(table)
    first, second = (names.index(each) for each in found)
    return ui.select("Reads", names, "reads", first, width=140), ui.select("Writes", names, "writes", second, width=140)
