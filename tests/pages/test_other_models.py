"""The sentence lab on models of a visitor's own folder: each kind shows all attention it has, in every way of looking."""

import json

import numpy as np
import pytest
from transformers import NllbTokenizer

from core import settings
from core.memory import Memory
from core.models import loading
from tests.core.models import folders
from tests.core.models.families import SEQ2SEQ, TEXT
from tests.pages.screen import assert_no_failure, open_page, said, sent

SUMMARIES = {"one head", "mean of the layer", "mean of all", "rollout"}


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    """No model of another test is kept, and none of these stays."""
    monkeypatch.setattr(loading, "MEMORY", Memory(settings.MEMORY_BYTES))


def lab(folder: str, **link: str):
    return open_page("sentence_lab", lab_model="another model …", lab_name=folder, **link)


def test_an_encoder_decoder_shows_its_three_attentions_in_every_way(tmp_path):
    folder = folders.t5(tmp_path / "model")
    shapes = {}
    for kind in ("encoder", "decoder", "cross"):
        app = lab(folder, lab_text="the cat plays", lab_second="the cats", lab_kind=kind)
        offered = set(app.selectbox(key="lab_show").options)
        assert offered == SUMMARIES - ({"rollout"} if kind == "cross" else set())
        for shown in offered:
            app = lab(folder, lab_text="the cat plays", lab_second="the cats", lab_kind=kind, lab_show=shown)
            assert_no_failure(app)
            words, tensors = sent(app, "lab")
            assert words["first"]["cross"] == (kind == "cross")
            shapes[kind] = tensors["first_weights"].shape
            np.testing.assert_allclose(tensors["first_weights"].sum(-1), 1, atol=1e-3)
    app = lab(folder, lab_text="the cat plays", lab_second="the cats", lab_kind="cross", lab_measure="weight × ‖v‖")
    delivered = sent(app, "lab")[1]["first_weights"]
    assert delivered.shape == shapes["cross"]
    np.testing.assert_allclose(delivered.sum(-1), 1, atol=1e-3)
    assert not np.allclose(delivered, tensors["first_weights"], atol=1e-3)
    read, written = shapes["encoder"][0], shapes["decoder"][0]
    assert shapes == {"encoder": (read, read), "decoder": (written, written), "cross": (written, read)}
    assert read != written


@pytest.mark.parametrize("compare", ["another head", "another sentence"])
def test_cross_attention_can_be_compared_and_the_link_cannot_ask_for_its_rollout(tmp_path, compare):
    app = lab(
        folders.t5(tmp_path / "model"), lab_second="the cats", lab_kind="cross", lab_show="rollout", lab_compare=compare
    )
    assert_no_failure(app)
    assert sent(app, "lab")[0]["second"]["cross"]


def test_a_decoder_sees_nothing_that_comes_later(tmp_path):
    app = lab(folders.gpt2(tmp_path / "model"), lab_text="the cat")
    assert_no_failure(app)
    weights = sent(app, "lab")[1]["first_weights"]
    assert (weights[np.triu(np.ones_like(weights), 1) == 1] == 0).all()


def test_a_small_model_says_how_many_tokens_it_can_use(tmp_path):
    app = lab(folders.gpt2(tmp_path / "model"), lab_text="cat " * 40)
    assert_no_failure(app)
    assert "11 are used" in app.slider(key="lab_text_start").label


def test_a_family_with_an_attention_of_its_own_says_so_and_shows_the_librarys_weights(tmp_path):
    model = folders.model_of("mpnet", **TEXT)
    folder = folders.save(tmp_path / "model", model, folders.word_pieces())
    app = lab(folder, lab_text="the cat sat", lab_measure="weight × ‖v‖")
    assert_no_failure(app)
    assert "values cannot be read" in app.get("button_group")[-1].help
    words, tensors = sent(app, "lab")
    assert "This family brings its own attention" in words["caption"]
    assert "first_queries" not in tensors


def test_heads_are_not_found_by_what_the_text_does_not_have_and_found_ones_have_an_even_share_beside_them():
    words, _ = sent(open_page("sentence_lab", lab_find="punctuation"), "lab")
    assert "There is no punctuation in this text: no head is marked" in words["caption"]
    assert (words["score"], words["ranking"]) == (None, [])
    words, _ = sent(open_page("sentence_lab", lab_find="punctuation", lab_text="It is late, very late."), "lab")
    assert "A head that looks evenly has 0.22." in words["caption"]
    assert len(words["ranking"]) == 9


def test_a_model_that_reads_pictures_says_so(tmp_path):
    model = folders.model_of("vit", **TEXT | {"image_size": 8, "patch_size": 4})
    app = lab(folders.save(tmp_path / "model", model, None))
    assert_no_failure(app)
    assert "This model cannot" in said(app)


def test_weights_in_a_pickle_are_refused_and_the_offline_model_is_shown(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    app = lab(str(folder))
    assert_no_failure(app)
    assert "safetensors" in said(app)
    assert "all-MiniLM-L6-v2" in sent(app, "lab")[0]["caption"]


def test_a_layer_keeps_its_number_where_others_do_not_attend_and_each_way_of_looking_says_so(tmp_path):
    sizes = TEXT | {"hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 4}
    model = folders.model_of("lfm2", **sizes, layer_types=["conv", "full_attention"] * 2)
    folder = folders.save(tmp_path / "model", model, folders.word_pieces())
    words, tensors = sent(lab(folder, lab_text="the cat sat", lab_open="1,0"), "lab")
    assert (words["first"]["title"], words["numbers"]) == ("Layer 3, head 0", [1, 3])
    assert "2 of its 4 layers attend; layers 0 and 2" in words["caption"]
    assert words["first"]["way"]["scale"] == 0.5
    assert tensors["first_allowed"].shape == tensors["first_weights"].shape
    words, _ = sent(lab(folder, lab_text="the cat sat", lab_show="rollout"), "lab")
    assert words["first"]["title"] == "Attention rollout, of the layers that attend"
    assert "layers 0 and 2 mix tokens in another way" in words["first"]["note"][0][0]


def test_a_translator_of_several_languages_lets_one_choose_both(tmp_path):
    """In both labs, and the link keeps the choice."""
    vocabulary = {piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", "▁", *"thecalp"])}
    sizes = SEQ2SEQ | {"vocab_size": 300, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
    model = folders.model_of("m2m_100", **sizes)
    folder = folders.save(tmp_path / "model", model, NllbTokenizer(vocab=vocabulary, merges=[]))
    link = {"many_which": "one of the library", "many_model": "another model …", "many_name": folder}
    app = open_page("translation_lab", many_lines="the cat", many_written="le chat", many_into="deu_Latn", **link)
    assert_no_failure(app)
    assert (app.selectbox(key="many_from").value, app.selectbox(key="many_into").value) == ("eng_Latn", "deu_Latn")
    app = lab(folder, lab_text="the cat", lab_second="le chat", lab_kind="decoder", lab_from="fra_Latn")
    assert_no_failure(app)
    assert [token["text"] for token in sent(app, "lab")[0]["first"]["tokens"]["queries"]][:2] == ["</s>", "fra_Latn"]
    assert app.selectbox(key="lab_from").value == "fra_Latn"
