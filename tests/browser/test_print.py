"""A lesson on paper: what is read is there and whole, what is pressed is not."""

import re

import pytest
from playwright.sync_api import expect

LONG = "+".join(["the", "old", "cat", "saw", "many", "birds", "near", "a", "river"] * 4)
# by how many pixels something is wider or higher than the room in which it is shown
CUT = "all => all.map(one => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight])"


@pytest.mark.parametrize("path", [f"/masks?masks_open=0,1&masks_text={LONG}", "/vision_transformer"])
def test_a_lesson_prints_its_figure_and_its_claims_and_no_controls(visit, path):
    visitor = visit(path)
    page = visitor.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    visitor.rest()
    for gone in (
        "[data-testid=stSidebar]",
        ".st-key-control_row",
        "[data-testid=stPopover]",
        ".timeline .play",
        ".foot .small-button",
    ):
        expect(visitor.see(gone).locator("visible=true"), gone).to_have_count(0)
    narrowest = "steps => Math.min(...steps.map(step => step.getBoundingClientRect().width))"
    assert page.locator(".timeline .steps canvas").evaluate_all(narrowest) > 20
    assert visitor.see(".timeline .steps").bounding_box()["width"] > 300
    figure = visitor.see(".step-viewer figure canvas").first
    box = figure.bounding_box()
    assert box["width"] > 200
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 794
    for whole in (".token-strip", ".token-strip .inner", "pre.code"):
        for over in visitor.see(f".step-viewer {whole}").evaluate_all(CUT):
            assert over == [0, 0], whole
    expect(visitor.see(".claims .claim").last).to_be_visible()
    expect(visitor.see(".claims .says")).to_have_count(2 if "open" in path else 0)
    # a page that scrolls inside a window is cut after one sheet
    height = page.evaluate("() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert height > 1123
    assert sheets >= 2


def test_a_dark_page_is_printed_in_ink_on_white_and_dark_again_afterwards(visit):
    visitor = visit("/masks")
    visitor.night()
    page = visitor.page
    figure = visitor.see(".step-viewer figure canvas").first
    # as many levels as the canvas is bright, on average, where anything is drawn
    bright = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let [sum, drawn] = [0, 0];
        for (let at = 0; at < data.length; at += 4) if (data[at + 3]) { sum += data[at + 1]; drawn += 1; }
        return sum / drawn;
    }"""
    ink = "element => getComputedStyle(element).color"
    ground = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    dark = figure.evaluate(bright), visitor.see(".page-head h1").evaluate(ink), page.evaluate(ground)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    for words in (".page-head h1", ".step-viewer .say h3", "[data-testid=stExpander] summary p"):
        assert visitor.see(words).first.evaluate(ink) == "rgb(29, 27, 44)"
    assert figure.evaluate(bright) > 180 > dark[0] + 60
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert (figure.evaluate(bright), visitor.see(".page-head h1").evaluate(ink), page.evaluate(ground)) == dark


def test_a_dark_page_without_a_figure_is_printed_on_white_too(visit):
    visitor = visit("/recall?recall_lesson=masks")
    visitor.night()
    ground = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    dark = visitor.page.evaluate(ground)
    visitor.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert visitor.page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    visitor.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert visitor.page.evaluate(ground) == dark
