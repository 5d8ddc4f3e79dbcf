"""What stands around every page: the mark, the style sheet, the head of a page."""

from functools import cache
from pathlib import Path

import streamlit as st

from core.memory import MEMORY
from core.settings import VERSION
from pages.parts import bundle
from pages.server import settings

LOOK = Path(__file__).parents[2] / "assets" / "look"
ABOUT = (
    f"Attention Lab {VERSION}. What the lessons show is computed while you watch.\n\n**The limits of this server**\n\n"
    + "\n".join(f"- {told.value}: {told.meaning}" for told in settings.TOLD.values() if told.limit)
)
MB = 1e6
_HEAD = "page_head"


def configure() -> None:
    """Title, icon and style of the app; once per run, before anything is drawn."""
    mark = str(LOOK / "mark.svg")
    st.set_page_config(
        "Attention Lab", page_icon=mark, layout="wide", initial_sidebar_state=248, menu_items={"About": about()}
    )
    st.logo(mark, size="large")
    st.html(_style())


@cache
def _style() -> str:
    """The style sheet of every page, and the light colours for what a dark one prints: paper is light."""
    light = "".join(f"{name}: {value} !important; " for name, value in bundle.themes()["light"].items())
    return f"<style>{(LOOK / 'page.css').read_text('utf-8')}.on-paper, .on-paper .stApp * {{ {light}}}</style>"


def about() -> str:
    """What the server is and may, and how much of its memory is in use."""
    now = MEMORY.report()
    return (
        f"{ABOUT}\n\n**Its memory now**: {now.resident / MB:,.0f} MB of {now.bound / MB:,.0f} MB are in use; "
        f"{now.kept / MB:,.0f} MB of them are results and models that are kept, {now.brought / MB:,.0f} MB what visitors brought."
    )


def name(page: str) -> None:
    """What the browser calls the page, in its tab and in its history."""
    st.set_page_config(page_title=f"{page} · Attention Lab")


def head(eyebrow: str, title: str, question: str, lead: str) -> None:
    """The top of a page: where it belongs, what it is called, what it answers, and how it begins."""
    st.session_state[_HEAD] = (title, question)
    named = f'<div class="named"><h1>{title}</h1><p class="question">{question}</p></div>'
    st.html(f'<div class="page-head"><p class="eyebrow">{eyebrow}</p>{named}<p class="lead">{lead}</p></div>')


def heading() -> tuple[str, str]:
    """What the page that is shown is called, and what it answers."""
    return st.session_state[_HEAD]


def front(title: str, lead: str) -> None:
    """The top of the map."""
    st.html(f'<div class="page-head front"><h1>{title}</h1><p class="lead">{lead}</p></div>')
