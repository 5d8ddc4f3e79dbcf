"""Lessons 1 and 2 in a real browser: the decoder is played word by word, argued with, and watched while it learns."""

import re

FIGURE = ".step-viewer figure canvas"


def label(visitor) -> str:
    return visitor.see(FIGURE).get_attribute("aria-label")


def row(visitor) -> str:
    return re.search(r"row (\S+),", label(visitor))[1]


def test_words_go_back_and_on_at_once_and_later_rows_are_empty(visit):
    visitor = visit("/looking_back?at=13.0.0.0", reduced_motion="reduce")
    words = [word.inner_text() for word in visitor.see(".query-words .word").all()]
    visitor.see("button[aria-label='One word back']").click()
    visitor.page.wait_for_timeout(80)  # the frame in which the figure follows
    assert row(visitor) == words[-2]
    visitor.see("button[aria-label='One word back']").click()
    visitor.page.wait_for_timeout(80)  # the frame in which the figure follows
    assert row(visitor) == words[-3]
    # a row that is not written yet has no number
    box = visitor.see(FIGURE).bounding_box()
    visitor.page.mouse.move(box["x"] + 200, box["y"] + box["height"] - 6)
    visitor.page.wait_for_timeout(100)
    assert label(visitor).endswith("not written yet")
    visitor.see("button[aria-label='One word on']").click()
    visitor.page.wait_for_timeout(80)  # the frame in which the figure follows
    assert row(visitor) == words[-2]


def test_play_goes_through_the_steps_of_the_first_word_and_then_of_the_next(visit):
    visitor = visit("/looking_back")
    words = [word.inner_text() for word in visitor.see(".query-words .word").all()]
    visitor.see(".step-viewer .play").click()
    visitor.says(".step-viewer .count", "6/6", 15_000)
    assert row(visitor) == words[0]
    visitor.says(".step-viewer .count", "2/6", 15_000)
    assert row(visitor) == words[1]
    visitor.see(".step-viewer .play").click()


def test_a_click_forces_attention_and_the_link_says_so(visit):
    visitor = visit("/looking_back?step=2")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + 120, box["y"] + 200))
    step, place = map(int, visitor.link["back_look"].split("."))
    forced = visitor.see(".query-words .word").nth(step).inner_text()
    assert forced.startswith("✎ ")
    assert "1.000" in label(visitor)
    again = visit(f"/looking_back?back_look={step}.{place}")
    assert again.see(".query-words .word").nth(step).inner_text() == forced


def test_a_click_on_another_choice_writes_it(visit):
    visitor = visit("/looking_back?step=5")
    visitor.see("button", has_text="Force it").click()
    box = visitor.see(FIGURE).bounding_box()
    visitor.after(lambda: visitor.page.mouse.click(box["x"] + 200, box["y"] + 80))
    assert re.fullmatch(r"\d+\.\d+", visitor.link["back_write"])


def test_a_toy_is_trained_while_somebody_looks(visit):
    visitor = visit("/looking_back")
    says = ".learning .says"
    assert "after 0 of 150" in visitor.text(says)
    visitor.see(".st-key-watch_step button").click()
    visitor.says(says, "after 1 of 150")
    visitor.see(".st-key-watch_play button").click()
    visitor.see(".st-key-watch_pause button").wait_for(timeout=20_000)
    visitor.says(says, "after 150 of 150", 120_000)
    assert "100% of the nouns and adjectives" in visitor.text(says)
    assert visitor.see(".st-key-watch_play button").is_disabled()
    # the past is there without asking anybody
    curve = visitor.see(".learning canvas").first
    curve.focus()
    curve.press("Home")
    assert visitor.text(says).startswith("Then, after 0 of 150")


def test_one_vector_for_a_sentence_on_a_phone(visit):
    visitor = visit("/bottleneck", viewport={"width": 390, "height": 844})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "640" in visitor.text(".step-viewer .notice")


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
        assert cells.first.is_visible()


def test_a_column_that_a_table_has_not_is_told_with_those_it_has(visit):
    visitor = visit("/translation_lab")
    before = visitor.page.get_by_label("English sentences, one per line").input_value()
    visitor.page.get_by_role("button", name="Upload").click()
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"id,english\n1,I am here.\n"}
    visitor.see("input[type=file]").set_input_files(file)
    column = visitor.page.get_by_label("Name of the column")
    column.fill("german")
    column.press("Enter")
    visitor.rest()
    visitor.page.get_by_role("button", name="Take this column").click()
    visitor.says("[data-testid=stMain]", "The table has no column “german”: its columns are “id”, “english”")
    assert visitor.page.get_by_label("English sentences, one per line").input_value() == before


def test_forcing_is_offered_only_where_a_click_forces_something(visit):
    visitor = visit("/looking_back?back_beam=3", reduced_motion="reduce")
    offered = []
    for step in range(7):
        visitor.see(".timeline .step canvas").nth(step).click()
        visitor.page.wait_for_timeout(80)  # the frame in which the figure follows
        offered.append(visitor.page.get_by_role("button", name="Force it").is_visible())
    assert offered == [False, True, True, False, False, True, False]
