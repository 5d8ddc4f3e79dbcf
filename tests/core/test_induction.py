"""A passage read twice: the score of looking behind the last occurrence, and what a head is worth."""

import pytest
import torch

from core.analysis.head_statistics import INDUCTION, Words, head_statistic
from core.lessons.writing_lab import induction, mean_bits
from core.models import loading
from core.models.writer import Writer
from tests.core.models import folders

PASSAGE = "the cat plays"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return loading.load(folders.causal(tmp_path_factory.mktemp("causal") / "model"), "cpu")


def test_the_second_time_is_read_with_the_first_before_it_and_the_score_is_that_of_the_sentence_lab(loaded):
    found = induction.twice(loaded, PASSAGE)
    once = loaded.tokenizer(PASSAGE)["input_ids"]
    ids = [264, *once, *once]
    writer = Writer(loaded)
    writer.read(ids)
    assert [*found.first, *found.second] == pytest.approx(writer.bits[1:], abs=1e-4)
    weights = torch.zeros(2, 6, len(ids), len(ids))
    for place in range(len(ids)):
        weights[:, :, place, : place + 1] = torch.stack(writer.weights(place))
    words = Words(tuple(map(str, ids)), (True,) + (False,) * (len(ids) - 1), tuple(range(len(ids))))
    expected = head_statistic(weights, words, INDUCTION)
    torch.testing.assert_close(found.scores, expected)
    assert found.share == pytest.approx(expected.max().item())
    without = Writer(loaded, [(found.layer, found.head)])
    without.read(ids)
    assert found.cost == pytest.approx(
        mean_bits(without.bits[len(once) + 1 :]) - mean_bits(list(found.second)), abs=1e-4
    )
    assert len(found.others) == 5


def test_of_a_passage_read_twice_every_token_of_the_second_half_has_a_place_behind_the_last_one():
    words = Words(tuple("abcabc"), (False,) * 6, tuple(range(6)))
    looks = torch.eye(6)
    for query, key in {3: 1, 4: 2, 5: 3}.items():
        looks[query] = torch.eye(6)[key]
    assert head_statistic(looks[None, None], words, INDUCTION).item() == 1


@pytest.mark.parametrize(("text", "said"), [("a", "at least 3 are needed"), ("cat " * 30, "at most 18 fit twice")])
def test_a_passage_that_is_too_short_or_too_long_is_refused_in_words(loaded, text, said):
    with pytest.raises(ValueError, match=said):
        induction.twice(loaded, text)
