"""A figure that was taken away: one file, opened by a double click on a computer without a network."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import DESK


def taken(visit: Callable, path: str, menu: str, folder: Path) -> Path:
    """The file that a page gives."""
    visitor = visit(path)
    visitor.see(f".st-key-{menu} button").click()
    with visitor.page.expect_download() as given:
        visitor.page.get_by_role("button", name="HTML").click()
    given.value.save_as(folder / "figure.html")
    return folder / "figure.html"


@contextmanager
def opened(browser: Browser, file: Path) -> Iterator[Page]:
    """The file in a window without a network. Nothing may fail or be asked for."""
    context = browser.new_context(offline=True, viewport=DESK, color_scheme="dark")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    page.goto(file.as_uri())
    page.locator(".lab[data-ready]").wait_for()
    yield page
    assert wrong == []
    context.close()


def test_all_heads_in_a_file_are_hovered_opened_and_compared_without_a_network(visit, browser, tmp_path):
    file = taken(visit, "/sentence_lab", "sentence_lab_menu", tmp_path)
    with opened(browser, file) as page:
        expect(page.locator(".lab")).to_have_attribute("data-theme", "dark")
        grid = page.locator(".lab-view .left canvas")
        box = grid.bounding_box()
        page.mouse.move(box["x"] + 24 + (box["width"] - 24) * 2.5 / 12, box["y"] + 35)
        expect(page.locator(".lab-view h3")).to_have_text("Layer 0, head 2")
        page.mouse.move(5, 5)
        grid.focus()
        for key in ("ArrowUp", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".lab-view h3")).to_have_text("Layer 2, head 2")
        expect(page.locator(".readout .chain")).to_contain_text("sum of q × k")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".lab-view h3")).to_have_text(["Layer 2, head 2", "Layer 3, head 2"])
        for event, theme in (("beforeprint", "light"), ("afterprint", "dark")):
            page.evaluate("(event) => dispatchEvent(new Event(event))", event)
            expect(page.locator(".lab")).to_have_attribute("data-theme", theme)
        page.locator("#theme").click()
        expect(page.locator(".lab")).to_have_attribute("data-theme", "light")
        expect(page.locator(".lab-view h3")).to_have_text(["Layer 2, head 2", "Layer 3, head 2"])
        expect(page.locator(".copy-link").first).to_be_hidden()


@pytest.mark.long
def test_the_steps_of_a_lesson_are_walked_through_in_a_file(visit, browser, tmp_path):
    file = taken(visit, "/self_attention", "self_attention_menu", tmp_path)
    with opened(browser, file) as page:
        expect(page.locator(".say h3")).to_have_text("Attention weights")
        page.locator(".timeline [role=slider]").focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".say h3")).not_to_have_text("Attention weights")
        page.keyboard.press("ArrowRight")
        page.locator(".step-viewer figure canvas").focus()
        said = page.locator(".say .notice").inner_text()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".say .notice")).not_to_have_text(said)


@pytest.mark.long
def test_a_chart_is_drawn_and_pointed_at_in_a_file(visit, browser, tmp_path):
    file = taken(visit, "/attention", "attention_dilution_menu", tmp_path)
    with opened(browser, file) as page:
        line = page.locator(".js-plotly-plot .scatterlayer .js-line")
        expect(line).to_have_css("stroke", "rgb(74, 158, 255)")
        page.locator("#theme").click()
        expect(line).to_have_css("stroke", "rgb(29, 78, 216)")
        page.locator(".js-plotly-plot .nsewdrag").hover(position={"x": 3, "y": 12})
        expect(page.locator(".js-plotly-plot .hovertext")).to_contain_text("1")
        page.locator("summary").click()
        expect(page.locator("details")).to_contain_text("Weight of the outstanding key, from 1.000 for one key")


@pytest.mark.long
def test_the_heads_behind_a_text_are_opened_in_a_file(visit, browser, tmp_path):
    file = taken(visit, "/writing_lab", "writing_lab_menu", tmp_path)
    with opened(browser, file) as page:
        expect(page.locator(".writing .tools")).to_be_hidden()
        page.locator(".looks canvas").focus()
        for key in ("ArrowDown", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".looks .quiet")).to_contain_text(re.compile(r"^Layer \d, head \d"))


@pytest.mark.long
def test_heads_of_a_picture_are_opened_in_a_file_with_their_exact_numbers(visit, browser, tmp_path):
    file = taken(visit, "/image_lab", "image_lab_menu", tmp_path)
    with opened(browser, file) as page:
        page.locator(".heads canvas").focus()
        for key in ("ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".patch-explorer h3")).to_have_text(re.compile(r"Layer \d, head \d"))
        expect(page.locator(".patch-explorer .note")).not_to_contain_text("ounded")
