"""What stands around a page: its head at once, whatever must be loaded first, and below it the way on."""

import secrets
from copy import copy
from functools import lru_cache

import streamlit as st

from pages.course import old_links
from pages.course.catalogue import BY_SLUG, MAP, PAGES, Page, neighbours
from pages.parts import assets, messages, page_layout, url_state
from pages.parts.progress import visit
from pages.parts.progress.panel import Summary
from pages.server import preload

LOST = (
    "The connection to the server was lost. Your controls are as they were; what was being computed is gone, "
    "and so are pictures that you brought: bring them again."
)
CAME = {"begun": ":material/contrast:", "done": ":material/check_circle:"}
ONWARD = tuple(BY_SLUG[slug] for slug in ("sentence_lab", "recall", "claims"))  # behind the last lesson
_SESSION = "session_of_the_page"  # by which a browser knows the session that draws its page


def icon(page: Page) -> str:
    """What stands beside a page in the navigation: of a lesson, how far the visitor came."""
    if page.number is None or not preload.ready():  # the map is painted before the database is asked for
        return page.icon
    return CAME.get(Summary(visit.done()).came(page.slug), page.icon)


def entry(page: Page) -> st.Page:
    """A page as Streamlit's navigation takes it, which marks the one that is run: a copy for each run."""
    return copy(_entry(page.slug, icon(page)))


@lru_cache(maxsize=128)
def _entry(slug: str, shown: str) -> st.Page:
    """Whether its file is there is looked up once, and not in every run of every page."""
    page = BY_SLUG[slug]
    return st.Page(page.path, title=page.name, icon=shown, url_path=page.slug, default=page is MAP)


def open_page(slug: str) -> None:
    """Draw the head of a page and wait, visibly, until what its code imports is loaded. The map never waits."""
    page = BY_SLUG[slug or MAP.slug]
    old_links.renew(page.slug)
    url_state.opened()
    page_layout.name(page.name)
    _greet()
    visit.open_page(page.slug if page.number else None)
    if page is MAP:
        return
    page_layout.head(_eyebrow(page), page.title, page.question, page.lead)
    if not preload.ready():
        with messages.loading("Reading the language model from disk, once: 90 MB, a few seconds"):
            preload.wait()


def close_page(slug: str) -> None:
    """Below a lesson, links to the lessons before and after; behind the last one, to where what was learned is used."""
    page = BY_SLUG[slug or MAP.slug]
    if page.number is None:
        return
    before, after = neighbours(page)
    with st.container(key="foot", horizontal=True, horizontal_alignment="distribute"):
        for other in ([before] if before else []) + ([after] if after else [*ONWARD]):
            back = other is before
            st.page_link(
                other.path.relative_to(PAGES.parent).as_posix(),
                label=other.name,
                icon=f":material/arrow_{'back' if back else 'forward'}:",
                icon_position="left" if back else "right",
            )


def _greet() -> None:
    """Tell who comes back that the server was gone: its browser knows which session it lost, and this is another one."""
    mine = st.session_state.setdefault(_SESSION, secrets.token_hex(8))
    signal = assets.component("comeback")(key="comeback", data=mine.encode(), on_back_change=lambda: None)
    if signal.back not in (None, mine):
        st.toast(LOST, icon=":material/power_off:", duration="infinite")


def _eyebrow(page: Page) -> str:
    if page.number is None:
        return page.section
    return f"Lesson {page.number} · {page.section} · {page.minutes} min"
