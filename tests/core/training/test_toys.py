"""The toys: grammar and digits, learned in seconds without anybody's alignments."""

import random

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from core.experiments.bottleneck.trained import trained
from core.training import digits, grammar, toy
from core.training.toy import Settings, ToyTraining

PROBE = {"grammar": "the big old red car sees a dog"}


def test_the_sentence_of_the_lesson():
    sentence = grammar.parse("the big old red car sees a dog")
    assert " ".join(sentence.target) == "la voiture rouge vieille grande voit un chien"
    assert [sentence.source[place] for place in sentence.gold[1:5]] == ["car", "red", "old", "big"]


@given(seed=integers(0, 1000), adjectives=sampled_from(range(6)))
def test_theorem_adjectives_follow_the_noun_in_the_opposite_order(seed, adjectives):
    """For every sentence with so many adjectives before each noun: noun, then the adjectives from the last to the first."""
    sentence = grammar.draw(random.Random(seed), [adjectives])
    noun = adjectives + 1
    assert sentence.gold[1 : noun + 1] == tuple(range(noun, 0, -1))
    assert sorted(sentence.gold) == list(range(len(sentence.source)))


@given(seed=integers(0, 1000))
def test_theorem_adjectives_and_determiners_agree_with_their_noun(seed):
    sentence = grammar.draw(random.Random(seed), [2])
    feminine = {form[1] for form in (*grammar.ADJECTIVES.values(), *grammar.DETERMINERS.values())}
    masculine = {form[0] for form in (*grammar.ADJECTIVES.values(), *grammar.DETERMINERS.values())}
    gender = dict(grammar.NOUNS.values())[sentence.target[1]]
    for word in (sentence.target[0], *sentence.target[2:4]):
        assert word in (feminine if gender else masculine)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("the car", "the sentence ends where a verb is expected"),
        ("the blue car sees a dog", "“blue” stands where an adjective or a noun is expected"),
        ("the car sees a dog now", "“now” follows a sentence that is complete"),
        ("", "the sentence ends where a determiner is expected"),
        ("the " + "big " * 6 + "car sees a dog", "at most 5|“big” stands|6 adjectives"),
    ],
)
def test_what_is_no_sentence_of_the_grammar_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        grammar.parse(text)


def test_what_are_no_digits_is_refused():
    assert digits.parse("31415").target == ("5", "1", "4", "1", "3")
    with pytest.raises(ValueError, match="“x” is no digit"):
        digits.parse("3 x 4")
    with pytest.raises(ValueError, match="31 digits were typed"):
        digits.parse("1" * 31)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_nouns_and_adjectives_align_within_150_updates_though_nobody_labels_them(seed):
    run = trained("grammar", "additive", seed).toy
    before = ToyTraining(run.settings).snapshot(toy.parse("grammar", PROBE["grammar"]))
    after = run.snapshot(toy.parse("grammar", PROBE["grammar"]))
    assert before.found <= 0.4
    assert after.found >= 0.99
    assert after.exact >= 0.95
    assert after.weights[1:5].argmax(1).tolist() == [4, 3, 2, 1]


def test_what_it_writes_by_itself_becomes_what_it_should_write():
    probe = grammar.parse(PROBE["grammar"])
    untaught = ToyTraining(Settings("grammar", "additive", 0, 16)).snapshot(probe).written
    assert untaught != probe.target
    assert len(untaught) <= len(probe.target) + 3
    assert trained("grammar", "additive", 0).toy.snapshot(probe).written == probe.target


def test_without_attention_the_same_budget_does_not_do():
    assert trained("grammar", "none", 0).toy.snapshot(toy.parse("grammar", PROBE["grammar"])).exact <= 0.3


def test_one_narrow_vector_loses_long_rows_of_digits_and_attention_does_not():
    rows = {length: [digits.draw(random.Random(i), [length]) for i in range(100)] for length in (4, 12)}
    fixed, looking = (trained("digits", look, 0, 32).toy for look in ("none", "additive"))
    assert fixed.measure(rows[4])[0] >= 0.85
    assert looking.measure(rows[12])[0] - fixed.measure(rows[12])[0] >= 0.25


def test_the_same_seed_gives_the_same_numbers():
    losses = []
    for _ in range(2):
        run = ToyTraining(Settings("grammar", "additive", 7))
        torch.manual_seed(len(losses))  # what the rest of the process draws does not matter
        for _ in range(5):
            run.advance()
        losses.append(run.losses)
    assert losses[0] == losses[1]
