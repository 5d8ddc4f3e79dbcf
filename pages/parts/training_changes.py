"""What a visitor changes in a network of the training lab while it learns: heads in the figure, weights in a menu."""

from typing import Final

import plotly.graph_objects as go
import streamlit as st

from core.training_lab import changes
from core.training_lab.changes import LARGEST, Change
from core.training_lab.played import LabRun
from pages.parts import assets, charts, messages, url_state
from pages.parts.controls import Controls
from pages.parts.training_figure import TOLD

CHANGES: Final = "changes"


def of_link(ui: Controls) -> tuple[Change, ...]:
    """The changes that the link holds."""
    try:
        return changes.read(url_state.read(ui.key(CHANGES)) or "")
    except ValueError:
        return url_state.ignored(ui.key(CHANGES), "changes such as 40:0:s:1:2 with commas between them", ())


def _note(ui: Controls, run: LabRun) -> None:
    url_state.write(ui.key(CHANGES), changes.written(run.changes))


def silence(ui: Controls, run: LabRun) -> None:
    """A head was silenced in the figure, or let speak again."""
    what = assets.told(ui.key("figure"), "silenced")
    if not isinstance(what, dict):
        return
    try:
        head = (int(what["layer"]), int(what["head"]))
        run.change(int(what["run"]) % len(run.learners), "silent" if what["silent"] else "heard", head)
    except ValueError as error:
        messages.tell(messages.begun(f"{error}."))
    _note(ui, run)


def menu(ui: Controls, run: LabRun) -> None:
    """A menu in which weights are set."""
    opened = st.popover("Change weights", icon=":material/edit:", key=ui.key("weights_menu"), on_change="rerun")
    if not opened.open:
        return
    with opened, st.container(key=ui.key("weights")):
        names = TOLD[: len(run.learners)]
        which = st.selectbox(
            "Of which run", range(len(names)), key=ui.key("weights_run"), format_func=names.__getitem__
        )
        matrices = list(run.learners[which].matrices.items())
        number = st.selectbox(
            "Which weights", range(len(matrices)), key=ui.key("weights_of"), format_func=lambda at: matrices[at][0]
        )
        matrix = matrices[number][1].clone()
        rows, columns = matrix.shape
        with st.container(horizontal=True):
            row = st.number_input("Row", 0, rows - 1, 0, key=ui.key("weights_row"), width=110)
            column = st.number_input("Column", 0, columns - 1, 0, key=ui.key("weights_column"), width=110)
            value = st.number_input(
                "Becomes", -LARGEST, LARGEST, 0.0, key=ui.key("weights_value"), width=130, format="%.4f"
            )
        done = len(run.learners[which].losses)
        st.caption(f"After {done} updates it is {float(matrix[row, column]):.4f}. The picture is of the same moment.")

        def change(what: changes.What, where: tuple[int, ...]) -> None:
            try:
                run.change(which, what, where, value)
            except ValueError as error:
                messages.tell(messages.begun(f"{error}."))
            _note(ui, run)

        with st.container(horizontal=True):
            one, all_ = (number, row, column), (number,)
            st.button("Set this number", key=ui.key("weights_set"), on_click=change, args=("number", one))
            st.button("Set all of them to 0", key=ui.key("weights_zero"), on_click=change, args=("zero", all_))
        picture = go.Figure(go.Heatmap(z=matrix.tolist(), zmid=0, colorscale="RdBu", reversescale=True))
        picture.update_layout(height=240, margin={"l": 30, "r": 10, "t": 10, "b": 30}, xaxis_title="column")
        picture.update_yaxes(autorange="reversed")
        alt = f"{rows} rows of {columns} weights, from {float(matrix.min()):.3f} to {float(matrix.max()):.3f}"
        st.plotly_chart(picture, key=ui.key("weights_picture"), config=charts.QUIET, alt=alt)


def told(run: LabRun) -> str:
    """How many changes were made, or are still to be made again on the way."""
    if not run.changes:
        return ""
    count = len(run.changes)
    return (
        f"{count} {'change' if count == 1 else 'changes'} of yours, each made again at its update when it starts again."
    )
