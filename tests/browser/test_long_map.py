"""The map of a long text in a real browser: from squares to the cell by wheel, keys and two fingers."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_queue import report, until
from tests.browser.visitor import Visitor


def own_map(visitor: Visitor) -> tuple[Locator, Locator]:
    """The map of a file, and what stands below it."""
    text = " ".join(f"cat {number} sat" for number in range(400)).encode()
    visitor.page.locator("[data-testid=stFileUploader] input").set_input_files(
        [{"name": "cats.txt", "mimeType": "text/plain", "buffer": text}]
    )
    visitor.page.get_by_role("button", name="Make the map").click()
    says = visitor.see(".long-map .says")
    expect(says).to_have_text(re.compile(r"\d,\d{3} × \d,\d{3} tokens"), timeout=30_000)
    return visitor.see(".long-map canvas"), says


def test_two_fingers_zoom_the_map_while_the_page_stays_and_the_link_keeps_the_place(visit):
    link = "/cost?cost_map_source=a+.txt+of+yours&cost_map_model=MiniLM%2C+in+windows&cost_map_layer=99"
    visitor = visit(link, viewport={"width": 390, "height": 844}, has_touch=True)
    told = visitor.see("[class*=map_control_row] [data-testid=stCaptionContainer]", has_text="cost_map_layer")
    assert told.bounding_box()["width"] > 300  # below its row, not squeezed beside a control
    canvas, says = own_map(visitor)
    canvas.scroll_into_view_if_needed()
    box, scrolled = canvas.bounding_box(), "() => document.querySelector('.stMain').scrollTop"
    x, y, before = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, visitor.page.evaluate(scrolled)
    screen = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    touch("touchStart", 30)
    for apart in range(40, 130, 10):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    expect(says).to_have_text(re.compile(r"^3\d\d × 3\d\d tokens, queries from 4\d\d down"))
    visitor.page.wait_for_function("() => /cost_map_at=\\d+/.test(location.search)")
    top, left, span = map(int, visitor.link["cost_map_at"].split(","))
    assert top == left  # four times as near, in the middle
    assert 300 < span < 400
    assert visitor.page.evaluate(scrolled) == before


def test_a_file_of_ones_own_becomes_a_map_that_is_zoomed_down_to_the_cell(visit):
    visitor = visit("/cost?cost_map_source=a+.txt+of+yours")
    canvas, says = own_map(visitor)
    canvas.hover(position={"x": 300, "y": 200})
    expect(says).to_have_text(re.compile(r"Query [\d,]+ cannot see key [\d,]+: it comes later"))
    canvas.hover(position={"x": 200, "y": 300})
    expect(says).to_have_text(re.compile(r"\d of each: the largest weight is"))
    canvas.click(position={"x": 200, "y": 300})
    for _ in range(16):
        visitor.page.mouse.wheel(0, -100)
    expect(says).to_have_text(re.compile(r"Query \d,\d{3} “.+” gives key \d+ “.+” "), timeout=15_000)
    spoken = visitor.page.locator(".long-map [role=status]")
    visitor.page.mouse.move(0, 0)
    canvas.press("ArrowUp")
    expect(spoken).to_have_text(re.compile(r"At the mark: Query \d,\d{3} "), timeout=15_000)
    query = int(re.search(r"Query ([\d,]+)", spoken.inner_text())[1].replace(",", ""))
    canvas.press("ArrowDown")
    expect(spoken).to_have_text(re.compile(f"At the mark: Query {query + 1:,} "), timeout=15_000)
    canvas.press("Home")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"\d,\d{3} × \d,\d{3} tokens, queries from 0 down"))


@pytest.mark.long
def test_who_leaves_while_a_map_is_made_ends_it(visit):
    """A map of the last layer takes a minute and more: what has ended after some seconds was ended."""
    visitor = visit("/cost?cost_map_story_layer=5")
    visitor.page.get_by_role("button", name="Make the map").click()
    progress = visitor.see(".st-key-cost_map [data-testid=stProgress]")
    expect(progress).to_have_text(re.compile(r"Read 32,768 tokens up to layer 5: \d%"))
    assert report(visitor.address)["computing"] == 1
    visitor.see("[data-testid=stSidebarNav] a[href$='/masks']").click()
    until(visitor.page, lambda: report(visitor.address)["computing"] == 0)
    visitor.arrive("/masks")
