"""The translator: its decoder is a GRU cell that attends, padding changes nothing, and what is forced is what is used."""

import json
import math

import pytest
import torch

from core.sequence import decoding
from core.sequence.decoder import DecoderConfig
from core.sequence.decoding import Interventions
from core.sequence.translator import Translator

VOCABULARY, SOURCE, TARGET = 23, 7, 5
LOOKS = ("none", "additive", "linear", "dot")
START, END = 1, 2


def translator(look, seed=0):
    torch.manual_seed(seed)
    return Translator(DecoderConfig(VOCABULARY, look, d_embedded=11, d_hidden=14, d_score=13)).eval()


def tokens(rows, columns, seed=3):
    return torch.randint(3, VOCABULARY, (rows, columns), generator=torch.Generator().manual_seed(seed))


def source(model, ids, lengths=None):
    return model.encode(ids, torch.tensor(lengths or [ids.shape[1]] * len(ids)))


@pytest.mark.parametrize("look", LOOKS)
def test_teacher_forcing_gives_what_one_step_at_a_time_gives(look):
    model, read, given = translator(look), tokens(2, SOURCE), tokens(2, TARGET, 5)
    with torch.no_grad():
        logits, weights = model(read, torch.tensor([SOURCE, SOURCE]), given)
        table = source(model, read)
        state = table.first_state
        for t in range(TARGET):
            previous = model.embedding(given[:, t])
            step = model.step(table, previous, state)
            state = step.decoder_state
            torch.testing.assert_close(logits[:, t], model.logits(state, step.context, previous))
            if weights is not None:
                torch.testing.assert_close(weights[:, t], step.attention.weights[:, 0, 0])


@pytest.mark.parametrize("look", LOOKS)
def test_padding_changes_nothing(look):
    model, given = translator(look), tokens(2, TARGET, 5)
    read = tokens(2, SOURCE)
    read[1, 4:] = 0
    with torch.no_grad():
        together, weights = model(read, torch.tensor([SOURCE, 4]), given)
        alone, own = model(read[1:, :4], torch.tensor([4]), given[1:])
    torch.testing.assert_close(together[1:], alone)
    if weights is not None:
        assert (weights[1, :, 4:] == 0).all()
        torch.testing.assert_close(weights[1:, :, :4], own)


def test_the_encoder_is_torchs_gru_beside_the_embeddings():
    model, read = translator("additive"), tokens(1, SOURCE)
    with torch.no_grad():
        states = source(model, read).encoder_states
        embedded = model.embedding(read)
        torch.testing.assert_close(states, torch.cat([model.encoder(embedded)[0], embedded], dim=-1))


def test_the_additive_score_is_bahdanaus():
    model, read = translator("additive"), tokens(1, SOURCE)
    with torch.no_grad():
        table = source(model, read)
        previous = model.embedding(torch.tensor([START]))
        step = model.step(table, previous, table.first_state)
        query = model.w_query(torch.cat([table.first_state, previous], dim=-1))
        energies = torch.tanh(query[:, None] + table.encoder_states @ model.w_key.weight.T) @ model.v
        weights = energies.softmax(-1)
    torch.testing.assert_close(step.attention.scores[:, 0, 0], energies)
    torch.testing.assert_close(step.context, (weights[..., None] * table.encoder_states).sum(1))


def test_without_tanh_the_query_cancels_and_all_rows_are_equal():
    read, given = tokens(1, SOURCE), tokens(1, TARGET, 5)
    with torch.no_grad():
        _, without = translator("linear")(read, torch.tensor([SOURCE]), given)
        _, with_tanh = translator("additive")(read, torch.tensor([SOURCE]), given)
    assert (without - without[:, :1]).abs().max() < 1e-6
    assert (with_tanh - with_tanh[:, :1]).abs().max() > 1e-4


def test_without_attention_the_context_never_changes():
    model, read = translator("none"), tokens(1, SOURCE)
    written = decoding.greedy(model, source(model, read), START, END, TARGET)
    assert all(torch.equal(step.context, written.steps[0].context) for step in written.steps)


def test_temperature_divides_the_scores():
    model, read = translator("dot"), tokens(1, SOURCE)
    with torch.no_grad():
        table = source(model, read)
        previous = model.embedding(torch.tensor([START]))
        plain, warm = (model.step(table, previous, table.first_state, temperature=t).attention for t in (1.0, 2.0))
    torch.testing.assert_close(plain.scaled, plain.scores / math.sqrt(13))
    torch.testing.assert_close(warm.scaled, plain.scaled / 2)


def test_a_forced_row_is_the_context_and_steps_before_it_stay():
    model, read = translator("additive"), tokens(1, SOURCE)
    table = source(model, read)
    row = tuple(float(place == 4) for place in range(SOURCE))
    free = decoding.greedy(model, table, START, END, TARGET)
    forced = decoding.greedy(model, table, START, END, TARGET, Interventions(rows=((2, row),)))
    assert forced.ids[:2] == free.ids[:2]
    torch.testing.assert_close(forced.logits[:2], free.logits[:2])
    torch.testing.assert_close(forced.steps[2].context[0], table.encoder_states[0, 4])
    # what the model wanted there is not lost
    torch.testing.assert_close(forced.steps[2].attention.weights, free.steps[2].attention.weights)


def test_a_forced_token_is_written():
    model, table = translator("additive"), source(translator("additive"), tokens(1, SOURCE))
    assert decoding.greedy(model, table, START, END, TARGET, Interventions(tokens=((1, 19),))).ids[1] == 19
    tree = decoding.beam(model, table, START, END, TARGET, 3, Interventions(tokens=((1, 19),)))
    assert tree.line(tree.best)[1] == 19


def test_many_side_by_side_are_the_same_as_one_by_one():
    model, read = translator("additive"), tokens(3, SOURCE)
    together = decoding.greedy_many(model, source(model, read), START, END, 12)
    for row, ids in enumerate(together):
        alone = decoding.greedy(model, source(model, read[row : row + 1]), START, END, 12).ids
        assert tuple(ids) == tuple(id_ for id_ in alone if id_ != END)


def test_a_beam_of_one_is_greedy():
    model, table = translator("dot"), source(translator("dot"), tokens(1, SOURCE))
    tree = decoding.beam(model, table, START, END, 12, 1)
    assert tuple(tree.line(tree.best)) == decoding.greedy(model, table, START, END, 12).ids


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_as_wide_as_the_vocabulary_finds_the_best_line(seed):
    """Exhaustive search over all lines of two tokens is the oracle: the best mean log probability per token."""
    model = translator("additive", seed)
    table = source(model, tokens(1, SOURCE, seed))
    tree = decoding.beam(model, table, START, END, 2, VOCABULARY**2)

    with torch.no_grad():
        best = -math.inf
        previous = model.embedding(torch.tensor([START]))
        one = model.step(table, previous, table.first_state)
        first = model.logits(one.decoder_state, one.context, previous).log_softmax(-1)[0]
        for token in range(VOCABULARY):
            if token == END:
                best = max(best, first[token].item())
                continue
            embedded = model.embedding(torch.tensor([token]))
            two = model.step(table, embedded, one.decoder_state)
            second = model.logits(two.decoder_state, two.context, embedded).log_softmax(-1)[0]
            best = max(best, (first[token] + second.max()).item() / 2)
    node = tree.nodes[tree.best]
    assert node.score / (node.step + 1) == pytest.approx(best, abs=1e-5)


def test_scores_of_a_tree_fall_along_every_line():
    model, table = translator("additive"), source(translator("additive"), tokens(1, SOURCE))
    tree = decoding.beam(model, table, START, END, 6, 3)
    for node in tree.nodes:
        assert node.parent is None or (node.score < tree.nodes[node.parent].score and tree.nodes[node.parent].kept)


def test_weights_after_the_word_are_bayes_rule():
    """The posterior is recomputed from its definition, one place at a time."""
    model, table, target = translator("additive"), source(translator("additive"), tokens(1, SOURCE)), (5, 9)
    after = decoding.weights_of(model, table, START, target, knowing=True)
    before = decoding.weights_of(model, table, START, target, knowing=False)
    torch.testing.assert_close(after.sum(1), torch.ones(2))
    with torch.no_grad():
        previous = model.embedding(torch.tensor([START]))
        likely = []
        for place in range(SOURCE):
            context = table.encoder_states[:, place]
            state = model.cell(torch.cat([previous, context], dim=-1), table.first_state)
            likely.append(model.logits(state, context, previous).softmax(-1)[0, target[0]])
        joint = before[0] * torch.stack(likely)
    torch.testing.assert_close(after[0], joint / joint.sum())


def test_a_configuration_survives_its_own_text():
    config = DecoderConfig(VOCABULARY, "dot", dropout=0.1)
    assert DecoderConfig(**json.loads(config.as_json())) == config
