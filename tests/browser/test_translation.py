"""Lessons 1 and 2 in a real browser: the decoder is played word by word, argued with, and watched while it learns."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

FIGURE = ".step-viewer figure canvas"
# what the figure was seen to show, asked in every frame: which of two rows at which step, until the second row begins
PLAYED = f"""(rows) => {{
    const host = [...document.querySelectorAll("*")].find((node) => node.shadowRoot?.querySelector("{FIGURE}"));
    const label = host.shadowRoot.querySelector("{FIGURE}").ariaLabel;
    const row = rows.findIndex((words) => label.includes(words));
    const seen = `${{row}} ${{host.shadowRoot.querySelector(".step-viewer .count").textContent}}`;
    window.played = (window.played ?? []).filter((each) => each !== seen).concat(seen);
    return seen === "1 2/6" && window.played;
}}"""


def told(visitor, words: str) -> None:
    """Wait until the figure says of itself what matches these words."""
    expect(visitor.see(FIGURE)).to_have_attribute("aria-label", re.compile(words))


def row(visitor, word: str) -> None:
    """Wait until the figure is on the row of this word."""
    told(visitor, rf"row {re.escape(word)},")


def words_of(visitor) -> list[str]:
    """The words that are written."""
    words = visitor.see(".query-words .word")
    words.first.wait_for()
    return words.all_inner_texts()


def test_words_go_back_and_on_at_once_and_later_rows_are_empty(visit):
    visitor = visit("/looking_back?at=14.0.0.0", reduced_motion="reduce")
    words = words_of(visitor)
    visitor.see("button[aria-label='One word back']").click()
    row(visitor, words[-2])
    visitor.see("button[aria-label='One word back']").click()
    row(visitor, words[-3])
    # a row that is not written yet has no number
    box = visitor.see(FIGURE).bounding_box()
    visitor.page.mouse.move(box["x"] + 200, box["y"] + box["height"] - 6)
    told(visitor, "not written yet$")
    visitor.see("button[aria-label='One word on']").click()
    row(visitor, words[-2])
    # from the word that is looked at
    visitor.see(FIGURE).focus()
    visitor.press(*["ArrowUp"] * 4)
    row(visitor, words[-6])
    visitor.see("button[aria-label='One word on']").click()
    row(visitor, words[-5])


@pytest.mark.long
def test_play_goes_through_the_steps_of_the_first_word_and_then_of_the_next(visit):
    visitor = visit("/looking_back")
    words = words_of(visitor)
    visitor.page.get_by_role("button", name="Speed: usual").click()
    expect(visitor.page.get_by_role("button", name="Speed: double")).to_be_visible()
    visitor.see(".step-viewer .play").click()
    rows = [f"row {word}," for word in words[:2]]
    played = visitor.page.wait_for_function(PLAYED, arg=rows, timeout=60_000).json_value()
    assert [seen for seen in played if not seen.startswith("-1")] == ["0 2/6", "0 3/6", "0 4/6", "0 6/6", "1 2/6"]
    visitor.see(".step-viewer .play").click()
    visitor.page.get_by_role("button", name="Speed: double").click()
    expect(visitor.page.get_by_role("button", name="Speed: half")).to_be_visible()


def forced_by_a_click(visitor: Visitor, prefix: str) -> tuple[int, int]:
    """Force a look by a click on a weight: the step and the place that the link then says."""
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + 120, box["y"] + 200))
    step, place = map(int, visitor.link[f"{prefix}_look"].split("."))
    return step, place


def test_a_click_forces_attention_and_the_link_says_so(visit):
    visitor = visit("/looking_back?step=2")
    step, place = forced_by_a_click(visitor, "looking_back")
    word = visitor.see(".query-words .word").nth(step)
    expect(word).to_have_text(re.compile("^✎ "))
    told(visitor, r"1\.000")
    again = visit(f"/looking_back?looking_back_look={step}.{place}")
    expect(again.see(".query-words .word").nth(step)).to_have_text(word.inner_text())


def test_in_the_transformer_a_click_forces_the_guided_head_in_its_layer_alone(visit):
    visitor = visit("/encoder_decoder?step=cross-attention")
    step, place = forced_by_a_click(visitor, "encoder_decoder")
    expect(visitor.see(".query-words .word").nth(step)).to_have_text(re.compile("^✎ "))
    told(visitor, r"1\.000")
    other = visit(f"/encoder_decoder?step=cross-attention&encoder_decoder_layer=0&encoder_decoder_look={step}.{place}")
    expect(other.see(".query-words .word").nth(step)).to_have_text(re.compile("^✎ "))
    expect(other.page.get_by_role("button", name="Force it")).to_be_hidden()


def test_a_click_on_another_choice_writes_it(visit):
    visitor = visit("/looking_back?step=5")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + 200, box["y"] + 80))
    assert re.fullmatch(r"\d+\.\d+", visitor.link["looking_back_write"])


def test_a_toy_is_trained_while_somebody_looks(visit):
    visitor = visit("/looking_back")
    says = ".learning .says"
    visitor.says(says, "after 0 of 150")
    visitor.see(".st-key-watch_step button").click()
    visitor.says(says, "after 1 of 150")
    visitor.see(".st-key-watch_play button").click()
    visitor.see(".st-key-watch_pause button").wait_for(timeout=20_000)
    visitor.says(says, "after 150 of 150", 120_000)
    visitor.says(says, "100% of the nouns and adjectives")
    expect(visitor.see(".st-key-watch_play button")).to_be_disabled()
    # the past is there without asking anybody
    curve = visitor.see(".learning canvas").first
    curve.focus()
    curve.press("Home")
    expect(visitor.see(says)).to_have_text(re.compile("^Then, after 0 of 150"))


def test_whoever_argues_works_on_in_an_open_panel(visit):
    visitor = visit("/looking_back")
    visitor.unfold("Argue with it")
    visitor.page.get_by_text("Edit the weights of this step").click()
    cells = visitor.see(".number-tables input")
    cells.first.wait_for()
    for value, says in (("0.5", "Divide it by its sum"), ("0", "At step"), ("0.7", "Divide it by its sum")):
        cells.first.fill(value)
        visitor.after(lambda: cells.first.press("Enter"))
        visitor.says("[data-testid=stExpander]", says)
        expect(cells.first).to_be_visible()


def test_a_column_that_a_table_has_not_is_told_with_those_it_has(visit):
    visitor = visit("/translation_lab")
    before = visitor.page.get_by_label("English sentences, one per line").input_value()
    visitor.page.get_by_role("button", name="Upload").click()
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"id,english\n1,I am here.\n"}
    visitor.see("input[type=file]").set_input_files(file)
    column = visitor.page.get_by_label("Name of the column")
    column.fill("german")
    visitor.asks(lambda: column.press("Enter"))
    visitor.page.get_by_role("button", name="Take this column").click()
    visitor.says("[data-testid=stMain]", "The table has no column “german”: its columns are “id”, “english”")
    expect(visitor.page.get_by_label("English sentences, one per line")).to_have_value(before)


def test_forcing_is_offered_only_where_a_click_forces_something(visit):
    visitor = visit("/looking_back?looking_back_beam=3", reduced_motion="reduce")
    offered = []
    for step in range(7):
        visitor.see(".timeline .step canvas").nth(step).click()
        visitor.says(".step-viewer .count", f"{step + 1}/7")
        visitor.painted()
        offered.append(visitor.page.get_by_role("button", name="Force it").is_visible())
    assert offered == [False, True, True, False, False, True, False]
