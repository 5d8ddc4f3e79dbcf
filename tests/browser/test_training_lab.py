"""The training lab in a real browser: a small network that learns, and what is done with it meanwhile."""

import json
import re
import urllib.request

from playwright.sync_api import expect

SLOW = "/training_lab?train_longest=24&train_batch=64&train_updates=3000"
QUICK = "/training_lab?train_task=first+letter&train_kind=RNN&train_looks=dot&train_width=8&train_batch=4&train_updates=3000"
SAYS = ".st-key-train_buttons"


def press(visitor, name: str) -> None:
    visitor.see(f".st-key-train_{name} button").first.click()


def done(visitor) -> int:
    """Updates that were made, where nothing goes on."""
    return int(re.search(r"(\d+) of 3000 updates", visitor.text(SAYS)).group(1))


def computing(visitor) -> int:
    """Trainings that have the processor."""
    return json.load(urllib.request.urlopen(f"{visitor.address}/readyz", timeout=20))["trainings"]["computing"]


def until(visitor, true) -> None:
    for _ in range(200):
        if true():
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def test_it_is_played_paused_and_stepped_and_leaving_frees_the_processor(visit):
    visitor = visit(SLOW)
    press(visitor, "step")
    visitor.says(SAYS, "1 of 3000 updates")
    press(visitor, "play")
    visitor.see(".st-key-train_pause button").wait_for()
    press(visitor, "pause")
    visitor.says(SAYS, "Paused")
    before = done(visitor.rest())
    press(visitor, "step")
    visitor.says(SAYS, f"{before + 1} of 3000 updates")
    press(visitor, "play")
    visitor.see(".st-key-train_pause button").wait_for()
    until(visitor, lambda: computing(visitor))
    visitor.see("[data-testid=stSidebarNav] a", has_text="The map").click()
    until(visitor, lambda: not computing(visitor))


def test_a_second_run_another_example_and_a_weight_that_is_set_by_click_and_by_keys(visit):
    visitor = visit(f"{QUICK}&train_second_on=true&train_second_width=8")
    press(visitor, "step")
    visitor.says(".training .written", "Second writes")
    source = visitor.see(".training .example").nth(1).locator(".read .words span")
    letters = source.all_inner_texts()
    visitor.see(".training .example button").first.click()
    visitor.linked(train_watch=" ".join(letters))
    expect(visitor.see(".training .example.watched .read .words span")).to_have_text(letters)
    press(visitor, "weights_menu")
    cells = visitor.see(".weights canvas")
    visitor.rest()
    cells.click(position={"x": 34, "y": 20})
    visitor.press("2", ",", "5", "Enter")
    visitor.linked(train_changes="1:0:n:0:0:0=2.5")
    visitor.rest()
    visitor.press("ArrowDown", "ArrowRight", "-", "3", "Enter")
    visitor.linked(train_changes="1:0:n:0:0:0=2.5,1:0:n:0:1:1=-3")
    expect(cells).to_have_attribute("aria-label", re.compile(r"Row 1, column 1: −3\.0000\."))
    visitor.press("Escape")
    # begun again, the changes are made again at their update
    press(visitor, "again")
    visitor.says(SAYS, "Press Train")
    press(visitor, "step")
    visitor.says(SAYS, "2 changes of yours")
    press(visitor, "unchanged")
    visitor.linked(train_changes=None)
    press(visitor, "step")
    visitor.says(SAYS, "1 of 3000 updates")
    expect(visitor.see(SAYS)).not_to_contain_text("of yours")


def test_a_teachers_link_hides_controls_shows_a_line_and_a_picture_is_drawn_under_its_attention(visit):
    visitor = visit("/training_lab?train_hide=heads&train_line=Find+it&train_task=small+pictures&train_watch=5")
    visitor.says(".st-key-train_said", "Find it")
    assert not visitor.see(".st-key-train_heads").is_visible()
    assert visitor.see(".st-key-train_width").is_visible()
    expect(visitor.see(".training .example canvas")).to_have_count(4)
    picture = visitor.see(".training .looks figure canvas").first
    picture.focus()
    visitor.press("ArrowRight")
    visitor.says(".training .looks figure .caption", "b1 looks most at")
    visitor.press("Escape")
    visitor.says(".training .looks figure .caption", "→ looks most at")
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.rest()
    line, figure = (visitor.see(place).bounding_box() for place in (".st-key-train_said", ".st-key-figure"))
    assert line["y"] + line["height"] <= figure["y"], "on a phone the line stands below what it speaks of"
