"""What French words mean, as it is said beside them."""

from pages.parts import translations


def test_a_dictionary_that_was_not_measured_says_nothing_of_how_often_it_is_right():
    assert translations.measured({}) == ""
    told = translations.measured({"one": {"known": 0.7, "right": 0.8}, "other": {"known": 0.5, "right": 0.9}})
    assert "50% to 70%" in told
    assert "80% to 90%" in told


def test_a_piece_is_explained_as_a_word_and_the_mark_of_the_end_as_what_it_is():
    assert translations.as_words(["chat", "</s>", ","]) == ["cat", "the end", ","]
