"""Lesson 9: what its steps say is true with the parts that are taken out, and its question knows the depth that it shows."""

from tests.pages.screen import open_page, sent
from tests.pages.test_since_2017_page import notice


def test_what_follows_is_said_of_what_is_left():
    app = open_page("block", block_numbers="by hand", block_norm="none", block_own_layer="5")
    assert notice(app, "add 2").endswith("This goes out as it is: you took the norms out.")
    assert notice(app, "attention").startswith("What the one head of attention brings: 4 numbers")
    whole = open_page("block", block_numbers="by hand", block_own_layer="5")
    assert notice(whole, "add 2").endswith("One norm still follows.")
    assert notice(whole, "norm 2").endswith("This is what the last layer hands out.")
    below = open_page("block", block_numbers="by hand", block_own_layer="4")
    assert notice(below, "norm 2").endswith("This is what the next layer is given.")


def test_the_norm_is_switched_and_what_is_said_of_it_is_of_that_kind():
    app = open_page("block", block_norm="BatchNorm")
    assert "over the 29 in the batch, each of the 384 has a mean μ and a deviation σ" in notice(app, "norm")
    assert "BatchNorm counts the other text, too" in notice(app, "answer")
    root = open_page("block", block_norm="RMSNorm", block_without="skip")
    assert "is not taken out" in notice(root, "norm")
    assert notice(root, "norm 2").startswith("Normalised once more, with a gain of its own.")
    assert "As you set it, these are" in notice(root, "answer")
    assert notice(open_page("block", block_norm="nonsense"), "norm").startswith("LayerNorm looks at one token alone.")


def test_by_hand_nothing_was_trained_and_nothing_is_said_to_be():
    typed = open_page("block", block_numbers="by hand")
    assert "and a gain of 1 and a shift of 0 follow, which change nothing." in notice(typed, "norm")
    assert notice(typed, "norm 2").startswith("Normalised once more, with a gain of 1 and a shift of 0.")
    assert "Of the 154 numbers that the block could learn" in notice(typed, "wide")
    titles = [view["title"] for view in sent(typed, "step_viewer")[0]["views"]]
    assert "Parts taken out of your block" in titles
    assert "and a learned gain and shift put in." in notice(open_page("block"), "norm")


def test_tokens_that_are_all_0_and_one_layer_are_told_as_they_are():
    zeros = {"block_x": ";".join(["0,0,0,0"] * 3), "block_other": ";".join(["0,0,0,0"] * 2)}
    told = notice(open_page("block", block_numbers="by hand", **zeros), "batch")
    assert "BatchNorm moves none here either" in told
    one = notice(open_page("block", block_numbers="by hand", block_layers="1"), "taken out")
    assert "it is 0.95 without skips, 0.95 as the model is, 0.97 without MLPs." in one


def test_with_something_changed_the_next_layer_is_not_said_to_get_it():
    assert notice(open_page("block", block_norm="RMSNorm"), "norm 2").endswith(
        "This is what the next layer would be given."
    )


def test_a_picture_hears_of_no_text_and_no_words():
    app = open_page("block", block_numbers="a picture", block_without="MLP", block_layer="2")
    assert notice(app, "norm 2").endswith("You took out the MLP, which would read this; the stream stays as it was.")
    assert "the token itself" in notice(app, "Z")
    assert "text" not in notice(app, "batch")


def test_the_depth_at_which_the_toy_is_all_the_same_is_among_the_answers():
    app = open_page("block")
    assert app.button_group(key="block_collapse_guess").options[1] == "behind 3 layers"
    assert "behind 3 layers" in notice(app, "toy")
