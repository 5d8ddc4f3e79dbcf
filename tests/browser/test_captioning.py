"""Lesson 3 in a real browser: things are dragged and recoloured, captions follow, and words look at cells."""

import re

from playwright.sync_api import expect

from tests.browser.visitor import FOCUSED

FIGURE = ".step-viewer figure canvas"


def captioned(visitor, words: str) -> None:
    """Wait until the caption is this one."""
    expect(visitor.see(".query-words .word")).to_have_text(words.split())


def focused(visitor) -> str:
    """What a screen reader says of the element that has the focus, inside a part or outside."""
    says = """ return focused()?.getAttribute("aria-label") ?? focused()?.textContent ?? ""; }"""
    return visitor.page.evaluate("() => {" + FOCUSED + says)


def test_pointing_at_a_word_moves_the_light_without_python_and_a_dragged_thing_is_captioned_where_it_lies(visit):
    visitor = visit("/captioning", reduced_motion="reduce")
    sent = visitor.messages_sent
    for place, word in ((0, "red"), (5, "blue")):
        visitor.see(".query-words .token").nth(place).hover()
        expect(visitor.see(FIGURE)).to_have_attribute("aria-label", re.compile(f"word {word}, cell"))
    assert visitor.messages_sent == sent
    captioned(visitor, "red circle top left and blue square bottom right </s>")
    visitor.see(".scene svg").scroll_into_view_if_needed()
    box = visitor.see("[data-thing='0']").bounding_box()
    picture = visitor.see(".scene svg").bounding_box()
    mouse = visitor.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(picture["x"] + picture["width"] * 0.2, picture["y"] + picture["height"] * 0.85, steps=6)
    visitor.after(mouse.up)
    captioned(visitor, "red circle bottom left and blue square bottom right </s>")
    expect(visitor.page).to_have_url(re.compile("captioning_scene=red-circle-6"))


def test_a_thing_is_moved_recoloured_added_and_deleted_by_keyboard(visit):
    visitor = visit("/captioning")
    visitor.see("[data-thing='1']").focus()
    visitor.after(lambda: visitor.page.keyboard.press("ArrowLeft"))
    assert "blue-square-20-27" in visitor.link["captioning_scene"]
    visitor.page.get_by_role("button", name="green", exact=True).focus()
    for colour in ("green", "blue"):
        visitor.after(lambda: visitor.page.keyboard.press("Enter"))
        visitor.says(".query-words", colour)
        # the button keeps the focus, so that Tab goes on to the next one
        visitor.painted()
        assert focused(visitor) == colour
        visitor.page.keyboard.press("Tab")
    visitor.page.get_by_role("button", name="Add").focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    assert visitor.link["captioning_scene"].count(",") == 2
    expect(visitor.page.get_by_role("button", name="Add")).to_be_disabled()
    assert "from the left" in focused(visitor)
    for left in (2, 1, 0):
        visitor.see("[data-thing='0']").focus()
        visitor.after(lambda: visitor.page.keyboard.press("Delete"))
        expect(visitor.see("[data-thing]")).to_have_count(left)
    assert visitor.link["captioning_scene"] == "empty"
    assert focused(visitor) == "Add"


def test_steps_that_are_pressed_fast_are_all_taken(visit):
    visitor = visit("/captioning")
    visitor.see("[data-thing='0']").focus()
    visitor.asks(lambda: visitor.press(*["ArrowRight"] * 9))  # answers to the earlier ones come late
    visitor.says(".query-words", "right")
    assert visitor.link["captioning_scene"].startswith("red-circle-20-5")
    expect(visitor.see("[data-thing='0']")).to_have_attribute("aria-label", re.compile("20 from the left"))


def test_a_click_forces_a_word_to_look_at_a_cell(visit):
    visitor = visit("/captioning?at=0.1.0.0")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.9))
    assert re.fullmatch(r"0\.1[0-5]", visitor.link["captioning_look"])
    expect(visitor.see(".query-words .word").first).to_have_text(re.compile("^✎ "))


def test_in_lesson_10_a_word_and_a_look_over_a_picture_are_forced_by_a_click(visit):
    visitor = visit("/encoder_decoder?encoder_decoder_reads=a+scene%3A+CNN+grid&step=next")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + 0.62 * box["width"], box["y"] + 0.3 * box["height"]))
    assert re.fullmatch(r"[01]\.\d+", visitor.link["encoder_decoder_write"])
    expect(visitor.page.get_by_text("With your changes")).to_be_visible()
    looking = visit("/encoder_decoder?encoder_decoder_reads=a+scene%3A+CNN+grid&step=cross-attention")
    looking.see("button", has_text="Force it").click()
    box = looking.see(FIGURE).bounding_box()
    looking.after(lambda: looking.page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"]))
    assert looking.link["encoder_decoder_look"] == "0.14"
    expect(looking.see(FIGURE)).to_have_attribute("aria-label", re.compile("✎ .*cell c4"))
