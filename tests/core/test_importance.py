"""What a word is worth: by its absence, by gradients, by what is delivered, and how these agree."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from core.analysis.importance import delivered_behind, integrated_gradients, moved_without, rank_correlation, summed
from core.models import loading, offline, pretrained, word_importance
from core.models.reading import tokenize
from tests.core.models.families import FAMILIES
from tests.core.shapes import HEADS, KEYS, QUERIES, VALUE_DIM, normal

TEXT = "The unbelievable animal did not cross the street"


def test_the_order_of_ranks_is_that_of_spearman_with_ties_shared():
    """Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 · 5)."""
    assert rank_correlation([1.0, 2.0, 2.0, 9.0], [0.0, 1.0, 2.0, 3.0]) == pytest.approx((4.5 / 5) ** 0.5)
    assert rank_correlation([3.0, 2.0, 1.0], [10.0, 200.0, 3000.0]) == pytest.approx(-1)


@pytest.mark.parametrize(("one", "other"), [([], []), ([1.0, 2.0], [1.0, 2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])])
def test_what_has_no_order_agrees_with_nothing(one, other):
    assert rank_correlation(one, other) is None


def test_a_vector_moves_by_what_is_taken_out():
    """The vector is the sum of unit vectors: without the one of two it turns by 45 degrees, without a copy by less."""
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = moved_without(lambda places: rows[list(places)].sum(0), 2, ((0,), (1,)))
    torch.testing.assert_close(found, torch.full((2,), 1 - 0.5**0.5))
    assert moved_without(lambda places: rows[0] * len(places), 3, ((1, 2),)).item() == pytest.approx(0, abs=1e-6)


def test_integrated_gradients_of_a_product_share_it_evenly_and_add_up():
    """xy from (0, 0) to (3, 4): its gradients on the way are (4a, 3a), so that each token is worth 6."""
    ends = torch.zeros(2, 1), torch.tensor([[3.0], [4.0]])
    found = integrated_gradients(lambda x: x[:, 0, 0] * x[:, 1, 0], *ends, steps=10, at_once=4)
    torch.testing.assert_close(found, torch.tensor([6.0, 6.0]))
    torch.testing.assert_close(summed(found, ((0, 1),)), torch.tensor([12.0]))


def test_what_is_delivered_is_measured_behind_w_o():
    weights, values = normal(HEADS, QUERIES, KEYS, seed=1).softmax(-1), normal(HEADS, KEYS, VALUE_DIM, seed=2)
    found = delivered_behind(weights, values, 3 * torch.eye(VALUE_DIM).expand(HEADS, -1, -1))
    torch.testing.assert_close(found[1, 2, 4], 3 * weights[1, 2, 4] * values[1, 4].norm())


ENCODERS = ("bert", "electra", "albert", "modernbert", "distilbert", "t5", "bart")


@pytest.mark.parametrize("family", [each for each in FAMILIES if each.name in ENCODERS], ids=lambda each: each.name)
def test_w_o_of_every_layer_is_noticed_while_the_model_runs(family):
    model = family.model()
    model.set_attn_implementation(pretrained.IMPLEMENTATION)
    with torch.inference_mode():
        records, maps = word_importance.layers_and_maps(model, family.inputs("none"))
    assert {(each.output.shape[1], each.output.shape[-1]) for each in records} == {
        tuple(each.shape[:2]) for each in maps
    }


@pytest.fixture(scope="module")
def minilm():
    return loading.load(offline.NAME)


def test_the_w_o_of_minilm_is_its_own_and_pieces_of_a_word_count_as_one(minilm):
    _, inputs = word_importance.encode(minilm, TEXT)
    with torch.inference_mode():
        _, maps = word_importance.layers_and_maps(minilm.model, inputs)
    own = minilm.model.encoder.layer[2].attention.output.dense.weight
    assert torch.equal(maps[2].flatten(0, 1).T, own)
    found = word_importance.word_importance(minilm, TEXT)
    assert found.words[:3] == ("the", "unbelievable", "animal")
    assert set(found.measures) == {"moved", "received", "rollout", "delivered", "gradients"}


def test_gradients_of_minilm_add_up_to_what_all_words_change_together(minilm):
    tokens, inputs = word_importance.encode(minilm, TEXT)
    with torch.inference_mode():
        vector = word_importance._vector(minilm, inputs)
        table = minilm.model.get_input_embeddings()(inputs["input_ids"])
        empty = torch.where(torch.tensor(tokens.special)[:, None], table, 0)
        start = minilm.model(inputs_embeds=empty).last_hidden_state[0].mean(0)
        changed = 1 - cosine_similarity(vector, start, dim=0)
    assert word_importance._gradients(minilm, tokens, inputs).sum().item() == pytest.approx(changed.item(), abs=0.02)


def test_what_cannot_be_measured_says_why(minilm):
    def reason(text, second=None):
        return word_importance.why_not(minilm, tokenize(minilm, text, second), second)

    assert reason(TEXT) == ""
    assert "at most 64" in reason("cat " * 70)
    assert "1 of the 3 words" in reason("cat")
    assert "leave the second one empty" in reason(TEXT, "a cat")
