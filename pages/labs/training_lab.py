"""The training lab: a task and a network, switch by switch, and how one learns the other while one looks."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Final, get_args

import streamlit as st

from core import settings as limits
from core.numerals import layers_of_heads
from core.training_lab import networks, own, tasks
from core.training_lab.networks import Sizes
from core.training_lab.played import LabRun
from core.training_lab.run import Settings
from core.training_lab.tasks import Example, Task
from pages.course.catalogue import LABS
from pages.parts import (
    assets,
    claims,
    controls,
    messages,
    own_material,
    player,
    teacher,
    training_changes,
    training_controls,
    training_taken,
    url_state,
)
from pages.parts.controls import Controls
from pages.parts.training_figure import counted, payload
from pages.server import run_queue

PREFIX = "train"
TASKS: Final = get_args(tasks.Name)
# what a teacher's link can hide, and under which keys it stands
HIDEABLE: Final = {
    "task": ("task", "longest", "window_of_text", "text", "pairs", "reads", "writes"),
    "network": ("kind", "looks"),
    "layers": ("layers", "cells"),
    "width": ("width",),
    "heads": ("heads", "kv"),
    "seed": ("seed",),
    "positions": ("positions",),
    "mask": ("mask", "window"),
    "norm": ("place", "norm"),
    "MLP": ("mlp", "experts", "active"),
    "taken out": ("without",),
    "optimiser": ("optimiser",),
    "rate": ("rate", "warmup", "clip", "batch"),
    "updates": ("updates",),
    "pace": ("pace",),
    "what is watched": ("watch",),
    "second run": ("second_card",),
    "weights": ("weights_menu",),
    "take it away": ("taken_menu",),
    teacher.MENU: ("class_menu",),
}
WITHOUT_LENGTH: Final = ("adjective and noun", "small pictures", "your pairs")
UPDATES: Final = (100, 300, 600, 1000, 2000, 3000)
PACES: Final = {"slow": 0.6, "medium": 0.15, "fast": 0.0}  # seconds from one update to the next
PACE_SAYS = "slow: an update after the other, to be followed; fast: as many as the processor gives."


def ask_task(ui: Controls, name: str) -> tuple[partial[Task], Task] | None:
    """The call that makes the task, and the task; None after saying what is wrong, where none was there before."""
    brought, columns = "", ()
    if name == "your text":
        brought = own_material.ask(ui, "text", "Your text", own.TEXT)
    elif name == "your pairs":
        brought = own_material.ask(ui, "pairs", "Your pairs, with a comma between them", own.PAIRS)
        columns = own_material.ask_columns(ui, brought)
    longest = 0
    if name not in WITHOUT_LENGTH:
        label, first = ("Letters in a window", 24) if name == "your text" else ("Letters at most", 8)
        longest = ui.slider(label, 3, tasks.MOST, first, "window_of_text" if name == "your text" else "longest")
    asked, kept = (name, longest, brought, columns), ui.key("task_made")
    known, call, task = st.session_state.get(kept, (None, None, None))
    if known != asked:
        try:
            made = make(*asked)
            call, task = made, made()
        except ValueError as error:
            stays = " What was learned before stays." if task else ""
            messages.problem(ui.key("task"), "This cannot be learned from.", f"{error}.{stays}")
        else:
            st.session_state[kept] = (asked, call, task)
    return (call, task) if task else None


def make(name: str, longest: int, brought: str, columns: tuple[str, ...]) -> partial[Task]:
    """The call that makes the task of a name, or says by a ValueError what is wrong with what was brought."""
    if name == "your text":
        return partial(own.text_task, brought, longest)
    if name == "your pairs":
        return partial(own.pairs_task, brought, *columns)
    return partial(tasks.build, name, longest)


def ask_example(ui: Controls, task: Task) -> Example:
    """What is watched, the same until somebody asks for another; what cannot be read is said."""
    key, kept = ui.key("watch"), ui.key("example")
    text = st.text_input("Watch it on", "", key=key, bind="query-params", placeholder=task.first)
    asked = (task, text if text.strip() else task.first)
    known, example = st.session_state.get(kept, (None, None))
    if known == asked and example is not None:
        return example
    try:
        example = task.parse(asked[1])
    except ValueError as error:
        messages.problem(key, "This is nothing that the task can be watched on.", f"{error}.", (task.first,))
        if known is not None and known[0] is task and example is not None:
            return example
        asked, example = (task, task.first), task.parse(task.first)
    st.session_state[kept] = (asked, example)
    return example


def buildable(ui: Controls, sizes: Sizes, task: Task, who: str) -> Sizes | None:
    """The network, or the last one that could be built, after saying why this one cannot be."""
    kept = ui.key("sizes")
    try:
        networks.check(sizes, task)
    except ValueError as error:
        before = st.session_state.get(kept)
        stays = " The last one that could be stays." if before else ""
        messages.problem(ui.key("heads"), f"{who} cannot be built.", f"{error}.{stays}")
        return before
    st.session_state[kept] = sizes
    return sizes


def ask_second(ui: Controls, task: Task) -> tuple[Settings, ...]:
    """What learns beside the first; nothing where nobody asks for it."""
    with st.container(key=ui.key("card"), border=True):
        if not ui.toggle("A second run beside it, from the same seed, on the same examples", "on"):
            return ()
        with controls.row(ui.key("kind_row")):
            sizes = training_controls.kind_row(ui)
        with controls.row(ui.key("block_row")):
            sizes = training_controls.block_row(ui, sizes)
        with controls.row(ui.key("learning_row")):
            learning = training_controls.learning_row(ui)
        found = buildable(ui, sizes, task, "The second network")
        return () if found is None else (Settings(found, learning),)


def watch_other(ui: Controls, run: LabRun) -> None:
    """Watch an example that stands under the one that is watched now."""
    what = assets.told(ui.key("figure"), "watched")
    shown = run.task.shown(run.watches.example)
    if isinstance(what, int) and what < len(shown):
        st.session_state[ui.key("watch")] = run.task.typed(shown[what])
        st.session_state[ui.key("asked_in_figure")] = True


def begin_unchanged(run: LabRun) -> None:
    """Take all changes back: the run ends, and the next one begins without them."""
    run.stop()
    url_state.write(f"{PREFIX}_{training_changes.CHANGES}", "")
    st.session_state.pop(f"{PREFIX}_player", None)


def watched_text(ui: Controls) -> str:
    """What is watched, as it was typed."""
    (_, text), _ = st.session_state[ui.key("example")]
    return text


def opened_of_link(runs: Sequence[Settings]) -> list[tuple[int, int]]:
    """Of both runs, also where one alone learns, the layer and the head whose map is drawn large."""
    there = [counted(networks.heads_of(each.sizes)) for each in runs]
    of = " and ".join(layers_of_heads(*each) for each in there if all(each))
    accepted = "the layer and the head of the first run, then of the second, such as 0,0,0,0, counted from 0" + (
        f" in {of}" if of else ""
    )
    found = url_state.integers(f"{PREFIX}_open", accepted=accepted)
    places = [(0, 0), (0, 0)]
    if len(found) == 4:
        for run, (layer, head) in enumerate((found[:2], found[2:])):
            layers, heads = there[run] if run < len(there) else (layer + 1, head + 1)
            if layer < max(layers, 1) and head < max(heads, 1):
                places[run] = (layer, head)
    fits = found == tuple(chain(*places))
    url_state.is_there(f"{PREFIX}_open", found, fits, accepted, as_text(places))
    return places


def as_text(places: Sequence[tuple[int, int]]) -> str:
    """What a link says of open heads; "" where they are those that open by themselves."""
    text = ",".join(str(number) for each in places for number in each)
    return "" if text == "0,0,0,0" else text


@url_state.silent()
def open_head(runs: Sequence[Settings]) -> None:
    """Keep in the link which head was pressed."""
    what = assets.told(f"{PREFIX}_figure", "opened")
    if not isinstance(what, dict):
        return
    found = opened_of_link(runs)
    found[int(what["run"]) % 2] = (int(what["layer"]), int(what["head"]))
    url_state.write(f"{PREFIX}_open", as_text(found))


def draw(example: Example, rest: float, made: partial[Task], text: str, run: LabRun) -> None:
    """The figure, as it grows, and under it what is done with the networks."""
    ui = Controls(PREFIX)
    if st.session_state.pop(ui.key("asked_in_figure"), False):
        st.rerun()  # the box in which it stands is no part of what is drawn again and again
    messages.told()
    run.rest = rest
    if run.watches.example is not example:
        run.watch(example)
    runs = [each.settings for each in run.learners]
    with url_state.silent():  # it was told above the buttons
        opened = opened_of_link(runs)
    data = payload(run, opened, going=run.state in player.GOING)
    assets.component("training")(
        key=ui.key("figure"),
        data=data,
        on_opened_change=partial(open_head, runs),
        on_silenced_change=lambda: training_changes.silence(ui, run),
        on_watched_change=lambda: watch_other(ui, run),
    )
    with st.container(horizontal=True, key=ui.key("menus")):
        training_changes.menu(ui, run)
        training_taken.menu(run, made, text, opened, {lab.slug: lab.title for lab in LABS})
        if run.changes:
            st.button("Begin again without the changes", key=ui.key("unchanged"), on_click=begin_unchanged, args=(run,))


def says(run: LabRun) -> str:
    """Where it stands, in a few words, and what became of a run that diverged."""
    lost = [
        f"{name} diverged: {each.diverged}; its weights are those before. Start again with a smaller rate."
        for name, each in zip(("The first run", "The second run"), run.learners, strict=False)
        if each.diverged
    ]
    done = max(len(each.losses) for each in run.learners)
    hint = "" if run.state in player.GOING else "Move over the curves to see what stood there."
    return " ".join([f"{done} of {run.updates} updates.", *lost, training_changes.told(run), hint])


def start(runs: Sequence[Settings], task: Task, seed: int, updates: int, example: Example) -> LabRun:
    """Runs from the beginning, with the changes that the link holds now."""
    changes = training_changes.of_link(Controls(PREFIX))
    return LabRun(runs, task, seed, updates, example, run_queue.training_slot(), changes)


@run_queue.fragment
def lab() -> None:
    ui = Controls(PREFIX)
    teacher.line(ui)  # before the figure also on a phone, where what is set stands below it
    above, figure, below = controls.around_a_figure()
    teacher.hide(ui, HIDEABLE)
    with controls.row(place=above):
        name = ui.select("Task", TASKS, "task", width=170)
        sizes = training_controls.kind_row(ui)
        seed = ui.seed(0)
    with below:
        with controls.row("control_row_more"):
            asked = ask_task(ui, name)
            if asked is None:
                return
            call, task = asked
            pace = ui.one_of("Pace", list(PACES), "pace", "fast", PACE_SAYS)
            updates = ui.among("Updates", [each for each in UPDATES if each <= limits.MAX_LAB_UPDATES], 600, "updates")
        with controls.row("control_row_block"):
            sizes = training_controls.block_row(ui, sizes)
        with controls.row("control_row_learning"):
            learning = training_controls.learning_row(ui)
    with figure:
        st.caption(messages.literal(f"{task.says} {task.note}"))
        found = buildable(ui, sizes, task, "This network")
        if found is None:
            return
        with below:
            example = ask_example(ui, task)
            beside = ask_second(ui.part("second"), task)
        runs = (Settings(found, learning), *beside)
        opened_of_link(runs)  # what it says that is not there is told here
        wish = (task, runs, seed, updates)
        begin = partial(start, runs, task, seed, updates, example)
        shown = partial(draw, example, PACES[pace], call, watched_text(ui))
        player.show(ui, wish, begin, shown, says)
    with below:
        teacher.menu(ui, HIDEABLE)


lab()
claims.show_sources("training_lab", ("vaswani2017", "bahdanau2015", "elman1990", "cho2014", "hochreiter1997"))
