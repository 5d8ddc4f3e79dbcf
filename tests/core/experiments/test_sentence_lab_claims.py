"""What attention is not: the numbers that were promised, on ten sentences."""

import pytest

from core.experiments.sentence_lab import CLAIMS, SENTENCES
from tests.core.experiments.test_claims import check_sentence


@pytest.mark.parametrize("tested", CLAIMS, ids=lambda claim: claim.name)
@pytest.mark.parametrize(
    "sentences", [SENTENCES[:3], pytest.param(SENTENCES, marks=pytest.mark.long)], ids=["three", "all"]
)
def test_attention_orders_words_worse_than_what_it_delivers_and_rollout_worse_than_attention(tested, sentences):
    """Measured on all ten: attention received 0.69, rollout 0.23, weight × ‖v W_O‖ 0.81, integrated gradients 0.81."""
    finding = tested(sentences)
    assert finding.holds
    check_sentence(finding)
    assert 0.5 < finding["attention received"] < finding["weight × ‖v W_O‖"] < 0.95
    assert -0.2 < finding["rollout"] < 0.5
    assert 0.65 < finding["integrated gradients"] < 0.95


def test_a_sentence_without_an_order_changes_nothing():
    assert CLAIMS[0]((*SENTENCES[:3], "", "Yes")) == CLAIMS[0](SENTENCES[:3])
