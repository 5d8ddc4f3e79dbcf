"""Sentences look their numbers up by the names that the figure uses."""

import numpy as np
import pytest

from core.glossary import WORDS
from pages.parts.words import Scope, plain, say

QUERIES, KEYS = ("the", "cat", "sat"), ("a", "b", "c", "d", "e")
WEIGHTS = np.arange(15, dtype=np.float32).reshape(3, 5) / 100
SCOPE = Scope(
    {"weights": WEIGHTS, "heads": np.stack([WEIGHTS, WEIGHTS + 1]), "allowed": WEIGHTS > 0.06},
    {"queries": plain(QUERIES), "keys": plain(KEYS)},
    {"query": 1, "key": 2, "head": 1},
    type("Result", (), {"n_tokens": 7, "error": 3.2e-8}),
)


def told(template: str, **values) -> str:
    return "".join(span[0] for span in say(template, SCOPE, **values))


def test_words_and_cells_are_those_that_are_looked_at():
    assert told("{q} gives {k} {weights[q,k]:.2f}, all of {v}") == "cat gives c 0.07, all of c"


def test_of_several_heads_the_one_that_is_looked_at_is_meant():
    assert told("head {head}: {heads[q,k]:.2f}") == "head 1: 1.07"


def test_a_row_of_yes_and_no_is_a_count():
    assert told("{allowed[q]} of 5") == f"{int((WEIGHTS[1] > 0.06).sum())} of 5"


def test_other_names_are_what_is_given_or_else_of_the_result():
    assert told("{n_tokens} and {n:.0%} and {error:.1e}", n=0.5) == "7 and 50% and 3.2 × 10⁻⁸"
    assert told("{n_tokens}", n_tokens="given") == "given"


def test_a_name_that_nobody_has_is_a_mistake_of_ours():
    with pytest.raises(AttributeError):
        told("{nothing}")


def test_what_depends_on_the_place_says_where_the_browser_finds_it_for_another_place():
    spans = say("{q} {weights[q,k]:.2f} {allowed[q]} {n_tokens}", SCOPE)
    live = [span[2] for span in spans if len(span) == 3]
    assert live == [
        {"word": "queries", "end": "query"},
        {"of": "weights", "row": "query", "column": "key", "form": ".2f"},
        {"count": "allowed", "row": "query", "form": ""},
    ]


@pytest.mark.parametrize("role", ["query", "key", "value", "output", "strong"])
def test_words_can_have_the_colour_of_a_role(role):
    assert say(f"{{{role}|what it is}}", SCOPE) == [("what it is", role)]


def test_a_role_that_there_is_none_of_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="“qeury” is no role that words can have the colour of: key, output, query"):
        say("{qeury|what it is}")


@pytest.mark.parametrize("text", ["{q}", "{0.__class__}", "}{", "{weights[q,k]}", "a{b|c}"])
def test_what_a_visitor_wrote_is_never_read_as_a_name(text):
    assert told("{said}", said=text) == text


def test_words_of_the_glossary_that_are_ours_say_what_they_mean_once_and_none_that_is_filled_in():
    met = set()
    first = say("A vector: {typed}.", Scope(), met, typed="softmax")
    assert first[1][:2] == ("vector", "term")
    assert first[1][2]["means"].startswith("vector: A row of numbers")
    assert first[3:] == [("softmax", None), (".", None)]
    assert say("This vector again, by softmax.", Scope(), met) == [
        ("This vector again, by ", None),
        ("softmax", "term", {"means": next(each.told for each in WORDS if each.word == "softmax")}),
        (".", None),
    ]
    assert say("A vector.") == [("A vector.", None)]
