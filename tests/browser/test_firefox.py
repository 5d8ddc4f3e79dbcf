"""Every page of the catalogue in Firefox: it opens, plays, and gives what can be taken away, which opens there, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from pages.course.catalogue import MAP, Page, built
from tests.browser import firefox, looks
from tests.browser.conftest import ready
from tests.browser.visitor import Visitor, Windows

pytestmark = pytest.mark.long

TAKEN = "[data-testid=stDownloadButton] button"
POPOVER = "[data-testid=stPopoverBody]"
BEGINS = {"SVG": b"<?xml", "CSV": b"\xef\xbb\xbf", "HTML": b"<!doctype html>", "JSON": b"["}
# where nothing plays
STILL = {"map", "sentence_lab", "image_lab", "recall", "claims", "figures"}
# downloads stand on the page itself, or in a menu of this name
MENUS = {"map": "Your progress", "recall": "Bring or take cards", "claims": None}


@pytest.fixture(scope="module")
def windows(address: str, playwright: Playwright) -> Iterator[Windows]:
    with firefox.running(playwright) as browser:
        yield ready(Windows(browser, address, outside=(0, 0)), address)


@pytest.mark.parametrize("page", built(), ids=lambda page: page.slug)
def test_a_page_opens_plays_and_is_taken_away(page, visit, tmp_path):
    visitor = visit(looks.path_of(page))
    for drawn in visitor.see(".stBidiComponent figure canvas:visible").all():
        assert drawn.evaluate(looks.DRAWN_ON)
    assert plays(visitor) == (page.slug not in STILL)
    if page is MAP:  # which gives what a visitor did
        visitor.go("/masks").go("/")
    takes(visitor, page, tmp_path)


def plays(visitor: Visitor) -> bool:
    """Play what there is: steps, a text that is written, or a training; whether there is any."""
    steps, writing, trains = (
        visitor.see(each) for each in (".step-viewer .play", ".writing .play", ".st-key-train_play button")
    )
    if steps.count():
        visitor.see(".step-viewer .speed").first.click()  # twice as fast: it waits until its words are read
        steps.first.click()
        slider = visitor.see(".step-viewer .steps").first
        expect(slider).to_have_attribute("aria-valuenow", "2", timeout=40_000)
        steps.first.click()
    elif writing.count():
        tokens = visitor.see(".writing .token")
        before = tokens.count()
        writing.click()
        expect(tokens.nth(before + 1)).to_be_visible(timeout=30_000)
        writing.click()
    elif trains.count():
        trains.click()
        visitor.see(".st-key-train_pause button").click(timeout=30_000)
        visitor.says(".st-key-train_buttons", "Paused", patience=30_000)
    return bool(steps.count() or writing.count() or trains.count())


def takes(visitor: Visitor, page: Page, folder: Path) -> None:
    """Take away what is offered first of each kind of file that is known here; a figure in a file is drawn."""
    menu = MENUS.get(page.slug, "Take it away")
    if menu:
        visitor.page.get_by_role("button", name=menu).first.click()
    offers = visitor.see(f"{POPOVER if menu else '.stApp'} {TAKEN}")
    offers.first.wait_for(timeout=30_000)
    kinds = [kind for kind in BEGINS if kind in offers.all_inner_texts()]
    assert kinds
    for kind in kinds:
        with visitor.page.expect_download(timeout=60_000) as given:
            offers.filter(has_text=kind).first.click()
        assert Path(given.value.path()).read_bytes()[:20].lower().startswith(BEGINS[kind])
        if kind == "HTML":
            given.value.save_as(folder / "figure.html")
            alone = visitor.page.context.new_page()
            alone.goto((folder / "figure.html").as_uri())
            alone.locator(".lab[data-ready]").wait_for()
            alone.close()
