"""The map of a long text in a real browser: from squares to the cell by wheel and keys."""

import re

from playwright.sync_api import expect


def test_a_file_of_ones_own_becomes_a_map_that_is_zoomed_down_to_the_cell(visit):
    visitor = visit("/cost?cost_map_source=a+.txt+of+yours")
    text = " ".join(f"cat {number} sat" for number in range(400)).encode()
    visitor.page.locator("[data-testid=stFileUploader] input").set_input_files(
        [{"name": "cats.txt", "mimeType": "text/plain", "buffer": text}]
    )
    visitor.page.get_by_role("button", name="Make the map").click()
    canvas = visitor.see(".long-map canvas")
    says = visitor.see(".long-map .says")
    expect(says).to_have_text(re.compile(r"1,\d\d\d × 1,\d\d\d tokens"))
    canvas.hover(position={"x": 200, "y": 300})
    expect(says).to_have_text(re.compile(r"\d of each: the largest weight is"))
    canvas.click(position={"x": 200, "y": 300})
    for _ in range(16):
        visitor.page.mouse.wheel(0, -100)
    expect(says).to_have_text(re.compile(r"Query \d+ “.+” gives key \d+ “.+” "), timeout=15_000)
    spoken = visitor.page.locator(".long-map [role=status]")
    visitor.page.mouse.move(0, 0)
    canvas.press("ArrowUp")
    expect(spoken).to_have_text(re.compile(r"At the mark: Query \d+ "), timeout=15_000)
    query = int(re.search(r"Query (\d+)", spoken.inner_text())[1])
    canvas.press("ArrowDown")
    expect(spoken).to_have_text(re.compile(f"At the mark: Query {query + 1} "), timeout=15_000)
    canvas.press("Home")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"1,\d\d\d × 1,\d\d\d tokens, queries from 0 down"))
