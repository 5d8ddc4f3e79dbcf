"""The cards of the course: each leads to a step that its lesson has, each is told apart from all others."""

import json

import pytest
from latex2mathml.converter import convert

from core.recall.cards import course
from core.recall.formulas import parts
from pages.course.catalogue import LESSONS
from tests.pages.screen import ROOT
from tests.pages.test_payloads import KEPT, LINKS

CARDS = course()


def steps(kept: dict, lesson: str, sets: dict[str, str]) -> set[str]:
    """The labels of all steps that a lesson has under these controls, as `test_payloads` last kept them."""
    wanted = {f"{lesson}_{name}": value for name, value in sets.items()}
    fits = [name for name, link in LINKS[lesson].items() if wanted.items() <= link.items() and (wanted or not link)]
    return {view["label"] for name in fits for view in kept[name]["views"]}


@pytest.mark.parametrize("lesson", [lesson.slug for lesson in LESSONS if lesson.built])
def test_a_card_leads_to_a_step_that_its_lesson_has(lesson):
    kept = json.loads((KEPT / f"{lesson}.json").read_text("utf-8"))
    for card in CARDS:
        if card.lesson == lesson:
            assert card.step in steps(kept, lesson, dict(card.sets)), card.name


def test_every_lesson_has_cards_and_every_card_a_name_of_its_own():
    assert {card.lesson for card in CARDS} == {lesson.slug for lesson in LESSONS}
    assert len({card.name for card in CARDS}) == len({card.asks for card in CARDS}) == len(CARDS)
    assert all(card.step for card in CARDS)
    assert max(len(card.name) for card in CARDS) <= 40


def test_the_readme_counts_them():
    assert f"{len(CARDS)} cards" in (ROOT / "README.md").read_text("utf-8")


def test_every_card_asks_and_says_something_and_every_formula_can_be_drawn():
    for card in CARDS:
        assert card.asks
        assert card.says
        assert (card.asks + card.says).count("$") % 2 == 0
        for part in parts(f"{card.asks} {card.says}"):
            if part.kind == "formula":
                convert(part.text)
            else:
                assert "$" not in part.text, card.name


def test_the_corrected_mistakes_of_the_notes_are_among_them():
    places = [place for card in CARDS for place in card.note.split("; ") if place]
    assert len(set(places)) == 80
    assert places.count("S2:39") == 2  # that line makes two
