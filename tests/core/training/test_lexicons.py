"""The dictionary under French words is found by counting, and says how often it is right."""

import random

import pytest

from core.analysis.alignment import Gold
from core.models import lexicon
from core.models.errors import ModelError
from core.training import __main__ as command
from core.training import lexicons
from core.training.gold import AlignedPair
from tests.core.training.test_word_aligner import DICTIONARY


def pairs():
    """Sentences of words in another order, with a word before them that has no counterpart."""
    rng = random.Random(0)
    drawn = [rng.sample(list(DICTIONARY), 4) for _ in range(400)]
    return [(words, ["donc", *(DICTIONARY[words[place]].title() for place in (0, 2, 1, 3))]) for words in drawn]


def test_words_that_keep_meeting_are_each_others_meaning_and_a_word_without_counterpart_has_none():
    assert lexicons.learned(pairs()) == {french: english for english, french in DICTIONARY.items()}


def test_a_word_of_two_meanings_has_both_the_likelier_first():
    both = [(["wife"], ["femme"])] * 6 + [(["woman"], ["Femme"])] * 4
    assert lexicons.learned(both) == {"femme": "wife / woman"}


def test_it_is_measured_on_the_words_that_people_linked_to_one_other():
    gold = Gold(frozenset({(0, 0), (1, 1), (2, 1)}), frozenset({(0, 0), (1, 1), (2, 1), (2, 2)}))
    found = lexicons.right([AlignedPair(("a", "Wife", "x"), ("une", "femme", "y"), gold)], {"femme": "woman / wife"})
    assert found == {"words": 2, "known": 0.5, "right": 1.0}


def test_the_command_writes_a_dictionary_and_its_card(tmp_path, monkeypatch):
    data = tmp_path / "pairs.tsv"
    data.write_text("\n".join(f"{' '.join(a)}\t{' '.join(b)}" for a, b in pairs()), "utf-8")
    command.main(["lexicon", "--data", str(data), "--out", str(tmp_path), "--device", "cpu"])
    assert lexicon.read(tmp_path / "lexicon.json").meanings["voiture"] == "car"
    assert "6 French words" in (tmp_path / "lexicon.md").read_text("utf-8")
    (tmp_path / "lexicon.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match=r"python -m core.training lexicon"):
        lexicon.read(tmp_path / "lexicon.json")


def test_the_one_that_comes_along_knows_words_however_they_are_written_and_leaves_signs_alone():
    assert lexicon.load().of(["Chat", "VOITURE", ",", "zzyzx", "de"]) == ["cat", "car", ",", "–", "–"]
