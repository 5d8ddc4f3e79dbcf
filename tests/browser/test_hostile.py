"""The nastiest markup of the corpus, typed into a real browser: no dialog, no element, no request, no error."""

from collections.abc import Sequence
from urllib.parse import urlparse

import pytest

from tests.browser.visitor import EVERYTHING, Visitor
from tests.hostile.corpus import entries

NASTIEST = (
    # of every kind one: markup, Markdown, Streamlit's own, a formula
    "img-onerror", "iframe-srcdoc", "script-end-in-json", "md-html-mix", "st-material", "tex-href",
    "script", "svg-onload", "iframe", "javascript-link", "style-tag", "meta-refresh",
    "base-tag", "form", "details-ontoggle", "video-source", "math-mtext", "nested-broken", "md-link",
    "md-image", "md-autolink", "md-bare-url", "st-colour", "tex-display", "vue",
)  # fmt: skip
TEXTS = {entry.name: entry.made() for entry in entries("texts") if entry.name in NASTIEST}
INJECTED = (
    """() => {"""
    + EVERYTHING
    + """
    // as it is written: what is typed stands in the page's own address, which an address on the page begins with
    const leads = (node) => `${node.getAttribute("href") ?? ""} ${node.getAttribute("src") ?? ""}`;
    return everything(document)
        .filter((node) => node.id === "hostile" || leads(node).match(/hostile|javascript:/))
        .map((node) => node.outerHTML.slice(0, 200));
}"""
)


PLACES = (
    ("/self_attention", "Sentence", ""),
    ("/sentence_lab", "Sentence", ""),
    ("/looking_back", "Write this word there", "Write it"),
)


def test_every_text_that_is_meant_is_there():
    assert len(TEXTS) == len(NASTIEST)


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_markup_that_is_typed_stays_text_in_a_real_browser(visit, place):
    path, label, button = PLACES[place]
    type_each(visit(path), label, button, NASTIEST[: 2 * len(PLACES)][place :: len(PLACES)])


@pytest.mark.long
@pytest.mark.parametrize(("path", "label", "button"), PLACES)
def test_all_markup_that_is_typed_stays_text_in_a_real_browser(visit, path, label, button):
    type_each(visit(path), label, button, NASTIEST)


def type_each(visitor: Visitor, label: str, button: str, names: Sequence[str]) -> None:
    """Type texts one after the other: no dialog opens, and nothing of them becomes an element."""
    path, dialogs = urlparse(visitor.page.url).path, []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    box = visitor.page.get_by_label(label, exact=True)
    if button:
        visitor.unfold("Argue with it")
    for name in names:
        box.fill(TEXTS[name])
        if button:
            box.press("Enter")
            visitor.asks(visitor.page.get_by_role("button", name=button).click)
        else:
            visitor.asks(lambda: box.press("Enter"))
        assert (name, visitor.page.evaluate(INJECTED)) == (name, [])
        assert (name, dialogs) == (name, [])
    assert urlparse(visitor.page.url).path == path
