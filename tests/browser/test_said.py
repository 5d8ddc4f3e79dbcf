"""What is drawn is also said: tables of numbers follow what is looked at, and say what they leave out."""

from playwright.sync_api import expect


def test_a_table_of_very_many_numbers_says_what_is_left_out(visit):
    visitor = visit("/sentence_lab")
    visitor.type_into("Sentence", "the cat sat on a mat and " * 20)
    visitor.page.get_by_role("button", name="Numbers", exact=True).click()
    table = visitor.see(".lab-view .panel .figure-table")
    expect(table.locator("table").first.locator("tbody tr")).to_have_count(64)
    words = "the first 64 of 142 rows and the first 64 of 142 columns"
    expect(table.locator(".left-out").first).to_contain_text(words)


def test_the_table_follows_the_head_that_is_looked_at(visit):
    visitor = visit("/image_lab")
    button = visitor.page.get_by_role("button", name="Numbers", exact=True).first
    button.click()
    caption = visitor.see(".patch-explorer .panel caption").first
    expect(caption).to_have_text("Layer 3, head 0: what e5 gives")
    visitor.see(".patch-explorer figure canvas").first.focus()
    visitor.page.keyboard.press("ArrowLeft")
    visitor.says(".patch-explorer .panel caption", "what d5 gives")
    button.click()
    expect(visitor.see(".patch-explorer .panel table")).to_have_count(0)
