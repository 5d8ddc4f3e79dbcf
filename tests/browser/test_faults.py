"""Servers die, lines are slow, pages are left in the middle of something: nothing is lost, and the page goes on."""

import io
import os
import resource
import signal
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.server import free_port, serving
from tests.browser.visitor import Visitor

TOLD = "The connection to the server was lost."


def step(visitor: Visitor) -> None:
    slider = visitor.page.get_by_role("slider", name="Temperature").first
    slider.focus()
    visitor.page.keyboard.press("ArrowRight")


def upload(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Bring your own").click()
    visitor.page.set_input_files(
        "input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG" * 200}
    )


def train(visitor: Visitor) -> None:
    visitor.page.locator(".st-key-watch_play button").click()
    visitor.says("[data-testid=stCaptionContainer]", "Training now")


PLACES = {
    "a step": ("/self_attention?self_attention_text=The%20owl%20saw%20the%20moon", step),
    "an upload": ("/image_lab?img_show=rollout", upload),
    "a training": ("/looking_back?looking_back_temperature=2", train),
}


@pytest.mark.long
@pytest.mark.parametrize("what", PLACES)
def test_a_server_that_is_killed_in_the_middle_comes_back_with_the_controls_as_they_were(browser, what):
    path, act = PLACES[what]
    port = free_port()
    with serving(port=port) as (address, process):
        visitor = Visitor(browser.new_context().new_page(), address).go(path)
        act(visitor)
        os.kill(process, signal.SIGKILL)
        visitor.page.wait_for_selector("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])")
    before = visitor.link
    with serving(port=port):
        visitor.page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]", timeout=60_000)
        visitor.page.get_by_text(TOLD).first.wait_for(timeout=60_000)
        visitor.rest()
        assert visitor.link == before
        assert "Traceback" not in visitor.page.inner_text("body")
        act_again = visitor.page.get_by_role("slider").first
        act_again.focus()
        visitor.after(lambda: visitor.page.keyboard.press("ArrowRight"))
        visitor.page.context.close()


@pytest.mark.long
def test_where_the_disk_is_full_pictures_are_read_and_figures_taken_away(browser):
    """Nothing that a visitor needs goes through a file."""
    picture = io.BytesIO()
    Image.new("RGB", (61, 47), (200, 30, 30)).save(picture, "PNG")
    with serving(full_disk=True) as (address, process):
        visitor = Visitor(browser.new_context(accept_downloads=True).new_page(), address).go("/image_lab")
        visitor.page.get_by_role("button", name="Bring your own").click()
        file = {"name": "mine.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        visitor.after(lambda: visitor.page.set_input_files("input[type=file]", file))
        assert visitor.link["img_picture"] == "your own"
        visitor.page.keyboard.press("Escape")
        visitor.page.get_by_role("button", name="Take it away").click()
        for kind in ("SVG", "PDF", "PNG", "NPZ"):
            with visitor.page.expect_download() as download:
                visitor.page.get_by_role("button", name=kind, exact=True).click()
            assert Path(download.value.path()).stat().st_size > 500
        visitor.assert_clean()
        assert resource.prlimit(process, resource.RLIMIT_FSIZE) == (0, 0)
        visitor.page.context.close()


def test_what_is_pressed_on_a_page_that_is_being_left_does_not_empty_the_next_one(visit):
    visitor = visit("/looking_back")
    control = visitor.page.get_by_text("scaled dot").first.bounding_box()
    link = visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text="Self-attention").bounding_box()
    visitor.page.mouse.click(link["x"] + 40, link["y"] + 10)
    visitor.page.mouse.click(control["x"] + 5, control["y"] + 5)
    visitor.arrive("/self_attention")
    expect(visitor.see(".step-viewer")).to_have_count(1)


def test_a_panel_that_closes_because_a_link_is_followed_does_not_empty_the_next_page(visit):
    """Its closing is told after the link, and asks for a part of the page that is being left."""
    visitor = visit("/attention")
    visitor.page.get_by_role("button", name="Take it away").first.click()
    visitor.page.get_by_role("button", name="NPZ", exact=True).wait_for()
    visitor.rest()
    visitor.page.get_by_label("Navigate to home page").first.click()
    visitor.page.locator(".lab.map").wait_for()
    visitor.arrive("/")
    expect(visitor.see(".lab.map a.row").first).to_be_visible()


def test_what_is_pressed_after_going_back_does_not_reach_the_page_that_was_left(visit):
    visitor = visit("/self_attention")
    drawn = visitor.text(".stMainBlockContainer")
    visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text="Looking back").click()
    visitor.arrive("/looking_back")
    control = visitor.page.get_by_text("scaled dot").first.bounding_box()
    visitor.page.evaluate("history.back()")
    visitor.page.wait_for_url("**/self_attention*")
    visitor.page.mouse.click(control["x"] + 5, control["y"] + 5)
    visitor.arrive("/self_attention")
    assert "looking_back_score" not in visitor.link
    expect(visitor.see(".stMainBlockContainer")).to_have_text(drawn, use_inner_text=True)


def test_who_goes_back_finds_the_page_as_it_was_left_and_the_next_one_in_front_of_it(visit):
    def sentence_is(words: str, name: str) -> None:
        """Wait until it stands in the box and in the link."""
        expect(visitor.page.get_by_label("Sentence", exact=True).first).to_have_value(words)
        visitor.linked(**{name: words})

    visitor = visit("/self_attention")
    box = visitor.page.get_by_label("Sentence", exact=True).first
    box.fill("the black dog eats")
    visitor.after(lambda: box.press("Enter"))
    visitor.page.get_by_text("7 · Masks").last.click()
    visitor.arrive("/masks")
    sentence_is("the black dog eats", "masks_text")
    visitor.page.go_back()
    visitor.arrive("/self_attention")
    sentence_is("the black dog eats", "self_attention_text")
    visitor.page.go_forward()
    visitor.arrive("/masks")
    sentence_is("the black dog eats", "masks_text")


def test_who_follows_a_card_of_the_map_cannot_ask_the_map_for_anything_else(visit):
    visitor = visit("/")
    visitor.page.set_viewport_size({"width": 1440, "height": 2400})
    visitor.rest()
    third, fifth = (visitor.page.locator(".lab.map a.row").nth(place).bounding_box() for place in (2, 4))
    box = visitor.page.locator("input[type=text]").first.bounding_box()
    visitor.page.mouse.click(third["x"] + 60, third["y"] + 8)
    visitor.page.mouse.click(fifth["x"] + 60, fifth["y"] + 8)
    visitor.page.mouse.click(box["x"] + 60, box["y"] + 8)
    visitor.page.keyboard.type("the dog")
    visitor.page.keyboard.press("Enter")
    visitor.arrive("/captioning")
    expect(visitor.see(".step-viewer")).to_have_count(1)


# a connection that window.sever() ends; the next one comes back for no session, as from a process that knows none
SEVERED = """() => {
    let stream;
    window.WebSocket = class extends WebSocket {
        constructor(address, protocols = []) {
            super(address, protocols.slice(0, 2));
            stream = this;
        }
    };
    window.sever = () => stream.close();
}"""


def test_who_is_led_to_another_process_is_told_however_soon_it_answers(visit):
    visitor = visit("/recall", script=f"({SEVERED})()")
    visitor.see(".st-key-recall_show button").click()
    visitor.see(".st-key-recall_said").wait_for()
    visitor.rest()
    visitor.page.evaluate("window.sever()")
    visitor.page.get_by_text(TOLD).first.wait_for(timeout=20_000)
    visitor.rest().assert_clean()


# what the server sends is held back, from window.hold = true until window.release()
SLOW_LINE = """() => {
    const held = [];
    const listen = WebSocket.prototype.addEventListener;
    const late = (hear) => (message) => (window.hold ? held.push(() => hear(message)) : hear(message));
    WebSocket.prototype.addEventListener = function (kind, hear, ...more) {
        return listen.call(this, kind, kind === "message" ? late(hear) : hear, ...more);
    };
    window.release = () => {
        const heard = held.shift();
        if (!heard) return (window.hold = false);
        heard();
        setTimeout(window.release); // each is taken in before the next one comes
    };
}"""


@pytest.mark.long
def test_on_a_slow_line_nothing_is_lost_where_a_request_crosses_the_answer_to_the_one_before(visit):
    visitor = visit("/masks?step=1&masks_numbers=by+hand", script=f"({SLOW_LINE})()")
    visitor.page.get_by_role("button", name="Edit mask").click()
    visitor.see(".step-viewer figure canvas").focus()
    visitor.press(*["ArrowUp"] * 4, *["ArrowRight"] * 4)
    visitor.page.evaluate("window.hold = true")
    visitor.asks(lambda: visitor.press("Enter"))  # it is answered, and the page has not heard of it
    visitor.linked(masks_cells=None)
    visitor.press("ArrowDown", "Enter")
    visitor.linked(at="1.3.0.0", masks_cells=None)  # the view tells where it is, still without having heard
    visitor.rest()
    visitor.page.evaluate("release()")
    visitor.rest().linked(masks_cells="0.3,1.3")


@pytest.mark.long
def test_who_moves_a_slider_to_and_fro_faster_than_it_is_answered_finds_it_as_it_was(visit):
    """What the page forgets of an old answer meanwhile, the server must not count on."""
    visitor = visit("/masks?step=6", script=f"({SLOW_LINE})()")
    slider = visitor.page.get_by_role("slider", name="Layers stacked")
    before = slider.get_attribute("aria-valuenow")
    slider.focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        visitor.after(lambda key=key: visitor.page.keyboard.press(key))
    visitor.page.evaluate("window.hold = true")
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        visitor.asks(lambda key=key: visitor.page.keyboard.press(key))
    visitor.page.wait_for_timeout(1_000)  # all is answered, and the page has not heard of it
    visitor.page.evaluate("release()")
    visitor.rest()
    assert slider.get_attribute("aria-valuenow") == before
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.long
def test_a_page_that_was_drawn_while_the_browser_was_busy_answers(visit):
    """A whole run passes between two frames then, and nobody sees that the script ran."""
    visitor = visit("/looking_back")
    visitor.page.evaluate("""() => addEventListener("click", () => setTimeout(() => {
      const since = performance.now();
      while (performance.now() - since < 2500);
    }), { once: true })""")
    visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text="Self-attention").click()
    visitor.arrive("/self_attention")
