"""Lesson 10: one sentence looks at another, in one pass or piece by piece, whole or with a part taken away."""

import pytest
import torch

from core.lessons import encoder_decoder
from core.lessons.encoder_decoder import (
    ALL_CROSS,
    AWAY,
    FORCED,
    LONGEST,
    N_HEADS,
    N_LAYERS,
    N_READING,
    NOTHING,
    Settings,
    run,
)
from core.sequence.decoding import Interventions, all_weight_on
from core.sequence.passes import of_text, passes
from tests.core.encoder_decoder_examples import untrained

SENTENCE = "My brother wants a red car and my sister wants a white cat."
OTHER = "The cat sleeps."


@pytest.fixture(scope="module")
def result():
    return run(Settings(SENTENCE))


@pytest.mark.parametrize("length", [1, 7, LONGEST])
def test_passes_and_token_forwards_are_those_of_the_formula(result, length):
    found = result.passes.upto(length)
    assert found.n_passes == (1, length, length)
    assert found.forwards == (length, length * (length + 1) // 2, length)
    assert found.apart < 1e-4


def test_what_is_counted_went_through_the_network():
    translator = untrained()
    went = []
    block = translator.model.writers[1].feed_forward
    block.register_forward_hook(lambda module, given, out: went.append(given[0].shape[1]))
    found = of_text(translator, OTHER, 5)
    written_first = 5  # what is written is found with a cache, a piece at a time
    assert went == [1] * written_first + [5] + [1, 2, 3, 4, 5] + [1] * 5
    assert found.forwards == (5, 15, 5)


def test_a_shorter_target_is_the_beginning_of_a_longer_one():
    translator = untrained()
    memory = translator.translate(OTHER).read.memory
    given = torch.tensor([[1, 7, 9, 11, 13, 15]])
    whole, part = passes(translator, memory, given).upto(4), passes(translator, memory, given[:, :4])
    assert all(torch.equal(*pair) for pair in zip(whole.went, part.went, strict=True))
    torch.testing.assert_close(whole.logits[2], part.logits[2])


def test_without_cross_attention_every_sentence_begins_alike():
    one, other = (run(Settings(text, away=ALL_CROSS)).now.target.ids for text in (SENTENCE, OTHER))
    shared = min(len(one), len(other))
    assert one[:shared] == other[:shared]
    assert run(Settings(SENTENCE)).now.target.ids[:shared] != one[:shared]


def test_taking_nothing_away_changes_nothing_and_a_muted_head_brings_nothing(result):
    assert len(AWAY) == 2 + 2 * N_HEADS
    assert not result.intervened
    assert result.settings.away == NOTHING
    for layer in range(N_LAYERS):
        changed = run(Settings(SENTENCE, layer=layer, away="cross-attention of head 2"))
        assert changed.intervened
        width = changed.now.wrote.blocks[layer].cross.cross_output[0, 2]
        assert width.abs().max() == 0


def test_a_forced_piece_is_written_and_what_stands_before_it_stays(result):
    id_ = encoder_decoder.transformer().vocabulary.spell("maison")[0]
    forced = run(Settings(SENTENCE, interventions=Interventions(((3, id_),))))
    assert forced.now.target.ids[:3] == result.now.target.ids[:3]
    assert forced.now.target.ids[3] == id_
    assert forced.changed[0] == 3


def test_a_teacher_gives_every_piece_and_the_loss_is_that_of_training(result):
    french = "Mon chat est blanc."
    taught = run(Settings(SENTENCE, written=FORCED, teacher=french, interventions=Interventions(((1, 9),)), beam=3))
    model = encoder_decoder.transformer()
    assert taught.now.text == french
    ids = model.read(french).ids
    assert taught.now.target.ids == ids
    batch = (torch.tensor([model.read(SENTENCE).ids]), torch.tensor([len(result.now.source.ids)]))
    with torch.inference_mode():
        logits = model.model(*batch, torch.tensor([[model.vocabulary.start, *ids[:-1]]])).logits[0]
    assert taught.nats == pytest.approx(torch.nn.functional.cross_entropy(logits, torch.tensor(ids)).item(), rel=1e-4)
    assert taught.missed == [at for at, id_ in enumerate(ids) if int(logits[at].argmax()) != id_]
    assert 0 < len(taught.missed) < len(ids)
    assert run(Settings(SENTENCE, written=FORCED)).now.text == result.recurrent.text


def test_a_row_is_forced_on_the_head_that_was_guided_and_on_no_other(result):
    n_source = len(result.now.source.ids)
    row = all_weight_on(0, n_source)
    forced = run(Settings(SENTENCE, interventions=Interventions(rows=((3, row),))))
    assert forced.now.target.ids[:3] == result.now.target.ids[:3]
    weights = forced.trace.weights[0, :, 3]
    assert weights[0].tolist() == list(row)
    assert all(each[0] < 1 for each in weights[1:])


def test_a_beam_finds_what_the_translator_finds_with_it(result):
    found = run(Settings(SENTENCE, beam=3))
    assert not found.intervened
    assert found.now.tree is not None
    assert found.now.text == encoder_decoder.transformer().translate(SENTENCE, beam=3).text
    assert encoder_decoder.shown(found.settings).nodes


def test_the_layer_of_the_encoder_that_is_chosen_is_shown(result):
    shown = [run(Settings(SENTENCE, reading=layer)).trace.encoder_weights for layer in range(N_READING)]
    for layer, weights in enumerate(shown):
        assert torch.equal(weights, result.now.read.blocks[layer].attention.attention.weights)


def test_figures_show_what_the_trace_holds(result):
    shown = encoder_decoder.shown(result.settings)
    assert shown.tensors["weights"].shape == (N_HEADS, len(shown.tokens["queries"]), len(shown.tokens["keys"]))
    assert shown.tensors["recurrent"].shape == (len(shown.tokens["recurrent"]), len(shown.tokens["keys"]))
    assert len(shown.words) == len(shown.tokens["queries"])


def test_it_agrees_with_the_recurrent_translator_most_by_the_head_that_was_guided(result):
    shares = result.like_recurrent
    assert shares.shape == (N_LAYERS, N_HEADS)
    assert shares.argmax() == (N_LAYERS - 1) * N_HEADS


def test_what_was_measured_is_what_the_cards_say():
    found = encoder_decoder.measured()
    assert found.bleu >= found.recurrent_bleu
    assert found.guided < found.best < found.worst
    assert encoder_decoder.measured("no such set") is None
