"""The figures: all 49 to which the notes refer and which they do not hold, drawn from what the lessons compute."""

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.atlas import FIGURES, NOTES, Figure, found
from core.models.errors import ModelError
from pages.course.catalogue import BY_SLUG, LESSONS, PAGES
from pages.parts import assets, atlas_cards, controls, figure_card, messages, translations, url_state
from pages.parts.controls import Controls
from pages.parts.figure_card import Card
from pages.server import run_queue

PREFIX = "figures"
AT_ONCE, ACROSS = 9, 3
ASKED = "figures_asked"  # what was asked for last
LOOK = "figures_look"  # the figure that is looked into, and where: its number, and four places


def look_of_link() -> tuple[int, dict[str, int]]:
    """The figure that the link looks into, and the query, key, number and head there; 0 where it names none."""
    asked = url_state.read(LOOK) or ""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){4}", asked):
        return 0, {}
    number, *places = map(int, asked.split("."))
    return number, dict(zip(atlas_cards.LOOKED, places, strict=True))


def remember(number: int, key: str) -> None:
    """Put where one looks in a figure into the link."""
    view = assets.told(key, "view")
    if view is not None:
        url_state.write(
            LOOK, ".".join(str(int(each)) for each in (number, *(view[name] for name in atlas_cards.LOOKED)))
        )


def cards_of(figures: Sequence[Figure], text: str) -> list[Card | Figure]:
    """The figures made; one whose model is missing or damaged stays as it is. Raises ValueError for a text like that."""
    made: list[Card | Figure] = []
    for figure in figures:
        try:
            made.append(atlas_cards.card(figure, text))
        except ModelError:
            made.append(figure)
    return made


def draw(row: Sequence[Card | Figure]) -> None:
    """Figures side by side, as many as there is room for."""
    first = row[0] if isinstance(row[0], Figure) else row[0].figure
    number, looked = look_of_link()
    with st.container(key=f"figures_row_{first.number}"):
        places = st.columns(ACROSS)
    for place, each in zip(places, row, strict=False):
        figure = each if isinstance(each, Figure) else each.figure
        with place, st.container(border=True, key=f"figures_frame_{figure.number}"):
            if isinstance(each, Figure):
                messages.problem(
                    f"figures_{figure.number}",
                    f"{figure.number} · {figure.title}",
                    f"{figure.where}. A model that it is drawn from cannot be used: its files are missing or damaged.",
                )
            else:
                look = looked if figure.number == number else None
                figure_card.show(each, look, partial(remember, figure.number, figure_card.key_of(each.viewer)))
                lesson = BY_SLUG[figure.lesson]
                st.page_link(
                    lesson.path.relative_to(PAGES.parent).as_posix(),
                    label=f"See it made: lesson {lesson.number}, step {figure.step}",
                    icon=":material/visibility:",
                    query_params=atlas_cards.sets_of(each, look),
                )


def go_to(first: int) -> None:
    """Show the figures from this one on."""
    url_state.write(f"{PREFIX}_from", str(first) if first else "")


def from_link(count: int) -> int:
    """The place of the first figure that is shown, among so many; where the link names none of them, the first."""
    asked = url_state.read(f"{PREFIX}_from") or ""
    first = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 4 else 0
    return first // AT_ONCE * AT_ONCE if first < count else 0


def turn(first: int, count: int) -> None:
    """What is shown of how many, and the way to the others."""
    last = min(first + AT_ONCE, count)
    with st.container(horizontal=True, vertical_alignment="center", key="figures_turn"):
        st.button(
            "Before",
            key="figures_before",
            icon=":material/arrow_back:",
            disabled=first == 0,
            on_click=go_to,
            args=(first - AT_ONCE,),
        )
        st.button(
            "More",
            key="figures_more",
            icon=":material/arrow_forward:",
            disabled=last == count,
            on_click=go_to,
            args=(last,),
        )
        st.caption(
            f"{first + 1} to {last} of {count} figures. None is a picture file: each is drawn from numbers computed here."
        )


@run_queue.fragment
def atlas() -> None:
    messages.told()
    ui = Controls(PREFIX)
    above, shown, below = controls.around_a_figure()
    lessons = {lesson.slug: lesson.name for lesson in LESSONS if any(each.lesson == lesson.slug for each in FIGURES)}
    with above, controls.row():
        text = ui.sentence(translations.SENTENCE, "English sentence")
        note = ui.called("Note", "All notes", NOTES, "note", width=230)
        lesson = ui.called("Lesson", "All lessons", lessons, "lesson", width=210)
        words = st.text_input("Words", key=ui.key("words"), live="350ms", bind="query-params", width=160)
    every = found(note, lesson, words)
    if st.session_state.setdefault(ASKED, (note, lesson, words)) != (note, lesson, words):
        st.session_state[ASKED] = (note, lesson, words)
        go_to(0)  # among other figures one begins at the first
    if not every:
        with shown, st.container(border=True):
            st.markdown("#### No figure is called that.")
            st.caption(
                messages.literal(
                    f"None of {len(FIGURES)} speaks of all of “{words}” there. Ask for fewer words, or in all notes."
                )
            )
        return
    first = from_link(len(every))
    asked = every[first : first + AT_ONCE]
    with shown:
        cards = (
            translations.understand(text, ui.key(controls.MAIN), lambda text: cards_of(asked, text))
            if any(each.takes for each in asked)
            else cards_of(asked, "")
        )
        if cards is None:
            return
        draw(cards[:ACROSS])
    with below:
        for row in range(ACROSS, len(cards), ACROSS):
            draw(cards[row : row + ACROSS])
        turn(first, len(every))


atlas()
