"""Lesson 2: what attention weights in a decoder are, and how they are learned."""

import pytest

from core.experiments.looking_back import CLAIMS
from core.models import checkpoints
from tests.core.experiments.test_claims import check_sentence

BY_NAME = {claim.name: claim for claim in CLAIMS}
TEXTS = ("My brother wants a red car and my sister wants a white cat.", "No.", "🙂", "12 34 56")
TRAINED = ("supervised", "any_length", "every_word")


def find(name: str, text: str = TEXTS[0]):
    return BY_NAME[name](checkpoints.load("translator-attention"), text, 0)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", [claim.name for claim in CLAIMS if claim.name not in TRAINED])
def test_a_claim_says_one_sentence_on_every_text(name, text):
    check_sentence(find(name, text))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_claim_holds_on_the_sentence_that_the_page_opens_with(name):
    finding = find(name)
    assert finding.holds
    check_sentence(finding)


@pytest.mark.parametrize(
    "text", ["I don't know where the white cat is.", "He gave her an old book.", "The cat sleeps."]
)
def test_the_strongest_place_of_a_row_is_needed_and_the_second_hardly(text):
    finding = find("explanation", text)
    assert finding["another piece without its strongest place"] >= 0.7 * finding["steps"]
    assert finding["another piece without its second strongest"] <= 1


def test_without_tanh_all_rows_are_equal():
    assert find("similarity")["without tanh, by"] < 1e-5


def test_alignment_is_learned_without_labels():
    finding = find("supervised")
    assert finding["after 0 updates"] <= 0.4
    assert finding["after 50 updates"] < finding["after 150 updates"]
    assert finding["after 150 updates"] >= 0.99


def test_nouns_and_adjectives_align():
    assert find("every_word")["nouns and adjectives"] >= 0.99


def test_a_softmax_thins_out_over_more_words():
    finding = find("any_length")
    assert finding["a score 5 above all others, among 10 words"] == pytest.approx(0.943, abs=1e-3)
    assert finding["the same among 1000 words"] == pytest.approx(0.129, abs=1e-3)


def test_experiments_leave_the_shared_model_as_it_was():
    model = checkpoints.load("translator-attention").model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name in ("similarity", "explanation", "still_recurrent"):
        find(name)
    assert all(tensor.equal(before[name]) for name, tensor in model.state_dict().items())
    assert not model.cell._forward_hooks
