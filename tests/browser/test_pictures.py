"""Lesson 11 and the image lab in a real browser: pictures come in, patches are pointed at, heads are opened."""

import io
import re

from PIL import Image
from playwright.sync_api import expect

PICTURE = ".patch-explorer figure canvas"
HEADS = ".patch-explorer .heads canvas"


def png(colour: str, size: tuple[int, int] = (90, 60)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def bring(visitor, *files: tuple[str, bytes]) -> None:
    """Open the popover and hand files to the uploader."""
    visitor.page.get_by_role("button", name="Bring your own").first.click()
    chooser = visitor.page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files([{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files])


def middle_of(visitor, column: float, row: float, cells: int = 8) -> tuple[float, float]:
    """Where a patch lies on the screen; the names of rows and columns take 20 pixels."""
    box = visitor.see(PICTURE).first.bounding_box()
    side = box["height"] - 23
    return box["x"] + 20 + (column + 0.5) * side / cells, box["y"] + 20 + (row + 0.5) * side / cells


def test_pointing_at_a_patch_shows_where_it_looks_without_asking_python(visit):
    visitor = visit("/vision_transformer")
    visitor.see(PICTURE).first.scroll_into_view_if_needed()
    before = visitor.messages_sent
    for column, row, name in ((1, 2, "b3"), (6, 0, "g1")):
        visitor.page.mouse.move(*middle_of(visitor, column, row))
        visitor.says(".patch-explorer .says", f"{name} looks most at")
    visitor.page.wait_for_timeout(1200)  # long after a link would have been told
    assert visitor.messages_sent == before
    visitor.after(lambda: visitor.page.mouse.click(*middle_of(visitor, 6, 0)))
    assert visitor.link["vision_transformer_at"] == "7"
    assert "step" not in visitor.link
    visitor.page.mouse.move(*middle_of(visitor, 3, 3))
    visitor.says(".patch-explorer .says", "g1 gives")
    visitor.says(".patch-explorer .says", "of its attention to d4")


def test_patches_are_walked_by_keyboard_the_question_is_turned_a_threshold_kept_and_a_head_previewed_and_opened(visit):
    visitor = visit("/vision_transformer")
    visitor.see(PICTURE).focus()
    visitor.page.keyboard.press("ArrowLeft")
    visitor.says(".patch-explorer .says", "d5 looks most at")
    visitor.page.get_by_role("button", name="Who looks here").click()
    visitor.says(".patch-explorer .says", "d5 is looked at most by")
    visitor.page.get_by_role("button", name="Who looks here").click()
    visitor.see(".patch-explorer .threshold input").fill("50")
    visitor.says(".patch-explorer .says", "of 64 patches hold 50 %")
    visitor.see(".patch-explorer .chip").click()
    visitor.says(".patch-explorer .says", "[CLS] looks most at")
    expect(visitor.see(PICTURE)).to_have_attribute("aria-label", re.compile(r"\[CLS\] looks most at"))
    visitor.rest()  # a page that is drawn anew ends a preview
    visitor.see(HEADS).focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowRight"):
        visitor.page.keyboard.press(key)
    visitor.says(".patch-explorer h3", "Layer 0, head 2")
    visitor.says(".patch-explorer .note", "Preview")
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(vision_transformer_layer="0", vision_transformer_head="2")


def test_the_second_picture_speaks_of_its_own_patches(visit):
    """A model without a class token beside one that has it: the same place, another number."""
    visitor = visit("/image_lab?img_compare=another+model")
    second = visitor.see(PICTURE).nth(1)
    box = second.bounding_box()
    side = box["height"] - 23
    second.hover(position={"x": 20 + 1.5 * side / 8, "y": 20 + 2.5 * side / 8})
    for panel in (0, 1):
        visitor.see(".patch-explorer .says").nth(panel).get_by_text("b3", exact=True).first.wait_for()
    visitor.see(PICTURE).nth(1).focus()
    visitor.page.keyboard.press("ArrowRight")
    for panel in (0, 1):
        visitor.see(".patch-explorer .says").nth(panel).get_by_text("c3", exact=True).first.wait_for()


def test_a_picture_of_ones_own_is_read_and_goes_along(visit):
    visitor = visit("/image_lab")
    visitor.after(lambda: bring(visitor, ("sea.png", png("blue"))))
    visitor.says("[data-testid=stText]", "sea.png")
    visitor.linked(img_picture="your own")
    visitor.page.get_by_role("link", name="11 · Images as words").click()
    visitor.page.wait_for_url("**/vision_transformer**")
    visitor.rest().linked(vision_transformer_picture="your own")
    red, _, blue, _ = visitor.see(PICTURE).first.evaluate(
        "(it) => [...it.getContext('2d').getImageData(it.width / 2, it.height / 2, 1, 1).data]"
    )
    assert blue > red


def test_what_is_no_picture_is_told_and_what_was_there_stays(visit):
    visitor = visit("/image_lab")
    bring(visitor, ("broken.png", b"no picture"))
    visitor.says("[data-testid=stText]", "broken.png: the file is no picture that can be read")
    expect(visitor.see(".patch-explorer h3").first).to_have_text("Layer 3, head 0")


def test_a_drawing_becomes_the_picture(visit):
    visitor = visit("/image_lab")
    visitor.page.get_by_role("button", name="Bring your own").first.click()
    visitor.page.get_by_text("draw or paste").click()
    pad = visitor.see(".pad canvas")
    pad.wait_for()
    box = pad.bounding_box()
    visitor.page.get_by_role("button", name="red", exact=True).click()
    visitor.page.mouse.move(box["x"] + 40, box["y"] + 40)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    visitor.page.mouse.up()
    visitor.after(lambda: visitor.page.get_by_role("button", name="Use this drawing").click())
    visitor.linked(img_picture="your own")
    visitor.says("[data-testid=stText]", "drawn:")


def test_a_pasted_picture_is_taken(visit):
    visitor = visit("/image_lab")
    visitor.page.get_by_role("button", name="Bring your own").first.click()
    visitor.page.get_by_text("draw or paste").click()
    visitor.see(".pad canvas").wait_for()
    content = list(png("lime"))
    visitor.after(
        lambda: visitor.see(".pad canvas").evaluate(
            """(canvas, bytes) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], "p.png", { type: "image/png" }));
                canvas.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, composed: true }));
            }""",
            content,
        )
    )
    visitor.says("[data-testid=stText]", "pasted:")


def test_the_patches_slide_apart_while_it_plays(visit):
    visitor = visit("/vision_transformer?step=1")
    canvas = visitor.see(".step-viewer figure canvas")
    visitor.see(".timeline .play, .step-viewer [aria-label='Play']").first.click()
    for _ in range(2):  # it changes, and what it has changed to changes again
        visitor.page.wait_for_function(
            "([canvas, before]) => canvas.toDataURL() !== before",
            arg=[canvas.element_handle(), canvas.evaluate("canvas => canvas.toDataURL()")],
        )


def test_the_likeliest_class_is_looked_at_and_its_formula_is_not_that_of_attention(visit):
    visitor = visit("/vision_transformer?step=9", reduced_motion="reduce")
    first = visitor.see(".st-key-vision_transformer_answers p").first.inner_text().split("\n")[1]  # below whose it is
    likeliest = first.split("%")[0].rsplit(" ", 1)[0]
    visitor.says(".readout .title", f"p of {likeliest.removeprefix('not sure: ')} = 0.")
    expect(visitor.see(".step-viewer .formula")).to_contain_text("LN")
    visitor.see(".step-viewer .steps").focus()
    visitor.page.keyboard.press("7")
    visitor.says(".step-viewer .say h3", "Where each patch looks")
    expect(visitor.see(".step-viewer .formula")).not_to_contain_text("LN")


def test_a_photograph_is_captioned_and_told_to_be_outside_the_captioners_world(visit):
    visitor = visit("/captioning?captioning_source=photograph+or+your+own")
    visitor.says("[data-testid=stCaptionContainer]", "outside its world")
