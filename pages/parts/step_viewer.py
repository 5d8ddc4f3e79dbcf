"""The step viewer of a page: drawn, with the step and the cell that it rests on in the link."""

import re
from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts import assets, url_state
from pages.parts.progress import visit
from pages.parts.viewer import (
    EACH,
    LONGEST_LABEL,
    Computation,
    StepView,
    StepViewer,
    first_look,
    name_of,
    payload,
)

# what pages need beside it
__all__ = [
    "EACH",
    "LONGEST_LABEL",
    "Computation",
    "StepView",
    "StepViewer",
    "go_to",
    "look_of_link",
    "name_of",
    "remember",
    "show",
    "step_of_link",
]


def show(
    viewer: StepViewer,
    on_toggle: Callable[[int, int], None] | None = None,
    on_reorder: Callable[[int, int], None] | None = None,
    on_pick: Callable[[int, int], None] | None = None,
    on_drag: Callable[[int, float, float], None] | None = None,
) -> None:
    """Draw the step viewer. The step it rests on and the cell looked at are kept in the link as `?step=` and `?at=`.

    on_toggle    called with (query, key) when the learner clicks a cell of an editable mask.
    on_reorder   called with (from, to) when the learner moves a word.
    on_pick      called with (query, rank) when the learner picks one of the words in a cell.
    on_drag      called with (number, across, up) when the learner drags a point.
    """
    key = f"{viewer.lesson}_step_viewer"

    def told(event: str, act: Callable[[int, int], None] | None) -> Callable[[], None]:
        def tell() -> None:
            place = assets.told(key, event)
            if act and place:
                act(*(int(index) for index in place))

        return tell

    def dragged() -> None:
        place = assets.told(key, "dragged")
        if on_drag and place:
            on_drag(int(place[0]), float(place[1]), float(place[2]))

    step, count = step_of_link(viewer), len(viewer.views)
    # where the number of steps has just changed, the browser is about to tell which of them it shows now
    if st.session_state.get(f"{key}_count", count) == count:
        visit.stood(step, count, viewer.answered)
    st.session_state[f"{key}_count"] = count
    st.session_state[f"{key}_names"] = [view.name for view in viewer.views]
    assets.component("step_viewer")(
        key=key,
        data=payload(viewer, step, look_of_link(viewer.focus), _goal(viewer)),
        on_view_change=lambda: remember(key),
        on_toggled_change=told("toggled", on_toggle),
        on_reordered_change=told("reordered", on_reorder),
        on_picked_change=told("picked", on_pick),
        on_dragged_change=dragged,
    )


def step_of_link(viewer: StepViewer) -> int:
    """The step view that the link names, by its name or its number; the first one where it names none that exists."""
    asked = url_state.read("step") or ""
    named = [place for place, view in enumerate(viewer.views) if asked and asked in (view.name, view.was)]
    if named:
        return named[0]
    counted = [place for place, view in enumerate(viewer.views) if view.counted]
    return counted[int(asked)] if re.fullmatch("[0-9]{1,2}", asked) and int(asked) < len(counted) else viewer.first


def look_of_link(focus: Mapping[str, int]) -> dict[str, int]:
    """The query, key, number and head that the link looks at; the focus where it names none."""
    default = first_look(focus)
    asked = url_state.read("at") or ""
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", asked):
        return default | dict(zip(("query", "key", "dimension", "head"), map(int, asked.split(".")), strict=True))
    return default


def remember(key: str) -> None:
    """Put the view that a component rests on into the link."""
    view = assets.told(key, "view")
    if view is None:
        return
    step, names = int(view["step"]), st.session_state.get(f"{key}_names", ())
    url_state.write("step", names[step] if step < len(names) else str(step))
    url_state.write("at", ".".join(str(int(view[name])) for name in ("query", "key", "dimension", "head")))


def go_to(lesson: str, label: str) -> None:
    """Move the step viewer of a lesson to a step, as if the learner had clicked it."""
    turn = st.session_state.get(f"{lesson}_go", (0, ""))[0]
    st.session_state[f"{lesson}_go"] = (turn + 1, label)
    url_state.write("step", name_of(label))


def _goal(viewer: StepViewer) -> tuple[int, int] | None:
    """Where `go_to` wants it: how often it was called, and the place of the step."""
    turn, label = st.session_state.get(f"{viewer.lesson}_go", (0, ""))
    place = next((place for place, view in enumerate(viewer.views) if view.label == label), None)
    return None if place is None else (turn, place)
