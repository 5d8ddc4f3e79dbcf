"""The nastiest markup of the corpus, typed into a real browser: no dialog, no element, no request, no error."""

import pytest

from tests.browser.visitor import EVERYTHING
from tests.hostile.corpus import entries

NASTIEST = (
    "script", "img-onerror", "svg-onload", "iframe", "iframe-srcdoc", "javascript-link", "style-tag", "meta-refresh",
    "base-tag", "form", "details-ontoggle", "video-source", "math-mtext", "nested-broken", "script-end-in-json",
    "md-link", "md-image", "md-autolink", "md-bare-url", "md-html-mix", "st-colour", "st-material", "tex-display",
    "tex-href", "vue",
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


@pytest.mark.parametrize(
    ("path", "label", "button"),
    [
        ("/self_attention", "Sentence", ""),
        ("/sentence_lab", "Sentence", ""),
        ("/looking_back", "Write this word there", "Write it"),
    ],
)
def test_markup_that_is_typed_stays_text_in_a_real_browser(visit, path, label, button):
    assert len(TEXTS) == len(NASTIEST)
    visitor = visit(path)
    dialogs = []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    box = visitor.page.get_by_label(label, exact=True)
    if button:
        visitor.unfold("Argue with it")
    for name, text in TEXTS.items():
        box.fill(text)
        box.press("Enter")
        if button:
            visitor.page.get_by_role("button", name=button).click()
        visitor.page.wait_for_timeout(500)
        visitor.rest()
        assert (name, visitor.page.evaluate(INJECTED)) == (name, [])
        assert (name, dialogs) == (name, [])
    assert visitor.page.url.startswith(visitor.address + path)
