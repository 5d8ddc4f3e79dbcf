"""Recall: the cards of the course and of your own, each when it is about to be forgotten."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core.atlas import Figure, at_step
from core.models.errors import ModelError
from core.recall import cards, logseq
from core.recall.cards import COURSE, Card, Chosen
from core.recall.desk import Desk, Queue
from core.recall.schedulers import DAY, SCORES, Name, Review
from pages.course.catalogue import BY_SLUG, PAGES
from pages.parts import atlas_cards, card_face, card_files, charts, controls, figure_card, messages, translations
from pages.parts.controls import Controls
from pages.parts.progress import panel, recalled, visit
from pages.parts.progress.recalled import Recalled
from pages.parts.step_viewer import name_of
from pages.server import run_queue

PREFIX = "recall"
ALL = "All cards"
LESSONS = {card.lesson: BY_SLUG[card.lesson].name for card in cards.course() if card.lesson in BY_SLUG}
NAMES: tuple[Name, ...] = ("Logseq", "FSRS")
DESK, SHOWN = "recall_desk", "recall_shown"
KEYS = {"Forgotten": "1", "Hard": "3", "Remembered": "5"}
AHEAD, BACK = 30, 30  # days of the forecast, of the history
ORIGIN = "Your cards and answers"
WHY = {"due": "due today", "new": "new", "learning": "being learned"}
ALIKE = (
    f"Hard or not, Logseq's rule lets this card wait {logseq.FIRST:.0f} days now, as any that is new or was forgotten. Each "
    "“Hard” makes the waits after that shorter."
)
SAYS = (
    "Logseq: its variant of SM-5; each answer makes a card's next wait longer by its ease. FSRS: a model of forgetting, due "
    "when one of ten such cards would be forgotten. All your answers count under both."
)


def desk_of(kept: Recalled, scheduler: Name) -> Desk:
    """The visitor's cards under a scheduler, made once and kept while one answers."""
    signature = (kept.version, scheduler)
    known, desk = st.session_state.get(DESK, (None, None))
    if known != signature:
        own = {card.name: card for card in kept.cards}
        desk = Desk([*cards.course(), *own.values()], kept.reviews(), scheduler)
        st.session_state[DESK] = (signature, desk)
    return desk


def midnight(now: int) -> int:
    """When the visitor's day began."""
    east = -60 * (st.context.timezone_offset or 0)
    return (now + east) // DAY * DAY - east


def wait(seconds: float) -> str:
    """How long until a card comes again, in a few signs."""
    for size, unit in ((365.25 * DAY, "years"), (30.4 * DAY, "months"), (DAY, "d"), (3600, "h"), (60, "min")):
        if seconds >= size * (2 if len(unit) > 3 else 1):
            return f"{seconds / size:.0f} {unit}"
    return "again"


def reveal(name: str) -> None:
    st.session_state[SHOWN] = name


def answer(name: str, score: int) -> None:
    """Count an answer, once however often its button was pressed."""
    if st.session_state.get(SHOWN) != name:
        return
    del st.session_state[SHOWN]
    now = int(time.time())
    kept = recalled.known(now)
    version = kept.version
    if not recalled.answer(name, score, now):
        messages.tell(recalled.ELSEWHERE)
    if kept.version == version:
        st.session_state[DESK][1].answer(name, Review(score, kept.answers[name][-1].at))


def undo() -> None:
    """Take the last answer of this visit back, and show its card again."""
    now = int(time.time())
    kept = recalled.known(now)
    version = kept.version
    last = recalled.take_back(now)
    if last is None:
        messages.tell("Another tab answered this card meanwhile: nothing was taken back.")
        return
    if kept.version == version:
        st.session_state[DESK][1].take_back(last.card)
    st.session_state[SHOWN] = last.card


def head(filed: str, queue: Queue, given: bool) -> None:
    """The line above a card: what it is filed under, what waits, and the way back, which no long answer may push away."""
    line: dict[str, Any] = {"horizontal": True, "vertical_alignment": "center"}
    with st.container(key="recall_head", horizontal_alignment="distribute", gap="small", **line):
        st.caption(messages.literal(filed), width="content")
        with st.container(width="content", **line):
            kinds = {"due": queue.due, "new today": queue.new, "being learned": queue.learning}
            st.caption(", ".join(f"{count} {kind}" for kind, count in kinds.items() if count), width="content")
            st.button(
                "Undo", key="recall_undo", icon=":material/undo:", shortcut="U", disabled=not given, on_click=undo
            )


def filed_under(card: Card, desk: Desk, revealed: bool) -> str:
    lesson = BY_SLUG.get(card.lesson)
    filed = f"Lesson {lesson.number}, {lesson.title}" if lesson else card.deck
    judged = " · the notes say otherwise" if card.note and revealed else ""
    return f"{filed} · {WHY[desk.why(card.name)]}{judged}"


def show_card(card: Card, desk: Desk, now: int, revealed: bool) -> None:
    """One card, and what to do with it."""
    lesson = BY_SLUG.get(card.lesson)
    with st.container(key="recall_asked"):
        st.markdown(card_face.markdown(card.asks))
    if not revealed:
        st.button(
            "Show the answer", key="recall_show", type="primary", shortcut="A", on_click=reveal, args=(card.name,)
        )
        return
    with st.container(key="recall_said"):
        st.markdown(card_face.markdown(card.says or "This card has no answer."))
    with st.container(horizontal=True, gap="small"):
        standings = {label: desk.after(card.name, Review(score, now)) for label, score in SCORES.items()}
        for label, score in SCORES.items():
            st.button(
                f"{label} · {wait((standings[label].due or now) - now)}",
                key=f"recall_score_{score}",
                shortcut=KEYS[label],
                on_click=answer,
                args=(card.name, score),
            )
    if all(getattr(standings[label].state, "interval", None) == logseq.FIRST for label in ("Hard", "Remembered")):
        st.caption(ALIKE)
    if lesson and lesson.built:
        picture = figure_of(card)
        sets = {f"{card.lesson}_{name}": value for name, value in card.sets.items()}
        sets |= atlas_cards.sets_of(picture) if picture else {"step": name_of(card.step)} if card.step else {}
        st.page_link(
            lesson.path.relative_to(PAGES.parent).as_posix(),
            label=f"See it: {lesson.name}" + (f", step {card.step}" if card.step else ""),
            icon=":material/visibility:",
            query_params=sets,
        )
        if picture:
            with st.container(key="recall_figure"):
                figure_card.show(picture)


def figure_of(card: Card) -> figure_card.Card | None:
    """The figure of a card's step, of the visitor's last sentence where it takes one; None where there is none."""
    figure = at_step(card.lesson, card.step, card.sets)
    if figure is None:
        return None
    try:
        made = of_last_sentence(figure)
    except ModelError:
        return None  # the step says what is missing
    views = [replace(view, title=figure.title) for view in made.viewer.views]
    return made._replace(viewer=replace(made.viewer, lesson=f"recall_{figure.number}", views=views))


def of_last_sentence(figure: Figure) -> figure_card.Card:
    """The figure of the visitor's last sentence; of one of ours where nothing can be made of that, which is said."""
    text = controls.last_sentence(translations.SENTENCE)
    try:
        return atlas_cards.card(figure, text)
    except ValueError as error:
        st.caption(
            messages.literal(f"The figure is of a sentence of ours, since of your last one none can be made: {error}.")
        )
        return atlas_cards.card(figure, translations.SENTENCE)


def nothing(queue: Queue, now: int, a_day: int) -> None:
    """What is said when no card waits."""
    st.markdown("#### Nothing is due.")
    if queue.next_at is None:
        st.caption("No card was answered yet, and no new one is wanted: raise “New cards a day” to begin.")
    else:
        more = "" if a_day >= 50 else " For more new cards today, raise “New cards a day”."
        st.caption(f"The next card comes in {wait(max(60, queue.next_at - now))}.{more}")


def outlook(desk: Desk, start: int) -> None:
    """What is due in the days to come, and what was answered."""
    due = desk.forecast(start, AHEAD)
    past = desk.history(start, BACK)
    said = ", ".join(f"{sum(each)} {kind}" for kind, each in past.items())
    st.caption(f"Due in the next {AHEAD} days: {sum(due)} cards, {due[0]} of them today")
    figure = partial(charts.stacked, {"due": due}, range(AHEAD), "days from today", "cards due")
    said_of = f"Cards due on each of {AHEAD} days from today: {due}."
    charts.show(figure, "recall_forecast", said_of, f"Due in the next {AHEAD} days", ORIGIN)
    st.caption(f"Answers of the last {BACK} days: {said}")
    figure = partial(charts.stacked, past, range(1 - BACK, 1), "days before today", "answers")
    said_of = f"Answers on each of the last {BACK} days: {said}."
    charts.show(figure, "recall_history", said_of, f"Answers of the last {BACK} days", ORIGIN)


def decks_of(kept: Recalled) -> Sequence[str]:
    return (ALL, COURSE, *sorted({card.deck for card in kept.cards} - {ALL, COURSE}))


def ask_which(ui: Controls, kept: Recalled) -> Chosen:
    """Which cards are asked. Those of the visitor's own decks belong to no lesson."""
    deck = ui.select("Deck", decks_of(kept), "deck", width=180)
    if deck not in (ALL, COURSE):
        return Chosen(deck)
    return Chosen("" if deck == ALL else deck, ui.called("Lesson", "All lessons", LESSONS, "lesson", width=210))


@run_queue.fragment
def review() -> None:
    messages.told()
    ui = Controls(PREFIX)
    now = int(time.time())
    kept = recalled.known(now)
    above, figure, below = controls.around_a_figure()
    with above, controls.row():
        scheduler = ui.one_of("Scheduler", NAMES, "scheduler", says=SAYS)
        a_day = ui.slider("New cards a day", 0, 50, 10, "new")
        chosen = ask_which(ui, kept)
    desk = desk_of(kept, scheduler)
    start = midnight(now)
    queue = desk.queue(now, a_day - desk.begun(start), chosen)
    shown = desk.cards.get(st.session_state.get(SHOWN, ""))
    with figure, st.container(key="recall_card", border=True):
        card = shown or queue.card
        head(filed_under(card, desk, shown is not None) if card else "", queue, bool(kept.given))
        if card:
            show_card(card, desk, now, shown is not None)
        else:
            nothing(queue, now, a_day)
    with below:
        with controls.row("control_row_more"):
            charted = ui.toggle("Forecast and history", "charts")
            card_files.write(now)
            filed = LESSONS[chosen.lesson] if chosen.lesson else chosen.deck
            card_files.bring_or_take(kept, desk, chosen, filed)
            mine = st.popover("Your progress", icon=":material/history:", key="recall_progress", on_change="rerun")
        if mine.open:
            with mine, st.container(key="recall_menu_progress"):
                panel.take_or_erase(visit.again())
        if charted:
            outlook(desk, start)


if visit.RECALLED in st.session_state:
    recalled.read_anew(int(time.time()))
review()
