"""Families that have an attention of their own are noticed and served from the weights the library returns."""

import pytest
import torch

from core.models.errors import ModelError
from core.models.introspection import are_shares
from core.models.loading import load
from core.models.pretrained import LayerRecord
from core.models.reading import hidden_states, read
from tests.core.models import folders
from tests.core.models.families import TEXT
from tests.core.models.folders import model_of

GPT = {"vocab_size": 101, "n_embd": 12, "n_layer": 2, "n_head": 3}
ALIBI = {"vocab_size": 101, "hidden_size": 12, "n_layer": 2, "n_head": 3}
FAMILIES = {
    "bloom": ALIBI,
    "xglm": {"vocab_size": 101, "d_model": 12, "num_layers": 2, "attention_heads": 3, "ffn_dim": 17},
    "mpt": {"vocab_size": 101, "d_model": 12, "n_layers": 2, "n_heads": 3},
    "deberta-v2": TEXT | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "mpnet": TEXT,
    "roformer": TEXT | {"embedding_size": 12},
    "rembert": TEXT | {"input_embedding_size": 12},
    "xlnet": {"vocab_size": 101, "d_model": 12, "n_layer": 2, "n_head": 3, "d_inner": 17},
    "gptj": GPT | {"rotary_dim": 4},
    "gpt_neo": {
        "vocab_size": 101,
        "hidden_size": 12,
        "num_layers": 2,
        "num_heads": 3,
        "attention_types": [[["global"], 2]],
    },
    "falcon": {"vocab_size": 101, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3},
}
BEHIND = {"bloom", "xglm", "mpt", "gptj", "gpt_neo", "falcon"}

pytestmark = pytest.mark.usefixtures("no_models")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_weights_are_the_librarys_and_nothing_else_can_be_asked_for(tmp_path, family):
    name = folders.save(tmp_path / "model", model_of(family, **FAMILIES[family]), folders.word_pieces())
    model = load(name)
    assert not model.recorded
    assert (model.kind, model.n_layers, model.n_heads) == ("decoder" if family in BEHIND else "encoder", 2, 3)
    reading = read(model, "the cat sat")
    records = reading.decoder or reading.encoder
    with torch.inference_mode():
        expected = model.model(torch.tensor([reading.tokens.ids]), output_attentions=True).attentions
    assert [record.index for record in records] == [0, 1]
    for record, weights in zip(records, expected, strict=True):
        assert torch.equal(record.weights, weights)
    with pytest.raises(ValueError, match="has an attention of its own: of its tensors, only the weights can be shown"):
        read(model, "the cat sat", tensors=("scores",))


def test_layers_and_heads_can_be_chosen_all_the_same(tmp_path):
    model = load(folders.save(tmp_path / "model", model_of("bloom", **ALIBI), folders.word_pieces()))
    whole, part = read(model, "the cat"), read(model, "the cat", layers=(1,), heads=(2, 0))
    assert [record.index for record in part.decoder] == [1]
    assert torch.equal(part.decoder[0].weights, whole.decoder[1].weights[:, [2, 0]])
    assert part.decoder[0].weights.untyped_storage().nbytes() == 4 * part.decoder[0].weights.numel()


def test_an_encoder_decoder_with_an_attention_of_its_own_is_sorted(tmp_path):
    """LED's encoder looks at a band of tokens, which is no matrix of all tokens: it is refused, not shown wrongly."""
    sizes = {"vocab_size": 300, "d_model": 12, "encoder_layers": 2, "decoder_layers": 2, "attention_window": 4}
    heads = {"encoder_attention_heads": 3, "decoder_attention_heads": 3}
    name = folders.save(tmp_path / "model", model_of("led", **sizes, **heads), folders.sentence_pieces())
    with pytest.raises(ModelError, match="has no matrix of attention weights to show"):
        load(name)


@pytest.mark.parametrize("family", ["longformer", "yoso"])
def test_attention_that_is_no_matrix_is_refused(tmp_path, family):
    sizes = TEXT | ({"attention_window": 4} if family == "longformer" else {})
    name = folders.save(tmp_path / "model", model_of(family, **sizes), folders.word_pieces())
    with pytest.raises(ModelError, match="has no matrix of attention weights to show"):
        load(name)


def test_numbers_that_do_not_add_up_to_one_are_no_weights():
    shares = torch.full((1, 3, 5, 5), 1 / 5)
    for weights, expected in ((shares, True), (2 * shares, False), (shares[..., :4], False), (shares[0], False)):
        assert are_shares(LayerRecord(0, "", "self", {"weights": weights})) is expected


def test_an_encoder_with_an_attention_of_its_own_has_hidden_states(tmp_path):
    model = load(folders.save(tmp_path / "model", model_of("mpnet", **TEXT), folders.word_pieces()))
    tokens, states = hidden_states(model, "the cat sat")
    assert states.shape == (3, len(tokens.ids), 12)
