"""A phone, which has no pointer: fingers tap, drag and find their way. What every page is on one, test_desk.py asks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import looks
from tests.browser.conftest import visiting
from tests.browser.looks import FINGER
from tests.browser.visitor import Visitor, Windows

WIDE = 390
PHONE = {
    "viewport": {"width": WIDE, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.mark.parametrize(
    "path", ["/image_lab?img_compare=another+picture", "/captioning?captioning_source=photograph+or+your+own"]
)
def test_on_a_phone_nothing_is_cut_where_a_control_changes_the_page(visit, path):
    looks.assert_whole(visit(path, **PHONE), WIDE)


def test_a_table_is_whole_on_a_phone_and_where_it_goes_on_beyond_its_edge_it_fades_there(visit):
    visitor = visit("/model_family", **PHONE)
    table = visitor.see(".stTable > div")
    shown = "(box) => [box.scrollWidth > box.clientWidth, getComputedStyle(box).maskImage !== 'none']"
    assert table.evaluate(shown) == [False, False]
    visitor.page.set_viewport_size({"width": 320, "height": 844})
    visitor.page.wait_for_function("() => document.querySelector('.stTable > div').clientWidth < 300")
    assert table.evaluate(shown) == [True, True]


def test_the_navigation_is_as_large_as_a_finger(visit):
    visitor = visit("/", **PHONE)
    visitor.see("[data-testid=stExpandSidebarButton]").tap()
    links = visitor.see("[data-testid=stSidebarNavLink]")
    links.first.wait_for()
    visitor.page.wait_for_function("""() => {
        const panel = document.querySelector("[data-testid=stSidebar]");
        return !panel.getAnimations({ subtree: true }).length && panel.getBoundingClientRect().left >= 0;
    }""")
    menu = visitor.see("[data-testid=stMainMenu]").bounding_box()
    assert menu["x"] + menu["width"] <= WIDE
    assert min(min(link.bounding_box()["height"], link.bounding_box()["width"]) for link in links.all()) >= FINGER


def test_the_navigation_makes_way_for_the_page_that_was_chosen(visit):
    visitor = visit("/self_attention", **PHONE)
    visitor.see("[data-testid=stExpandSidebarButton]").tap()
    visitor.see("[data-testid=stSidebarNavLink]", has_text="Masks").tap()
    visitor.arrive("/masks")
    visitor.see("[data-testid=stExpandSidebarButton]").wait_for()
    visitor.see(".token-strip .token", has_text="cross").tap()
    visitor.says(".readout .title", "cross asks")


@pytest.fixture(scope="module")
def lesson(windows: Windows) -> Iterator[Visitor]:
    """Who has a lesson on a phone: a test finds it as the one before has left it."""
    with visiting(windows) as visit:
        yield visit("/self_attention", **PHONE)


def test_a_lesson_is_for_fingers_and_its_figure_comes_first(lesson):
    looks.assert_whole(lesson, WIDE)
    figure, controls = (lesson.see(f".st-key-{name}").bounding_box() for name in ("figure", "above_figure"))
    assert figure["y"] + figure["height"] <= controls["y"]
    assert figure["y"] < PHONE["viewport"]["height"] / 2
    small, seen = lesson.page.evaluate(looks.TARGETS)
    assert seen > 10
    assert small == []


def test_a_tap_on_a_word_asks_with_it(lesson):
    lesson.see(".token-strip .token", has_text="cross").tap()
    lesson.says(".readout .title", "cross asks")


def test_a_tap_on_a_cell_stays_and_arrows_for_fingers_move_it(lesson):
    figure, title = lesson.see(".step-viewer figure canvas"), lesson.see(".readout .title")
    before, box = title.inner_text(), figure.bounding_box()
    figure.tap(position={"x": box["width"] * 0.5, "y": box["height"] * 0.6})
    expect(title).not_to_have_text(before)
    at = lesson.painted().text(".readout .title")
    lesson.page.get_by_role("button", name="Left", exact=True).first.tap()
    expect(title).not_to_have_text(at)
    assert lesson.text(".readout .title").split(" asks ")[0] == at.split(" asks ")[0]


def test_words_are_moved_and_added_up_by_taps(lesson):
    lesson.see(".token-strip .token", has_text="animal").tap()
    lesson.after(lambda: lesson.page.get_by_role("button", name="‹ Move word").tap())
    lesson.begins(".token-strip .word", "[CLS]", "animal", "the", "did")
    lesson.page.get_by_role("button", name="Add up words").tap()
    lesson.see(".token-strip .token", has_text="street").tap()
    lesson.says(".token-strip .sum", "sum over 2 words: 2.00")
    total, words = (lesson.see(f".token-strip .{part}").bounding_box() for part in ("sum", "key-words"))
    assert total["y"] >= words["y"] + words["height"]


def test_a_tap_on_a_patch_keeps_it(visit):
    visitor = visit("/vision_transformer", **PHONE)
    picture = visitor.see(".patch-explorer figure canvas").first
    picture.scroll_into_view_if_needed()
    visitor.after(lambda: picture.tap(position={"x": 40, "y": 40}))
    visitor.says(".patch-explorer .says", "a1 looks most at")
    visitor.linked(vision_transformer_at="1")


def test_a_tap_opens_a_head_of_the_lab(visit):
    visitor = visit("/sentence_lab", **PHONE)
    grid = visitor.see(".lab-view .left canvas")
    visitor.after(lambda: grid.tap(position={"x": 24 + 22, "y": 20 + 22}))
    visitor.says(".lab-view h3", "Layer 0, head 0")


def test_a_thing_is_dragged_with_a_finger(visit):
    visitor = visit("/captioning", **PHONE)
    thing = visitor.see("[data-thing='0']")
    thing.scroll_into_view_if_needed()
    box, picture = thing.bounding_box(), visitor.see(".scene svg").bounding_box()
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touches = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", start)
    for share in (0.3, 0.6, 1):
        touch("touchMove", (start[0], start[1] + share * (picture["y"] + picture["height"] * 0.85 - start[1])))
    visitor.after(lambda: touch("touchEnd"))
    visitor.says(".query-words", "bottom")
