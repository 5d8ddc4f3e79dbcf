"""Recall by keys alone: the answer, how well it was known, and the last answer taken back."""

from tests.browser.visitor import DESK


def test_cards_are_answered_by_keys_and_an_answer_is_taken_back(visit):
    visitor = visit("/recall")
    asked, counts = ".st-key-recall_asked", ".st-key-recall_head"
    visitor.see(".st-key-recall_show button").wait_for()
    visitor.says(asked, "An old translator")
    visitor.press("a")
    visitor.see(".st-key-recall_score_5 button").wait_for()
    visitor.press("5")
    visitor.says(counts, "9 new today")
    visitor.says(asked, "A linear RNN")
    visitor.press("u")
    visitor.says(counts, "10 new today")
    visitor.see(".st-key-recall_score_5 button").wait_for()
    visitor.says(asked, "An old translator")
    visitor.see(".st-key-recall_figure .lab[data-ready]").wait_for()
    undo = visitor.page.locator(".st-key-recall_undo button").bounding_box()
    assert undo["y"] + undo["height"] < DESK["height"], "the way back is below what is seen"
