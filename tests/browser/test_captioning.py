"""Lesson 3 in a real browser: things are dragged and recoloured, captions follow, and words look at cells."""

import re

from tests.browser.visitor import FOCUSED

FIGURE = ".step-viewer figure canvas"


def caption(visitor) -> str:
    return " ".join(word.inner_text() for word in visitor.see(".query-words .word").all())


def label(visitor) -> str:
    return visitor.see(FIGURE).get_attribute("aria-label")


def focused(visitor) -> str:
    """What a screen reader says of the element that has the focus, inside a part or outside."""
    says = """ return focused()?.getAttribute("aria-label") ?? focused()?.textContent ?? ""; }"""
    return visitor.page.evaluate("() => {" + FOCUSED + says)


def test_a_thing_that_is_dragged_is_captioned_where_it_lies(visit):
    visitor = visit("/captioning")
    assert caption(visitor) == "red circle top left and blue square bottom right </s>"
    box = visitor.see("[data-thing='0']").bounding_box()
    picture = visitor.see(".scene svg").bounding_box()
    mouse = visitor.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(picture["x"] + picture["width"] * 0.2, picture["y"] + picture["height"] * 0.85, steps=6)
    visitor.after(mouse.up)
    visitor.says(".query-words", "bottom")
    visitor.rest()
    assert caption(visitor) == "red circle bottom left and blue square bottom right </s>"
    assert visitor.link["pic_scene"].startswith("red-circle-6")


def test_a_thing_is_moved_recoloured_added_and_deleted_by_keyboard(visit):
    visitor = visit("/captioning")
    visitor.see("[data-thing='1']").focus()
    visitor.after(lambda: visitor.page.keyboard.press("ArrowLeft"))
    assert "blue-square-20-27" in visitor.link["pic_scene"]
    visitor.page.get_by_role("button", name="green", exact=True).focus()
    for colour in ("green", "blue"):
        visitor.after(lambda: visitor.page.keyboard.press("Enter"))
        visitor.says(".query-words", colour)
        # the button keeps the focus, so that Tab goes on to the next one
        assert focused(visitor) == colour
        visitor.page.keyboard.press("Tab")
    visitor.page.get_by_role("button", name="Add").focus()
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    assert visitor.link["pic_scene"].count(",") == 2
    assert visitor.page.get_by_role("button", name="Add").is_disabled()
    assert "from the left" in focused(visitor)
    for left in (2, 1, 0):
        visitor.see("[data-thing='0']").focus()
        visitor.after(lambda: visitor.page.keyboard.press("Delete"))
        assert visitor.see("[data-thing]").count() == left
    assert visitor.link["pic_scene"] == "empty"
    assert focused(visitor) == "Add"


def test_steps_that_are_pressed_fast_are_all_taken(visit):
    visitor = visit("/captioning")
    visitor.see("[data-thing='0']").focus()
    for _ in range(9):
        visitor.page.keyboard.press("ArrowRight")
        visitor.page.wait_for_timeout(40)
    visitor.says(".query-words", "right")
    visitor.page.wait_for_timeout(1000)  # answers to the earlier ones come late
    visitor.rest()
    assert visitor.link["pic_scene"].startswith("red-circle-20-5")
    assert "20 from the left" in visitor.see("[data-thing='0']").get_attribute("aria-label")


def test_pointing_at_a_word_moves_the_light_without_python(visit):
    visitor = visit("/captioning", reduced_motion="reduce")
    sent = visitor.messages_sent
    looked = []
    for word in (0, 5):
        visitor.see(".query-words .token").nth(word).hover()
        visitor.page.wait_for_timeout(80)  # the frame in which the figure follows
        looked.append(re.search(r"word (\S+), cell", label(visitor))[1])
    assert looked == ["red", "blue"]
    assert visitor.messages_sent == sent


def test_a_click_forces_a_word_to_look_at_a_cell(visit):
    visitor = visit("/captioning?at=0.1.0.0")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.9))
    assert re.fullmatch(r"0\.1[0-5]", visitor.link["pic_look"])
    assert caption(visitor).startswith("✎ ")


def test_on_a_phone_nothing_is_wider_than_the_screen(visit):
    visitor = visit("/captioning", viewport={"width": 390, "height": 844})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.see(".scene svg").is_visible()
