"""Lesson 3 in a real browser: things are dragged and recoloured, captions follow, and words look at cells."""

import re

FIGURE = ".stage figure canvas"


def caption(visitor) -> str:
    return " ".join(word.inner_text() for word in visitor.see(".query-words .word").all())


def label(visitor) -> str:
    return visitor.see(FIGURE).get_attribute("aria-label")


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
    visitor.after(lambda: visitor.page.get_by_role("button", name="green", exact=True).press("Enter"))
    visitor.says(".query-words", "green")
    visitor.after(lambda: visitor.page.get_by_role("button", name="Add").press("Enter"))
    assert visitor.link["pic_scene"].count(",") == 2
    assert visitor.page.get_by_role("button", name="Add").is_disabled()
    visitor.see("[data-thing='0']").focus()
    visitor.after(lambda: visitor.page.keyboard.press("Delete"))
    assert "red-circle-11-5" not in visitor.link["pic_scene"]


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
