"""The writing lab in a real browser."""

import re

from playwright.sync_api import expect


def test_bars_follow_the_sliders_without_asking_python_and_the_text_follows_once_they_rest(visit):
    visitor = visit("/writing_lab?write_count=4")
    before, bars = visitor.messages_sent, visitor.see(".writing .candidate .number")
    slider = visitor.page.get_by_label("Temperature")
    slider.evaluate("(input) => { input.value = 0; input.dispatchEvent(new Event('input')); }")
    expect(bars.nth(0)).to_have_text("1.000")
    expect(bars.nth(1)).to_have_text("out")
    assert visitor.messages_sent == before
    visitor.after(lambda: slider.evaluate("(input) => input.dispatchEvent(new Event('change'))"))
    visitor.linked(write_temperature="0")


def test_the_box_of_a_long_text_begins_with_a_whole_row(visit):
    visitor = visit("/writing_lab?write_count=60", viewport={"width": 390, "height": 844})
    box = visitor.see(".writing .text[aria-label^='The text']")
    visitor.see(".writing .token.looked").wait_for()
    cut = """(box) => [...box.querySelectorAll(".token")].filter((token) => {
        const top = token.offsetTop - box.scrollTop;
        return top < 0 && top + token.offsetHeight > 1;
    }).length"""
    assert box.evaluate("(box) => box.scrollTop") > 0
    assert box.evaluate(cut) == 0


def test_a_text_goes_on_and_back_and_another_token_can_be_written_in_place_of_any(visit):
    visitor = visit("/writing_lab?write_count=4")
    tokens = visitor.see(".writing .token")
    expect(tokens).to_have_count(19)
    visitor.after(lambda: visitor.page.get_by_role("button", name="Step", exact=True).click())
    visitor.linked(write_count="5")
    expect(tokens).to_have_count(20)
    visitor.after(lambda: visitor.page.get_by_role("button", name="Back", exact=True).click())
    expect(tokens).to_have_count(19)
    visitor.after(lambda: tokens.nth(15).click())
    visitor.linked(write_at="15")
    unlike = visitor.see(".writing .candidate:not(.stands)").first
    name = unlike.locator(".name").inner_text()
    visitor.after(lambda: unlike.click())
    expect(tokens.nth(15)).to_have_attribute("title", re.compile(f"^{re.escape(name)}, chosen by you"))
    visitor.see(".writing figure canvas").focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(write_open="0,0")
    visitor.says(".writing .looks", "Layer 0, head 0 stands above the words")


def test_a_small_picture_of_a_written_word_is_looked_at_by_a_click_and_a_head_that_is_opened_stands_over_all(visit):
    visitor = visit("/writing_lab?write_model=scene-captioner-patches&write_temperature=0")
    words = visitor.see(".writing .strip button")
    expect(words).to_have_count(10)
    visitor.after(lambda: words.nth(0).click())
    visitor.linked(write_at="1")
    expect(words.nth(0)).to_have_attribute("aria-pressed", "true")
    visitor.says(".writing .picture", "For “␣red”, clear: the largest weight")
    visitor.see(".writing figure canvas").focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(write_open="0,0")
    visitor.says(".writing .looks", "Layer 0, head 0 stands over the picture")
