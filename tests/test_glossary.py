"""The glossary: a page that says a word of the field offers what it means."""

import pytest

from core.glossary import WORDS, parted, words_in
from pages.course.catalogue import built
from pages.parts.glossary import words_of
from tests.pages.screen import open_page, said

OFFERED = {page.slug: {each.word for each in words_of(page.slug)} for page in built() if page.section}


@pytest.mark.parametrize("word", [each.word for each in WORDS])
def test_every_word_is_offered_by_some_page(word):
    assert any(word in offered for offered in OFFERED.values())


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("vision_transformer", {"pooled", "inductive bias", "AUC", "convolution"}),
        ("looking_back", {"gradient"}),
        ("attention", {"entropy", "operator"}),
        ("translation_lab", {"Bayes' rule", "library"}),
        ("multi_head", {"view, transpose, reshape"}),
        ("masks", {"softmax", "token"}),
        ("bottleneck", {"encoder", "decoder"}),
        ("cost", {"MHA, GQA, MQA", "nat"}),
        ("since_2017", {"RMSNorm", "SiLU", "SwiGLU"}),
        ("model_family", {"top-k"}),  # said by a part that this lesson alone has
        ("writing_lab", {"top-k", "top-p", "bit"}),  # the sliders stand in its component
    ],
)
def test_the_words_that_a_page_says_are_offered_there(slug, words):
    assert words <= OFFERED[slug]


def test_a_word_is_found_in_its_forms_and_not_inside_of_others():
    assert {each.word for each in words_in(["A vector is pooled by Bayes."])} == {"vector", "pooled", "Bayes' rule"}
    assert words_in(["The tokenizer normalises."]) == []


def test_a_page_shows_what_its_words_mean():
    assert "**softmax**: Makes shares of scores" in said(open_page("masks"))


def test_a_text_is_parted_at_each_word_that_is_not_known_yet():
    vector = next(each for each in WORDS if each.word == "vector")
    pieces = [
        (piece, word and word.word) for piece, word in parted("A softmax of W_K: vectors, one softmax.", {vector})
    ]
    assert pieces == [("A ", None), ("softmax", "softmax"), (" of W_K: vectors, one softmax.", None)]
