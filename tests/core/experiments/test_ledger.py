"""The ledger is whole: each claim of the notes has its experiment, its step and the lines that say it."""

import json
import re

import pytest

from core.experiments import ledger
from core.experiments.inputs import TAKES, has_chance, package_of
from core.sources import SOURCES
from pages.course.catalogue import BY_SLUG
from tests.pages.test_payloads import KEPT
from tests.pages.test_recall_deck import steps

SHOWN_ELSEWHERE = {"recall"}  # a page without steps


def test_all_claims_of_the_notes_are_there_in_their_order():
    numbers = [row.number for row in ledger.ROWS]
    assert sorted(set(numbers)) == list(range(1, ledger.COUNT + 1))
    assert numbers == sorted(numbers)
    assert len(ledger.BY_KEY) == len(ledger.ROWS)


def test_no_sentence_stands_there_twice():
    said = [(row.claim.said, row.claim.verdict) for row in ledger.ROWS]
    assert len(set(said)) == len(said)


def test_halves_of_a_claim_are_told_apart_by_letters():
    assert [row.name for row in ledger.ROWS if row.number in (13, 14)] == ["13", "14a", "14b"]


@pytest.mark.parametrize("row", ledger.ROWS, ids=lambda row: row.name)
def test_a_row_leads_to_a_step_of_its_lesson_and_names_lines_of_notes(row):
    assert BY_SLUG[row.lesson].built
    if row.lesson not in SHOWN_ELSEWHERE:
        kept = json.loads((KEPT / f"{row.lesson}.json").read_text("utf-8"))
        assert row.step in steps(kept, row.lesson, dict(row.sets))
    for place in row.notes:
        assert re.fullmatch(r"S\d:\d+", place)
        assert place[:2] in ledger.NOTES
    assert package_of(row.claim) in TAKES
    assert set(row.claim.sources) <= set(SOURCES)


def test_three_claims_stand_in_no_note_word_for_word():
    assert [row.number for row in ledger.ROWS if not row.notes] == [16, 34, 68]


def test_what_neither_the_seed_nor_anybody_changes_is_known_to_have_no_seed():
    without = {row.claim.name for row in ledger.ROWS if not has_chance(row.claim)}
    assert {"billions", "decoder_part", "next_review", "too_many_parameters"} <= without
    assert not without & {"fixed_context", "order_unknown", "scaling", "equivariant", "few_pictures", "versatile"}
