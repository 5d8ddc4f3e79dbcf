"""Words that are written from right to left leave what stands beside them in its place."""

import pytest

from core.direction import begins_right, has_leftward, isolated, isolated_in_svg


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["[CLS]", "שלום", "##ים", "[SEP]"], True),
        (["<s>", "مرحبا", "3.14", "</s>"], True),
        (["the", "word", "سلام"], False),
        (["我", "喜欢"], False),
        ([], False),
    ],
)
def test_a_line_is_read_from_the_side_of_most_of_its_letters(words, right):
    assert begins_right(words) is right


def test_only_a_word_that_is_written_to_the_left_is_set_apart():
    assert isolated("cat") == "cat"
    assert isolated("קטה.") == "\u2068קטה.\u2069"
    assert has_leftward("the قطة sat")


def test_a_drawing_sets_its_words_apart_and_nothing_else():
    drawing = '<text x="1">שלום</text>\n<text>0.31</text><title>מ</title><text><tspan>قطة.</tspan></text>'
    assert isolated_in_svg(drawing) == (
        '<text x="1">\u2068שלום\u2069</text>\n<text>0.31</text><title>מ</title><text><tspan>\u2068قطة.\u2069</tspan></text>'
    )
