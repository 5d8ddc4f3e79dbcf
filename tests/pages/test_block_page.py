"""Lesson 9: what its steps say is true with the parts that are taken out, and its question knows the depth that it shows."""

from tests.pages.screen import open_page
from tests.pages.test_since_2017_page import notice


def test_what_follows_is_said_of_what_is_left():
    app = open_page("block", block_numbers="by hand", block_without="norm", block_own_layer="5")
    assert notice(app, "add 2").endswith("This goes out as it is: you took the norms out.")
    assert notice(app, "attention").startswith("What the one head of attention brings: 4 numbers")
    whole = open_page("block", block_numbers="by hand", block_own_layer="5")
    assert notice(whole, "add 2").endswith("One norm still follows.")
    assert notice(whole, "LN 2").endswith("This is what the last layer hands out.")
    below = open_page("block", block_numbers="by hand", block_own_layer="4")
    assert notice(below, "LN 2").endswith("This is what the next layer is given.")


def test_a_picture_hears_of_no_text_and_no_words():
    app = open_page("block", block_numbers="a picture", block_without="MLP", block_layer="2")
    assert notice(app, "LN 2").endswith("You took out the MLP, which would read this; the stream stays as it was.")
    assert "the token itself" in notice(app, "Z")
    assert "text" not in notice(app, "batch")


def test_the_depth_at_which_the_toy_is_all_the_same_is_among_the_answers():
    app = open_page("block")
    assert app.button_group(key="block_collapse_guess").options[1] == "behind 3 layers"
    assert "behind 3 layers" in notice(app, "toy")
