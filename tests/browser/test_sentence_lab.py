"""The sentence lab in a real browser."""

import re

from playwright.sync_api import expect


def test_all_heads_are_there_hovering_one_shows_it_without_asking_python_and_a_click_opens_it(visit):
    visitor = visit("/sentence_lab")
    visitor.says(".lab-view .caption", "6 layers × 12 heads of all-MiniLM-L6-v2")
    expect(visitor.see(".lab-view h3")).to_have_text("Layer 3, head 1")
    visitor.says(".readout .chain", "0.6529")
    before = visitor.messages_sent
    box = visitor.see(".lab-view .left canvas").bounding_box()
    visitor.page.mouse.move(box["x"] + 24 + (box["width"] - 24) * 2.5 / 12, box["y"] + 35)
    visitor.says(".lab-view h3", "Layer 0, head 2")
    assert visitor.messages_sent == before
    visitor.after(lambda: visitor.page.mouse.down() or visitor.page.mouse.up())
    visitor.page.mouse.move(5, 5)
    visitor.says(".lab-view h3", "Layer 0, head 2")
    visitor.linked(lab_open="0,2")


def test_heads_open_and_compare_by_keyboard(visit):
    visitor = visit("/sentence_lab")
    visitor.see(".lab-view .left canvas").focus()
    for key in ("ArrowUp", "ArrowRight"):
        visitor.page.keyboard.press(key)
    grid = visitor.see(".lab-view .left canvas")
    expect(grid).to_have_attribute("aria-label", re.compile("Layer 2, head 2"))
    visitor.after(lambda: visitor.page.keyboard.press("Enter"))
    visitor.linked(lab_open="2,2")
    visitor.see(".lab-view .left canvas").focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.after(lambda: visitor.page.keyboard.press("Shift+Enter"))
    visitor.linked(lab_beside="3,2")
    expect(visitor.see(".lab-view h3")).to_have_text(["Layer 2, head 2", "Layer 3, head 2"])


def test_a_head_that_is_clicked_opens_also_after_a_summary_was_chosen_again(visit):
    visitor = visit("/sentence_lab?lab_show=rollout")
    for _ in range(2):
        expect(visitor.see(".lab-view h3").first).to_have_text("Attention rollout")
        visitor.see(".lab-view .left canvas").focus()
        visitor.after(lambda: visitor.page.keyboard.press("Enter"))
        expect(visitor.see(".lab-view h3").first).to_have_text("Layer 3, head 1")
        visitor.page.get_by_label("Show", exact=True).first.focus()
        visitor.painted()  # a page that still scrolls to what has the focus shuts its list
        visitor.press("ArrowDown")
        visitor.after(lambda: visitor.page.get_by_role("option", name="rollout").click())


def test_heads_are_found_by_what_they_do_with_the_number_beside(visit):
    visitor = visit("/sentence_lab?lab_find=next+token")
    best = visitor.see(".lab-view .ranking li").first
    assert float(best.locator(".number").inner_text()) > 0.3
    name = best.locator("button").inner_text()
    visitor.after(lambda: best.locator("button").click())
    expect(visitor.see(".lab-view h3").first).to_have_text(name, ignore_case=True)


def test_two_sentences_stand_side_by_side(visit):
    visitor = visit("/sentence_lab?lab_compare=another+sentence")
    expect(visitor.see(".lab-view .token-strip")).to_have_count(2)
    expect(visitor.see(".lab-view .panel")).to_have_count(2)


def test_weights_become_what_they_deliver_in_the_grid_the_head_and_the_sentence_below(visit):
    visitor = visit("/sentence_lab")
    expect(visitor.see(".token-strip .word").first).to_have_text("[CLS]")
    visitor.after(lambda: visitor.page.get_by_role("radio", name="weight × ‖v‖").click())
    visitor.linked(lab_measure="weight × ‖v‖")
    visitor.says(".lab-view .caption", "Of all weight “[CLS]” gets 48%, of weight × ‖v‖ 10%")
    expect(visitor.see(".readout .chain")).to_have_text(re.compile(r"→ 0\.6529 × ‖v‖ .* in the row → 0\.77\d\d$"))


def test_each_word_is_taken_out_once_the_panel_is_opened(visit):
    visitor = visit("/sentence_lab")
    panel = visitor.see("[data-testid=stExpander]", has_text="What attention is not")
    visitor.asks(lambda: panel.locator("summary").click())
    visitor.says("[data-testid=stExpander]", "Spearman's rank correlation")
    visitor.linked(lab_words="true")
    panel.scroll_into_view_if_needed()
    visitor.see(".stPlotlyChart").wait_for(timeout=20_000)


def test_special_tokens_are_hidden_and_pieces_merged(visit):
    visitor = visit("/sentence_lab?lab_text=Unbelievably+tokenization&lab_hide=true&lab_merge=true")
    expect(visitor.see(".token-strip .word")).to_have_text(["unbelievably", "tokenization"])
    visitor.says(".lab-view .note", "What went to hidden tokens is missing")


def test_a_text_file_becomes_the_sentence_a_bad_one_changes_nothing_and_512_tokens_are_shown_at_once(visit):
    visitor = visit("/sentence_lab")
    visitor.page.get_by_role("button", name="Upload").click()
    chooser = visitor.page.locator("input[type=file]")
    file = {"name": "a.txt", "mimeType": "text/plain", "buffer": "Vögel\nsingen".encode("utf-16")}
    visitor.after(lambda: chooser.set_input_files(file))
    expect(visitor.page.get_by_label("Sentence", exact=True)).to_have_value("Vögel singen")
    chooser.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"\x89PNG\x00\x01"})
    visitor.says("[data-testid=stMain]", "The file was not taken; your sentence is still here.")
    expect(visitor.page.get_by_label("Sentence", exact=True)).to_have_value("Vögel singen")
    visitor.type_into("Sentence", "the cat sat on a mat and " * 100)
    expect(visitor.see(".token-strip .token")).to_have_count(512)
    visitor.says(".lab-view .caption", "the strongest weight of those it covers")
    visitor.says("[data-testid=stMain]", "The text has 700 tokens, 510 are used.")
