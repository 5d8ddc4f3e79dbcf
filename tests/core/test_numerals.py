"""Numbers as they are written."""

import pytest

from core.numerals import how_many, listed, rounded, short, written


@pytest.mark.parametrize(
    ("value", "format_spec", "text"),
    [
        (-1.5e-7, ".1e", "−1.5 × 10⁻⁷"),
        (2.5, ".1e", "2.5"),
        (0.0, ".1e", "0"),
        (0.0, ".2f", "0.00"),
        (1.2e-5, ".3g", "1.2 × 10⁻⁵"),
        (-0.25, ".0%", "−25%"),
        (49152, ",d", "49,152"),
        (7, "", "7"),
        (-0.04, ".1f", "0.0"),
        (-0.0, ".0%", "0%"),
        (-0.04, ".0e", "−4 × 10⁻²"),
    ],
)
def test_a_number_has_a_true_minus_and_a_power_of_ten(value, format_spec, text):
    assert written(value, format_spec) == text


def test_one_is_one_and_large_numbers_are_told_in_words():
    assert [how_many(number, "layer") for number in (0, 1, 1200)] == ["0 layers", "1 layer", "1,200 layers"]
    assert [how_many(number, "query", "queries") for number in (1, 2)] == ["1 query", "2 queries"]
    assert [short(number) for number in (8.05e9, 999, 2e15)] == ["8.05 billion", "999", "2.00 × 10¹⁵"]
    assert [short(number, letters=True) for number in (8.05e9, 1.2e6, 1024, 999)] == [
        "8.05 B",
        "1.2 M",
        "1.02 k",
        "999",
    ]


def test_what_is_too_small_for_two_decimals_is_a_power_of_ten_and_0_is_0():
    assert [rounded(size) for size in (1.0, 0.9049, 0.005, 4e-8, 0.0)] == ["1.00", "0.90", "0.01", "4 × 10⁻⁸", "0"]


def test_words_are_listed_as_in_a_sentence():
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
