"""Sentences of the visitor's own: typed one per line, or out of a text file or one column of a table."""

import streamlit as st

from core import settings
from core.tables import Table, read_sentences, read_table
from core.zero_width import words_of
from pages.parts import messages
from pages.server import run_queue, uploads


@run_queue.queued
def _upload(prefix: str) -> None:
    """Put the sentences of an uploaded file into the box; those of a table whose cells stand in columns wait for a name."""
    file = st.session_state.get(f"{prefix}_file")
    st.session_state[f"{prefix}_refused"] = ""
    for of_the_last_file in ("table", "column"):
        st.session_state.pop(f"{prefix}_{of_the_last_file}", None)
    if file is None:
        return
    is_table = file.name.lower().endswith((".csv", ".tsv"))
    try:
        content = uploads.read(file)
        found = read_table(content) if is_table else read_sentences(content)
    except ValueError as error:
        st.session_state[f"{prefix}_refused"] = str(error)
        return
    if not isinstance(found, Table):
        _fill(prefix, found)
        return
    st.session_state[f"{prefix}_table"] = found
    if not is_table:
        _fill(prefix, found.column(found.of_sentences))
        taken = f"the file has {len(found.names)} columns: “{found.of_sentences}” was taken; another is under “Upload”"
        told = st.session_state[f"{prefix}_refused"]
        st.session_state[f"{prefix}_refused"] = f"{taken}; {told}" if told else taken


def _fill(prefix: str, lines: list[str]) -> None:
    """Put lines into the box, as many as are read; an empty one keeps its place, so that line n stays line n."""
    taken, number = [], 0
    for line in lines:
        number += bool(line)
        if number > settings.MAX_SENTENCES or len("\n".join([*taken, line])) >= settings.MAX_TEXT:
            break
        taken.append(line)
    sentences, all_sentences = ([line for line in each if line] for each in (taken, lines))
    if not sentences:
        st.session_state[f"{prefix}_refused"] = (
            f"its first sentence has {len(all_sentences[0])} characters: at most {settings.MAX_TEXT} are accepted; shorten it"
            if all_sentences
            else "it holds no sentence: name another column"
        )
        return
    # a last line that is empty is one only if its own end stands there
    st.session_state[f"{prefix}_lines"] = "\n".join(taken) + ("" if taken[-1] else "\n")
    st.session_state[f"{prefix}_refused"] = (
        f"the file has {len(all_sentences)} sentences: the first {len(sentences)} were taken"
        if len(sentences) < len(all_sentences)
        else ""
    )


@run_queue.queued
def _take_column(prefix: str) -> None:
    """Put the named column of the uploaded table into the box; a name that it has not is told with those it has."""
    found: Table = st.session_state[f"{prefix}_table"]
    try:
        _fill(prefix, found.column((st.session_state[f"{prefix}_column"] or "").strip()))
    except ValueError as error:
        st.session_state[f"{prefix}_refused"] = str(error)


def ask(prefix: str, default: str) -> list[str]:
    """The visitor's sentences, one per line of a box whose key begins with `prefix`; an empty line is an empty one among
    them. Without any sentence, none."""
    lines = st.text_area(
        "English sentences, one per line",
        default,
        key=f"{prefix}_lines",
        bind="query-params",
        max_chars=settings.MAX_TEXT,
        height=68,  # pixels: two lines, so that the figure below is whole in the first screen
    )
    with st.popover("Upload"):
        kinds = "A .txt with a sentence per line, or a table of them (.csv, .tsv, .txt with tabs); UTF-8 or UTF-16"
        st.file_uploader(
            kinds, ["txt", "csv", "tsv"], key=f"{prefix}_file", on_change=_upload, args=(prefix,), max_upload_size=1
        )
        if found := st.session_state.get(f"{prefix}_table"):
            names = list(found.names)
            st.selectbox(
                "Name of the column",
                names,
                names.index(found.of_sentences),
                key=f"{prefix}_column",
                accept_new_options=True,
            )
            chosen = st.session_state[f"{prefix}_column"]
            cells = found.column(chosen) if chosen in names else []
            first = next((cell for cell in cells if cell), "")
            st.text(f"It begins: {first}" if first else "No cell of it holds anything.")
            st.caption("Its first line names the columns." if found.named else "No line of it names the columns.")
            st.button("Take this column", on_click=_take_column, args=(prefix,))
    if refused := st.session_state.get(f"{prefix}_refused"):
        messages.problem(f"{prefix}_file", "About the file", f"{refused}.")
    found = [" ".join(words_of(line)) for line in lines.removesuffix("\n").split("\n")]
    places = [at for at, line in enumerate(found) if line]
    if len(places) > settings.MAX_SENTENCES:
        st.caption(f"{len(places)} sentences are there: the first {settings.MAX_SENTENCES} are translated.")
        return found[: places[settings.MAX_SENTENCES]]
    return found if places else []
