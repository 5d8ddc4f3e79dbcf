"""Every page, visited once: it is said, walked by Tab, still, open to all, and whole at twice the size and on a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from pages.course.catalogue import LESSONS, Page, built
from tests.browser import looks
from tests.browser.conftest import visiting
from tests.browser.visitor import Visitor, Windows

STEPS = ".step-viewer .steps"
NUMBERS = ".step-viewer button[aria-pressed]:text-is('Numbers')"
PRIMARY = "button[data-testid=stBaseButton-primary]"
LEAST_CONTRAST = 4.5
POPOVER = "[data-testid=stPopoverBody]"
ZOOMED = {"width": 720, "height": 500}  # what is left of the window at 200 %
PHONE = {"width": 390, "height": 844}  # a window as narrow as a phone's is laid out for fingers, as on a phone
MOVED_AFTER = 10_000  # milliseconds, on a busy machine
MOST = 300  # stops of one page
FIRST_SCREEN = 900  # pixels of a usual desk

# pages without a drawing
WORDS_ALONE = {"recall", "claims"}

# drawings without words of their own, and where the words are
SAID_ELSEWHERE = {
    "step": "the slider of the steps says which one it is",
    "card": "the link of a lab says where it leads",
    "inner": "the words of a sentence have their weights beside them",
    "play": "the button is called Play or Pause",
    "mark-of-state": "the legend's words stand beside its signs",
}
# lessons whose sentence speaks of one query, and the step at which it does
SPEAKS = {"attention": "6", "self_attention": "5", "masks": "4", "multi_head": "4"}
# drawings that are made, not read
DRAWN_BY_HAND = {"pad", "scene"}


@pytest.fixture(scope="module", params=built(), ids=lambda page: page.slug)
def page(request) -> Page:
    return request.param


@pytest.fixture(scope="module")
def visitor(page: Page, windows: Windows) -> Iterator[Visitor]:
    """Who prefers stillness, once on each page: a test finds it as the one before has left it."""
    with visiting(windows) as visit:
        yield visit(looks.path_of(page), reduced_motion="reduce")


def test_its_head_names_all_files_of_the_parts_with_which_it_begins(visitor):
    assert visitor.page.evaluate(looks.NAMED_LATE) == []


def test_it_has_a_name_of_its_own(page, visitor):
    expect(visitor.page).to_have_title(f"{page.name} · Attention Lab")


def test_the_figure_is_whole_in_the_first_screen(page, visitor):
    if not page.section:
        return
    drawn = "" if page.slug in WORDS_ALONE else " figure canvas"  # there a card stands in its place
    figure = visitor.see(f".st-key-figure{drawn}").first.bounding_box()
    assert figure["y"] + figure["height"] <= FIRST_SCREEN


def test_who_prefers_stillness_sees_nothing_move(visitor):
    assert visitor.page.evaluate(looks.MOVING) == []


def test_tab_reaches_every_part_in_its_order_shows_where_it_is_and_gets_out(page, visitor):
    visitor.page.evaluate(looks.START)
    for _ in range(MOST):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("window.step()"):
            break
    else:
        raise AssertionError(f"after {MOST} stops the page was not left")
    found = visitor.page.evaluate(looks.FOUND)
    assert (found.pop("all") > 0) == (page.slug != "recall")  # which has no part of ours
    assert found == {"missed": [], "unseen": [], "ordered": True}


def test_every_step_is_drawn_and_said_with_the_numbers_of_its_table(page, visitor):
    steps = visitor.see(STEPS)
    if not steps.count():
        assert page not in LESSONS
        return
    count, said = int(steps.get_attribute("aria-valuemax")), set()
    visitor.see(NUMBERS).click()
    step_to(visitor, "End")
    for step in range(1, count + 1):
        shown = step_to(visitor, "Home" if step == 1 else "ArrowRight")
        assert shown["step"] == str(step)
        assert shown["label"].startswith(f"{shown['title']}: ")
        assert shown["height"] > 60
        assert shown["drawn"]
        assert shown["cramped"] == []
        said.add(shown["label"])
        for table in shown["tables"]:
            looks.check_table(table)
        strongest = re.search(r"keys; the strongest is (\S+) on (\S+), (\d\.\d+)", shown["label"])
        if strongest:
            row, column, value = strongest.groups()
            first = shown["tables"][0]
            cells = [
                (float(cell), name, first["columns"][place][1])
                for _, name, *cells in first["rows"]
                for place, cell in enumerate(cells)
                if re.fullmatch(r"[\d.]+", cell)
            ]
            assert max(cells)[0] == float(value)
            assert (float(value), row, column) in cells
    assert len(said) == count


def step_to(visitor: Visitor, key: str) -> dict:
    """Go to a step by a key, and read it. Its numbers are asked for anew: an open table follows when a step has rested."""
    visitor.see(NUMBERS).evaluate("button => button.click()")
    visitor.see(STEPS).focus()
    visitor.press(key)
    return visitor.see(".step-viewer").evaluate(looks.STEP)


def test_the_sentence_speaks_of_the_cell_that_is_looked_at(page, visitor):
    if page.slug not in SPEAKS:
        return
    visitor.see(STEPS).focus()
    visitor.press(SPEAKS[page.slug]).rest()
    sent, tokens = visitor.messages_sent, visitor.see(".token-strip .words .token")
    for place in (2, 4):
        tokens.nth(place).hover()
        visitor.says(".notice .query", tokens.nth(place).locator(".word").inner_text())
    assert visitor.messages_sent == sent
    visitor.page.mouse.move(-1, -1)
    visitor.rest()


def test_every_drawing_is_said_and_has_its_numbers(page, visitor):
    drawings = visitor.page.evaluate(looks.DRAWINGS)
    if page.slug in WORDS_ALONE:
        assert drawings == []
        return
    assert drawings
    for drawing in drawings:
        if drawing["hidden"]:
            assert SAID_ELSEWHERE.keys() & set(drawing["around"].split()), drawing
        elif not DRAWN_BY_HAND & set(drawing["part"].split()):
            assert drawing["role"], drawing
            assert re.search(r"\d", drawing["label"]), drawing
    looks.open_panels(visitor)
    assert visitor.page.get_by_role("button", name="Numbers", pressed=True).count()
    for opened in visitor.see(".figure-table").all():
        for table in opened.evaluate(looks.TABLES):
            looks.check_table(table)
    visitor.see(".figure-table").evaluate_all(looks.SHORTEN)


@pytest.fixture(scope="module")
def read() -> set[str]:
    """How the menus are built that axe has read."""
    return set()


def test_nobody_is_kept_out(visitor, read):
    looks.open_panels(visitor)
    assert looks.findings(visitor) == []
    named: dict[str, list[Locator]] = {}
    for panel in visitor.see("[data-testid=stPopover] button").all():
        named.setdefault(panel.inner_text(), []).append(panel)
    # where many cards have the same menu, the first and the last
    for panel in [each for alike in named.values() for each in alike[:: max(1, len(alike) - 1)]]:
        panel.evaluate("button => button.scrollIntoView({ block: 'end' })")
        visitor.rest()  # what is drawn once it is near moves the button
        panel.evaluate("button => button.scrollIntoView({ block: 'end' })")
        panel.click()
        visitor.see(POPOVER).wait_for()
        visitor.rest()
        # what places the menu looks again within a second where the page has moved under it: axe was spared rows that an
        # answer brings back
        asked = [each.element_handle() for each in (visitor.see(POPOVER), panel)]
        visitor.page.wait_for_function(looks.HAS_ROOM, arg=asked, timeout=MOVED_AFTER)
        menu = visitor.see(POPOVER).evaluate(looks.BUILT)
        if menu not in read:  # the same menu of another page keeps nobody out either
            assert looks.findings(visitor, POPOVER) == []
            read.add(menu)
        visitor.page.keyboard.press("Escape")
        visitor.see(POPOVER).wait_for(state="detached")


def test_what_stands_on_a_button_can_be_read(page, visitor):
    found = visitor.see(PRIMARY).evaluate_all(looks.CONTRASTS)
    assert found or page.slug != "multi_head"  # there is one that can be pressed
    assert min(found, default=LEAST_CONTRAST) >= LEAST_CONTRAST


@pytest.mark.long
def test_nobody_is_kept_out_at_night(visitor):
    looks.open_panels(visitor)
    visitor.night()
    assert min(visitor.see(PRIMARY).evaluate_all(looks.CONTRASTS), default=LEAST_CONTRAST) >= LEAST_CONTRAST
    assert looks.findings(visitor) == []


def test_at_twice_the_size_nothing_is_cut(visitor):
    looks.open_panels(visitor)
    visitor.page.set_viewport_size(ZOOMED)
    visitor.rest()
    looks.assert_whole(visitor, ZOOMED["width"])


def test_on_a_phone_nothing_is_cut_and_nothing_scrolls_sideways(visitor):
    looks.open_panels(visitor)
    visitor.page.set_viewport_size(PHONE)
    visitor.rest()
    looks.assert_whole(visitor, PHONE["width"])
    assert [viewer.evaluate(looks.CRAMPED) for viewer in visitor.see(".step-viewer").all()] in ([], [[]])


def test_on_a_phone_the_figure_comes_before_its_controls(page, visitor):
    if not page.section:
        return
    visitor.page.set_viewport_size(PHONE)
    visitor.rest().see(".stMain").evaluate("main => main.scrollTo(0, 0)")
    figure, controls = (visitor.see(f".st-key-{name}").bounding_box() for name in ("figure", "above_figure"))
    assert figure["y"] + figure["height"] <= controls["y"]
    assert 0 <= figure["y"] < PHONE["height"] / 2


def test_a_finger_meets_every_target(visitor):
    looks.open_panels(visitor)
    visitor.page.set_viewport_size(PHONE)
    small, seen = visitor.rest().page.evaluate(looks.TARGETS)
    assert seen > 10
    assert small == []


@pytest.mark.long
def test_on_a_phone_nothing_is_cut_at_night(visitor):
    looks.open_panels(visitor)
    visitor.page.set_viewport_size(PHONE)
    visitor.night()
    looks.assert_whole(visitor, PHONE["width"])


def test_axe_sees_into_the_parts(visit):
    """A check that cannot fail would prove nothing: a picture without words in a part is found."""
    visitor = visit("/masks")
    visitor.see(".step-viewer figure").evaluate("figure => figure.append(document.createElement('img'))")
    assert [rule for rule, *_ in looks.findings(visitor)] == ["image-alt"]
