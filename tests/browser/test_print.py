"""A lesson on paper: what is read is there and whole, what is pressed is not."""

import re

import pytest


@pytest.mark.parametrize("path", ["/masks?mask_open=0,1", "/vision_transformer"])
def test_a_lesson_prints_its_figure_and_its_claims_and_no_controls(visit, path):
    visitor = visit(path)
    page = visitor.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    page.wait_for_timeout(500)
    for gone in (
        "[data-testid=stSidebar]",
        ".st-key-control_row",
        "[data-testid=stPopover]",
        ".timeline .play",
        ".foot .small-button",
    ):
        assert not visitor.see(gone).locator("visible=true").count(), gone
    narrowest = "steps => Math.min(...steps.map(step => step.getBoundingClientRect().width))"
    assert page.locator(".timeline .steps canvas").evaluate_all(narrowest) > 20
    assert visitor.see(".timeline .steps").bounding_box()["width"] > 300
    figure = visitor.see(".step-viewer figure canvas").first
    box = figure.bounding_box()
    assert box["width"] > 200
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 794
    assert visitor.see(".claims .claim").last.is_visible()
    if "open" in path:
        assert visitor.see(".claims .says").count() == 2
    # a page that scrolls inside a window is cut after one sheet
    height = page.evaluate("() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert height > 1123
    assert sheets >= 2
