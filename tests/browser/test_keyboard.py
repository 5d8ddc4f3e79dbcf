"""With the keyboard alone: figures, tables, claims, questions, panels, the map and the pad are used without a pointer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looks import PARTS


def test_home_and_end_go_to_the_ends_of_a_figure_and_of_a_sentence_and_escape_closes_a_panel(visit):
    visitor = visit("/self_attention", reduced_motion="reduce")
    visitor.see(".step-viewer figure canvas").focus()
    for key, place in (("End", "[SEP]"), ("Home", "[CLS]")):
        visitor.page.keyboard.press(key)
        expect(visitor.see(".readout .title")).to_have_text(f"it asks {place}")
    visitor.see(".token-strip .token", has_text="street").focus()
    for key, place in (("End", "[SEP]"), ("Home", "[CLS]")):
        visitor.page.keyboard.press(key)
        expect(visitor.see(".readout .title")).to_have_text(re.compile(rf"^{re.escape(place)} asks "))
    opener = visitor.page.get_by_role("button", name="Take it away")
    opener.focus()
    visitor.page.keyboard.press("Enter")
    svg = visitor.page.get_by_role("button", name="SVG", exact=True)
    svg.wait_for()
    visitor.page.keyboard.press("Escape")
    svg.wait_for(state="detached")
    expect(opener).to_be_focused()


def test_numbers_are_opened_and_scrolled_by_keyboard_and_the_steps_stay(visit):
    visitor = visit("/self_attention?step=1", viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    step = visitor.text(".step-viewer .count")
    visitor.page.get_by_role("button", name="Numbers", exact=True).focus()
    visitor.page.keyboard.press("Enter")
    table = visitor.see(".step-viewer .figure-table")
    table.focus()
    visitor.press(*["ArrowRight"] * 3)
    visitor.page.wait_for_function("table => table.scrollLeft > 0", arg=table.element_handle())
    assert visitor.text(".step-viewer .count") == step


def test_a_claim_opens_and_closes_by_keyboard_and_keeps_the_focus_and_a_question_is_answered(visit):
    visitor = visit("/masks", reduced_motion="reduce")
    claim = visitor.see(".claims .said").first
    claim.focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.see(".claims .says").first.wait_for()
    assert claim.get_attribute("aria-expanded") == "true"
    visitor.asks(lambda: visitor.page.keyboard.press(" "))
    visitor.see(".claims .says").first.wait_for(state="detached")
    assert visitor.page.evaluate(f"() => {{ {PARTS} return focused().className; }}") == "said"
    visitor.page.get_by_role("radio", name="only the last").first.focus()
    visitor.asks(lambda: visitor.page.keyboard.press(" "))
    visitor.page.get_by_role("button", name="Check").first.focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.says("[data-testid=stMain]", "✓ Right")


@pytest.mark.parametrize(("start", "place"), [(".map a.row", "/bottleneck"), (".labs a.card", "/sentence_lab")])
def test_the_map_and_its_cards_open_by_enter(visit, start, place):
    visitor = visit("/")
    visitor.see(start).first.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**{place}**")


def test_home_and_end_go_to_the_ends_of_a_layer_and_of_a_row_of_patches_and_the_pad_is_drawn_on_and_left(visit):
    visitor = visit("/image_lab")
    heads = visitor.see(".patch-explorer .heads canvas")
    heads.focus()
    for key, head in (("End", 5), ("Home", 0)):
        visitor.page.keyboard.press(key)
        visitor.says(".patch-explorer h3", f"Layer 3, head {head}")
    visitor.page.keyboard.press("Escape")
    visitor.see(".patch-explorer figure canvas").first.focus()
    for key, column in (("End", "h"), ("Home", "a")):
        visitor.page.keyboard.press(key)
        expect(visitor.see(".patch-explorer .says").first).to_have_text(re.compile(f"^{column}"))
    visitor.page.get_by_role("button", name="Bring your own").first.click()
    visitor.page.get_by_text("draw or paste").click()
    pad = visitor.see(".pad canvas")
    pad.wait_for()  # while it is hidden it takes no focus
    pad.focus()
    visitor.press(" ", "ArrowRight", "ArrowRight", "ArrowDown")
    drawn = "pad => pad.getContext('2d').getImageData(144, 128, 1, 1).data[0]"
    assert pad.evaluate(drawn) < 100
    visitor.press("Tab")
    expect(pad).not_to_be_focused()
    visitor.page.get_by_role("button", name="Clear", exact=True).focus()
    visitor.press("Enter")
    assert pad.evaluate(drawn) == 255
    visitor.page.get_by_role("button", name="Undo", exact=True).focus()
    visitor.press("Enter")
    assert pad.evaluate(drawn) < 100
    pad.focus()
    visitor.press("Control+z")
    assert pad.evaluate(drawn) == 255


def test_a_number_table_stands_below_the_figure_and_its_cells_are_walked_by_arrows(visit):
    visitor = visit("/attention?attention_numbers=by+hand")
    figure, table = (visitor.see(each).first.bounding_box() for each in (".step-viewer figure", ".number-tables"))
    assert figure["y"] + figure["height"] < table["y"]
    visitor.page.get_by_label("Q, row ask 1, column 1").focus()
    visitor.press("ArrowDown")
    assert visitor.page.evaluate(f"() => {{ {PARTS} return focused().ariaLabel; }}") == "Q, row ask 2, column 1"


def test_a_point_is_dragged_or_moved_by_shift_and_arrows_and_the_link_holds_it(visit):
    visitor = visit("/attention")
    canvas = visitor.see(".step-viewer figure canvas")
    canvas.focus()
    visitor.press("ArrowRight")
    visitor.after(lambda: visitor.page.keyboard.press("Shift+ArrowLeft"))
    visitor.page.wait_for_url(re.compile("attention_points=.*1.1%2C0.7"))
    expect(canvas).to_have_attribute("aria-label", re.compile("point 5 at 1.10, 0.70"))
    box = canvas.bounding_box()
    across, up = ((box["width"] - 54) / 6, 75)  # pixels of a unit
    x, y = box["x"] + 40 + 3.4 * across, box["y"] + 26 + 0.5 * up  # the point at 0.4, 1.5
    visitor.page.mouse.move(x, y)
    visitor.page.mouse.down()
    visitor.page.mouse.move(x - across, y + 2 * up)
    visitor.after(visitor.page.mouse.up)
    visitor.page.wait_for_url(re.compile("attention_points=.*%3B-0.6%2C-0.5%3B1.1%2C0.7"))


def test_the_curve_of_learning_is_walked_by_arrows(visit):
    visitor = visit("/looking_back")
    visitor.see(".st-key-watch_step button").click()
    visitor.says(".learning .says", "after 1 of 150")
    visitor.see(".learning canvas").first.focus()
    for key, says in (("ArrowLeft", "Then, after 0"), ("End", "Now, after 1"), ("Home", "Then, after 0")):
        visitor.page.keyboard.press(key)
        visitor.says(".learning .says", says)
