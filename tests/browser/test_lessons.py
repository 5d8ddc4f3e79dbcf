"""Lessons in a real browser: editing, clicking, dragging, answering; what was done is in the link and on the map."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from pages.course.catalogue import LESSONS

PAGE = "[data-testid=stMain]"


def weight_of(visitor, word: str) -> Locator:
    return visitor.see(".token-strip .token", has_text=word).first.locator(".weight")


def test_a_link_opens_the_same_on_another_computer(visit):
    visitor = visit(
        "/self_attention?self_attention_text=Cats+sleep&self_attention_layer=1&self_attention_head=8&self_attention_temperature=2.0"
    )
    expect(visitor.see(".token-strip .word")).to_have_text(["[CLS]", "cats", "sleep", "[SEP]"])
    visitor.says("[class*=st-key-under_step_viewer]", "layer 1, head 8")
    visitor.says(".readout .chain", "÷ 11.31")


def test_an_edited_number_changes_the_weights_and_stays_in_the_link(visit):
    visitor = visit("/attention?attention_numbers=by+hand&attention_q=0,0;0,0&step=weights")
    expect(weight_of(visitor, "one")).to_have_text("0.33")
    cell = visitor.page.get_by_label("Q, row ask 1, column 0")
    visitor.after(lambda: (cell.fill("3"), cell.press("Tab")))
    assert visitor.link["attention_q"] == "3,0;0,0"
    visitor.see(".token-strip .token", has_text="ask 1").hover()
    visitor.says(".readout .title", "ask 1 asks")
    one, two, three = (weight_of(visitor, word).inner_text() for word in ("one", "two", "three"))
    assert one == three != two


def test_a_cell_that_is_no_number_keeps_its_old_value_and_says_so(visit):
    visitor = visit("/attention?attention_numbers=by+hand")
    cell = visitor.page.get_by_label("Q, row ask 1, column 0")
    for text in ("", "x", "1e9", "999", "<b>1</b>", "1,2,3"):
        cell.fill(text)
        cell.press("Tab")
        visitor.says(".number-tables .message", f"“{text}” was not taken: a number from −99 to 99 fits here")
        expect(cell).to_have_value("2")


def test_clicking_cells_edits_the_mask_and_the_last_key_cannot_be_taken(visit):
    visitor = visit("/masks?step=1&masks_numbers=by+hand")
    figure = visitor.see(".step-viewer figure canvas")
    figure.focus()
    expect(figure).not_to_have_attribute("aria-label", re.compile("may not be attended"))
    visitor.page.get_by_role("button", name="Edit mask").click()
    figure.focus()
    visitor.press(*["ArrowUp"] * 4, *["ArrowRight"] * 4)
    expect(figure).to_have_attribute("aria-label", re.compile("row the, key down: −∞"))
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(masks_cells="0.3")
    expect(figure).not_to_have_attribute("aria-label", re.compile("may not be attended"))
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(masks_cells=None)
    visitor.press(*["ArrowLeft"] * 4, "Enter")
    visitor.says("[data-testid=stToast]", "would see nothing")
    assert "masks_cells" not in visitor.link


def test_words_move_by_keyboard_or_by_dragging_and_shift_adds_up_what_several_give(visit):
    visitor = visit("/self_attention")
    word = visitor.see(".token-strip .token", has_text="animal")
    word.focus()
    visitor.after(lambda: visitor.page.keyboard.press("Alt+ArrowLeft"))
    visitor.begins(".token-strip .word", "[CLS]", "animal", "the", "did")
    assert visitor.link["self_attention_order"].startswith("0,2,1,3")
    visitor.after(lambda: visitor.page.get_by_role("button", name="Words in their order").click())
    visitor.begins(".token-strip .word", "[CLS]", "the", "animal", "did")
    visitor.linked(self_attention_order=None)
    words = visitor.see(".token-strip .token")
    visitor.after(lambda: words.nth(2).drag_to(words.nth(4)))
    visitor.begins(".token-strip .word", "[CLS]", "the", "did", "not", "animal")
    words.nth(9).click()
    words.nth(6).click(modifiers=["Shift"])
    visitor.says(".token-strip .sum", "sum over 2 words: 2.00")


def test_the_link_is_copied_once_it_names_what_is_shown(visit):
    visitor = visit("/self_attention", reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
    visitor.see(".step-viewer .steps").focus()
    visitor.page.keyboard.press("End")
    visitor.page.get_by_role("button", name="Copy link").click()
    expect(visitor.page.get_by_role("button", name="Copied")).to_be_visible()
    title = visitor.text(".step-viewer .say h3")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    expect(visit(copied.removeprefix(visitor.address)).see(".step-viewer .say h3")).to_have_text(title)


def test_the_question_moves_the_step_viewer_to_its_experiment(visit):
    visitor = visit("/self_attention", reduced_motion="reduce")
    visitor.asks(lambda: visitor.page.get_by_text("it stays as it is", exact=True).click())
    visitor.after(lambda: visitor.page.get_by_role("button", name="Check").first.click())
    visitor.says(PAGE, "✓ Right")
    visitor.says(".step-viewer .say h3", "After a shuffle")
    assert visitor.link["self_attention_order"].split(",")[2] == "5"


def test_a_lesson_played_and_answered_is_done_on_the_map(visit):
    visitor = visit("/masks", reduced_motion="reduce")
    visitor.see(".step-viewer .steps").focus()
    visitor.page.keyboard.press("End")
    visitor.page.wait_for_url("**step=reach*")
    for guess, place in (("only the last", 0), ("all of them", 1), ("yes", 0)):
        visitor.asks(visitor.page.get_by_text(guess, exact=True).nth(place).click)
        visitor.after(lambda: visitor.page.get_by_role("button", name="Check").first.click())
    visitor.page.get_by_role("link", name="The map").first.click()
    visitor.page.wait_for_selector(".lab.map")
    visitor.rest()
    for lesson, came in (("Masks", "done"), ("One vector for a sentence", "next")):
        expect(visitor.see(".map .row", has_text=lesson).locator(".unseen")).to_contain_text(came)


def test_the_map_shows_fourteen_lessons_opens_those_that_are_built_and_reads_the_visitors_sentence(visit):
    visitor = visit("/")
    expect(visitor.see(".map .row")).to_have_count(14)
    expect(visitor.see(".map a.row")).to_have_count(sum(page.built for page in LESSONS))
    for page in LESSONS:
        row = visitor.see(".map .row").nth(LESSONS.index(page))
        expect(row).to_contain_text(page.title)
        assert row.evaluate("row => row.tagName") == ("A" if page.built else "DIV"), page.title
    visitor.type_into("A sentence of your own", "She gave him her book")
    visitor.says(".sentence .says", "she gives")
    visitor.see(".map a.row", has_text="Many heads").click()
    visitor.page.wait_for_selector(".step-viewer")
    visitor.rest()
    assert visitor.page.url.startswith(visitor.address + "/multi_head")


def test_a_typed_sentence_is_computed_at_once_and_so_is_the_experiment_behind_a_claim_that_was_opened(visit):
    visitor = visit("/self_attention")
    visitor.page.get_by_text("“Each token attends to all the other tokens.”").click()
    visitor.says(".claims .says", "The weight of a token on itself is")
    visitor.says(".claims .found", "An identity: it follows from the formula.")
    first = visitor.text(".claims dl")
    visitor.type_into("Sentence", "The dog chased its tail")
    expect(visitor.see(".token-strip .word")).to_have_text(["[CLS]", "the", "dog", "chased", "its", "tail", "[SEP]"])
    assert visitor.link["self_attention_text"] == "The dog chased its tail"
    expect(visitor.see(".claims dl").first).not_to_have_text(first, use_inner_text=True)
    visitor.page.get_by_role("button", name="The experiment's code").click()
    visitor.says(".claims pre.code", "def only_the_others")
    assert visitor.link["self_attention_open"] == "5"


def test_a_figure_and_a_program_can_be_downloaded(visit):
    visitor = visit("/self_attention")
    visitor.page.get_by_role("button", name="Take it away").click()
    visitor.page.get_by_role("button", name="SVG", exact=True).wait_for()
    for name, start in (("SVG", b"<?xml"), ("NPZ", b"PK"), ("Python", b'"""Self-attention'), ("Notebook", b"{")):
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("button", name=name, exact=True).click()
        assert Path(download.value.path()).read_bytes().startswith(start)


def test_markup_in_a_sentence_stays_text(visit):
    text = "<img src=x onerror=alert(1)> **bold** $x^2$ [a](http://b) <script>1</script>"
    for path, label in (
        ("/self_attention", "Sentence"),
        ("/sentence_lab", "Sentence"),
        ("/", "A sentence of your own"),
    ):
        visitor = visit(path)
        visitor.type_into(label, text)
        visitor.says(".token-strip .word", "<")
        assert visitor.page.locator("img[src=x]").count() == 0
        assert (
            visitor.page.locator(".token-strip b, .token-strip strong, .token-strip a, .token-strip script").count()
            == 0
        )


def test_the_learners_sentence_goes_along_to_other_pages_and_into_their_links(visit):
    visitor = visit("/")
    visitor.type_into("A sentence of your own", "Dogs chase cats")
    visitor.page.get_by_role("link", name="5 · Self-attention").first.click()
    visitor.page.wait_for_url("**/self_attention?self_attention_text=Dogs+chase+cats")
    visitor.rest()
    expect(visitor.page.get_by_label("Sentence", exact=True)).to_have_value("Dogs chase cats")
    visitor.type_into("Sentence", "Cats chase mice")
    visitor.page.get_by_role("link", name="7 · Masks").last.click()
    visitor.page.wait_for_url("**/masks?masks_text=Cats+chase+mice")
    visitor.rest()
    expect(visitor.page.get_by_label("Sentence", exact=True)).to_have_value("Cats chase mice")


def test_what_is_wrong_with_a_control_is_said_below_its_row(visit):
    visitor = visit("/model_family?model_family_row=q")
    row, message = (
        visitor.see(f"[class*='st-key-{name}']").first.bounding_box() for name in ("control_row", "problem_")
    )
    field = visitor.page.get_by_label("First half of a row").bounding_box()
    assert message["y"] >= field["y"] + field["height"]
    assert message["width"] >= 0.95 * row["width"]


def test_a_chart_is_loaded_for_a_visitor_who_comes_near_it_and_no_earlier(visit):
    visitor = visit("/attention")
    place = visitor.page.get_by_role("img", name="Weight of the outstanding key")
    expect(place).not_to_be_in_viewport()
    assert not visitor.page.locator(".js-plotly-plot").count()
    visitor.see(".st-key-aside").scroll_into_view_if_needed()
    chart = visitor.page.get_by_role("figure", name="Weight of the outstanding key")
    expect(chart.locator(".js-plotly-plot")).to_be_visible(timeout=20_000)


def test_what_a_check_sets_is_set_also_in_controls_that_it_makes_appear(visit):
    visitor = visit("/positions")
    visitor.asks(lambda: visitor.page.get_by_text("the one with sinusoids added", exact=True).first.click())
    visitor.after(lambda: visitor.page.get_by_role("button", name="Check").nth(1).click())
    expect(visitor.page.get_by_role("slider", name="Both later by")).to_have_value("1000")
    visitor.says(".step-viewer .notice", "With sinusoids added it is −3.25 here")


def test_what_is_out_of_sight_waits_until_the_browser_is_idle_or_until_it_is_looked_at(visit):
    visitor = visit("/self_attention?self_attention_open=5", script="window.requestIdleCallback = () => 0")
    first = visitor.text(".claims dl")
    visitor.page.get_by_label("Sentence", exact=True).fill("The dog chased its tail")
    expect(visitor.see(".token-strip .word")).to_have_count(7)
    expect(visitor.see(".lab.claims")).to_have_attribute("data-late", "")
    assert visitor.text(".claims dl") == first
    visitor.see(".claims dl").scroll_into_view_if_needed()
    expect(visitor.see(".claims dl")).not_to_have_text(first, use_inner_text=True)
    visitor.rest()


def test_claims_that_are_opened_faster_than_they_are_answered_all_open(visit):
    visitor = visit("/positions?positions_numbers=by+hand")
    said = visitor.see(".claims .said")
    for place in range(4):
        said.nth(place).click()
    expect(visitor.see(".claims .verdict")).to_have_count(4)
    visitor.rest()
    expect(visitor.see(".claims .says")).to_have_count(4, timeout=30_000)
