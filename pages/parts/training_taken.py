"""What is taken away of the training lab: the networks, the training as a program, the figure as one file."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.export.program import program
from core.lessons.shown import call
from core.numerals import listed
from core.training_lab import library, taken
from core.training_lab.formats import labs_of
from core.training_lab.played import LabRun
from core.training_lab.tasks import Task
from pages.parts import downloads, messages, models, page_layout
from pages.parts.figure_file import Alone
from pages.parts.training_figure import TOLD, payload


def menu(run: LabRun, made: partial[Task], text: str, opened: list[tuple[int, int]], titles: Mapping[str, str]) -> None:
    """A menu of downloads. made: the call that makes the task; text: what it is watched on; titles: of the labs."""
    place = st.popover("Take it away", icon=":material/download:", key="train_taken_menu", on_change="rerun")
    if not place.open:
        return
    title, question = page_layout.heading()
    with place, st.container(key="downloads_of_training"):
        names = TOLD[: len(run.learners)]
        st.caption("The networks as they stand, and each training as a program that makes the same numbers again")
        for number, (name, learner) in enumerate(zip(names, run.learners, strict=True)):
            of = f"attention-lab-network-{name.lower()}"
            done, mine = len(learner.losses), tuple(each for each in run.changes if each.run == number)
            again = call(taken.learned, made, learner.settings, run.seed, done, mine, text)
            origin = f"A network of the training lab, trained from seed {run.seed} for {done} updates"
            with st.container(horizontal=True):
                downloads.button(f"{name}: weights", partial(run.weights, number), f"{of}.safetensors", downloads.NPZ)
                downloads.button(
                    f"{name}: program",
                    partial(_program, f"{title}. {question}", origin, again),
                    f"{of}.py",
                    "text/x-python",
                )
            _for_labs(run, number, name, of, titles)
        made_of = f"A training of the training lab, from seed {run.seed}; its curves, and what its heads looked at"
        alone = Alone("training", partial(payload, run, opened, going=False))
        downloads.file_of(alone, "attention-lab-training", (title, question, made_of))


def _program(title: str, origin: str, again: partial) -> bytes:
    return program(title, origin, again).encode()


def _for_labs(run: LabRun, number: int, name: str, of: str, titles: Mapping[str, str]) -> None:
    """A network as the labs open it, or which switch stands in the way."""
    sizes, task = run.learners[number].settings.sizes, run.task
    try:
        built = library.format_of(sizes, task)
    except ValueError as why:
        st.caption(f"{name}: no lab opens it, since {why}.")
        return
    labs = [titles[lab] for lab in labs_of(sizes, task)]
    opens = "opens" if len(labs) == 1 else "open"
    begins = f" Type rows such as “{library.begins(task)}”." if not task.d_patch else ""
    where = "where the app runs" if models.may_open_anything() else "on your own computer, run the app there"
    told = (
        f"{name}: built as {built.name} of the transformers library is, so {listed(labs)} {opens} it. Unpack the zip {where}, "
        f"and name its folder there as another model.{begins}"
    )
    st.caption(messages.literal(told))
    downloads.button(f"{name}: for the labs", partial(run.folder, number), f"{of}.zip", "application/zip")
