"""Opening a page: its head at once, then whatever must be loaded first."""

from core import warm
from pages.course.catalogue import BY_SLUG, MAP, Page
from pages.parts import chrome, messages


def open_page(slug: str) -> None:
    """Draw the head of a page and wait, visibly, until what its code imports is loaded. The map never waits."""
    page = BY_SLUG[slug or MAP.slug]
    chrome.name(page.name)
    if page is MAP:
        return
    chrome.head(_eyebrow(page), page.title, page.question)
    if not warm.ready():
        with messages.loading("Reading the language model from disk, once: 90 MB, a few seconds"):
            warm.wait()


def _eyebrow(page: Page) -> str:
    if page.number is None:
        return page.section
    return f"Lesson {page.number} · {page.section} · {page.minutes} min"
