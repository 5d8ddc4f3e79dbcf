"""The step viewer in a real browser: play, scrub, keys, hovering, linking, zooming; and nothing of it asks Python."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import visiting
from tests.browser.visitor import Visitor, Windows

FIGURE = ".step-viewer figure canvas"
TITLE = ".step-viewer .say h3"
STEPS = ".step-viewer .steps"
# notes each step that is shown from now on
SEEN = """(steps) => {
    window.seen = [];
    new MutationObserver(() => window.seen.at(-1) === steps.ariaValueNow || window.seen.push(steps.ariaValueNow))
        .observe(steps, { attributeFilter: ["aria-valuenow"] });
}"""


def at_step(visitor, step: int) -> None:
    """Wait until the step is this one."""
    expect(visitor.see(STEPS)).to_have_attribute("aria-valuenow", str(step))


def step(visitor) -> int:
    return int(visitor.see(STEPS).get_attribute("aria-valuenow"))


def was_first(visitor) -> None:
    """Of the steps that were shown since they were noted, the first one came before the second."""
    seen = visitor.page.evaluate("window.seen")
    assert "1" in seen[: seen.index("2")]


def told(visitor, words: str) -> None:
    """Wait until the figure says these words of itself."""
    expect(visitor.see(FIGURE)).to_have_attribute("aria-label", re.compile(re.escape(words)))


@pytest.fixture(scope="module")
def lesson(windows: Windows) -> Iterator[Visitor]:
    """Who prefers stillness, in one lesson for all tests that only look."""
    with visiting(windows) as visit:
        yield visit("/self_attention", reduced_motion="reduce")


@pytest.fixture
def visitor(lesson: Visitor) -> Visitor:
    """The same, where the lesson opens: at its weights, in the cell that it explains."""
    lesson.page.mouse.move(5, 5)
    lesson.see(STEPS).focus()
    lesson.press("5")
    lesson.see(FIGURE).focus()
    return lesson.press("Escape")


def test_a_lesson_opens_on_its_weights_with_a_cell_already_explained(lesson):
    expect(lesson.see(TITLE)).to_have_text("Attention weights")
    expect(lesson.see(".readout .title")).to_have_text("it asks animal")
    expect(lesson.see(".readout .chain")).to_contain_text("0.653")
    expect(lesson.see(".step-viewer math").first).to_have_text(re.compile("^softmax"))


def test_keys_move_from_step_to_step(visitor):
    visitor.see(STEPS).focus()
    for key, expected in (("ArrowRight", 6), ("ArrowLeft", 5), ("Home", 1), ("End", 10), ("3", 3)):
        visitor.page.keyboard.press(key)
        at_step(visitor, expected)
    expect(visitor.see(TITLE)).to_have_text("Scores")
    expect(visitor.see(STEPS)).to_have_attribute("aria-valuetext", "3 of 10: scores")


def test_a_page_at_rest_has_told_the_link_what_it_shows(visitor):
    visitor.see(STEPS).focus()
    visitor.press("End").rest()
    assert visitor.link["step"] == "mean"
    assert visitor.page.locator("[data-stale=true]").count() == 0


def test_play_computes_row_by_row_and_pause_stops_it(visit):
    visitor = visit("/self_attention")
    visitor.see(STEPS).evaluate(SEEN)
    visitor.see(".step-viewer .play").click()
    expect(visitor.see(".step-viewer .play")).to_have_attribute("aria-label", "Pause")
    visitor.says(".step-viewer .count", "2/")
    was_first(visitor)
    visitor.see(".step-viewer .play").hover()
    visitor.page.mouse.down()
    visitor.painted()  # a finger takes longer than a frame
    visitor.page.mouse.up()
    expect(visitor.see(".step-viewer .play")).to_have_attribute("aria-label", "Play")
    at = visitor.see(".step-viewer .knob").evaluate("knob => knob.style.left")
    visitor.page.wait_for_timeout(300)  # it would have moved
    assert visitor.see(".step-viewer .knob").evaluate("knob => knob.style.left") == at


def test_a_lesson_that_opens_in_its_middle_is_played_from_its_beginning_without_motion_for_who_prefers_stillness(visit):
    visitor = visit("/self_attention", reduced_motion="reduce")
    begin = visitor.page.get_by_role("button", name="Play from step 1")
    visitor.see(STEPS).evaluate(SEEN)
    begin.click()
    expect(begin).to_be_hidden()
    visitor.says(".step-viewer .count", "2/")
    knob = visitor.see(".step-viewer .knob").evaluate("knob => parseFloat(knob.style.left)")
    dots = visitor.see(".step-viewer .dot").evaluate_all("dots => dots.map(dot => parseFloat(dot.style.left))")
    assert any(abs(knob - dot) < 0.5 for dot in dots)
    was_first(visitor)


def test_the_knob_can_be_dragged_between_two_steps(visitor):
    track = visitor.see(".step-viewer .track").bounding_box()
    visitor.page.mouse.move(track["x"] + 20, track["y"] + 8)
    visitor.page.mouse.down()
    visitor.page.mouse.move(track["x"] + track["width"] * 0.3, track["y"] + 8, steps=6)
    visitor.page.mouse.up()
    visitor.painted()
    assert 2 <= step(visitor) <= 5


def test_formula_and_code_mark_the_step_that_is_shown(visitor):
    visitor.see(STEPS).focus()
    visitor.press("3")
    marked = visitor.see(".step-viewer .symbol.on").evaluate_all("nodes => nodes.map(node => node.dataset.step)")
    assert marked == ["scores"]
    expect(visitor.see(".step-viewer pre.code .on").first).to_have_text(
        re.compile(r"^\s*scores = score\(queries, keys\)")
    )


def test_a_formula_that_is_too_wide_goes_on_in_the_next_line_at_an_operator_and_stays_marked(visit):
    visitor = visit("/block?step=8", viewport={"width": 300, "height": 844})
    parts = visitor.see(".step-viewer .formula math")
    marks = "all => [...new Set(all.flatMap(math => [...math.querySelectorAll('.on')].map(node => node.dataset.step)))]"
    expect(parts.filter(has_text=re.compile(r"^\+b2$"))).to_have_count(1)
    broken, marked = parts.count(), parts.evaluate_all(marks)
    lines = parts.evaluate_all("all => all.map(math => Math.round(math.getBoundingClientRect().bottom))")
    assert lines[1] < lines[2] < lines[3]  # F, = all but its last term, + that
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
    visitor.see(STEPS).focus()
    visitor.press("Home").press("9")
    expect(parts.filter(has_text=re.compile(r"^\+"))).to_have_count(0)
    assert parts.count() < broken
    assert parts.evaluate_all(marks) == marked != []


def test_hovering_a_word_marks_its_row_everywhere_and_asks_python_nothing(visitor):
    before = visitor.rest().messages_sent  # what was done before is told
    visitor.see(".token-strip .token", has_text="cross").hover()
    visitor.says(".readout .title", "cross asks")
    told(visitor, "row cross")
    expect(visitor.see(".token-strip .token.asking")).to_have_text(re.compile("^cross"))
    for token in visitor.see(".token-strip .token").all():
        token.hover()
    visitor.painted()
    assert visitor.messages_sent == before


def test_hovering_a_cell_marks_its_word_and_its_number(visitor):
    box = visitor.see(FIGURE).bounding_box()
    visitor.page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.6)
    expect(visitor.see(".readout .title")).not_to_have_text("it asks animal")
    asks, asked = visitor.painted().text(".readout .title").split(" asks ")
    told(visitor, f"row {asks}, key {asked}")
    visitor.page.mouse.move(5, 5)
    visitor.says(".readout .title", "it asks animal")


def test_arrow_keys_move_the_cell_and_escape_returns(visitor):
    visitor.see(FIGURE).focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.says(".readout .title", "was asks animal")
    visitor.page.keyboard.press("ArrowLeft")
    visitor.says(".readout .title", "was asks the")
    visitor.page.keyboard.press("Escape")
    visitor.says(".readout .title", "it asks animal")


def test_the_view_is_in_the_link_and_the_link_shows_it_again(visit):
    visitor = visit("/self_attention", reduced_motion="reduce")
    visited = visitor.page.evaluate("history.length")
    visitor.see(STEPS).focus()
    visitor.page.keyboard.press("3")
    visitor.see(FIGURE).focus()
    visitor.asks(lambda: visitor.page.keyboard.press("ArrowUp"))
    assert visitor.link["step"] == "scores"
    assert visitor.page.evaluate("history.length") == visited  # the way back leads to the page before, not to views
    again = visit(visitor.page.url.removeprefix(visitor.address))
    expect(again.see(TITLE)).to_have_text("Scores")
    expect(again.see(".readout .title")).to_have_text(visitor.text(".readout .title"))


def test_numbers_can_be_read_as_a_table(visitor):
    visitor.page.get_by_role("button", name="Numbers", exact=True).click()
    rows = visitor.see(".figure-table table").first.locator("tbody tr")
    expect(rows).to_have_count(14)
    cells = [float(cell) for cell in rows.nth(9).locator("td").all_inner_texts()]
    assert cells[2] == pytest.approx(0.653, abs=5e-4)
    assert sum(cells) == pytest.approx(1, abs=0.01)
    visitor.page.get_by_role("button", name="Numbers", exact=True).click()


def test_a_long_text_is_shown_whole_and_can_be_zoomed_to_the_cell(visit):
    visitor = visit("/self_attention")
    visitor.type_into("Sentence", " ".join(map(str, range(100, 200))))
    expect(visitor.see(".token-strip .token")).to_have_count(102)

    def row_at(share: float) -> int:
        """The number in whose row the pointer is, so far down the figure."""
        box = visitor.see(FIGURE).bounding_box()
        visitor.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * share)
        return int(visitor.painted().text(".readout .title").split()[0])

    whole = row_at(0.9) - row_at(0.6)
    assert whole > 25
    visitor.see(FIGURE).focus()
    visitor.press("+", "+")
    assert row_at(0.9) - row_at(0.6) < whole / 2
    visitor.press("-")
    assert row_at(0.9) - row_at(0.6) == whole


def test_the_theme_follows_the_system_at_once(visitor):
    expect(visitor.see(".step-viewer")).to_have_attribute("data-theme", "light")
    visitor.night()
    expect(visitor.see(".step-viewer")).to_have_attribute("data-theme", "dark")
    visitor.page.emulate_media(color_scheme="light")
    expect(visitor.see(".step-viewer")).to_have_attribute("data-theme", "light")


def test_streamlits_own_keys_do_nothing_while_the_step_viewer_has_the_focus(visitor):
    visitor.see(FIGURE).focus()
    before = visitor.rest().messages_sent
    visitor.press("r", "c").rest()
    assert visitor.messages_sent == before


def test_a_word_of_the_glossary_says_what_it_means_by_key_and_keeps_the_cell_that_is_looked_at(visit):
    visitor = visit("/self_attention?step=scores&at=3.4.0.0")
    word, meaning = visitor.see(".notice .explained"), visitor.see(".meaning")
    word.focus()
    visitor.press("Enter")
    expect(meaning).to_have_text(re.compile("^dot product: Two rows of numbers"))
    visitor.see(FIGURE).hover()  # the sentence follows the cell, and what stands open stays
    assert visitor.painted().see(".meaning").is_visible()
    visitor.press("Escape")
    expect(meaning).to_be_hidden()
    assert visitor.link["at"] == "3.4.0.0"
    assert word.evaluate("word => word.getRootNode().activeElement === word")


def test_a_second_word_of_the_glossary_takes_the_place_of_the_first_until_its_sentence_goes(visit):
    visitor = visit("/attention?step=scaled&at=1.2.0.0")
    words, meaning = visitor.see(".notice .explained"), visitor.see(".meaning")
    words.first.focus()
    visitor.press("Enter", "Tab")
    expect(meaning.filter(visible=True)).to_contain_text("dot product: ")
    visitor.press("Enter")
    expect(meaning.filter(visible=True)).to_contain_text("vector: ")
    visitor.press("Escape")
    expect(meaning.filter(visible=True)).to_have_count(0)
    assert visitor.link["at"] == "1.2.0.0"
    words.first.click()
    words.last.click()
    expect(meaning.filter(visible=True)).to_contain_text("vector: ")
    visitor.press("ArrowRight")
    expect(meaning.filter(visible=True)).to_have_count(0)


def test_the_number_in_the_sentence_is_the_one_in_the_readout(visitor):
    visitor.see(FIGURE).focus()
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        visitor.page.keyboard.press(key)
    visitor.says(".readout .title", "was asks [CLS]")
    shown = visitor.painted().text(".readout .chain mark")
    visitor.says(".notice .number", f"{float(shown):.2f}")


@pytest.mark.parametrize(
    ("path", "control", "before", "after"),
    [
        ("/attention?step=weights", "by hand", "Attention weights", "Attention weights"),
        (
            "/bottleneck?step=4",
            "GRU",
            "Next piece",
            "The last state",
        ),  # a cell alone writes no piece: its own first look
    ],
)
def test_where_the_steps_change_the_one_looked_at_keeps_its_name(visit, path, control, before, after):
    visitor = visit(path)
    expect(visitor.see(TITLE)).to_have_text(before)
    visitor.after(lambda: visitor.page.get_by_role("radio", name=control).click())
    visitor.says(TITLE, after)
    visitor.page.wait_for_url(re.compile(r"step=\D"))  # its name
    again = visit(visitor.rest().page.url.removeprefix(visitor.address))
    expect(again.see(TITLE)).to_have_text(after)
