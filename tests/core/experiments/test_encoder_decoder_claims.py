"""Lesson 10: what its claims measure of the trained translator."""

import pytest

from core.experiments.encoder_decoder import CLAIMS
from core.experiments.encoder_decoder.parts import D, numbers_in
from core.models import checkpoints
from core.transformer.block import Block
from core.transformer.encoder_decoder import DecoderBlock
from tests.core.experiments.test_claims import check_sentence

BY_NAME = {claim.name: claim for claim in CLAIMS}
SENTENCE = "My brother wants a red car and my sister wants a white cat."


@pytest.mark.parametrize("text", ["No.", "🙂"])
@pytest.mark.parametrize("name", BY_NAME)
def test_a_claim_says_one_sentence_on_every_text(name, text):
    check_sentence(BY_NAME[name](checkpoints.load_transformer("translator-transformer"), text, 0))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_claim_holds_on_the_sentence_that_the_page_opens_with(name):
    finding = BY_NAME[name](checkpoints.load_transformer("translator-transformer"), SENTENCE, 0)
    assert finding.holds, finding
    check_sentence(finding)


def test_a_block_that_writes_is_one_that_reads_and_cross_attention():
    reads = numbers_in(Block(D, 4, d_ff=4 * D, norm_place="post", feed_forward="relu"))
    writes = DecoderBlock(D, 4, d_ff=4 * D)
    assert reads == 12 * D**2 + 13 * D
    assert numbers_in(writes) == reads + 4 * D**2 + 4 * D + 2 * D
