"""What a visitor changes in a network of the training lab while it learns: heads in the figure, weights in a menu."""

from typing import Final

import numpy as np
import streamlit as st

from core.training_lab import changes
from core.training_lab.changes import LARGEST, Change
from core.training_lab.played import LabRun
from pages.parts import assets, messages, url_state
from pages.parts.controls import Controls
from pages.parts.payload import pack
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
        st.caption(
            f"{rows} rows of {columns}, after update {len(run.learners[which].losses)}. Click a number, or go to it by the "
            "arrow keys, and type what it becomes."
        )

        def change(what: changes.What, where: tuple[int, ...], value: float = 0.0) -> None:
            try:
                run.change(which, what, where, value)
            except ValueError as error:
                messages.tell(messages.begun(f"{error}."))
            _note(ui, run)

        def set_one() -> None:
            told = assets.told(ui.key("weights_figure"), "set")
            if isinstance(told, dict) and told["of"] == of:
                change("number", (number, int(told["row"]), int(told["column"])), float(told["value"]))

        of = f"{which}:{number}"
        # weights of what diverged may be no numbers: nothing is drawn of them
        numbers = {"matrix": np.nan_to_num(matrix.numpy())}
        words = {"of": of, "name": matrices[number][0], "largest": LARGEST}
        assets.component("weights")(
            key=ui.key("weights_figure"), data=pack(words, numbers, exact=frozenset(numbers)), on_set_change=set_one
        )
        st.button("Set all of them to 0", key=ui.key("weights_zero"), on_click=change, args=("zero", (number,)))


def told(run: LabRun) -> str:
    """How many changes were made, or are still to be made again on the way."""
    if not run.changes:
        return ""
    count = len(run.changes)
    return (
        f"{count} {'change' if count == 1 else 'changes'} of yours, each made again at its update when it starts again."
    )
