"""Sentences of the visitor's own: typed one per line, or out of a text file or one column of a table."""

import streamlit as st

from core import settings
from core.text_files import read_lines, read_table
from pages.parts import messages


def _upload(prefix: str) -> None:
    """Put the sentences of an uploaded file into the box."""
    file = st.session_state.get(f"{prefix}_file")
    st.session_state[f"{prefix}_refused"] = ""
    for of_the_last_file in ("table", "column"):
        st.session_state.pop(f"{prefix}_{of_the_last_file}", None)
    if file is None:
        return
    try:
        if file.name.lower().endswith(".csv"):
            st.session_state[f"{prefix}_table"] = read_table(file.getvalue())
        else:
            _fill(prefix, read_lines(file.getvalue()))
    except ValueError as error:
        st.session_state[f"{prefix}_refused"] = str(error)


def _fill(prefix: str, lines: list[str]) -> None:
    taken = lines[: settings.MAX_SENTENCES]
    while len("\n".join(taken)) > settings.MAX_TEXT:
        taken.pop()
    if not taken:
        st.session_state[f"{prefix}_refused"] = (
            f"its first sentence has {len(lines[0])} characters: at most {settings.MAX_TEXT} are accepted; shorten it"
        )
        return
    st.session_state[f"{prefix}_lines"] = "\n".join(taken)
    st.session_state[f"{prefix}_refused"] = (
        f"the file has {len(lines)} sentences: the first {len(taken)} were taken" if len(taken) < len(lines) else ""
    )


def _wordiest(columns: dict[str, list[str]]) -> int:
    """The place of the column whose cells hold the most words: the one that is offered first."""
    words = [sum(len(cell.split()) for cell in cells) / max(1, len(cells)) for cells in columns.values()]
    return words.index(max(words))


def _take_column(prefix: str) -> None:
    """Put the named column of the uploaded table into the box; a name that it has not is told with those it has."""
    found = st.session_state[f"{prefix}_table"]
    name = (st.session_state[f"{prefix}_column"] or "").strip()
    if name not in found:
        there = ", ".join(f"“{each}”" for each in found)
        st.session_state[f"{prefix}_refused"] = f"the table has no column “{name}”: its columns are {there}"
    elif not found[name]:
        st.session_state[f"{prefix}_refused"] = f"the column “{name}” holds no sentence: name another one"
    else:
        _fill(prefix, found[name])


def ask(prefix: str, default: str) -> list[str]:
    """The visitor's sentences, one per line of a box whose key begins with `prefix`."""
    lines = st.text_area(
        "English sentences, one per line",
        default,
        key=f"{prefix}_lines",
        bind="query-params",
        max_chars=settings.MAX_TEXT,
    )
    with st.popover("Upload"):
        kinds = "A .txt file with a sentence per line, or a .csv with a column of them; UTF-8 or UTF-16"
        st.file_uploader(
            kinds, ["txt", "csv"], key=f"{prefix}_file", on_change=_upload, args=(prefix,), max_upload_size=1
        )
        if found := st.session_state.get(f"{prefix}_table"):
            names = list(found)
            st.selectbox("Name of the column", names, _wordiest(found), key=f"{prefix}_column", accept_new_options=True)
            first = {name: next(iter(cells), "") for name, cells in found.items()}
            chosen = st.session_state[f"{prefix}_column"]
            st.text(f"It begins: {first[chosen]}" if first.get(chosen) else "No cell of it holds anything.")
            st.button("Take this column", on_click=_take_column, args=(prefix,))
    if refused := st.session_state.get(f"{prefix}_refused"):
        messages.problem(f"{prefix}_file", "About the file", f"{refused}.")
    found = [" ".join(line.split()) for line in lines.split("\n") if line.strip()]
    if len(found) > settings.MAX_SENTENCES:
        st.caption(f"{len(found)} sentences are there: the first {settings.MAX_SENTENCES} are translated.")
    return found[: settings.MAX_SENTENCES]
